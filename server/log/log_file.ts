/**
 * The log in a file that is rotated when it is large: `hub.log`, then `hub.log.1` for the previous one, and so
 * on.
 *
 * Rules: a line goes to the operating system when it is logged, and slow disk operations happen in the
 * background, so the hub waits for no disk. If the disk refuses writes (it is full, or gone), only the lines of
 * that time are lost: this is reported on stderr at once, and in the log as soon as it can be written again. If
 * the file cannot be rotated in its folder, it grows instead.
 *
 * @module
 */
import { getRotatingFileSink } from "@logtape/file";
import type { LogRecord, Sink, TextFormatter } from "@logtape/logtape";
import type { Clock } from "../../runtime/mod.ts";
import { LOG_RETRY_MS } from "../limits.ts";

/**
 * Formats a log record as text.
 *
 * @ignore it is a type of the package `@logtape/logtape`, which the doc lint would have documented here
 */
export type Formatter = TextFormatter;

/**
 * One record of the log.
 *
 * @ignore it is a type of the package `@logtape/logtape`, which the doc lint would have documented here
 */
export type Record = LogRecord;

/** Options of {@linkcode LogFile}. */
export interface LogFileOptions {
  /** The size at which the file is rotated, in bytes. */
  maxBytes: number;
  /** How many rotated files are kept. */
  keep: number;
  /** Formats a record. */
  formatter: Formatter;
  /** Decides when to try again. */
  clock: Clock;
  /**
   * Called once each time the file becomes unwritable.
   *
   * @param reason the error of the operating system
   */
  onFailure(reason: string): void;
}

/** Why the file cannot be written, and since when lines are lost. */
interface WriteFailure {
  reason: string;
  /** The minimum number of lost lines. */
  lost: number;
  /** When to try again, by `Clock.elapsed`. */
  retryAt: number;
}

/** The file as the package provides it, which writes and rotates. */
interface OpenFile {
  write: Sink;
  /** Writes pending lines and closes the file. */
  close(): Promise<void>;
}

/** An open log file. */
export class LogFile {
  readonly #path: string;
  readonly #options: LogFileOptions;
  #file: OpenFile;
  #failure: WriteFailure | undefined;
  /** Records that were logged while the file is being reopened. */
  #waiting: LogRecord[] | undefined;
  #replaced: Promise<void> = Promise.resolve();
  /** Whether the file cannot be rotated in its folder, so that it grows. */
  #rotationFails = false;

  /**
   * Opens a log file, to append to it.
   *
   * @param path the path of the file; it is created if it does not exist
   * @param options see {@linkcode LogFileOptions}
   * @throws {Error} when it cannot be opened, or is not a file
   */
  constructor(path: string, options: LogFileOptions) {
    this.#path = path;
    this.#options = options;
    this.#file = this.#open();
  }

  /**
   * Writes one record, or counts it as lost.
   *
   * @param record the record
   */
  write(record: Record): void {
    if (this.#failure !== undefined && this.#waiting === undefined) {
      if (this.#options.clock.elapsed() < this.#failure.retryAt) return void this.#failure.lost++;
      this.#replaceFile();
    }
    if (this.#waiting === undefined) this.#file.write(record);
    else this.#waiting.push(record);
  }

  /**
   * Called when the package could not write a record: during {@linkcode LogFile.write}, or later.
   *
   * @param error the error
   */
  failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (/\brename '/.test(reason)) this.#rotationFails = true;
    const retryAt = this.#options.clock.elapsed() + LOG_RETRY_MS;
    if (this.#failure === undefined) {
      this.#failure = { reason, lost: 1, retryAt };
      this.#options.onFailure(reason);
    } else {
      this.#failure.reason = reason;
      this.#failure.retryAt = retryAt;
    }
  }

  /**
   * Opens the file at this path again, because another program may have renamed it, and closes the previous
   * one.
   *
   * @throws {Error} as the constructor; the previous file stays open then
   */
  async reopen(): Promise<void> {
    await this.#replaced;
    checkIsFile(this.#path);
    Deno.openSync(this.#path, { append: true, create: true }).close();
    this.#rotationFails = false;
    await this.#replaceFile();
  }

  /** Writes pending records and closes the file. */
  async close(): Promise<void> {
    await this.#replaced;
    await this.#file.close();
  }

  #open(): OpenFile {
    const { maxBytes, keep, formatter } = this.#options;
    checkIsFile(this.#path);
    const sink = getRotatingFileSink(this.#path, {
      maxSize: this.#rotationFails ? Infinity : maxBytes,
      maxFiles: keep,
      formatter,
      // Writes each line at once: a crash would lose buffered lines, which may explain it.
      bufferSize: 0,
      flushInterval: 0,
      nonBlocking: true,
    });
    return {
      write: sink,
      close: async () => {
        if (Symbol.asyncDispose in sink) await (sink as Sink & AsyncDisposable)[Symbol.asyncDispose]();
      },
    };
  }

  /**
   * Closes the file and opens it again. The old file is closed first, since its last line may rotate it.
   * Records are queued in the meantime.
   */
  #replaceFile(): Promise<void> {
    const waiting: LogRecord[] = this.#waiting = [];
    return this.#replaced = (async () => {
      await this.#file.close();
      this.#waiting = undefined;
      const failure = this.#failure;
      if (failure !== undefined) failure.retryAt = Infinity;
      try {
        this.#file = this.#open();
        if (failure !== undefined) this.#file.write(missingLinesRecord(failure, this.#options.clock.wall()));
      } catch (error) {
        this.failed(error);
      }
      if (failure?.retryAt === Infinity) this.#failure = undefined;
      for (const record of waiting) this.write(record);
    })();
  }
}

/** Makes the record that says how many lines are lost. */
function missingLinesRecord({ lost, reason }: WriteFailure, timestamp: number): LogRecord {
  return {
    category: ["riftchat", "log"],
    level: "error",
    timestamp,
    rawMessage: "log lines are missing here, {count} or more: {reason}",
    message: ["log lines are missing here, ", lost, " or more: ", reason, ""],
    properties: { count: lost, reason },
  };
}

/** Throws if the path is something other than a file, such as a folder or a device: it cannot be rotated. */
function checkIsFile(path: string): void {
  let isFile = true;
  try {
    isFile = Deno.statSync(path).isFile;
  } catch {
    // It does not exist yet, or opening it will fail.
  }
  if (!isFile) throw new Error("it must be a file: it is something else");
}

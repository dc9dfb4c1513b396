/**
 * The log in a file that is put aside when it has grown: `hub.log`, then `hub.log.1` for the one before, and so on.
 *
 * Rules: a line is handed to the system when it is logged, and what a disk takes its time for happens elsewhere, so
 * that
 * the hub waits for no disk. A disk that takes nothing (it is full, or gone) costs the lines of that time and nothing
 * else: that is told on stderr at once, and in the log as soon as it can be written again. A folder in which the file
 * cannot be put aside makes it grow instead.
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

/** What a log file needs to know. */
export interface LogFileOptions {
  /** How large it may grow before it is put aside, in bytes. */
  maxBytes: number;
  /** How many files that were put aside are kept. */
  keep: number;
  /** How a line looks. */
  formatter: Formatter;
  /** Tells when to try again. */
  clock: Clock;
  /**
   * Told once each time that the file can no longer be written to.
   *
   * @param reason why, in words of the system
   */
  complain(reason: string): void;
}

/** That the file cannot be written to. */
interface Trouble {
  reason: string;
  /** How many lines are missing, at least. */
  lost: number;
  /** When to try again, by `Clock.elapsed`. */
  retryAt: number;
}

/** The package's part: it writes, and puts the file aside. */
interface OpenFile {
  write: Sink;
  /** Writes what waits and closes it. */
  close(): Promise<void>;
}

/** A log file that is open. */
export class LogFile {
  readonly #path: string;
  readonly #options: LogFileOptions;
  #file: OpenFile;
  #trouble: Trouble | undefined;
  /** What was logged since the file is being closed and opened anew. */
  #waiting: LogRecord[] | undefined;
  #exchanged: Promise<void> = Promise.resolve();
  /** Whether the folder takes no other file, so that this one grows. */
  #grows = false;

  /**
   * Opens a log file, at the end of what it holds.
   *
   * @param path where it is, or is to be made
   * @param options how it is written
   * @throws {Error} where it cannot be opened, or is something else than a file
   */
  constructor(path: string, options: LogFileOptions) {
    this.#path = path;
    this.#options = options;
    this.#file = this.#open();
  }

  /**
   * Writes one line, or takes note that it is missing.
   *
   * @param record what to log
   */
  write(record: Record): void {
    if (this.#trouble !== undefined && this.#waiting === undefined) {
      if (this.#options.clock.elapsed() < this.#trouble.retryAt) return void this.#trouble.lost++;
      this.#exchange();
    }
    if (this.#waiting === undefined) this.#file.write(record);
    else this.#waiting.push(record);
  }

  /**
   * Takes note that the package could not write what it was given. It says so while {@linkcode LogFile.write} runs, or
   * later.
   *
   * @param error why not
   */
  failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    if (/\brename '/.test(reason)) this.#grows = true;
    const retryAt = this.#options.clock.elapsed() + LOG_RETRY_MS;
    if (this.#trouble === undefined) {
      this.#trouble = { reason, lost: 1, retryAt };
      this.#options.complain(reason);
    } else {
      this.#trouble.reason = reason;
      this.#trouble.retryAt = retryAt;
    }
  }

  /**
   * Opens the file of this path anew, which another program may have put aside, and closes the one that was open.
   *
   * @throws {Error} as the constructor; then the one that was open stays
   */
  async reopen(): Promise<void> {
    await this.#exchanged;
    refuseSomethingElse(this.#path);
    Deno.openSync(this.#path, { append: true, create: true }).close();
    this.#grows = false;
    await this.#exchange();
  }

  /** Writes what waits and closes it. */
  async close(): Promise<void> {
    await this.#exchanged;
    await this.#file.close();
  }

  #open(): OpenFile {
    const { maxBytes, keep, formatter } = this.#options;
    refuseSomethingElse(this.#path);
    const sink = getRotatingFileSink(this.#path, {
      maxSize: this.#grows ? Infinity : maxBytes,
      maxFiles: keep,
      formatter,
      // Each line at once: with a buffer a crash would take the lines that tell of it.
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
   * Closes the file and opens it anew. The old one is closed first: it may be put aside with its last line. What is
   * logged meanwhile waits.
   */
  #exchange(): Promise<void> {
    const waiting: LogRecord[] = this.#waiting = [];
    return this.#exchanged = (async () => {
      await this.#file.close();
      this.#waiting = undefined;
      const trouble = this.#trouble;
      if (trouble !== undefined) trouble.retryAt = Infinity;
      try {
        this.#file = this.#open();
        if (trouble !== undefined) this.#file.write(missing(trouble, this.#options.clock.wall()));
      } catch (error) {
        this.failed(error);
      }
      if (trouble?.retryAt === Infinity) this.#trouble = undefined;
      for (const record of waiting) this.write(record);
    })();
  }
}

/** The line that tells what is missing. */
function missing({ lost, reason }: Trouble, timestamp: number): LogRecord {
  return {
    category: ["riftchat", "log"],
    level: "error",
    timestamp,
    rawMessage: "lines are missing here, {count} or more: {reason}",
    message: ["lines are missing here, ", lost, " or more: ", reason, ""],
    properties: { count: lost, reason },
  };
}

/** Throws where there is something at a path that is no file, such as a folder or a device: it cannot be put aside. */
function refuseSomethingElse(path: string): void {
  let isFile = true;
  try {
    isFile = Deno.statSync(path).isFile;
  } catch {
    // It is not there yet, or opening it will tell.
  }
  if (!isFile) throw new Error("it must be a file: it is something else");
}

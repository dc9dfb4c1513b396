/**
 * The log in a file that is rotated when it is large: `hub.log`, then `hub.log.1` for the previous one, and so
 * on.
 *
 * Rules: a line goes to the operating system when it is logged, whole or not at all: a partial write is cut off
 * again. If the disk refuses writes (it is full, or gone), this is reported on stderr at once. The latest lines
 * wait in memory, and the file is tried again each second, whether or not more is logged; the number of older lines
 * that are lost is logged then. If the file cannot be rotated in its folder, it grows instead.
 *
 * @module
 */
import type { LogRecord, TextFormatter } from "@logtape/logtape";
import type { TimedClock } from "../../runtime/mod.ts";
import { LOG_RETRY_MS, MAX_WAITING_LOG_LINES } from "../limits.ts";

/**
 * Formats a log record as text.
 *
 * @ignore the type is from the package `@logtape/logtape`, and the doc lint would demand its documentation here
 */
export type Formatter = TextFormatter;

/**
 * One record of the log.
 *
 * @ignore the type is from the package `@logtape/logtape`, and the doc lint would demand its documentation here
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
  /** Schedules the next attempt after a failure. */
  clock: Pick<TimedClock, "wall" | "after">;
  /**
   * Called once each time the file becomes unwritable.
   *
   * @param reason the error of the operating system
   */
  onFailure(reason: string): void;
}

/** Why the file cannot be written, and what is to be written when it can. */
interface WriteFailure {
  reason: string;
  /** The latest lines. */
  waiting: Uint8Array[];
  /** How many older lines are lost. */
  lost: number;
  cancelRetry(): void;
}

const LINE_FEED = 10;
const utf8 = new TextEncoder();

/** An open log file. */
export class LogFile {
  readonly #path: string;
  readonly #options: LogFileOptions;
  #file: Deno.FsFile;
  /** The size of the file, unless another program has changed it. */
  #size: number;
  #failure: WriteFailure | undefined;
  /** Whether the file cannot be rotated in its folder, so that it grows. */
  #rotationFails = false;
  #closed = false;

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
    [this.#file, this.#size] = openForLines(path);
  }

  /**
   * Writes one record, at once or when the file can be written again.
   *
   * @param record the record
   */
  write(record: Record): void {
    if (this.#closed) return;
    const line = this.#format(record);
    if (this.#failure !== undefined) return this.#wait(this.#failure, line);
    try {
      this.#append(line);
    } catch (error) {
      this.#failed(error, line);
    }
  }

  /**
   * Opens the file at this path again, because another program may have renamed it, and closes the previous
   * one.
   *
   * @throws {Error} as the constructor; the previous file stays open then
   */
  reopen(): void {
    this.#rotationFails = false;
    this.#openAgain();
    if (this.#failure !== undefined) this.#retry(this.#failure);
  }

  /** Writes the waiting lines if it can, and closes the file. */
  close(): void {
    if (this.#closed) return;
    if (this.#failure !== undefined) this.#retry(this.#failure);
    this.#closed = true;
    this.#failure?.cancelRetry();
    this.#file.close();
  }

  #format(record: LogRecord): Uint8Array {
    return utf8.encode(this.#options.formatter(record));
  }

  #openAgain(): void {
    const previous = this.#file;
    [this.#file, this.#size] = openForLines(this.#path);
    previous.close();
  }

  /** Appends a line, whole or not at all; rotates the file before if it would be too large. */
  #append(line: Uint8Array): void {
    if (this.#size + line.length > this.#options.maxBytes && !this.#rotationFails) this.#rotate(line.length);
    let written = 0;
    try {
      while (written < line.length) written += this.#file.writeSync(line.subarray(written));
    } catch (error) {
      if (written > 0) this.#file.truncateSync(this.#file.statSync().size - written);
      throw error;
    }
    this.#size += written;
  }

  #rotate(bytes: number): void {
    const { maxBytes, keep } = this.#options;
    // Another program may have truncated the file.
    this.#size = this.#file.statSync().size;
    if (this.#size === 0 || this.#size + bytes <= maxBytes) return;
    try {
      if (keep === 0) Deno.removeSync(this.#path);
      for (let number = keep; number > 0; number--) {
        renameIfExists(number === 1 ? this.#path : `${this.#path}.${number - 1}`, `${this.#path}.${number}`);
      }
    } catch (error) {
      this.#rotationFails = true;
      this.#append(this.#format(notRotatedRecord(reasonOf(error), this.#options.clock.wall())));
      return;
    }
    this.#openAgain();
  }

  #failed(error: unknown, line: Uint8Array): void {
    const reason = reasonOf(error);
    this.#failure = { reason, waiting: [line], lost: 0, cancelRetry: () => {} };
    this.#retryLater(this.#failure);
    this.#options.onFailure(reason);
  }

  #wait(failure: WriteFailure, line: Uint8Array): void {
    failure.waiting.push(line);
    if (failure.waiting.length <= MAX_WAITING_LOG_LINES) return;
    failure.waiting.shift();
    failure.lost++;
  }

  #retryLater(failure: WriteFailure): void {
    failure.cancelRetry = this.#options.clock.after(LOG_RETRY_MS, () => this.#retry(failure));
  }

  #retry(failure: WriteFailure): void {
    failure.cancelRetry();
    const { waiting } = failure;
    try {
      // The file may have been removed, with its folder.
      this.#openAgain();
      if (failure.lost > 0) {
        this.#append(this.#format(missingLinesRecord(failure, this.#options.clock.wall())));
      }
      failure.lost = 0;
      for (; waiting.length > 0; waiting.shift()) this.#append(waiting[0]!);
      this.#failure = undefined;
    } catch (error) {
      failure.reason = reasonOf(error);
      this.#retryLater(failure);
    }
  }
}

/**
 * Opens a file to append lines to it. If its last line has no end, as after a crash, that line is ended first.
 *
 * @returns the file and its size
 */
function openForLines(path: string): [Deno.FsFile, size: number] {
  checkIsFile(path);
  const file = Deno.openSync(path, { append: true, create: true });
  try {
    if (!endsWithLine(path)) file.writeSync(Uint8Array.of(LINE_FEED));
  } catch {
    // The disk is full: the next line fails as well.
  }
  return [file, file.statSync().size];
}

/** Whether a file is empty or ends with a line break; also true if this user may not read it. */
function endsWithLine(path: string): boolean {
  try {
    using file = Deno.openSync(path);
    if (file.statSync().size === 0) return true;
    file.seekSync(-1, Deno.SeekMode.End);
    const last = new Uint8Array(1);
    return file.readSync(last) === 0 || last[0] === LINE_FEED;
  } catch {
    return true;
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function renameIfExists(from: string, to: string): void {
  try {
    Deno.renameSync(from, to);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

/** Makes the record that says how many lines are lost. */
function missingLinesRecord({ lost, reason }: WriteFailure, timestamp: number): LogRecord {
  return errorRecord(timestamp, ["log lines are missing here, ", "count", " or more: ", "reason"], {
    count: lost,
    reason,
  });
}

/** Makes the record that says why the file is larger than it should be. */
function notRotatedRecord(reason: string, timestamp: number): LogRecord {
  return errorRecord(timestamp, ["cannot rotate the log, so this file grows: ", "reason"], { reason });
}

/** Makes a record from pieces of text and, between them, the names of properties. */
function errorRecord(
  timestamp: number,
  pieces: string[],
  properties: { [name: string]: unknown },
): LogRecord {
  return {
    category: ["riftchat", "log"],
    level: "error",
    timestamp,
    rawMessage: pieces.map((piece, i) => i % 2 === 0 ? piece : `{${piece}}`).join(""),
    message: [...pieces.map((piece, i) => i % 2 === 0 ? piece : properties[piece]), ""],
    properties,
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

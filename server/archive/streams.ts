/**
 * Reads stdin line by line, writes stdout and shows the progress, all with limited memory.
 *
 * @module
 */
import { systemClock } from "../../runtime/mod.ts";

/** How much text is buffered before it is written, in UTF-16 code units. */
const CHUNK_UNITS = 64 * 1024;

/** How often the progress is updated, in milliseconds. */
const UPDATE_MS = 200;

/** The longest line that is read, compared with its length in UTF-16 code units: longer than any record. */
const MAX_LINE_BYTES = 256 * 1024;

const utf8 = new TextEncoder();

/** Writes text to stdout in large chunks. */
export class StdoutWriter {
  #buffered = "";

  /**
   * Writes a text.
   *
   * @param text the text
   * @returns resolves when more may be written
   * @throws the error of the operating system, for example when the reader of a pipe has closed it
   */
  async write(text: string): Promise<void> {
    this.#buffered += text;
    if (this.#buffered.length >= CHUNK_UNITS) await this.flush();
  }

  /**
   * Writes what is buffered.
   *
   * @returns resolves when it is written
   * @throws as {@linkcode StdoutWriter.write}
   */
  async flush(): Promise<void> {
    const bytes = utf8.encode(this.#buffered);
    this.#buffered = "";
    for (let written = 0; written < bytes.length;) {
      written += await Deno.stdout.write(bytes.subarray(written));
    }
  }
}

/** Shows the progress on a terminal; does nothing if stderr is not one. */
export class Progress {
  readonly #what: string;
  readonly #shows = Deno.stderr.isTerminal();
  #shownAt = systemClock.elapsed();
  #width = 0;

  /**
   * Starts without showing anything.
   *
   * @param what what is done, such as `exported`
   */
  constructor(what: string) {
    this.#what = what;
  }

  /**
   * Updates the progress.
   *
   * @param records how many records are done
   */
  update(records: number): void {
    if (!this.#shows || records % 256 !== 0 || systemClock.elapsed() - this.#shownAt < UPDATE_MS) return;
    this.#shownAt = systemClock.elapsed();
    const text = `${this.#what} ${records.toLocaleString("en")} records`;
    this.#write(`\r${text}`);
    this.#width = text.length;
  }

  /** Removes the progress from the terminal. */
  clear(): void {
    if (this.#width > 0) this.#write(`\r${" ".repeat(this.#width)}\r`);
    this.#width = 0;
  }

  #write(text: string): void {
    Deno.stderr.writeSync(utf8.encode(text));
  }
}

/**
 * Reads stdin line by line.
 *
 * @returns the lines, without their line breaks
 * @throws {TypeError} when the input is not UTF-8
 * @throws {RangeError} when a line is too long to be a record
 */
export async function* stdinLines(): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  for await (const bytes of Deno.stdin.readable) {
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n");
    rest = lines.pop()!;
    if (rest.length > MAX_LINE_BYTES) throw new RangeError(`a line is longer than ${MAX_LINE_BYTES} bytes`);
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

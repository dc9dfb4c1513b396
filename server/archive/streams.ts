/**
 * How the subcommands of the archive read lines, write text and show how far they are: with bounded memory, whatever
 * comes.
 *
 * @module
 */
import { systemClock } from "../../runtime/mod.ts";

/** How much is gathered before it is written, in UTF-16 units. */
const CHUNK_UNITS = 64 * 1024;

/** How often it is shown how far something is, in milliseconds. */
const SHOW_MS = 200;

/** The longest line that is read, in bytes: more than any record has. */
const MAX_LINE_BYTES = 256 * 1024;

const utf8 = new TextEncoder();

/** Writes text to stdout, much at a time. */
export class Writer {
  #waiting = "";

  /**
   * Writes a text after those before it.
   *
   * @param text what to write
   * @returns resolves when more may come
   * @throws what the operating system says, as where the reader of a pipe has gone
   */
  async write(text: string): Promise<void> {
    this.#waiting += text;
    if (this.#waiting.length >= CHUNK_UNITS) await this.flush();
  }

  /**
   * Writes what was gathered.
   *
   * @returns resolves when it is out
   * @throws as {@linkcode Writer.write}
   */
  async flush(): Promise<void> {
    const bytes = utf8.encode(this.#waiting);
    this.#waiting = "";
    for (let done = 0; done < bytes.length;) done += await Deno.stdout.write(bytes.subarray(done));
  }
}

/** Shows on a terminal how far something is; elsewhere nothing. */
export class Progress {
  readonly #what: string;
  readonly #shows = Deno.stderr.isTerminal();
  #shownAt = systemClock.elapsed();
  #width = 0;

  /**
   * Begins with nothing shown.
   *
   * @param what what is being done, such as `exported`
   */
  constructor(what: string) {
    this.#what = what;
  }

  /**
   * Takes note of how far it is.
   *
   * @param records how many records are done
   */
  at(records: number): void {
    if (!this.#shows || records % 256 !== 0 || systemClock.elapsed() - this.#shownAt < SHOW_MS) return;
    this.#shownAt = systemClock.elapsed();
    const text = `${this.#what} ${records.toLocaleString("en")} records`;
    this.#write(`\r${text}`);
    this.#width = text.length;
  }

  /** Takes away what was shown. */
  end(): void {
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
 * @returns its lines, without their ends
 * @throws {TypeError} where it is not UTF-8
 * @throws {RangeError} where a line is too long to be a record
 */
export async function* linesOfStdin(): AsyncGenerator<string> {
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

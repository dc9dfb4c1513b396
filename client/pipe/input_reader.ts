/**
 * Reads stdin as lines: as a user types them (`lines.ts`), or as a program writes them into a pipe (`piped_text.ts`).
 *
 * @module
 */
import { LineDecoder } from "./lines.ts";
import { PipedText } from "./piped_text.ts";

/** A line of the input, or a part of one. */
export interface InputLine {
  /** The number of the line, from 1. */
  readonly number: number;
  /** The text; empty if the line has a problem. */
  readonly text: string;
  /** Whether this is only a part of a very long line. */
  readonly isPart: boolean;
  /** Why the line cannot be sent, for the user. */
  readonly problem?: string;
}

/** Options of an {@linkcode InputReader}. */
export interface InputReaderOptions {
  /** Whether a user types the lines. */
  isTyped: boolean;
  /** Receives notices about bytes that are left out or replaced. */
  notify: (notice: string) => void;
}

/** Turns bytes into lines. */
interface LineSource {
  push: (bytes: Uint8Array) => InputLine[];
  finish: () => InputLine[];
}

/** The lines of an input, in the order in which they are read. */
export class InputReader {
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #source: LineSource;
  #isAtEnd = false;
  #error: unknown;

  /**
   * Takes over an input.
   *
   * @param input the input
   * @param options see {@linkcode InputReaderOptions}
   */
  constructor(input: ReadableStream<Uint8Array>, { isTyped, notify }: InputReaderOptions) {
    this.#reader = input.getReader();
    this.#source = isTyped ? typedLines() : pipedLines(notify);
  }

  /** Whether everything was read. */
  get isAtEnd(): boolean {
    return this.#isAtEnd;
  }

  /** Why the input could not be read to its end; `undefined` if it could. */
  get error(): unknown {
    return this.#error;
  }

  /**
   * Reads on. May not be called again before it has resolved.
   *
   * @returns the next lines, at least one; `undefined` at the end
   */
  async next(): Promise<InputLine[] | undefined> {
    while (!this.#isAtEnd) {
      const lines = await this.#read();
      if (lines.length > 0) return lines;
    }
    return undefined;
  }

  /** Reads no more. A pending {@linkcode InputReader.next} resolves. */
  cancel(): void {
    this.#reader.cancel().catch(() => {});
  }

  async #read(): Promise<InputLine[]> {
    try {
      const { value, done } = await this.#reader.read();
      if (!done) return this.#source.push(value);
    } catch (error) {
      this.#error = error;
    }
    this.#isAtEnd = true;
    return this.#source.finish();
  }
}

function typedLines(): LineSource {
  const decoder = new LineDecoder();
  const toLine = (line: NonNullable<ReturnType<LineDecoder["finish"]>>): InputLine => ({
    text: "",
    isPart: false,
    ...line,
  });
  return {
    push: (bytes) => [...decoder.push(bytes)].map(toLine),
    finish: () => [decoder.finish()].filter((line) => line !== undefined).map(toLine),
  };
}

function pipedLines(notify: (notice: string) => void): LineSource {
  const text = new PipedText(notify);
  let continues = false;
  const toLines = (pieces: ReturnType<PipedText["push"]>) =>
    pieces.map((piece): InputLine => {
      const isPart = continues || piece.continues;
      continues = piece.continues;
      return { number: piece.number, text: piece.text, isPart };
    });
  return { push: (bytes) => toLines(text.push(bytes)), finish: () => toLines(text.finish()) };
}

/**
 * Reads an input to its end without using it, so that the program that writes it does not fail.
 *
 * @param input the input
 * @param signal closes the input when aborted
 * @returns resolves when the input is at its end, cannot be read or is closed
 */
export async function discardInput(input: ReadableStream<Uint8Array>, signal: AbortSignal): Promise<void> {
  try {
    await input.pipeTo(new WritableStream(), { signal });
  } catch {
    // Nothing is left to do with an input that cannot be read.
  }
}

/**
 * The body of a request: of a known length, or in chunks.
 *
 * @module
 */
import type { ByteReader } from "./byte_reader.ts";
import { HttpProblem } from "./problem.ts";
import type { RequestHead } from "./request_head.ts";

/** The longest line before a chunk, in bytes. */
const MAX_CHUNK_LINE_BYTES = 128;

/** The client has gone, and there is nobody to tell. */
export class Gone extends Error {}

/** The body of one request. */
export class RequestBody {
  readonly #reader: ByteReader;
  readonly #length: number | undefined;
  /** Whether nothing of it is left to read. */
  isRead: boolean;
  /** Whether reading it has failed, so that nobody knows where it ends. */
  isBroken = false;

  /**
   * Reads nothing yet.
   *
   * @param reader the connection, behind the head
   * @param head the head of the request
   */
  constructor(reader: ByteReader, { length }: RequestHead) {
    this.#reader = reader;
    this.#length = length;
    this.isRead = length === 0;
  }

  /**
   * Checks the length that the head tells.
   *
   * @param limit the largest number of bytes
   * @throws {HttpProblem} with status 413 if it is larger
   */
  checkLength(limit: number): void {
    if (this.#length !== undefined && this.#length > limit) throw tooLarge(limit);
  }

  /**
   * Reads all of it.
   *
   * @param limit the largest number of bytes
   * @returns the body; nothing if it was read before
   * @throws {HttpProblem} if it is larger, or not valid
   * @throws {Gone} if the client goes before its end
   */
  async read(limit: number): Promise<Uint8Array> {
    if (this.isRead) return new Uint8Array(0);
    this.checkLength(limit);
    this.isBroken = true;
    const bytes = this.#length === undefined ? await this.#readChunks(limit) : await this.#take(this.#length);
    this.isRead = true;
    this.isBroken = false;
    return bytes;
  }

  async #take(count: number): Promise<Uint8Array> {
    const bytes = await this.#reader.take(count);
    if (bytes === undefined) throw new Gone();
    return bytes;
  }

  /** Reads a body in chunks (RFC 9112, section 7.1). Trailers are read and ignored. */
  async #readChunks(limit: number): Promise<Uint8Array> {
    const chunks: Uint8Array[] = [];
    for (let total = 0;;) {
      const size = parseInt(await this.#line(/^[0-9a-f]{1,8}(?:[ \t]*;[\t\x20-\x7e]*)?$/i), 16);
      if (size === 0) break;
      total += size;
      if (total > limit) throw tooLarge(limit);
      chunks.push(await this.#take(size));
      await this.#line(/^$/);
    }
    for (let lines = 0; await this.#line(/^[\t\x20-\x7e\x80-\xff]*$/) !== ""; lines++) {
      if (lines > 20) throw new HttpProblem(431, "Cannot read the body: it has too many trailers");
    }
    return concat(...chunks);
  }

  async #line(pattern: RegExp): Promise<string> {
    const line = await this.#reader.until("\r\n", MAX_CHUNK_LINE_BYTES);
    if (line === undefined) throw new Gone();
    if (line === "too long" || !pattern.test(line.text)) {
      throw new HttpProblem(
        400,
        "Cannot read the body: a chunk is not its length in hexadecimal and its bytes",
      );
    }
    return line.text;
  }
}

function tooLarge(limit: number): HttpProblem {
  return new HttpProblem(413, `Cannot take a body of that size: at most ${limit} bytes`);
}

/**
 * Joins bytes.
 *
 * @param parts the parts
 * @returns a copy of all of them
 */
export function concat(...parts: Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

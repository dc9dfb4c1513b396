/**
 * Reads from a socket: the head of a request, a body, and what comes unasked.
 *
 * @module
 */

/** What is read from. */
export type ReadableSocket = Pick<Deno.TcpConn, "read">;

/** How many bytes one read asks for. */
const READ_BYTES = 4096;

/** A socket, and the bytes of it that were read and not yet taken. */
export class ByteReader {
  readonly #socket: ReadableSocket;
  #bytes = new Uint8Array(0);
  #ended = false;
  /** The read that is pending, if one is. */
  #filling: Promise<boolean> | undefined;

  /**
   * Reads from a socket.
   *
   * @param socket the socket; nobody else reads from it
   */
  constructor(socket: ReadableSocket) {
    this.#socket = socket;
  }

  /** The number of bytes that wait to be taken. */
  get waiting(): number {
    return this.#bytes.length;
  }

  /**
   * Waits for more bytes. A read that is pending already is not started twice.
   *
   * @returns whether there are any; `false` at the end
   * @throws {Error} if the connection has failed or was closed
   */
  fill(): Promise<boolean> {
    return this.#filling ??= this.#fill().finally(() => this.#filling = undefined);
  }

  async #fill(): Promise<boolean> {
    if (this.#ended) return false;
    const buffer = new Uint8Array(READ_BYTES);
    const count = await this.#socket.read(buffer);
    this.#ended = count === null;
    if (count === null) return false;
    const bytes = new Uint8Array(this.#bytes.length + count);
    bytes.set(this.#bytes);
    bytes.set(buffer.subarray(0, count), this.#bytes.length);
    this.#bytes = bytes;
    return true;
  }

  /**
   * Reads up to a mark, and takes the mark, too.
   *
   * @param mark an ASCII text
   * @param limit the largest number of bytes before the mark
   * @returns the text before it, in Latin-1; `undefined` at the end, `"too long"` beyond the limit
   * @throws {Error} if the connection has failed or was closed
   */
  async until(mark: string, limit: number): Promise<{ text: string } | "too long" | undefined> {
    for (let from = 0;;) {
      const text = new TextDecoder("latin1").decode(this.#bytes.subarray(0, limit + mark.length));
      const at = text.indexOf(mark, from);
      if (at >= 0) {
        this.#bytes = this.#bytes.slice(at + mark.length);
        return { text: text.slice(0, at) };
      }
      if (text.length >= limit + mark.length) return "too long";
      from = Math.max(0, text.length - mark.length);
      if (!await this.fill()) return undefined;
    }
  }

  /**
   * Reads a number of bytes.
   *
   * @param count how many
   * @returns the bytes; `undefined` if the connection ends before
   * @throws {Error} if the connection has failed or was closed
   */
  async take(count: number): Promise<Uint8Array | undefined> {
    while (this.#bytes.length < count) {
      if (!await this.fill()) return undefined;
    }
    const taken = this.#bytes.slice(0, count);
    this.#bytes = this.#bytes.slice(count);
    return taken;
  }

  /**
   * Takes what was read already.
   *
   * @returns the bytes, maybe none
   */
  takeWaiting(): Uint8Array {
    const bytes = this.#bytes;
    this.#bytes = new Uint8Array(0);
    return bytes;
  }
}

/**
 * A connection that reports its first bytes before they are read.
 *
 * @module
 */
import type { Connection } from "./connection.ts";

/** The size of the first read in bytes: the longest frame. */
const PEEK_BYTES = 65_536;

/** A connection that reads ahead once. */
export class PeekedConnection implements Connection {
  readonly #connection: Connection;
  #first: Promise<number | null> | undefined;
  #buffer: Uint8Array;
  #left = 0;

  /**
   * Begins the first read.
   *
   * @param connection a connection that nothing else reads from; it is closed with this one
   */
  constructor(connection: Connection) {
    this.#connection = connection;
    this.#buffer = new Uint8Array(PEEK_BYTES);
    this.#first = connection.read(this.#buffer);
    // `read` reports the error.
    this.#first.catch(() => {});
  }

  /** As for any {@linkcode Connection}. */
  get remoteAddr(): Connection["remoteAddr"] {
    return this.#connection.remoteAddr;
  }

  /** Resolves when the first read has ended: with bytes, at the end of the stream, or with an error. */
  get readable(): Promise<void> {
    return (this.#first ?? Promise.resolve()).then(() => {}, () => {});
  }

  /** As for any {@linkcode Connection}. */
  async read(buffer: Uint8Array): Promise<number | null> {
    if (this.#first !== undefined) {
      const first = this.#first;
      this.#first = undefined;
      const count = await first;
      if (count === null) return null;
      this.#left = count;
    }
    if (this.#left === 0) return await this.#connection.read(buffer);
    const count = Math.min(this.#left, buffer.length);
    buffer.set(this.#buffer.subarray(0, count));
    this.#left -= count;
    // Frees the bytes that were read.
    this.#buffer = this.#left === 0 ? new Uint8Array() : this.#buffer.slice(count);
    return count;
  }

  /** As for any {@linkcode Connection}. */
  write(bytes: Uint8Array): Promise<number> {
    return this.#connection.write(bytes);
  }

  /** As for any {@linkcode Connection}. */
  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  /** As for any {@linkcode Connection}. */
  close(): void {
    this.#connection.close();
  }
}

/**
 * A socket from which was read to find out what it is, and that is then read again from its beginning.
 *
 * PURE.
 *
 * @module
 */
import type { Socket } from "./connection.ts";

/** A socket that keeps what is read until it is rewound. */
export class RewoundSocket implements Socket {
  readonly #socket: Socket;
  readonly #kept: Uint8Array[] = [];
  /** Whether what was read is read again. */
  isRewound = false;

  /**
   * Takes a socket over.
   *
   * @param socket the socket
   */
  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Whether anything was read. */
  get hasRead(): boolean {
    return this.#kept.length > 0;
  }

  /** Begins again with what was read. */
  rewind(): void {
    this.isRewound = true;
  }

  /** As for every socket. */
  async read(buffer: Uint8Array): Promise<number | null> {
    const [first] = this.#kept;
    if (this.isRewound && first !== undefined) {
      const count = Math.min(first.length, buffer.length);
      buffer.set(first.subarray(0, count));
      if (count === first.length) this.#kept.shift();
      else this.#kept[0] = first.subarray(count);
      return count;
    }
    const count = await this.#socket.read(buffer);
    if (!this.isRewound && count !== null) this.#kept.push(buffer.slice(0, count));
    return count;
  }

  /** As for every socket. */
  write(bytes: Uint8Array): Promise<number> {
    return this.#socket.write(bytes);
  }

  /** As for every socket. */
  closeWrite(): Promise<void> {
    return this.#socket.closeWrite();
  }

  /** As for every socket. */
  close(): void {
    this.#socket.close();
  }
}

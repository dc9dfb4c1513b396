/**
 * A socket in memory: one end is that of a connection of the hub, the other one belongs to a client in this process.
 *
 * Rules: nothing is copied and nothing piles up. A write of the hub is done when the client has taken its bytes, so a
 * client that takes nothing slows the hub down as one on a network does.
 *
 * PURE.
 *
 * @module
 */
import type { Socket } from "../net/mod.ts";

/** Both ends of a socket. */
export class MemorySocket implements Socket {
  readonly #sent: Uint8Array[] = [];
  #reading: { buffer: Uint8Array; resolve: (count: number | null) => void } | undefined;
  #writing: { bytes: Uint8Array; resolve: (count: number) => void } | undefined;
  #taking: (() => void) | undefined;
  /** Whether the hub has closed its sending side, or all of it. */
  #hubDone = false;
  #clientGone = false;

  /** Reads what the client has sent: the end of the hub. */
  read(buffer: Uint8Array): Promise<number | null> {
    return new Promise((resolve) => {
      this.#reading = { buffer, resolve };
      this.#deliver();
    });
  }

  /** Writes to the client, and waits until it has taken the bytes: the end of the hub. */
  write(bytes: Uint8Array): Promise<number> {
    if (this.#clientGone) return Promise.resolve(bytes.length);
    return new Promise((resolve) => {
      this.#writing = { bytes, resolve };
      this.#taking?.();
    });
  }

  /** Ends the messages to the client: the end of the hub. */
  closeWrite(): Promise<void> {
    this.#hubDone = true;
    this.#taking?.();
    return Promise.resolve();
  }

  /** Closes both directions: the end of the hub. */
  close(): void {
    this.#hubDone = true;
    this.end();
  }

  /**
   * Sends bytes to the hub: the end of the client.
   *
   * @param bytes the bytes, which stay as they are
   */
  send(bytes: Uint8Array): void {
    this.#sent.push(bytes);
    this.#deliver();
  }

  /**
   * Waits for bytes of the hub: the end of the client. One call at a time.
   *
   * @param use gets the bytes, which are valid until it returns
   * @returns whether there were any; otherwise the connection has ended
   */
  async take(use: (bytes: Uint8Array) => void): Promise<boolean> {
    if (this.#writing === undefined && !this.#hubDone && !this.#clientGone) {
      await new Promise<void>((resolve) => this.#taking = resolve);
      this.#taking = undefined;
    }
    const { bytes, resolve } = this.#writing ?? {};
    if (bytes === undefined || this.#clientGone) return false;
    this.#writing = undefined;
    use(bytes);
    resolve!(bytes.length);
    return true;
  }

  /** Disconnects: the end of the client. What the hub still writes is discarded. */
  end(): void {
    this.#clientGone = true;
    this.#sent.length = 0;
    this.#writing?.resolve(this.#writing.bytes.length);
    this.#writing = undefined;
    this.#taking?.();
    this.#deliver();
  }

  /** Completes a pending read of the hub, if there is something to read. */
  #deliver(): void {
    if (this.#reading === undefined) return;
    const { buffer, resolve } = this.#reading;
    const [first] = this.#sent;
    if (first === undefined && !this.#clientGone) return;
    this.#reading = undefined;
    if (first === undefined) return resolve(null);
    const count = Math.min(first.length, buffer.length);
    buffer.set(first.subarray(0, count));
    if (count === first.length) this.#sent.shift();
    else this.#sent[0] = first.subarray(count);
    resolve(count);
  }
}

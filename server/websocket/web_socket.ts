/**
 * A WebSocket as a socket of the hub: what is read and written is the payload of binary messages.
 *
 * Strategy: a read goes into the buffer of the reader, and the payload takes the place of the frames there. Each write
 * is one message, whose frame all readers of the same bytes share. So a WebSocket has no buffer of its own, and what
 * the hub does not read stays with the operating system and stalls the client.
 *
 * Rules:
 * - One frame is written at a time. A pong or a close frame waits until the frame before it is complete, and the next
 *   write waits for it.
 * - One pong waits at most: that of the last ping. While it is written, nothing is read.
 * - After a close frame nothing more is written.
 * - After an error the client is told why, and what it still sends is discarded for `LINGER_MS`: to close with unread
 *   bytes would discard the reason.
 * - Reads without payload yield their turn from time to time.
 *
 * @module
 */
import { CloseCode, closeFrame, frameOf, Opcode } from "./frame.ts";
import type { FramedCopies } from "./framed_copies.ts";
import { FrameReader, type ReadEnd } from "./reader.ts";
import type { Timers } from "../../runtime/mod.ts";
import { LINGER_MS, MAX_TURN_READS } from "../limits.ts";

/** The part of a connection that a WebSocket uses, and has itself. */
export type Socket = Pick<Deno.TcpConn, "read" | "write" | "closeWrite" | "close">;

/** Dependencies of a WebSocket. */
export interface WebSocketDependencies {
  /** Shared by all WebSockets of a hub. */
  copies: FramedCopies;
  /** Limits how long a closing WebSocket lingers, and yields turns. */
  timers: Timers;
}

/** A client broke the protocol of WebSocket. */
export class WebSocketError extends Error {
  /** As for any `Error`. */
  override readonly name = "WebSocketError";
}

/** One WebSocket after its handshake. */
export class WebSocketSocket implements Socket {
  readonly #socket: Socket;
  readonly #dependencies: WebSocketDependencies;
  readonly #reader = new FrameReader();
  /** Bytes that came with the handshake and are not read yet. */
  #early: Uint8Array | undefined;
  /** The buffer of the read that is pending. */
  #buffer: Uint8Array | undefined;
  /** The rest of a frame of which a part is written. */
  #rest: Uint8Array | undefined;
  /** How many bytes of the rest belong to the payload; the others are those of the header. */
  #restPayload = 0;
  /** The control frame that waits for the end of a frame. */
  #nextControl: Uint8Array | undefined;
  /** The control frames that are being written; `undefined` while there are none. */
  #control: Promise<void> | undefined;
  #closeSent = false;
  /** Resolves when the close frame is written, or cannot be written. */
  #closeDone: PromiseWithResolvers<void> | undefined;
  #closed = false;

  /**
   * Takes over a connection whose handshake is done.
   *
   * @param socket the connection, which this socket closes
   * @param dependencies see {@linkcode WebSocketDependencies}
   * @param early what the client has sent after its handshake, if that was read already
   */
  constructor(socket: Socket, dependencies: WebSocketDependencies, early?: Uint8Array) {
    this.#socket = socket;
    this.#dependencies = dependencies;
    if (early !== undefined && early.length > 0) this.#early = early;
  }

  /**
   * Reads payload of binary messages. Pings are answered meanwhile.
   *
   * @param buffer where to put the bytes; all of it may be changed
   * @returns the number of bytes; `null` when the client has closed
   * @throws {WebSocketError} if the client has broken the protocol; it is told so before
   * @throws {Error} if the connection has failed or was closed
   */
  read(buffer: Uint8Array): Promise<number | null> {
    if (this.#early !== undefined || this.#reader.end !== undefined) return this.#readOn(buffer);
    this.#buffer = buffer;
    return this.#socket.read(buffer).then(this.#onRead);
  }

  readonly #onRead = (count: number | null): number | null | Promise<number | null> => {
    const buffer = this.#buffer!;
    this.#buffer = undefined;
    const payload = this.#take(buffer, count);
    return payload === 0 ? this.#readOn(buffer) : payload;
  };

  /** Reads until there is payload. */
  async #readOn(buffer: Uint8Array): Promise<number | null> {
    for (let reads = 1; this.#reader.end === undefined; reads++) {
      await this.#control;
      if (reads % MAX_TURN_READS === 0) await this.#yieldTurn();
      const payload = this.#take(buffer, this.#takeEarly(buffer) ?? await this.#socket.read(buffer));
      if (payload !== 0) return payload;
    }
    return await this.#readEnd(this.#reader.end, buffer);
  }

  /** Takes the payload out of what was read, and answers a ping. */
  #take(buffer: Uint8Array, count: number | null): number | null {
    if (count === null) {
      if (!this.#reader.partial) return null;
      throw new WebSocketError("the connection ended within a frame");
    }
    const payload = this.#reader.read(buffer.subarray(0, count));
    const ping = this.#reader.takePing();
    if (ping !== undefined && !this.#closeSent) this.#sendControl(frameOf(Opcode.Pong, ping));
    return payload;
  }

  /**
   * Writes bytes as one binary message. If only a part is written, the next call must have the rest of these bytes.
   *
   * @param bytes what to write; not to be changed before it is written
   * @returns how many of them were taken by the operating system; all of them after a close frame, which ends the
   * messages for the client
   * @throws {Error} if the connection has failed or was closed
   */
  write(bytes: Uint8Array): Promise<number> {
    if (this.#rest === undefined) {
      if (this.#control !== undefined) return this.#control.then(() => this.write(bytes));
      if (this.#closeSent || bytes.length === 0) return Promise.resolve(bytes.length);
      this.#rest = this.#dependencies.copies.frame(bytes);
      this.#restPayload = bytes.length;
    } else if (bytes.length !== this.#restPayload) {
      return Promise.reject(
        new Error(`${this.#restPayload} bytes of a message are left, not ${bytes.length}`),
      );
    }
    return this.#socket.write(this.#rest).then(this.#onWritten);
  }

  readonly #onWritten = (count: number): number | Promise<number> => {
    const rest = this.#rest!;
    if (count === rest.length) {
      const written = this.#restPayload;
      this.#rest = undefined;
      this.#sendNextControl();
      return written;
    }
    this.#rest = rest.subarray(count);
    const written = Math.max(0, this.#restPayload - this.#rest.length);
    this.#restPayload -= written;
    return written;
  };

  /**
   * Tells the client that nothing more is written, with a close frame. The client answers and closes.
   *
   * @returns resolves when that is sent
   */
  closeWrite(): Promise<void> {
    return this.#sendClose(closeFrame(CloseCode.Normal));
  }

  /** Closes the connection at once, if possible after a close frame. Calling it again does nothing. */
  close(): void {
    if (this.#closed) return;
    void this.#sendClose(closeFrame(CloseCode.GoingAway));
    this.#closed = true;
    this.#socket.close();
    this.#closeDone?.resolve();
  }

  #takeEarly(buffer: Uint8Array): number | undefined {
    const early = this.#early;
    if (early === undefined) return undefined;
    const count = Math.min(early.length, buffer.length);
    buffer.set(early.subarray(0, count));
    this.#early = count === early.length ? undefined : early.subarray(count);
    return count;
  }

  /** Answers a close frame or an error of the client. */
  async #readEnd({ code, problem }: ReadEnd, buffer: Uint8Array): Promise<null> {
    const cancel = this.#dependencies.timers.after(LINGER_MS, () => this.close());
    try {
      await this.#sendClose(closeFrame(code, problem));
      if (problem !== "") await this.#discardRest(buffer);
    } catch {
      // The connection ends anyway, and why is known.
    } finally {
      cancel();
    }
    if (problem === "") return null;
    throw new WebSocketError(problem);
  }

  async #discardRest(buffer: Uint8Array): Promise<void> {
    await this.#socket.closeWrite();
    for (let reads = 1; await this.#socket.read(buffer) !== null; reads++) {
      if (reads % MAX_TURN_READS === 0) await this.#yieldTurn();
    }
  }

  /** Sends a close frame, unless one was sent; resolves when it is written or cannot be. */
  #sendClose(frame: Uint8Array): Promise<void> {
    if (!this.#closeSent) {
      this.#closeSent = true;
      this.#sendControl(frame);
    }
    return (this.#closeDone ??= Promise.withResolvers()).promise;
  }

  #sendControl(frame: Uint8Array): void {
    this.#nextControl = frame;
    this.#sendNextControl();
  }

  /** Sends the control frame that waits, if no other frame is being written. */
  #sendNextControl(): void {
    if (this.#nextControl === undefined || this.#rest !== undefined || this.#control !== undefined) return;
    this.#control = this.#writeControl().finally(() => this.#control = undefined);
    // An error of the socket shows in the next read or write, too.
    this.#control.catch(() => {});
  }

  async #writeControl(): Promise<void> {
    try {
      while (this.#nextControl !== undefined && !this.#closed) {
        let frame = this.#nextControl;
        this.#nextControl = undefined;
        while (frame.length > 0) frame = frame.subarray(await this.#socket.write(frame));
      }
    } finally {
      if (this.#closeSent) this.#closeDone?.resolve();
    }
  }

  #yieldTurn(): Promise<void> {
    return new Promise((resume) => this.#dependencies.timers.soon(resume));
  }
}

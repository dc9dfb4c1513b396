/**
 * Socket ↔ messages: what is read becomes messages of the hub, what is to be said becomes frames.
 *
 * Rules: every message goes to `received`, in order, and the next is read only when that is done, so that a slow reader
 * slows the hub and does not fill our memory. A message that cannot be read costs only itself as long as its frame is
 * whole. A wire ends once, with one reason; a hub that said why it is about to close has said the reason.
 *
 * @module
 */
import {
  type Body,
  BodyDecoder,
  type ClientMessage,
  Code,
  encodeFrame,
  parseBody,
  ProtocolError,
  readServerMessage,
  serialize,
  type ServerMessage,
} from "../../protocol/mod.ts";
import { reasonOf, type TimedClock } from "../../runtime/mod.ts";
import { type Connection } from "./connection.ts";

/** How long after its farewell a hub may take to close, in milliseconds: what it flushes may hold the last answers. */
export const ANNOUNCED_CLOSE_LIMIT_MS = 5000;

/**
 * How long a hub that was told that we leave may take to close, in milliseconds: several times the slowest round trip
 * on earth, in which the rest of what was said before comes.
 */
export const PEER_CLOSE_LIMIT_MS = 2000;

/** Bytes for one read: the longest frame, so that most reads bring whole ones. */
const READ_BYTES = 65_536;

/** A message as it came. */
export interface Received {
  /** All that came, also the fields and codes that this version does not know. */
  body: Body;
  /** The message; not there where its code is unknown or it cannot be read. */
  message?: ServerMessage;
  /** Why it cannot be read. */
  error?: ProtocolError;
}

/** Takes a message; the next is read when it is done. */
export type Receive = (received: Received) => void | Promise<void>;

/** How a connection ended. */
export interface Close {
  /** `left`: by us. `down`: the hub went down (205). `ended`: the hub ended this one (216). `lost`: all else. */
  how: "left" | "down" | "ended" | "lost";
  /** The reason, for people; what the hub itself said is in it as it came. */
  why: string;
  /** After how many milliseconds the hub would have us again, where it said so. */
  retryAfterMs?: number;
}

/** A connection that carries messages. */
export class Wire {
  readonly #connection: Connection;
  readonly #received: Receive;
  readonly #clock: TimedClock;
  readonly #decoder = new BodyDecoder();
  readonly #buffer = new Uint8Array(READ_BYTES);
  readonly #ended = Promise.withResolvers<Close>();
  #close: Close | undefined;
  /** How it is about to end: as the hub said before it closes, or because we leave. */
  #farewell: Close | undefined;
  /** Whether `received` has a message: the time that takes is not the hub's. */
  #delivering = false;
  #writing: Promise<void> = Promise.resolve();
  #cancelLimit: () => void = () => {};

  /**
   * Begins with an open connection, and owns it from here on.
   *
   * @param connection the connection
   * @param received takes every message
   * @param clock the clock
   */
  constructor(connection: Connection, received: Receive, clock: TimedClock) {
    this.#connection = connection;
    this.#received = received;
    this.#clock = clock;
  }

  /** How it ended; `undefined` as long as it has not. */
  get close(): Close | undefined {
    return this.#close;
  }

  /** Resolves when it has ended, with how. */
  get ended(): Promise<Close> {
    return this.#ended.promise;
  }

  /**
   * Waits for the next message that this version knows. All that comes was given to `received` before.
   *
   * @returns the message, or `undefined` when the wire has ended
   * @throws what `received` throws
   */
  async next(): Promise<ServerMessage | undefined> {
    while (this.#close === undefined) {
      try {
        const body = this.#decoder.next();
        if (body === undefined) await this.#read();
        else {
          const message = await this.#deliver(parseBody(body));
          if (message !== undefined && this.#close === undefined) return message;
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        this.end({ how: "lost", why: `the hub broke the protocol: ${error.message}` });
      }
    }
    return undefined;
  }

  /**
   * Sends a message after those before it.
   *
   * @param message what to send
   */
  send(message: ClientMessage): void {
    const frame = encodeFrame(serialize(message));
    this.#writing = this.#writing.then(async () => {
      try {
        for (let sent = 0; sent < frame.length;) sent += await this.#connection.write(frame.subarray(sent));
      } catch {
        // What cannot be written to has ended for the reader too, and there the hub's last words may wait.
      }
    });
  }

  /**
   * Sets when the wire ends by itself, in the place of the limit before. The hub's farewell sets a limit of its own,
   * which then stays.
   *
   * @param ms after how many milliseconds; those that `received` takes may come on top
   * @param why what to say then, for people
   */
  setDeadline(ms: number, why: string): void {
    if (this.#farewell === undefined) this.#limit(ms, { how: "lost", why });
  }

  /** Takes the limit back. */
  clearDeadline(): void {
    if (this.#farewell === undefined) this.#cancelLimit();
  }

  /**
   * Leaves in an orderly way: sends what is to be sent, says that nothing more comes, and reads on until the hub, which
   * has then written all that it had for us, closes. Harmless when the wire has ended.
   */
  leave(): void {
    if (this.#close !== undefined) return;
    this.#farewell = { how: "left", why: "left" };
    this.#limit(PEER_CLOSE_LIMIT_MS, this.#farewell);
    this.#writing = this.#writing.then(() => this.#connection.closeWrite()).catch(() => {
      // The connection is gone, which its reader will notice.
    });
  }

  /**
   * Ends the wire and frees the connection. Harmless when it has ended.
   *
   * @param close how it ends
   */
  end(close: Close): void {
    if (this.#close !== undefined) return;
    this.#close = close;
    this.#cancelLimit();
    this.#connection.close();
    this.#ended.resolve(close);
  }

  async #read(): Promise<void> {
    let why = "the hub closed the connection";
    try {
      const count = await this.#connection.read(this.#buffer);
      if (count !== null) return this.#decoder.push(this.#buffer.subarray(0, count));
    } catch (error) {
      why = reasonOf(error);
    }
    this.end(this.#farewell ?? { how: "lost", why });
  }

  async #deliver(body: Body): Promise<ServerMessage | undefined> {
    const received: Received = { body };
    try {
      const message = readServerMessage(body);
      if (message !== undefined) received.message = message;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      received.error = error;
    }
    this.#delivering = true;
    await this.#received(received);
    this.#delivering = false;
    if (received.message !== undefined) this.#noteFarewell(received.message);
    return received.message;
  }

  #noteFarewell(message: ServerMessage): void {
    if (this.#farewell?.how === "left") return;
    if (message.code === Code.HubDown) this.#farewell = { how: "down", why: "the hub went down" };
    else if (message.code === Code.Ending) {
      this.#farewell = { how: "ended", why: `the hub ended it: ${message.reason}` };
      if (message.retry_after_ms !== undefined) this.#farewell.retryAfterMs = message.retry_after_ms;
    } else if (message.code === Code.Refused && message.error === "bad_frame") {
      this.#farewell = { how: "lost", why: `the hub ended it: ${message.message}` };
    } else return;
    this.#limit(ANNOUNCED_CLOSE_LIMIT_MS, this.#farewell);
  }

  #limit(ms: number, close: Close): void {
    this.#cancelLimit();
    if (this.#close !== undefined) return;
    this.#cancelLimit = this.#clock.after(ms, () => {
      if (this.#delivering) this.#limit(ms, close);
      else this.end(close);
    });
  }
}

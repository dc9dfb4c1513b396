/**
 * Messages over a connection: parses what the hub sends, and sends messages as frames.
 *
 * Rules:
 * - Every message goes to `received`, in order. The next one is read only when that is done: a slow receiver slows the
 *   hub down and does not fill the memory.
 * - A message that cannot be parsed is skipped if its frame is complete.
 * - A wire ends once, with one reason. If the hub said why it closes, that is the reason.
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

/**
 * How long a hub may take to close after it announced that, in milliseconds. The last answers may come until then.
 */
export const ANNOUNCED_CLOSE_LIMIT_MS = 5000;

/**
 * How long a hub may take to close after this client half-closed to leave, in milliseconds: several times the slowest
 * round trip on earth. Messages that are on their way still arrive until then.
 */
export const PEER_CLOSE_LIMIT_MS = 2000;

/** The size of a read in bytes: the longest frame, so that most reads bring complete ones. */
const READ_BYTES = 65_536;

/** A received message. */
export interface Received {
  /** The whole message, with the fields and codes that this version does not know. */
  body: Body;
  /** The parsed message; `undefined` if its code is unknown or it cannot be parsed. */
  message?: ServerMessage;
  /** Why it cannot be parsed. */
  error?: ProtocolError;
}

/** Handles a message; the next is read when the promise resolves. */
export type Receive = (received: Received) => void | Promise<void>;

/** How a connection ended. */
export interface Close {
  /** `left`: by the client. `down`: the hub shut down (205). `ended`: the hub ended it (216). `lost`: anything else. */
  how: "left" | "down" | "ended" | "lost";
  /** The reason for the user; text of the hub is in it unchanged. */
  why: string;
  /** The hub's error word, if it sent one: `banned` or `kicked`. */
  word?: string;
  /** After how many milliseconds to connect again, if the hub said so. */
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
  /** How it will end: as the hub announced, or because the client leaves. */
  #announced: Close | undefined;
  /** Whether `received` handles a message. That time does not count towards the deadline. */
  #delivering = false;
  #writing: Promise<void> = Promise.resolve();
  #cancelDeadline: () => void = () => {};

  /**
   * Takes over an open connection.
   *
   * @param connection the connection
   * @param received handles every message
   * @param clock the clock
   */
  constructor(connection: Connection, received: Receive, clock: TimedClock) {
    this.#connection = connection;
    this.#received = received;
    this.#clock = clock;
  }

  /** How it ended; `undefined` while it is open. */
  get close(): Close | undefined {
    return this.#close;
  }

  /** Resolves with how it ended. */
  get ended(): Promise<Close> {
    return this.#ended.promise;
  }

  /**
   * Waits for the next message that this version knows, after `received` has handled it.
   *
   * @returns the message; `undefined` when the wire has ended
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
   * @param message the message
   */
  send(message: ClientMessage): void {
    const frame = encodeFrame(serialize(message));
    this.#writing = this.#writing.then(async () => {
      try {
        for (let sent = 0; sent < frame.length;) sent += await this.#connection.write(frame.subarray(sent));
      } catch {
        // The reader notices the loss too, and may still receive the hub's final messages.
      }
    });
  }

  /**
   * Sets a deadline after which the wire ends by itself. It replaces the one before. Once the hub has announced that it
   * closes, that deadline stays.
   *
   * @param ms after how many milliseconds; the time that `received` takes may come on top
   * @param why the reason for the user
   */
  setDeadline(ms: number, why: string): void {
    if (this.#announced === undefined) this.#setDeadline(ms, { how: "lost", why });
  }

  /** Removes the deadline. */
  clearDeadline(): void {
    if (this.#announced === undefined) this.#cancelDeadline();
  }

  /**
   * Leaves in an orderly way: sends what waits, half-closes, and reads on until the hub has sent everything and closes.
   * Does nothing if the wire has ended.
   */
  leave(): void {
    if (this.#close !== undefined) return;
    this.#announced = { how: "left", why: "left" };
    this.#setDeadline(PEER_CLOSE_LIMIT_MS, this.#announced);
    this.#writing = this.#writing.then(() => this.#connection.closeWrite()).catch(() => {
      // The connection is lost, which the reader notices.
    });
  }

  /**
   * Ends the wire and closes the connection. Does nothing if it has ended.
   *
   * @param close how it ends
   */
  end(close: Close): void {
    if (this.#close !== undefined) return;
    this.#close = close;
    this.#cancelDeadline();
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
    this.end(this.#announced ?? { how: "lost", why });
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
    if (received.message !== undefined) this.#noteClose(received.message);
    return received.message;
  }

  #noteClose(message: ServerMessage): void {
    if (this.#announced?.how === "left") return;
    if (message.code === Code.HubDown) this.#announced = { how: "down", why: "the hub shut down" };
    else if (message.code === Code.Ending) {
      const { error, reason } = message;
      const why = error === "banned" || error === "kicked" ? "you were put out" : "the hub ended it";
      this.#announced = { how: "ended", why: `${why}: ${reason}` };
      if (error !== undefined) this.#announced.word = error;
      if (message.retry_after_ms !== undefined) this.#announced.retryAfterMs = message.retry_after_ms;
    } else if (message.code === Code.Refused && message.error === "bad_frame") {
      this.#announced = { how: "lost", why: `the hub ended it: ${message.message}` };
    } else return;
    this.#setDeadline(ANNOUNCED_CLOSE_LIMIT_MS, this.#announced);
  }

  #setDeadline(ms: number, close: Close): void {
    this.#cancelDeadline();
    if (this.#close !== undefined) return;
    this.#cancelDeadline = this.#clock.after(ms, () => {
      if (this.#delivering) this.#setDeadline(ms, close);
      else this.end(close);
    });
  }
}

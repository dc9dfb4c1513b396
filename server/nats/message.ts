/**
 * Messages of NATS, and messages of a stream with the place in it that their consumer tells.
 *
 * @module
 */

/** What is used of a message of the library. */
export interface LibraryMessage extends Pick<NatsMessage, "subject" | "reply" | "data"> {
  /** Its headers, and the status of the server. */
  readonly headers?: {
    /** The status, such as 503. */
    readonly code: number;
    /** Returns a header; empty if it is missing. */
    get(name: string): string;
  };
}

/** The headers of a message, each with one value. */
export type MessageHeaders = Readonly<Record<string, string>>;

/** A message that was received. */
export interface NatsMessage {
  /** Its subject. */
  readonly subject: string;
  /** Where to answer to; in a message of a consumer, its place in the stream. */
  readonly reply?: string | undefined;
  /** The payload. It stays valid, but keeps the whole read buffer in memory. */
  readonly data: Uint8Array;
  /** The status that the server put in place of a payload, such as 100 or 503; 0 for none. */
  readonly status: number;
  /**
   * Reads a header.
   *
   * @param name its name, case-sensitive
   * @returns its value; empty if it is missing
   */
  header(name: string): string;
}

/** A message as the library has it. */
export class ReceivedMessage implements NatsMessage {
  /** As {@linkcode NatsMessage.subject}. */
  readonly subject: string;
  /** As {@linkcode NatsMessage.reply}. */
  readonly reply: string | undefined;
  /** As {@linkcode NatsMessage.data}. */
  readonly data: Uint8Array;
  readonly #message: LibraryMessage;

  /**
   * Wraps a message.
   *
   * @param message the message of the library
   */
  constructor(message: LibraryMessage) {
    this.#message = message;
    this.subject = message.subject;
    this.reply = message.reply;
    this.data = message.data;
  }

  /** As {@linkcode NatsMessage.status}. */
  get status(): number {
    return this.data.length > 0 ? 0 : this.#message.headers?.code ?? 0;
  }

  /** As {@linkcode NatsMessage.header}. */
  header(name: string): string {
    return this.#message.headers?.get(name) ?? "";
  }
}

/** A message of a stream. */
export interface StreamMessage {
  /** Its subject. */
  readonly subject: string;
  /** Its sequence in the stream; larger than that of the message before, not always by one. */
  readonly sequence: number;
  /** The payload; it keeps the buffer in memory in which it was read. */
  readonly data: Uint8Array;
  /** When the server stored it, in milliseconds since 1970. */
  readonly timeMs: number;
  /** How many messages of the stream follow it, as far as the server knows. */
  readonly pending: number;
  /**
   * Reads a header.
   *
   * @param name its name, case-sensitive
   * @returns its value; empty if it is missing
   */
  header(name: string): string;
}

/**
 * Reads the place of a message: `$JS.ACK.STREAM.CONSUMER.DELIVERIES.STREAM_SEQUENCE.CONSUMER_SEQUENCE.TIME.PENDING`, or
 * with a domain and an account before the stream, and a token at the end.
 *
 * @param reply the reply subject of the message
 * @returns its place; `undefined` if this is none
 */
export function placeOf(
  reply: string,
): { sequence: number; delivery: number; timeMs: number; pending: number } | undefined {
  const parts = reply.split(".");
  if (parts[0] !== "$JS" || parts[1] !== "ACK" || parts.length < 9) return undefined;
  const at = parts.length === 9 ? 5 : 7;
  return {
    sequence: Number(parts[at]),
    delivery: Number(parts[at + 1]),
    timeMs: Number(parts[at + 2]!.slice(0, -6)),
    pending: Number(parts[at + 3]),
  };
}

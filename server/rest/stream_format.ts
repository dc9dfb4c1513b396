/**
 * The two formats of a stream: server-sent events, and lines of JSON.
 *
 * PURE.
 *
 * @module
 */
import type { ChatLine, LineChange, PastLine } from "../../protocol/mod.ts";
import { Problem } from "./problem.ts";

/** How soon a browser connects again, in milliseconds. */
const RETRY_MS = 2000;

/** From where a stream goes on. */
export interface StreamPosition {
  /** The number of the last message that the client has. */
  sequence: number;
  /** The `epoch` of the history that it got it from. */
  epoch: string | undefined;
}

/** Writes the parts of a stream. */
export interface StreamFormat {
  /** The `content-type`. */
  readonly type: string;
  /** Comes first, so that the headers are sent. */
  readonly start: string;
  /** Comes when nothing else did for a while, so that nobody on the way thinks that the connection is dead. */
  readonly keepAlive: string;
  /**
   * Writes a message.
   *
   * @param line the message
   * @param id the id of the event, with which the stream can be resumed
   */
  message(line: ChatLine | PastLine, id: string): string;
  /** Writes a change of an earlier message. */
  change(change: LineChange): string;
  /** Writes why the stream ends. */
  end(reason: string): string;
}

/**
 * Writes server-sent events (the HTML standard, section 9.2). A message is an event without a name, so that a browser
 * gets it as `message`.
 */
export const EVENTS: StreamFormat = {
  type: "text/event-stream",
  start: `retry: ${RETRY_MS}\n\n`,
  keepAlive: ":\n\n",
  message: (line, id) => `id: ${id}\ndata: ${JSON.stringify({ type: "message", ...line })}\n\n`,
  change: (change) => `event: change\ndata: ${JSON.stringify({ type: "change", ...change })}\n\n`,
  end: (reason) => `event: end\ndata: ${JSON.stringify({ type: "end", reason })}\n\n`,
};

/** Writes lines of JSON. A line may be empty. */
export const LINES: StreamFormat = {
  type: "application/x-ndjson",
  start: "\n",
  keepAlive: "\n",
  message: (line, id) => `${JSON.stringify({ type: "message", ...line, event_id: id })}\n`,
  change: (change) => `${JSON.stringify({ type: "change", ...change })}\n`,
  end: (reason) => `${JSON.stringify({ type: "end", reason })}\n`,
};

/**
 * Tells whether a client wants lines of JSON.
 *
 * @param accept the header `accept`, if there is one
 * @returns whether it names them
 */
export function wantsLines(accept: string | null): boolean {
  return /\bapplication\/(?:x-)?(?:ndjson|jsonl)\b/i.test(accept ?? "");
}

/**
 * Writes the id of an event.
 *
 * @param position the number of its message, and the epoch
 * @returns the number, and the epoch if the hub stores messages
 */
export function eventId({ sequence, epoch }: StreamPosition): string {
  return epoch === undefined ? String(sequence) : `${sequence}-${epoch}`;
}

/**
 * Reads the id of an event, or a number.
 *
 * @param text what the client gave
 * @param where the name of the header or parameter, for the error
 * @returns the position
 * @throws {Problem} `bad_message`
 */
export function readEventId(text: string, where: string): StreamPosition {
  const [, digits, epoch] = /^(\d{1,16})(?:-([\w.:-]{1,256}))?$/.exec(text) ?? [];
  const sequence = Number(digits);
  if (!Number.isSafeInteger(sequence)) {
    throw new Problem(
      "bad_message",
      `Cannot go on from there: ${where} must be the id of an event, or the number of a message`,
    );
  }
  return { sequence, epoch };
}

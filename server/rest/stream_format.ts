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
  /** The number of the last change in the room that it has; `undefined` if it is not known. */
  change: number | undefined;
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
  /**
   * Writes a change of an earlier message.
   *
   * @param change the change
   * @param id as for a message
   */
  change(change: LineChange, id: string): string;
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
  change: (change, id) =>
    `event: change\nid: ${id}\ndata: ${JSON.stringify({ type: "change", ...change })}\n\n`,
  end: (reason) => `event: end\ndata: ${JSON.stringify({ type: "end", reason })}\n\n`,
};

/** Writes lines of JSON. A line may be empty. */
export const LINES: StreamFormat = {
  type: "application/x-ndjson",
  start: "\n",
  keepAlive: "\n",
  message: (line, id) => `${JSON.stringify({ type: "message", ...line, event_id: id })}\n`,
  change: (change, id) => `${JSON.stringify({ type: "change", ...change, event_id: id })}\n`,
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
 * @param position where the stream is after it
 * @returns the number of the last message, and what else is known: `12.34-EPOCH` is after message 12 and change 34
 */
export function eventId({ sequence, change, epoch }: StreamPosition): string {
  return `${sequence}${change === undefined ? "" : `.${change}`}${epoch === undefined ? "" : `-${epoch}`}`;
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
  const [, digits, changes, epoch] = /^(\d{1,16})(?:\.(\d{1,16}))?(?:-([\w.:-]{1,256}))?$/.exec(text) ?? [];
  const sequence = Number(digits);
  const change = changes === undefined ? undefined : Number(changes);
  if (!Number.isSafeInteger(sequence) || change !== undefined && !Number.isSafeInteger(change)) {
    throw new Problem(
      "bad_message",
      `Cannot go on from there: ${where} must be the id of an event, or the number of a message`,
    );
  }
  return { sequence, change, epoch };
}

/**
 * A page of messages: takes rows of the database until the page is full.
 *
 * PURE.
 *
 * @module
 */
import type { Conversation, Page, StoredLine } from "./history.ts";

/** The columns of {@linkcode Row}, for a query of {@linkcode LINES}. */
export const LINE_COLUMNS: string =
  "lines.id, lines.sequence, lines.timestamp, lines.username, lines.recipient, lines.verified, lines.message, " +
  "lines.reply_to, changes.number";

/** The messages with their changes, for a query. */
export const LINES = "lines LEFT JOIN changes ON changes.line = lines.id";

/** A message in the database. */
export interface Row {
  /** Its id, in the order in which the hub received all messages. */
  id: number;
  /** The id of its conversation, in a query of all conversations. */
  place?: number;
  /** Its sequence number in the conversation. */
  sequence: number;
  /** When the hub received it, in milliseconds since 1970, UTC. */
  timestamp: number;
  /** The author. */
  username: string;
  /** The recipient of a direct message. */
  recipient: string | null;
  /** 1 if the name belongs to the author, else 0. */
  verified: number;
  /** The text. */
  message: string;
  /** The number of the message that it answers. */
  reply_to: number | null;
  /** The number of its last change. */
  number: number | null;
}

/** What was changed of a message. */
export type Changed = Pick<StoredLine, "changedBy" | "edited" | "deleted" | "reactions">;

/**
 * Makes a message of a row.
 *
 * @param row the row
 * @param conversation its conversation
 * @param changedOf reads what was changed of the message with an id
 * @returns the message
 */
export function lineOf(
  { id, sequence, timestamp, username, recipient, verified, message, reply_to, number }: Row,
  conversation: Conversation,
  changedOf: (id: number) => Changed,
): StoredLine {
  const line: StoredLine = {
    conversation,
    sequence,
    timestamp,
    username,
    message,
    verified: verified === 1,
    ...(recipient === null ? {} : { to: recipient }),
  };
  if (reply_to !== null) line.replyTo = reply_to;
  if (number === null) return line;
  const changed = { ...line, change: number, ...changedOf(id) };
  // The row has as many spaces as there were bytes.
  if (changed.deleted) changed.message = "";
  return changed;
}

/** What one step of a search has found. */
export interface Found {
  /** The matches, newest first. */
  rows: Row[];
  /** The id of the oldest message that is searched now. */
  from: number;
}

/** Approximate size of the field names and numbers of a message as JSON, in bytes. */
const FIELDS_BYTES = 160;
/** Approximate size of a field that few messages have, in bytes. */
const EXTRA_BYTES = 30;
/** Approximate size of the field names and the count of a reaction as JSON, in bytes. */
const REACTION_BYTES = 48;

const utf8 = new TextEncoder();

/** Collects rows until the page is full. */
export class PageBuilder {
  readonly #conversation: Conversation;
  readonly #limit: number;
  readonly #bytes: number;
  readonly #forwards: boolean;
  readonly #lines: StoredLine[] = [];
  readonly #changedOf: (id: number) => Changed;
  readonly #nameBytes: number;
  #size = 0;
  #more = false;

  /**
   * Starts an empty page.
   *
   * @param conversation the conversation of all rows
   * @param options `limit`: maximum number of messages; `bytes`: approximate maximum size as JSON, in bytes, which the
   * last message may exceed; `forwards`: whether rows come oldest first; `changedOf`: as for {@linkcode lineOf}
   */
  constructor(
    conversation: Conversation,
    { limit, bytes, forwards, changedOf }: {
      limit: number;
      bytes: number;
      forwards: boolean;
      changedOf: (id: number) => Changed;
    },
  ) {
    this.#conversation = conversation;
    this.#limit = limit;
    this.#bytes = bytes;
    this.#forwards = forwards;
    this.#changedOf = changedOf;
    this.#nameBytes = bytesOf(conversation.name);
  }

  /**
   * Adds rows.
   *
   * @param rows the rows, in order
   * @returns whether there is space for more
   */
  add(rows: readonly Row[]): boolean {
    for (const row of rows) {
      if (this.#lines.length >= this.#limit || this.#size >= this.#bytes) {
        this.#more = true;
        return false;
      }
      const line = lineOf(row, this.#conversation, this.#changedOf);
      this.#size += lineBytes(line, this.#nameBytes);
      this.#lines.push(line);
    }
    return true;
  }

  /**
   * Ends the page before all messages were searched.
   *
   * @param before the lowest sequence number that was searched
   * @returns the page, oldest message first
   */
  finishEarly(before: number): Page {
    return { ...this.finish(), more: true, before };
  }

  /**
   * Ends the page.
   *
   * @returns the page, oldest message first
   */
  finish(): Page {
    return { lines: this.#forwards ? this.#lines : this.#lines.reverse(), more: this.#more };
  }
}

/**
 * Estimates the size of a message as JSON.
 *
 * @param line the message
 * @param nameBytes the size of the name of its conversation, in bytes
 * @returns the size, in bytes
 */
export function lineBytes(line: StoredLine, nameBytes: number = bytesOf(line.conversation.name)): number {
  const { message, username, to, replyTo, change, reactions } = line;
  let size = FIELDS_BYTES + nameBytes + bytesOf(message) + bytesOf(username);
  if (to !== undefined) size += bytesOf(to);
  if (replyTo !== undefined) size += EXTRA_BYTES;
  if (change === undefined) return size;
  for (const { reaction } of reactions ?? []) size += REACTION_BYTES + bytesOf(reaction);
  return size + 2 * EXTRA_BYTES;
}

/** Returns the size of a text as JSON, in bytes. */
function bytesOf(text: string): number {
  return utf8.encode(JSON.stringify(text)).length;
}

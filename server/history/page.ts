/**
 * A page of messages: takes rows of the database until the page is full.
 *
 * PURE.
 *
 * @module
 */
import type { Conversation, Page, StoredLine, StoredReaction } from "./history.ts";

/** The columns of {@linkcode Row}, for a query of {@linkcode LINES}. */
export const LINE_COLUMNS: string =
  "lines.id, lines.place, lines.sequence, lines.timestamp, lines.username, lines.recipient, lines.verified, " +
  "lines.message, lines.reply_to, changes.number, changes.author, changes.edited, changes.deleted";

/** The messages with their changes, for a query. */
export const LINES = "lines LEFT JOIN changes ON changes.line = lines.id";

/** A message in the database. */
export interface Row {
  /** Its id, in the order in which the hub received all messages. */
  id: number;
  /** The id of its conversation. */
  place: number;
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
  /** Who edited or deleted it last. */
  author: string | null;
  /** When it was edited last, in milliseconds since 1970, UTC. */
  edited: number | null;
  /** 1 if it was deleted; its text is then spaces. */
  deleted: number | null;
}

/**
 * Makes a message of a row.
 *
 * @param row the row
 * @param conversation its conversation
 * @param reactionsOf reads the reactions to the message with an id
 * @returns the message
 */
export function lineOf(
  row: Row,
  conversation: Conversation,
  reactionsOf: (id: number) => StoredReaction[],
): StoredLine {
  const { sequence, timestamp, username, recipient, message, reply_to, number } = row;
  const line: StoredLine = {
    conversation,
    sequence,
    timestamp,
    username,
    message,
    verified: row.verified === 1,
    ...(recipient === null ? {} : { to: recipient }),
  };
  if (reply_to !== null) line.replyTo = reply_to;
  if (number === null) return line;
  line.change = number;
  if (row.author !== null) line.changedBy = row.author;
  if (row.deleted === 1) return { ...line, message: "", deleted: true };
  if (row.edited !== null) line.edited = row.edited;
  const reactions = reactionsOf(row.id);
  if (reactions.length > 0) line.reactions = reactions;
  return line;
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
  readonly #reactionsOf: (id: number) => StoredReaction[];
  #size = 0;
  #more = false;

  /**
   * Starts an empty page.
   *
   * @param conversation the conversation of all rows
   * @param options `limit`: maximum number of messages; `bytes`: approximate maximum size as JSON, in bytes, which the
   * last message may exceed; `forwards`: whether rows come oldest first; `reactionsOf`: as for {@linkcode lineOf}
   */
  constructor(
    conversation: Conversation,
    { limit, bytes, forwards, reactionsOf }: {
      limit: number;
      bytes: number;
      forwards: boolean;
      reactionsOf: (id: number) => StoredReaction[];
    },
  ) {
    this.#conversation = conversation;
    this.#limit = limit;
    this.#bytes = bytes;
    this.#forwards = forwards;
    this.#reactionsOf = reactionsOf;
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
      const line = lineOf(row, this.#conversation, this.#reactionsOf);
      this.#size += lineBytes(line);
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
 * @returns the size, in bytes
 */
export function lineBytes(line: StoredLine): number {
  const { conversation, message, username, to, reactions = [] } = line;
  let size = FIELDS_BYTES + bytesOf(conversation.name) + bytesOf(message) + bytesOf(username);
  if (line.replyTo !== undefined) size += EXTRA_BYTES;
  if (line.change !== undefined) size += 2 * EXTRA_BYTES;
  if (to !== undefined) size += bytesOf(to);
  for (const { reaction } of reactions) size += REACTION_BYTES + bytesOf(reaction);
  return size;
}

/** Returns the size of a text as JSON, in bytes. */
function bytesOf(text: string): number {
  return utf8.encode(JSON.stringify(text)).length;
}

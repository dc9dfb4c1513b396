/**
 * A page of messages: takes rows of the database until the page is full.
 *
 * PURE.
 *
 * @module
 */
import type { Conversation, Page, StoredLine } from "./history.ts";

/** The columns of {@linkcode Row}, for a query. */
export const LINE_COLUMNS =
  "lines.id, lines.sequence, lines.timestamp, lines.username, lines.recipient, lines.verified, lines.message";

/** A message in the database. */
export interface Row {
  /** Its id, in the order in which the hub received all messages. */
  id: number;
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

const utf8 = new TextEncoder();

/** Collects rows until the page is full. */
export class PageBuilder {
  readonly #conversation: Conversation;
  readonly #limit: number;
  readonly #bytes: number;
  readonly #forwards: boolean;
  readonly #lines: StoredLine[] = [];
  readonly #nameBytes: number;
  #size = 0;
  #more = false;

  /**
   * Starts an empty page.
   *
   * @param conversation the conversation of all rows
   * @param limit maximum number of messages
   * @param bytes approximate maximum size as JSON, in bytes; the last message may exceed it
   * @param forwards whether rows come oldest first
   */
  constructor(conversation: Conversation, limit: number, bytes: number, forwards: boolean) {
    this.#conversation = conversation;
    this.#limit = limit;
    this.#bytes = bytes;
    this.#forwards = forwards;
    this.#nameBytes = bytesOf(conversation.name);
  }

  /**
   * Adds rows.
   *
   * @param rows the rows, in order
   * @returns whether there is space for more
   */
  add(rows: readonly Row[]): boolean {
    for (const { sequence, timestamp, username, recipient, verified, message } of rows) {
      if (this.#lines.length >= this.#limit || this.#size >= this.#bytes) {
        this.#more = true;
        return false;
      }
      this.#size += FIELDS_BYTES + this.#nameBytes + bytesOf(message) + bytesOf(username) +
        (recipient === null ? 0 : bytesOf(recipient));
      this.#lines.push({
        conversation: this.#conversation,
        sequence,
        timestamp,
        username,
        message,
        verified: verified === 1,
        ...(recipient === null ? {} : { to: recipient }),
      });
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

/** Returns the size of a text as JSON, in bytes. */
function bytesOf(text: string): number {
  return utf8.encode(JSON.stringify(text)).length;
}

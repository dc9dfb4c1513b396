/**
 * A page of history: rows of the database as lines, until there are enough of them.
 *
 * PURE.
 *
 * @module
 */
import type { KeptLine, Page, Place } from "./history.ts";

/** The columns of a line as {@linkcode Row} has them, for a query. */
export const LINE_COLUMNS =
  "lines.id, lines.sequence, lines.timestamp, lines.username, lines.recipient, lines.verified, lines.message";

/** A line as it lies in the database. */
export interface Row {
  /** Its place among all lines. */
  id: number;
  /** As in {@linkcode KeptLine}, and so the others. */
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

/** About how many bytes the names of the fields of a line and its numbers take as JSON. */
const FIELDS_BYTES = 160;

const utf8 = new TextEncoder();

/** Takes rows until the page is full. */
export class PageBuilder {
  readonly #place: Place;
  readonly #limit: number;
  readonly #bytes: number;
  readonly #forwards: boolean;
  readonly #lines: KeptLine[] = [];
  readonly #nameBytes: number;
  #size = 0;
  #more = false;

  /**
   * Makes an empty page.
   *
   * @param place where all lines were said
   * @param limit how many lines it takes
   * @param bytes about how many bytes of JSON it takes; the last line may go beyond
   * @param forwards whether rows come oldest first
   */
  constructor(place: Place, limit: number, bytes: number, forwards: boolean) {
    this.#place = place;
    this.#limit = limit;
    this.#bytes = bytes;
    this.#forwards = forwards;
    this.#nameBytes = bytesOf(place.name);
  }

  /**
   * Takes rows.
   *
   * @param rows in order
   * @returns whether there is room for more
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
        place: this.#place,
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
   * Ends the page.
   *
   * @returns it, oldest line first
   */
  finish(): Page {
    return { lines: this.#forwards ? this.#lines : this.#lines.reverse(), more: this.#more };
  }
}

/** How many bytes of JSON a text takes. */
function bytesOf(text: string): number {
  return utf8.encode(JSON.stringify(text)).length;
}

/**
 * A history as lines of JSON, as `export` writes and `import` reads it.
 *
 * PURE. The first record says what this is; then each place with the lines that were said in it, by their numbers; then
 * the marks that make a resend known; the last one says how many records came before it, so that half a file is known
 * for what it is. Whoever writes what was read gets the same bytes.
 *
 * | kind | fields |
 * | --- | --- |
 * | `history` | `version`: 1 |
 * | `room` | `room`: its name, `last`: the last number that was given there, kept or not |
 * | `direct` | `between`: two names in the form in which they are compared, `last` |
 * | `line` | `room` or `between`, `sequence`, `timestamp` (ms since 1970), `username`, `to?`, `verified`, `message` |
 * | `mark` | `author`: a name as in `between`, `id`, `sequence`, `stored`, `timestamp` |
 * | `end` | `records` |
 *
 * It is long because it checks every field of every kind of record.
 *
 * @module
 */
import { checkName, checkText, MAX_REF_CHARS, nameKey, ProtocolError } from "../../protocol/mod.ts";

/** The version of the format. */
const VERSION = 1;

/**
 * A place: a room by its name, or what two people say to each other by `@` and the keys of their names, as a history
 * has it.
 */
export interface PlaceRecord {
  /** What it is. */
  kind: "place";
  /** The name of a room, or such as `@ana@bo`. */
  name: string;
  /** The last number that was given to a line there. */
  last: number;
}

/** A line. */
export interface LineRecord {
  /** What it is. */
  kind: "line";
  /** As {@linkcode PlaceRecord.name}. */
  place: string;
  /** Its number there. */
  sequence: number;
  /** When, in milliseconds since 1970, UTC. */
  timestamp: number;
  /** Who said it. */
  username: string;
  /** To whom, where it is to one person. */
  to?: string | undefined;
  /** Whether the name was known to be its owner's. */
  verified: boolean;
  /** What was said. */
  message: string;
}

/** What makes a resend of a line known. */
export interface MarkRecord {
  /** What it is. */
  kind: "mark";
  /** The key of the author's name. */
  author: string;
  /** The message id that the author chose. */
  id: string;
  /** The number of the message. */
  sequence: number;
  /** Whether the message is stored. */
  stored: boolean;
  /** When the hub received it, in milliseconds since 1970, UTC. */
  timestamp: number;
}

/** One record of a history. */
export type HistoryRecord = PlaceRecord | LineRecord | MarkRecord;

/** A record is none, or not where it may be. */
export class RecordError extends Error {
  /** As for any `Error`. */
  override readonly name = "RecordError";
}

/** The first line of an export. */
export const FIRST_LINE = `${JSON.stringify({ kind: "history", version: VERSION })}\n`;

/**
 * Writes a line of chat, for `export` and for `log`.
 *
 * @param line the line
 * @returns the object that stands for it, without what it is
 */
export function lineFields(
  { place, sequence, timestamp, username, to, verified, message }: LineRecord,
): Record<string, unknown> {
  return {
    ...whereFields(place),
    sequence,
    timestamp,
    username,
    ...(to === undefined ? {} : { to }),
    verified,
    message,
  };
}

/**
 * Writes a record.
 *
 * @param record the record
 * @returns one line
 */
export function writeRecord(record: HistoryRecord): string {
  return JSON.stringify(fieldsOf(record)) + "\n";
}

/**
 * Writes the last line of an export.
 *
 * @param records how many records were written with {@linkcode writeRecord}
 * @returns one line
 */
export function lastLine(records: number): string {
  return JSON.stringify({ kind: "end", records }) + "\n";
}

function fieldsOf(record: HistoryRecord) {
  switch (record.kind) {
    case "place":
      return record.name.startsWith("@")
        ? { kind: "direct", ...whereFields(record.name), last: record.last }
        : { kind: "room", ...whereFields(record.name), last: record.last };
    case "line":
      return { kind: "line", ...lineFields(record) };
    case "mark":
      return record;
  }
}

function whereFields(place: string): { room: string } | { between: string[] } {
  return place.startsWith("@") ? { between: place.slice(1).split("@") } : { room: place };
}

/** Reads an export, line by line. */
export class RecordReader {
  #line = 0;
  #records = 0;
  #ended = false;
  /** The place whose lines come, with its last number and that of the line before. */
  #place: { name: string; key: string; last: number; sequence: number } | undefined;
  readonly #keys = new Set<string>();
  #marks = false;

  /**
   * Reads the next line.
   *
   * @param text the line, without its end
   * @returns the record; nothing for the first and the last one
   * @throws {RecordError} where it is none, or not where it may be: with its number, what was expected and what came
   */
  read(text: string): HistoryRecord | undefined {
    this.#line++;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw this.#wrong("it must be one JSON object", text);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.#wrong("it must be one JSON object", text);
    }
    const fields = value as Record<string, unknown>;
    if (this.#ended) throw this.#wrong("nothing may follow the end", text);
    if (this.#line === 1) {
      if (fields.kind === "history" && fields.version === VERSION) return undefined;
      throw this.#wrong(`the first line must be ${FIRST_LINE.trimEnd()}`, text);
    }
    if (fields.kind === "end") {
      if (fields.records !== this.#records) {
        throw this.#wrong(`records must be ${this.#records}, as many as came`, fields.records);
      }
      this.#ended = true;
      return undefined;
    }
    try {
      const record = this.#record(fields);
      this.#records++;
      return record;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new RecordError(`line ${this.#line}: ${error.message}`, { cause: error });
    }
  }

  /**
   * Takes the end of the input.
   *
   * @returns how many records there were
   * @throws {RecordError} where the last line did not come
   */
  finish(): number {
    if (this.#ended) return this.#records;
    throw new RecordError(`line ${this.#line + 1}: the last line must be one of kind end: there is no more`);
  }

  #record(fields: Record<string, unknown>): HistoryRecord {
    switch (fields.kind) {
      case "room":
      case "direct":
        return this.#begin(fields);
      case "line":
        return this.#said(fields);
      case "mark":
        return this.#mark(fields);
      default:
        throw this.#wrong("kind must be room, direct, line, mark or end", fields.kind);
    }
  }

  #begin(fields: Record<string, unknown>): PlaceRecord {
    const name = this.#where(fields, fields.kind === "direct");
    const last = this.#number(fields, "last", 0);
    const key = name.startsWith("@") ? name : nameKey(name);
    if (this.#marks || this.#keys.has(key)) {
      throw this.#wrong("each place must come once, before marks", name);
    }
    this.#keys.add(key);
    this.#place = { name, key, last, sequence: 0 };
    return { kind: "place", name, last };
  }

  #said(fields: Record<string, unknown>): LineRecord {
    const isDirect = "between" in fields;
    const place = this.#where(fields, isDirect);
    const at = this.#place;
    if (at === undefined || at.name !== place || this.#marks) {
      throw this.#wrong("a line must follow its room, or those that it is between", place);
    }
    const sequence = this.#number(fields, "sequence", at.sequence + 1);
    if (sequence > at.last) {
      throw this.#wrong(`sequence must be at most ${at.last}, the last of its place`, sequence);
    }
    at.sequence = sequence;
    const timestamp = this.#number(fields, "timestamp", 0);
    const username = this.#text(fields, "username");
    checkName(username);
    const message = this.#text(fields, "message");
    checkText(message);
    if (typeof fields.verified !== "boolean") {
      throw this.#wrong("verified must be true or false", fields.verified);
    }
    const line: LineRecord = {
      kind: "line",
      place,
      sequence,
      timestamp,
      username,
      verified: fields.verified,
      message,
    };
    if (!isDirect) {
      if (fields.to !== undefined) throw this.#wrong("to must not be in a line of a room", fields.to);
      return line;
    }
    line.to = this.#text(fields, "to");
    checkName(line.to);
    const keys = [nameKey(username), nameKey(line.to)].sort();
    if (place !== `@${keys[0]}@${keys[1]}`) {
      throw this.#wrong("username and to must be those that it is between", [username, line.to]);
    }
    return line;
  }

  #mark(fields: Record<string, unknown>): MarkRecord {
    this.#marks = true;
    const author = this.#text(fields, "author");
    const id = this.#text(fields, "id");
    if ([...id].length > MAX_REF_CHARS) throw this.#wrong(`id must be 1 to ${MAX_REF_CHARS} characters`, id);
    const { stored } = fields;
    if (typeof stored !== "boolean") throw this.#wrong("stored must be true or false", stored);
    return {
      kind: "mark",
      author,
      id,
      sequence: this.#number(fields, "sequence", 0),
      stored,
      timestamp: this.#number(fields, "timestamp", 0),
    };
  }

  #where(fields: Record<string, unknown>, direct: boolean): string {
    if (!direct) {
      const room = this.#text(fields, "room");
      checkName(room);
      return room;
    }
    const { between } = fields;
    const isPair = Array.isArray(between) && between.length === 2 &&
      between.every((key) => typeof key === "string" && key !== "" && !key.includes("@")) &&
      between[0] <= between[1];
    if (!isPair) throw this.#wrong("between must be two names in the order of their letters", between);
    return `@${between.join("@")}`;
  }

  #text(fields: Record<string, unknown>, name: string): string {
    const value = fields[name];
    if (typeof value !== "string" || value === "") throw this.#wrong(`${name} must be a text`, value);
    return value;
  }

  #number(fields: Record<string, unknown>, name: string, least: number): number {
    const value = fields[name];
    if (!Number.isSafeInteger(value) || (value as number) < least) {
      throw this.#wrong(`${name} must be a whole number from ${least}`, value);
    }
    return value as number;
  }

  #wrong(wanted: string, came: unknown): RecordError {
    const text = came === undefined ? "nothing" : typeof came === "string" ? came : JSON.stringify(came);
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    return new RecordError(`line ${this.#line}: ${wanted}: it is ${shown === "" ? "empty" : shown}`);
  }
}

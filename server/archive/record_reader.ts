/**
 * Parses an export and checks every field of its records. It is long because it says of each what was expected.
 *
 * PURE.
 *
 * @module
 */
import {
  checkName,
  checkText,
  isMessageId,
  isReaction,
  MAX_REF_CHARS,
  MAX_TIMESTAMP_MS,
  nameKey,
  ProtocolError,
} from "../../protocol/mod.ts";
import { DIGEST_CHARS, isDigest, type StoredReaction } from "../history/mod.ts";
import {
  type ConversationRecord,
  firstLine,
  type HistoryRecord,
  type LineRecord,
  type ReceiptRecord,
  RecordError,
  UNCHANGED_VERSION,
  VERSION,
} from "./record.ts";

/** The highest number of an imported message: it leaves more numbers than a hub can assign in its life. */
const MAX_SEQUENCE = 2 ** 52;

/** Reads an export, line by line. */
export class RecordReader {
  #line = 0;
  #records = 0;
  #ended = false;
  /** The conversation of the next messages, and the sequence number of the previous one. */
  #conversation: { name: string; key: string; last: number; sequence: number } | undefined;
  readonly #keys = new Set<string>();
  #receiptsBegun = false;
  #lastChange = 0;
  /** The numbers of the changes. */
  readonly #changes = new Set<number>();

  /**
   * Reads the next line.
   *
   * @param text the line, without its line break
   * @returns the record; `undefined` for the first and the last line
   * @throws {RecordError} when the line is not a valid record, or not allowed here; the message has the line
   * number, what was expected, and the actual value
   */
  read(text: string): HistoryRecord | undefined {
    this.#line++;
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      throw this.#error("it must be one JSON object", text);
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.#error("it must be one JSON object", text);
    }
    const fields = value as Record<string, unknown>;
    if (this.#ended) throw this.#error("no line may follow the end", text);
    if (this.#line === 1) {
      this.#readFirst(fields, text);
      return undefined;
    }
    if (fields.kind === "end") {
      if (fields.records !== this.#records) {
        throw this.#error(
          `records must be ${this.#records}, the number of records before it`,
          fields.records,
        );
      }
      this.#ended = true;
      return undefined;
    }
    try {
      const record = this.#readRecord(fields);
      this.#records++;
      return record;
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      throw new RecordError(`line ${this.#line}: ${error.message}`, { cause: error });
    }
  }

  /**
   * Ends the input.
   *
   * @returns how many records there were
   * @throws {RecordError} when the last line of the export is missing
   */
  finish(): number {
    if (this.#ended) return this.#records;
    throw new RecordError(
      `line ${this.#line + 1}: the last line must have kind end: the input ends without it`,
    );
  }

  /** The number of the last change of a message; 0 if none was ever changed. */
  get lastChange(): number {
    return this.#lastChange;
  }

  #readFirst(fields: Record<string, unknown>, text: string): void {
    const { kind, version } = fields;
    if (kind !== "history" || version !== VERSION && version !== UNCHANGED_VERSION) {
      throw this.#error(`the first line must be ${firstLine(0).trimEnd()} or have version ${VERSION}`, text);
    }
    if (version === VERSION) this.#lastChange = this.#number(fields, "changes", 0, MAX_SEQUENCE);
  }

  #readRecord(fields: Record<string, unknown>): HistoryRecord {
    switch (fields.kind) {
      case "room":
      case "direct":
        return this.#readConversation(fields);
      case "line":
        return this.#readLine(fields);
      case "mark":
        return this.#readReceipt(fields);
      default:
        throw this.#error("kind must be room, direct, line, mark or end", fields.kind);
    }
  }

  #readConversation(fields: Record<string, unknown>): ConversationRecord {
    const name = this.#conversationName(fields, fields.kind === "direct");
    const last = this.#number(fields, "last", 0, MAX_SEQUENCE);
    const key = name.startsWith("@") ? name : nameKey(name);
    if (this.#receiptsBegun || this.#keys.has(key)) {
      throw this.#error("each room or direct conversation must come once, before the marks", name);
    }
    this.#keys.add(key);
    this.#conversation = { name, key, last, sequence: 0 };
    return { kind: "conversation", name, last };
  }

  #readLine(fields: Record<string, unknown>): LineRecord {
    const isDirect = "between" in fields;
    const conversation = this.#conversationName(fields, isDirect);
    const current = this.#conversation;
    if (current === undefined || current.name !== conversation || this.#receiptsBegun) {
      throw this.#error("a line must follow the record of its room or direct conversation", conversation);
    }
    const sequence = this.#number(fields, "sequence", current.sequence + 1);
    if (sequence > current.last) {
      throw this.#error(
        `sequence must be at most ${current.last}, the last number of its conversation`,
        sequence,
      );
    }
    current.sequence = sequence;
    const timestamp = this.#number(fields, "timestamp", 0, MAX_TIMESTAMP_MS);
    const username = this.#text(fields, "username");
    checkName(username);
    const { deleted } = fields;
    if (deleted !== undefined && deleted !== true) {
      throw this.#error("deleted must be true or absent", deleted);
    }
    const message = deleted ? "" : this.#text(fields, "message");
    if (!deleted) checkText(message);
    else if (fields.message !== "") {
      throw this.#error("message must be empty as it was deleted", fields.message);
    }
    if (typeof fields.verified !== "boolean") {
      throw this.#error("verified must be true or false", fields.verified);
    }
    const line: LineRecord = {
      kind: "line",
      conversation,
      sequence,
      timestamp,
      username,
      verified: fields.verified,
      message,
      ...this.#readChanges(fields),
    };
    if (!isDirect) {
      if (fields.to !== undefined) throw this.#error("a line of a room must not have to", fields.to);
      return line;
    }
    line.to = this.#text(fields, "to");
    checkName(line.to);
    const keys = [nameKey(username), nameKey(line.to)].sort();
    if (conversation !== `@${keys[0]}@${keys[1]}`) {
      throw this.#error("username and to must be the two names in between", [username, line.to]);
    }
    return line;
  }

  /** Reads what a message answers, and what was changed of it. */
  #readChanges(fields: Record<string, unknown>): Partial<LineRecord> {
    const found: Partial<LineRecord> = {};
    if (fields.reply_to !== undefined) found.replyTo = this.#number(fields, "reply_to", 1);
    if (fields.edited !== undefined) found.edited = this.#number(fields, "edited", 0, MAX_TIMESTAMP_MS);
    if (fields.deleted === true) found.deleted = true;
    if (fields.reactions !== undefined) found.reactions = this.#reactions(fields.reactions);
    if (fields.changed_by !== undefined) found.changedBy = this.#text(fields, "changed_by");
    const wasChanged = found.edited ?? found.deleted ?? found.reactions ?? found.changedBy;
    if (wasChanged === undefined && fields.change === undefined) return found;
    found.change = this.#number(fields, "change", 1, this.#lastChange);
    if (this.#changes.has(found.change)) {
      throw this.#error("change must be a number that no other line has", found.change);
    }
    this.#changes.add(found.change);
    return found;
  }

  #reactions(value: unknown): StoredReaction[] {
    const expected =
      "reactions must be a list of different reactions, each with by, a list of different names";
    const names = (by: unknown) =>
      Array.isArray(by) && by.length > 0 && by.every((name) => typeof name === "string" && name !== "") &&
      new Set(by).size === by.length;
    const isValid = Array.isArray(value) && value.length > 0 &&
      value.every((item) =>
        typeof item?.reaction === "string" && isReaction(item.reaction) && names(item.by)
      ) &&
      new Set(value.map(({ reaction }) => reaction)).size === value.length;
    if (!isValid) throw this.#error(expected, value);
    return (value as StoredReaction[]).map(({ reaction, by }) => ({ reaction, by }));
  }

  #readReceipt(fields: Record<string, unknown>): ReceiptRecord {
    this.#receiptsBegun = true;
    const author = this.#text(fields, "author");
    const id = this.#text(fields, "id");
    if (!isMessageId(id)) {
      throw this.#error(
        `id must be 1 to ${MAX_REF_CHARS} characters without control characters`,
        JSON.stringify(id),
      );
    }
    const { stored } = fields;
    if (typeof stored !== "boolean") throw this.#error("stored must be true or false", stored);
    const { digest } = fields;
    if (digest !== undefined && !isDigest(digest)) {
      throw this.#error(`digest must be ${DIGEST_CHARS} letters, digits, - and _`, digest);
    }
    return {
      kind: "mark",
      author,
      id,
      sequence: this.#number(fields, "sequence", 0, MAX_SEQUENCE),
      stored,
      timestamp: this.#number(fields, "timestamp", 0, MAX_TIMESTAMP_MS),
      ...(digest === undefined ? {} : { digest }),
    };
  }

  #conversationName(fields: Record<string, unknown>, direct: boolean): string {
    if (!direct) {
      const room = this.#text(fields, "room");
      checkName(room);
      return room;
    }
    const { between } = fields;
    const isPair = Array.isArray(between) && between.length === 2 &&
      between.every((key) => typeof key === "string" && key !== "" && !key.includes("@")) &&
      between[0] <= between[1];
    if (!isPair) throw this.#error("between must be two names in alphabetical order", between);
    return `@${between.join("@")}`;
  }

  #text(fields: Record<string, unknown>, name: string): string {
    const value = fields[name];
    if (typeof value !== "string" || value === "") {
      throw this.#error(`${name} must be a string that is not empty`, value);
    }
    return value;
  }

  #number(
    fields: Record<string, unknown>,
    name: string,
    min: number,
    max = Number.MAX_SAFE_INTEGER,
  ): number {
    const value = fields[name];
    if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
      const range = max === Number.MAX_SAFE_INTEGER ? `from ${min}` : `from ${min} to ${max}`;
      throw this.#error(`${name} must be a whole number ${range}`, value);
    }
    return value as number;
  }

  #error(expected: string, actual: unknown): RecordError {
    const text = actual === undefined
      ? "nothing"
      : typeof actual === "string"
      ? actual
      : JSON.stringify(actual);
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    return new RecordError(`line ${this.#line}: ${expected}: it is ${shown === "" ? "empty" : shown}`);
  }
}

/**
 * Reads a history page by page, while a hub runs or not. Of the subcommands, only this file and `writer.ts`
 * know the tables.
 *
 * Strategy: the pending messages in the journal are read first, then the database. Messages that are drained in
 * between are in both, and are recognized by their sequence numbers. So every message is returned once,
 * whatever the hub does.
 *
 * Rules: nothing is written, and the hub never waits for a reader.
 *
 * The file is long because messages, changes and receipts are merged in the same way.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { nameKey } from "../../protocol/mod.ts";
import {
  applyChange,
  HistoryError,
  HistoryReader,
  type PendingView,
  type StoredReaction,
  unreadableReason,
} from "../history/mod.ts";
import type { ConversationRecord, LineRecord, ReceiptRecord } from "./record.ts";

/** The name of the database file in a data folder. */
export const DATABASE_FILE = "riftchat.db";

/** How many messages are read at once: enough to be fast, few enough for any memory. */
const PAGE_LINES = 1000;

/** As in `history/schema.ts`: without messages, the row of a place stores its last number. */
const LAST_SEQUENCE =
  "max(places.last, ifnull((SELECT max(sequence) FROM lines WHERE lines.place = places.id), 0))";

/** Reads a history. */
export class ArchiveReader {
  readonly #db: DatabaseSync;
  readonly #history: HistoryReader;
  /** What was pending when the conversations were listed. */
  #pending: PendingView = { lines: [], changes: [], lastChange: 0 };
  #lastChange = 0;
  /** The names of the listed conversations, by their keys. */
  readonly #names = new Map<string, string>();

  /**
   * Opens the history in a data folder.
   *
   * @param folder the path of the folder
   * @throws {HistoryError} when there is none, or it cannot be read
   */
  constructor(folder: string) {
    const path = join(folder, DATABASE_FILE);
    try {
      // SQLite's error for a missing file does not say that it is missing.
      Deno.statSync(path);
      this.#db = new DatabaseSync(path, { readOnly: true });
      this.#db.prepare("SELECT 1 FROM places LIMIT 1").get();
    } catch (error) {
      const hint = error instanceof Deno.errors.NotFound ? "; use --data to name another folder" : "";
      throw new HistoryError(`Cannot read a history in ${folder}: ${unreadableReason(error)}${hint}`, {
        cause: error,
      });
    }
    try {
      this.#history = new HistoryReader(folder);
    } catch (error) {
      this.#db.close();
      throw error;
    }
  }

  /** The number of the last change when the conversations were listed; 0 for none. */
  get lastChange(): number {
    return this.#lastChange;
  }

  /** The number of the last change that later reads return for certain; 0 for none. */
  get listedChange(): number {
    return this.#pending.lastChange;
  }

  /**
   * Lists the conversations. Also fixes the pending messages and changes that later reads return.
   *
   * @returns rooms first, in the order in which they were created
   * @throws {HistoryError} when the hub writes faster than it can be read
   */
  conversations(): ConversationRecord[] {
    this.#pending = this.#history.pending();
    this.#lastChange = this.#history.lastChange;
    const byKey = new Map(
      this.#db.prepare(`SELECT key, name, ${LAST_SEQUENCE} AS last FROM places ORDER BY id`).all()
        .map(({ key, name, last }): [string, ConversationRecord] => [
          String(key),
          { kind: "conversation", name: String(name), last: Number(last) },
        ]),
    );
    for (const { conversation: name, sequence } of this.#pending.lines) {
      const conversation = byKey.get(keyOfName(name));
      if (conversation === undefined) {
        byKey.set(keyOfName(name), { kind: "conversation", name, last: sequence });
      } else conversation.last = Math.max(conversation.last, sequence);
    }
    for (const [key, { name }] of byKey) this.#names.set(key, name);
    const all = [...byKey.values()];
    return [
      ...all.filter(({ name }) => !name.startsWith("@")),
      ...all.filter(({ name }) => name.startsWith("@")),
    ];
  }

  /**
   * Lists the rooms that have stored messages.
   *
   * @returns the room names
   * @throws {HistoryError} when the hub writes faster than it can be read
   */
  rooms(): string[] {
    return this.#history.conversations().map(({ name }) => name).filter((name) => !name.startsWith("@"));
  }

  /**
   * Reads the messages of a listed conversation, oldest first, one page at a time.
   *
   * @param conversation as {@linkcode ConversationRecord.name}
   * @param range `after` and `upTo`: only sequence numbers above the first and not above the second; `since`:
   * only messages of that time or later, in milliseconds since 1970
   * @returns the messages
   */
  *lines(
    conversation: string,
    range: { after?: number; upTo?: number; since?: number } = {},
  ): Generator<LineRecord> {
    const { after = 0, upTo = Number.MAX_SAFE_INTEGER, since = -1 } = range;
    const key = keyOfName(conversation);
    const pending = this.#pending.lines.filter(({ conversation: name, sequence, timestamp }) =>
      keyOfName(name) === key && sequence > after && sequence <= upTo && timestamp >= since
    ).map(({ messageId: _, ...line }): LineRecord => ({ kind: "line", ...line, conversation, to: line.to }));
    const changes = Map.groupBy(
      this.#pending.changes.filter(({ place }) => keyOfName(place) === key),
      ({ sequence }) => sequence,
    );
    const lines = merged(
      pending,
      this.#storedLines(conversation, { after, upTo, since }),
      (a, b) => a.sequence - b.sequence,
    );
    for (const line of lines) yield (changes.get(line.sequence) ?? []).reduce(applyChange, line);
  }

  /**
   * Reads the messages of listed conversations that were changed.
   *
   * @param after only those with a change that has a higher number, and at most {@linkcode ArchiveReader.listedChange}
   * @returns each message once, in its last form
   */
  *changedLines(after: number): Generator<LineRecord> {
    const stored = this.#db.prepare(`
      SELECT places.key AS place, lines.sequence, changes.number AS change
      FROM changes JOIN lines ON lines.id = changes.line JOIN places ON places.id = lines.place
      WHERE changes.number > ?`).all(after);
    const changed = [
      ...stored.map(({ place, sequence, change }) => ({
        place: String(place),
        sequence: Number(sequence),
        change: Number(change),
      })),
      ...this.#pending.changes.filter(({ change }) => change > after),
    ];
    const seen = new Set<string>();
    for (const { place, sequence, change } of changed.sort((a, b) => a.change - b.change)) {
      const key = keyOfName(place);
      const name = this.#names.get(key);
      if (change > this.listedChange || name === undefined || seen.has(`${sequence} ${key}`)) continue;
      seen.add(`${sequence} ${key}`);
      yield* this.lines(name, { after: sequence - 1, upTo: sequence });
    }
  }

  *#storedLines(
    conversation: string,
    range: { after: number; upTo: number; since: number },
  ): Generator<LineRecord> {
    const { upTo, since } = range;
    const statement = this.#db.prepare(`
      SELECT id, sequence, timestamp, username, recipient, verified, message, reply_to, number, author, edited, deleted
      FROM lines LEFT JOIN changes ON changes.line = lines.id
      WHERE place = (SELECT id FROM places WHERE name = ?) AND sequence > ? AND sequence <= ? AND timestamp >= ?
      ORDER BY sequence LIMIT ${PAGE_LINES}`);
    for (let { after } = range;;) {
      const rows = statement.all(conversation, after, upTo, since);
      for (const { sequence, timestamp, username, recipient, verified, message, ...row } of rows) {
        const line: LineRecord = {
          kind: "line",
          conversation,
          sequence: after = Number(sequence),
          timestamp: Number(timestamp),
          username: String(username),
          to: recipient === null ? undefined : String(recipient),
          verified: verified === 1,
          message: row.deleted === 1 ? "" : String(message),
        };
        if (row.reply_to !== null) line.replyTo = Number(row.reply_to);
        if (row.number !== null) this.#addChanges(line, row);
        yield line;
      }
      if (rows.length < PAGE_LINES) return;
    }
  }

  /** Adds what was changed of a message. */
  #addChanges(
    line: LineRecord,
    { id, number, author, edited, deleted }: Record<string, unknown>,
  ): void {
    line.change = Number(number);
    if (author !== null) line.changedBy = String(author);
    if (edited !== null) line.edited = Number(edited);
    if (deleted === 1) line.deleted = true;
    const reactions = new Map<string, StoredReaction>();
    const statement = this.#db.prepare(
      "SELECT reaction, author FROM reactions WHERE line = ? ORDER BY number",
    );
    for (const row of statement.all(Number(id))) {
      const reaction = String(row.reaction), by = String(row.author);
      const found = reactions.get(reaction);
      if (found === undefined) reactions.set(reaction, { reaction, by: [by] });
      else found.by.push(by);
    }
    if (reactions.size > 0) line.reactions = [...reactions.values()];
  }

  /**
   * Reads the receipts.
   *
   * @returns the receipts, by author and message id
   */
  *receipts(): Generator<ReceiptRecord> {
    const pending = new Map<string, ReceiptRecord>();
    const { lines, changes } = this.#pending;
    const receipts = [...lines, ...changes.map((change) => ({ ...change, timestamp: change.at }))];
    for (const { messageId, sequence, timestamp } of receipts) {
      if (messageId === undefined) continue;
      const { author, id, digest } = messageId;
      // Of several messages with the same id, the last one counts.
      pending.set(`${author}\n${id}`, {
        kind: "mark",
        author,
        id,
        sequence,
        stored: true,
        timestamp,
        ...(digest === undefined ? {} : { digest }),
      });
    }
    yield* merged([...pending.values()].sort(compareReceipts), this.#storedReceipts(), compareReceipts);
  }

  *#storedReceipts(): Generator<ReceiptRecord> {
    const statement = this.#db.prepare(`
      SELECT author, id, sequence, stored, timestamp, digest FROM receipts
      WHERE (author, id) > (?, ?) ORDER BY author, id LIMIT ${PAGE_LINES}`);
    for (let last = { author: "", id: "" };;) {
      const rows = statement.all(last.author, last.id);
      for (const row of rows) {
        last = { author: String(row.author), id: String(row.id) };
        const { sequence, stored, timestamp, digest } = row;
        yield {
          kind: "mark",
          ...last,
          sequence: Number(sequence),
          stored: stored === 1,
          timestamp: Number(timestamp),
          ...(digest === null ? {} : { digest: String(digest) }),
        };
      }
      if (rows.length < PAGE_LINES) return;
    }
  }

  /** Closes the history. */
  close(): void {
    this.#history.close();
    this.#db.close();
  }
}

/** Returns the key of a conversation, as in the database. */
function keyOfName(name: string): string {
  return name.startsWith("@") ? name : nameKey(name);
}

/** The order of the database: by author, then by message id, both compared as bytes. */
function compareReceipts(a: ReceiptRecord, b: ReceiptRecord): number {
  return compareBytes(a.author, b.author) || compareBytes(a.id, b.id);
}

/** Compares texts as UTF-8, like SQLite; JavaScript compares them as UTF-16. */
function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  const [left, right] = [a, b].map((text) => new TextEncoder().encode(text)) as [Uint8Array, Uint8Array];
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    if (left[i] !== right[i]) return left[i]! - right[i]!;
  }
  return left.length - right.length;
}

/** Merges two ordered sequences; of equal items, the one of the first is used. */
function* merged<T>(
  first: readonly T[],
  second: Generator<T>,
  compare: (a: T, b: T) => number,
): Generator<T> {
  let next = 0;
  for (const item of second) {
    while (next < first.length && compare(first[next]!, item) < 0) yield first[next++]!;
    if (next < first.length && compare(first[next]!, item) === 0) yield first[next++]!;
    else yield item;
  }
  yield* first.slice(next);
}

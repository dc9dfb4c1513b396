/**
 * The changes of stored messages: deletions, new texts and reactions.
 *
 * Strategy: a message that was changed has one row more, with the number of its last change, so a client that asks what
 * has changed since a number gets each message once, as it is. The text of a deleted message is overwritten with
 * spaces: SQLite then writes the row where it is, and no page gets a copy of a neighbour. A new text may need more
 * space, so rows move; what they leave in the pages is purged later (see `store.ts`).
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import {
  type ChangeRecord,
  lookupKey,
  type StoredChange,
  type StoredLine,
  type StoredReaction,
} from "./history.ts";
import type { JournalLine } from "./journal_record.ts";
import type { Changed } from "./page.ts";
import type { WordIndex } from "./word_index.ts";

/** What is left to purge: bits of `state.purge`. */
export const Purge = {
  /** A text was deleted or replaced. */
  Text: 1,
  /** Rows with texts have moved, and may have left copies in the unused space of pages. */
  Pages: 2,
} as const;

/** A change with its number. */
export type NumberedChange = StoredChange & { change: number };

/** Stores changes in the tables of one database. */
export class Changes {
  readonly #statements: ReturnType<typeof prepare>;
  readonly #index: WordIndex;

  /**
   * Uses a database.
   *
   * @param db the database
   * @param index the index of the words in its messages
   */
  constructor(db: DatabaseSync, index: WordIndex) {
    this.#statements = prepare(db);
    this.#index = index;
  }

  /**
   * Stores a change, within a transaction. One that is stored already, of a deleted message, or of a message that does
   * not exist has no effect.
   *
   * @param place the id of the conversation
   * @param record the change
   * @returns what is to purge after it, as in {@linkcode Purge}; 0 for nothing
   */
  apply(place: number, record: NumberedChange): number {
    const { line, raise, erase, replace, react, unreact, dropReactions, mark } = this.#statements;
    const { kind, sequence, change, at, by, message, reaction } = record;
    raise.run(change);
    const row = line.get(place, sequence);
    if (row === undefined || row.deleted === 1 || Number(row.number) >= change) return 0;
    const id = Number(row.id);
    const isDeletion = kind === "delete", isEdit = kind === "edit";
    if (kind === "react") react.run(id, reaction!, by, change);
    else if (kind === "unreact") unreact.run(id, reaction!, by);
    else {
      if (isDeletion) {
        erase.run(id);
        dropReactions.run(id);
      } else replace.run(message!, id);
      this.#index.markStale(id);
    }
    mark.run(id, change, isDeletion || isEdit ? by : null, isEdit ? at : null, isDeletion ? 1 : 0);
    return isDeletion ? Purge.Text : isEdit ? Purge.Text | Purge.Pages : 0;
  }

  /**
   * Reads what was changed of a message.
   *
   * @param id the id of the message
   * @returns what was changed
   */
  of(id: number): Changed {
    const { changed, reactions } = this.#statements;
    const row = changed.get(id);
    const found: Changed = {};
    if (row === undefined) return found;
    if (row.author !== null) found.changedBy = String(row.author);
    if (row.deleted === 1) return { ...found, deleted: true };
    if (row.edited !== null) found.edited = Number(row.edited);
    const byReaction = Map.groupBy(reactions.all(id), ({ reaction }) => String(reaction));
    if (byReaction.size === 0) return found;
    found.reactions = [...byReaction].map(([reaction, rows]) => ({
      reaction,
      by: rows.map(({ author }) => String(author)),
    }));
    return found;
  }
}

/**
 * Applies a change to a message that was read before the change was stored.
 *
 * @param line the message
 * @param record the change
 * @returns the message after it; the same object if the change has no effect
 */
export function applyChange<Line extends Omit<StoredLine, "conversation">>(
  line: Line,
  record: NumberedChange,
): Line {
  const { kind, change, at, by, message = "", reaction = "" } = record;
  if (line.deleted || (line.change ?? 0) >= change) return line;
  if (kind === "delete") {
    return {
      ...line,
      change,
      changedBy: by,
      deleted: true,
      message: "",
      edited: undefined,
      reactions: undefined,
    };
  }
  if (kind === "edit") return { ...line, change, changedBy: by, edited: at, message };
  const { reactions = [] } = line;
  const changed = kind === "react"
    ? addReaction(reactions, reaction, by)
    : dropReaction(reactions, reaction, by);
  return { ...line, change, reactions: changed.length === 0 ? undefined : changed };
}

/** The changes of one conversation that are not in the database yet. */
export class ChangedLines {
  readonly #bySequence = new Map<number, ChangeRecord[]>();

  /**
   * Selects those of a conversation.
   *
   * @param changes changes of any conversations, in order
   * @param key the key of the conversation
   */
  constructor(changes: readonly ChangeRecord[], key: string) {
    for (const change of changes) {
      if (lookupKey(change.place) !== key) continue;
      const earlier = this.#bySequence.get(change.sequence);
      if (earlier === undefined) this.#bySequence.set(change.sequence, [change]);
      else earlier.push(change);
    }
  }

  /** The numbers of the changed messages. */
  get sequences(): ReadonlyMap<number, unknown> {
    return this.#bySequence;
  }

  /**
   * Applies the changes to a message of the conversation.
   *
   * @param line the message
   * @returns the message after them
   */
  readonly apply = <Line extends Omit<StoredLine, "conversation">>(line: Line): Line =>
    (this.#bySequence.get(line.sequence) ?? []).reduce(applyChange, line);
}

/**
 * Applies changes to messages of the journal.
 *
 * @param lines the messages
 * @param changes the changes, in order
 * @returns the messages after them
 */
export function withChanges(lines: JournalLine[], changes: readonly ChangeRecord[]): JournalLine[] {
  if (changes.length === 0) return lines;
  const byKey = new Map<string, ChangedLines>();
  return lines.map((line) => {
    const key = lookupKey(line.conversation);
    let changed = byKey.get(key);
    if (changed === undefined) byKey.set(key, changed = new ChangedLines(changes, key));
    return changed.apply(line);
  });
}

function addReaction(reactions: readonly StoredReaction[], reaction: string, by: string): StoredReaction[] {
  if (!reactions.some((one) => one.reaction === reaction)) return [...reactions, { reaction, by: [by] }];
  return reactions.map((one) =>
    one.reaction === reaction && !one.by.includes(by) ? { reaction, by: [...one.by, by] } : one
  );
}

function dropReaction(reactions: readonly StoredReaction[], reaction: string, by: string): StoredReaction[] {
  return reactions.map((one) =>
    one.reaction === reaction ? { reaction, by: one.by.filter((author) => author !== by) } : one
  ).filter((one) => one.by.length > 0);
}

function prepare(db: DatabaseSync) {
  return {
    line: db.prepare(
      `SELECT id, ifnull(number, 0) AS number, deleted FROM lines LEFT JOIN changes ON changes.line = lines.id
       WHERE place = ? AND sequence = ?`,
    ),
    raise: db.prepare("UPDATE state SET changed = max(changed, ?)"),
    // As many bytes as before.
    erase: db.prepare(
      "UPDATE lines SET message = printf('%*s', length(CAST(message AS BLOB)), '') WHERE id = ?",
    ),
    replace: db.prepare("UPDATE lines SET message = ? WHERE id = ?"),
    react: db.prepare("INSERT OR IGNORE INTO reactions (line, reaction, author, number) VALUES (?, ?, ?, ?)"),
    unreact: db.prepare("DELETE FROM reactions WHERE line = ? AND reaction = ? AND author = ?"),
    dropReactions: db.prepare("DELETE FROM reactions WHERE line = ?"),
    mark: db.prepare(
      `INSERT INTO changes (line, number, author, edited, deleted) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (line) DO UPDATE SET number = excluded.number, author = ifnull(excluded.author, author),
         edited = ifnull(excluded.edited, edited), deleted = excluded.deleted`,
    ),
    changed: db.prepare("SELECT author, edited, deleted FROM changes WHERE line = ?"),
    reactions: db.prepare("SELECT reaction, author FROM reactions WHERE line = ? ORDER BY number"),
  };
}

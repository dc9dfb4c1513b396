/**
 * Reads a history without writing, while a hub runs or not: the messages in the database, followed by the
 * pending ones in the journal.
 *
 * Strategy: the database stores the position up to which the journal is drained. Reading the database in one
 * transaction, and the journal from that position, gives every message once. The hub removes a journal file
 * only after the database says that it is drained. So if the position has moved to another file in the
 * meantime, a file may have been missed, and everything is read again.
 *
 * Rules: nothing is written, and the hub never waits for a reader.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { ChangedLines, withChanges } from "./changes.ts";
import {
  type ChangeRecord,
  type Conversation,
  HistoryError,
  lookupKey,
  type Page,
  type StoredLine,
  unreadableReason,
} from "./history.ts";
import { matches, readSearch, type Search } from "../words/mod.ts";
import { FolderJournalFiles, type Position } from "../journal/mod.ts";
import { DATABASE_FILE } from "./open.ts";
import { type JournalLine, readRecords } from "./journal_record.ts";
import type { Row } from "./page.ts";
import { checkVersion } from "../sqlite/mod.ts";
import { SCHEMA } from "./schema.ts";
import { Store } from "./store.ts";

/** How often a read is repeated when journal files are drained faster than they are read. */
const MAX_TRIES = 10;

/** Selects messages. */
export interface ReaderQuery {
  /** The room name, or the key that `directKey` returns. */
  conversation: string;
  /** Only messages with a lower sequence number. */
  before?: number | undefined;
  /**
   * Only messages with a higher sequence number. The page then starts right after it; otherwise it ends at the
   * newest.
   */
  after?: number | undefined;
  /** Only messages of that time or later, in milliseconds since 1970. */
  since?: number | undefined;
  /** Words that must all be in the message. */
  match?: string | undefined;
  /** Maximum number of messages. */
  limit: number;
}

/** What is in the journal and not in the database. */
export interface Pending {
  /** The messages, with the pending changes applied, in the order in which the hub received them. */
  lines: JournalLine[];
  /** The changes, in order. */
  changes: ChangeRecord[];
}

/** What is pending, and what is in the database at that moment. */
export interface PendingView extends Pending {
  /** The number of the last change, also of one that is in the database; 0 for none. */
  lastChange: number;
}

/** A conversation with stored messages. */
export interface StoredConversation {
  /** The room name, or the key that `directKey` returns. */
  name: string;
  /** The sequence number of its last message. */
  last: number;
}

/** Reads a history. */
export class HistoryReader {
  readonly #db: DatabaseSync;
  readonly #files: FolderJournalFiles;
  readonly #path: string;

  /**
   * Opens the history in a data folder, whether or not a hub uses it.
   *
   * @param folder the path of the folder
   * @throws {HistoryError} when there is no history, or it cannot be read
   */
  constructor(folder: string) {
    const path = join(folder, DATABASE_FILE);
    this.#path = path;
    this.#files = new FolderJournalFiles(folder);
    let db: DatabaseSync | undefined;
    try {
      // SQLite's error for a missing file does not say that it is missing.
      Deno.statSync(path);
      db = this.#db = new DatabaseSync(path, { readOnly: true });
      checkVersion(db, path, SCHEMA);
    } catch (error) {
      db?.close();
      if (error instanceof HistoryError) throw error;
      throw new HistoryError(`Cannot read the history in ${folder}: ${unreadableReason(error)}`, {
        cause: error,
      });
    }
  }

  /**
   * Lists the conversations that have messages.
   *
   * @returns the rooms in the order of their first message, then the direct conversations
   */
  conversations(): StoredConversation[] {
    return this.#view((store, pending) => {
      const byKey = new Map(
        store.conversations().map((conversation) => [lookupKey(conversation.name), conversation]),
      );
      for (const { conversation: name, sequence } of pending.lines) {
        const key = lookupKey(name);
        byKey.set(key, { name: byKey.get(key)?.name ?? name, last: sequence });
      }
      const all = [...byKey.values()];
      return [
        ...all.filter(({ name }) => !name.startsWith("@")),
        ...all.filter(({ name }) => name.startsWith("@")),
      ];
    });
  }

  /**
   * Reads messages.
   *
   * @param query which messages
   * @returns the messages, oldest first, and whether there are more: after these if `after` or `since` was
   * given in a query without a search, otherwise before these
   * @throws {HistoryError} when the journal is drained faster than it can be read
   */
  page(query: ReaderQuery): Page {
    const { before = Number.MAX_SAFE_INTEGER, since = -Infinity, match, limit } = query;
    const search = match === undefined ? undefined : readSearch(match);
    const forwards = (query.after !== undefined || query.since !== undefined) && match === undefined;
    return this.#view((store, pending) => {
      const conversation = store.conversation(query.conversation);
      const after = Math.max(query.after ?? -1, since > 0 ? store.lastBefore(conversation, since) : -1);
      const changed = new ChangedLines(pending.changes, conversation.key);
      const inJournal = pending.lines.filter(({ conversation: name, sequence, timestamp, message }) =>
        lookupKey(name) === conversation.key && sequence > after && sequence < before && timestamp >= since &&
        (search === undefined || matches(search, message))
      ).map((line): StoredLine => ({ ...line, conversation }));
      if (forwards) {
        const page = store.page({ conversation: query.conversation, before, after, limit, bytes: Infinity });
        const lines = [...page.lines.map(changed.apply), ...inJournal];
        return { lines: lines.slice(0, limit), more: page.more || lines.length > limit };
      }
      const left = limit - inJournal.length;
      if (left <= 0) {
        return {
          lines: inJournal.slice(-limit),
          more: left < 0 || this.#anyBefore(store, conversation, after),
        };
      }
      const page = search === undefined
        ? store.page({ conversation: query.conversation, before, limit: left, bytes: Infinity })
        : this.#search(store, conversation, search, { before, after, limit: left }, changed);
      const lines = page.lines.filter(({ timestamp }) => timestamp >= since).map(changed.apply);
      return { lines: [...lines, ...inJournal], more: page.more };
    });
  }

  #anyBefore(store: Store, { key }: Conversation, after: number): boolean {
    return store.page({ conversation: key, after, limit: 1, bytes: 1 }).lines.length > 0;
  }

  /** Searches the messages in the database; those with pending changes are found by what they are after them. */
  #search(
    store: Store,
    conversation: Conversation,
    search: Search,
    { before, after, limit }: { before: number; after: number; limit: number },
    changed: ChangedLines,
  ): Page {
    const lines: StoredLine[] = [];
    for (const sequence of changed.sequences.keys()) {
      if (sequence <= after || sequence >= before) continue;
      const line = store.line(conversation.key, sequence);
      const now = line && changed.apply(line);
      if (now !== undefined && !now.deleted && matches(search, now.message)) lines.push(now);
    }
    const page = store.newPage(conversation, { limit, bytes: Infinity, forwards: false });
    for (const { rows } of store.find(conversation, search, 0, store.newestId)) {
      const isWanted = ({ sequence }: Row) =>
        sequence > after && sequence < before && !changed.sequences.has(sequence);
      if (!page.add(rows.filter(isWanted))) break;
    }
    const { lines: unchanged, more } = page.finish();
    const all = [...unchanged, ...lines].sort((a, b) => a.sequence - b.sequence);
    return { lines: all.slice(-limit), more: more || all.length > limit };
  }

  /**
   * Reads the pending messages and changes, for a caller that reads the database by itself. What is drained in the
   * meantime is in both: a caller that reads the database after this call must recognize messages by conversation and
   * sequence number, and changes by their numbers.
   *
   * @returns the messages, the changes, and the number of the last one
   * @throws {HistoryError} when the journal is drained faster than it can be read
   */
  pending(): PendingView {
    return this.#view((store, pending) => ({ ...pending, lastChange: lastChangeOf(store, pending) }));
  }

  /** The number of the last change, also of a pending one; 0 for none. */
  get lastChange(): number {
    return this.#view(lastChangeOf);
  }

  /** Runs a function with one consistent view of the database and all pending messages. */
  #view<T>(work: (store: Store, pending: Pending) => T): T {
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      this.#db.exec("BEGIN");
      try {
        const store = new Store(this.#db, { ms: Infinity, bytes: Infinity }, () => 0);
        const pending = this.#readPending(store.drainedTo);
        if (pending !== undefined) return work(store, pending);
      } finally {
        this.#db.exec("ROLLBACK");
      }
    }
    throw new HistoryError("Cannot read the history: the hub writes faster than it can be read; try again");
  }

  /** Reads the journal from a position; returns `undefined` if a file may have been missed. */
  #readPending(position: Position): Pending | undefined {
    const { file, offset } = position;
    const lines: JournalLine[] = [];
    const changes: ChangeRecord[] = [];
    let found = false;
    try {
      for (const number of this.#files.list()) {
        if (number < file) continue;
        found ||= number === file;
        const from = number === file ? offset : 0;
        const open = this.#files.open(number, false);
        try {
          const bytes = new Uint8Array(Math.max(0, open.size - from));
          const count = open.read(from, bytes);
          // Half a frame at the end: the hub is still writing it.
          const records = readRecords(bytes.subarray(0, count), true);
          for (const line of records.lines) lines.push(line);
          for (const change of records.changes) changes.push(change);
        } finally {
          open.close();
        }
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      return undefined;
    }
    return this.#movedOn(position, found) ? undefined : { lines: withChanges(lines, changes), changes };
  }

  /**
   * Checks whether a journal file may have been removed since this view of the database: the hub drains another
   * file, or that file was missing, because a hub that shuts down drains and removes it.
   */
  #movedOn({ file, offset }: Position, found: boolean): boolean {
    const other = new DatabaseSync(this.#path, { readOnly: true });
    try {
      const { journal, filed } = other.prepare("SELECT journal, filed FROM state").get() ?? {};
      return Number(journal) !== file || !found && Number(filed) !== offset;
    } finally {
      other.close();
    }
  }

  /** Closes the history. */
  close(): void {
    this.#db.close();
  }
}

function lastChangeOf(store: Store, { changes }: Pending): number {
  return Math.max(store.lastChange, changes.at(-1)?.change ?? 0);
}

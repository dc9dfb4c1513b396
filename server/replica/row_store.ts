/**
 * Stores rows of other hubs, and what the state has of this hub, each in one transaction with how far the state was
 * read. Memory changes only if that is stored.
 *
 * The databases are handed in. The file is long because all that decides over a write of the state belongs together.
 *
 * @module
 */
import { type AfterCommit, type ReplicatedChange, transaction } from "../sqlite/mod.ts";
import { ANEW_FACT } from "./joining.ts";
import type { KnownRow } from "./known_rows.ts";
import { decodeState, encodeState } from "./row_codec.ts";
import type { StateEntry, StateFacts } from "./state_port.ts";
import { PURGED_KEY, readMark } from "./tombstones.ts";
import type { TrackedDatabase } from "./tracked_database.ts";
import { rowOf, type Sent, type Waiting, type WaitingChanges } from "./waiting_changes.ts";

/** The fact of a database with the last write that was read, of whatever key: its revision, key and time, as JSON. */
export const LAST_READ_FACT = "last_read";

/** Dependencies of {@linkcode RowStore}. */
export interface RowStoreDependencies {
  /** The databases; what refers to rows of another one comes after it. */
  databases: readonly TrackedDatabase[];
  /** The changes of this hub that the state does not have. */
  waiting: WaitingChanges;
  /** Tells whether changes are refused at present. */
  isRefusing: () => boolean;
  /** Called with the table of a change that is undone, as another hub has changed the same row first. */
  undone: (table: string) => void;
  /** Called with an error of those who are told what is stored. */
  failed: (error: unknown) => void;
}

/** Stores what the state has. */
export class RowStore {
  readonly #dependencies: RowStoreDependencies;
  /** What was read since the reading began, if everything that was not read is to be removed. */
  #seen: Set<string> | undefined;
  /** Keys that were written here; those writes have not been read since. */
  readonly #unread = new Set<string>();
  /** The revision of the last write that the state had when it was found to have lost later ones. */
  #restoresAfter = 0;

  /**
   * Uses databases.
   *
   * @param dependencies see {@linkcode RowStoreDependencies}
   */
  constructor(dependencies: RowStoreDependencies) {
    this.#dependencies = dependencies;
  }

  /**
   * Prepares reading on.
   *
   * @param after the revision up to which everything was read
   */
  begin(after: number): void {
    for (const database of this.#dependencies.databases) {
      for (const key of database.keysAfter(after)) this.#unread.add(key);
    }
  }

  /**
   * Tells whether a key was written here, and that write was not read.
   *
   * @param key the key
   * @returns whether it is so
   */
  isUnread(key: string): boolean {
    return this.#unread.has(key);
  }

  /**
   * Prepares reading everything, as the state may have had tombstones that were not read. This hub then has what the
   * state has. But what it has written after the last write of the state can only be lost: that is sent again.
   *
   * @param cursor the revision up to which everything was read
   * @param last the revision of the last write of the state
   */
  beginAnew(cursor: number, last: number): void {
    const { databases, waiting } = this.#dependencies;
    this.#seen = new Set();
    this.#restoresAfter = cursor;
    this.#unread.clear();
    waiting.sendAgain();
    for (const database of databases) {
      database.setFact("cursor", "0");
      database.setFact(ANEW_FACT, "1");
      this.#restore(database, last);
    }
  }

  /**
   * Prepares reading everything, of another state or of one that has lost its last writes: what it lacks is sent again.
   *
   * @param facts the identity of the state, and the revision of the last write that it has of those that were read
   * @param isOther whether it is another state than the one that was read
   */
  rewind({ identity, last }: StateFacts, isOther: boolean): void {
    const { databases, waiting } = this.#dependencies;
    this.#restoresAfter = isOther ? 0 : last;
    if (isOther) this.#seen = undefined;
    else this.#seen &&= new Set();
    this.#unread.clear();
    for (const database of databases) {
      this.#restore(database, isOther ? Number.MAX_SAFE_INTEGER : last);
      database.forgetRevisions();
      database.setFact("cursor", "0");
      database.setFact("state", identity);
      database.setFact(LAST_READ_FACT, undefined);
      if (isOther) database.setFact(ANEW_FACT, undefined);
    }
    waiting.sendAgain();
  }

  /** Has everything sent again that was written after the last write of the state. */
  #restore(database: TrackedDatabase, last: number): void {
    const { waiting } = this.#dependencies;
    const lost = database.forgetAfter(last);
    waiting.collect();
    for (const { key, table, id } of lost) {
      if (id === undefined && waiting.get(key) === undefined) waiting.waitForRemoval(database, key, table);
      const found = waiting.get(key);
      if (found !== undefined) found.restores = true;
    }
  }

  /**
   * Stores writes of the state, and tells those who have the rows in memory.
   *
   * @param entries the writes, in their order
   * @param stored called when all of them are stored, before anybody is told
   * @throws the error of SQLite if a database does not store them
   */
  take(entries: readonly StateEntry[], stored: () => void): void {
    const { databases, waiting } = this.#dependencies;
    const changes = new Map<TrackedDatabase, ReplicatedChange[]>();
    const { key, revision, timeMs } = entries.at(-1)!;
    try {
      // Changes made here that are not known to wait would be overwritten.
      waiting.collect();
      const purged = readMark(entries.findLast(({ key }) => key === PURGED_KEY)?.value);
      for (const database of databases) {
        const own = entries.filter(({ key }) => key.startsWith(`${database.spec.name}.`));
        const found: ReplicatedChange[] = [];
        this.#applying(database, (after) => {
          for (const entry of own) this.#apply(database, entry, found, after);
          if (purged > 0) database.forgetTombstones(purged);
          database.setFact("cursor", String(revision));
          database.setFact(LAST_READ_FACT, JSON.stringify({ key, revision, timeMs }));
        });
        changes.set(database, found);
      }
      stored();
    } finally {
      // Also if another database has not stored it: when that is tried again, these have nothing to change.
      for (const [{ spec }, found] of changes) if (found.length > 0) spec.taken(found);
    }
  }

  /**
   * Stores a row of the state that was passed over.
   *
   * @param database its database
   * @param entry its write
   * @throws the error of SQLite if it cannot be stored
   */
  takeMissed(database: TrackedDatabase, entry: StateEntry): void {
    const changes: ReplicatedChange[] = [];
    this.#applying(database, (after) => this.#apply(database, entry, changes, after));
    if (changes.length > 0) database.spec.taken(changes);
  }

  /**
   * Removes the rows that the state does not have, after everything was read anew: they were removed meanwhile.
   *
   * @param revision the revision up to which everything was read
   * @throws the error of SQLite if it cannot be stored
   */
  removeUnseen(revision: number): void {
    const { databases, waiting, undone } = this.#dependencies;
    const seen = this.#seen;
    if (seen === undefined) return;
    for (const database of databases) {
      const changes: ReplicatedChange[] = [];
      this.#applying(database, (after) => {
        for (const { key, table, id } of database.rowsUpTo(revision)) {
          if (seen.has(key)) continue;
          const tree = database.read(table, id!);
          const own = waiting.get(key);
          if (own !== undefined) {
            waiting.done(own, own.seq);
            after(() => undone(table));
          }
          database.forgetKnown(key);
          if (tree === undefined) continue;
          database.replace(table, undefined, [id!]);
          changes.push({ table, before: [tree], after: undefined });
        }
        for (const { key } of database.tombstones()) if (!seen.has(key)) database.forgetKnown(key);
        database.setFact(ANEW_FACT, undefined);
      });
      if (changes.length > 0) database.spec.taken(changes);
    }
    this.#seen = undefined;
  }

  /**
   * Records that the state has a change of this hub.
   *
   * @param waiting the change
   * @param sent how it was sent
   * @param revision the revision of the write
   * @throws the error of SQLite if it cannot be stored
   */
  confirm(waiting: Waiting, sent: Sent, revision: number): void {
    const { database, key, table } = waiting;
    const { id, seq, unknown } = sent;
    if (id !== undefined || database.table(table)!.traceless !== true) this.#unread.add(key);
    const known = { id, revision, stamp: `${database.writer} ${seq}`, unknown };
    this.#store(
      (run) => transaction(database.spec.db, run),
      (after) => this.#confirm(waiting, seq, known, after),
    );
  }

  #applying(database: TrackedDatabase, run: (after: AfterCommit) => void): void {
    this.#store((transact) => database.applying(transact, this.#dependencies.isRefusing()), run);
  }

  /**
   * Runs a transaction. Memory changes only if all of it is stored: what is removed of the waiting changes comes back
   * if it fails, and all else is done after it.
   */
  #store(transact: (run: () => void) => void, run: (after: AfterCommit) => void): void {
    const later: (() => void)[] = [];
    this.#dependencies.waiting.attempt(() => transact(() => run((one) => later.push(one))));
    for (const one of later) {
      try {
        one();
      } catch (error) {
        this.#dependencies.failed(error);
      }
    }
  }

  /** Records that the state has a change of this hub, within a transaction. */
  #confirm(waiting: Waiting, seq: number, known: KnownRow, after: AfterCommit): void {
    const { database, key, table } = waiting;
    const { id } = known;
    if (id === undefined && database.table(table)!.traceless === true) database.forgetKnown(key);
    else database.setKnown(key, table, known);
    if (waiting.seq !== seq) return;
    this.#dependencies.waiting.done(waiting, seq);
    if (id !== undefined) after(() => database.spec.confirmed?.(table, id));
  }

  /** Stores a write of the state, within a transaction. */
  #apply(
    database: TrackedDatabase,
    { key, value, revision }: StateEntry,
    changes: ReplicatedChange[],
    after: AfterCommit,
  ): void {
    const table = key.split(".")[1] ?? "";
    const decoded = decodeState(value);
    // Of a newer version, which has more tables: once this hub has them, it reads everything.
    if (database.table(table) === undefined || decoded === undefined) return;
    const known = database.known(key);
    after(() => {
      this.#seen?.add(key);
      if (known === undefined || known.revision <= revision) this.#unread.delete(key);
    });
    const stamp = `${decoded.writer} ${decoded.write}`;
    const isLater = known === undefined || revision > known.revision;
    const isKnown = revision === known?.revision && (known.stamp ?? stamp) === stamp;
    // Where all of the state is read again, a row with an earlier write has one here that the state has lost.
    if (!isLater && (this.#seen === undefined || isKnown)) return;
    const { tree } = decoded;
    const unknown = database.unknownOf(table, tree);
    const waiting = this.#dependencies.waiting.get(key);
    if (waiting !== undefined) {
      const { id, tree: own } = rowOf(waiting);
      const confirm = (seq: number) => this.#confirm(waiting, seq, { id, revision, stamp, unknown }, after);
      if (!isLater) return confirm(-1);
      if (waiting.restores && known?.stamp === stamp) {
        // It is not lost: it was read after the loss, and before that was noticed.
        const whole = own && database.complete(table, own, unknown);
        const isSame = encodeState({ ...decoded, tree: whole }) === encodeState(decoded);
        return confirm(isSame ? waiting.seq : -1);
      }
      const isOwn = decoded.writer === database.writer;
      const isRestored = waiting.restores && revision <= this.#restoresAfter;
      if (isOwn || isRestored) {
        after(() => waiting.refused = false);
        return confirm(isRestored ? -1 : decoded.write);
      }
    }
    const ids = new Set(waiting?.ids);
    if (known?.id !== undefined) ids.add(known.id);
    const id = tree && database.idOf(table, tree);
    if (id !== undefined) ids.add(id);
    const before = [...ids].flatMap((id) => database.read(table, id) ?? [])
      .filter((row) => database.keyOf(table, row) === key);
    if (waiting !== undefined) {
      this.#dependencies.waiting.done(waiting, waiting.seq);
      after(() => this.#dependencies.undone(table));
    }
    database.replace(table, tree, before.map((row) => database.idOf(table, row)));
    database.setKnown(key, table, { id, revision, stamp, unknown });
    changes.push({ table, before, after: tree });
  }
}

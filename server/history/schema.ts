/**
 * The tables of the database, and migrations from older versions.
 *
 * @module
 */
import type { Schema } from "../sqlite/mod.ts";
import { HistoryError } from "./history.ts";

/** `Rift` in ASCII. */
const APPLICATION_ID = 0x52696674;

/** The second name in the key of a direct conversation, for a query of `places`. */
export const SECOND_NAME = "substr(key, instr(substr(key, 2), '@') + 2)";

/**
 * The migrations: each makes a version from the one before it, starting with an empty database.
 *
 * In the SQL, a place is a conversation. Lines are messages: besides their sequence numbers they have ids, in
 * the order in which the hub received all messages; the word index uses the ids. The state stores the id of the
 * last indexed message, the floor above which sequence numbers are safe to assign, and the position up to which
 * the journal is drained: `journal` is the file, `filed` the offset in it. The tables of the word index are
 * created when they are needed; see `word_index.ts`. `reindex` has the segments that are indexed again. Changes have
 * a row for each message that was changed, with the number of its last change, and who edited or deleted it;
 * `state.changed` is the number of the last change of all. `state.purge` says what is left to purge; see `changes.ts`.
 * A place without lines is deleted; `forgotten` is the highest sequence number in any deleted place: a place that is
 * made later starts above it. The ballast is empty except while the free disk space is checked.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE places (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    last INTEGER NOT NULL
  );
  CREATE TABLE lines (
    id INTEGER PRIMARY KEY,
    place INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    username TEXT NOT NULL,
    recipient TEXT,
    verified INTEGER NOT NULL,
    message TEXT NOT NULL
  );
  CREATE UNIQUE INDEX lines_by_number ON lines (place, sequence);
  CREATE TABLE receipts (
    author TEXT NOT NULL,
    id TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    stored INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    PRIMARY KEY (author, id)
  ) WITHOUT ROWID;
  CREATE INDEX receipts_by_time ON receipts (timestamp);
  CREATE TABLE state (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    indexed INTEGER NOT NULL,
    floor INTEGER NOT NULL,
    journal INTEGER NOT NULL,
    filed INTEGER NOT NULL
  );
  INSERT INTO state VALUES (1, 0, 0, 0, 0);
  CREATE TABLE ballast (bytes BLOB NOT NULL);
  `,
  `
  ALTER TABLE state ADD COLUMN forgotten INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX lines_by_time ON lines (timestamp);
  `,
  // Version 3 has another word index: all messages are indexed again, in the background.
  `
  UPDATE state SET indexed = (SELECT min(id) - 1 FROM lines) WHERE EXISTS (SELECT 1 FROM lines);
  `,
  // Version 4: receipts have a digest of the message. Those of an older version have none.
  `
  ALTER TABLE receipts ADD COLUMN digest TEXT;
  `,
  // Version 5: direct conversations are found by the second name in their key, too.
  `
  CREATE INDEX places_by_second ON places (${SECOND_NAME}, key) WHERE substr(key, 1, 1) = '@';
  `,
  // Version 6 has epochs; see `epochs.ts`.
  `
  CREATE TABLE epochs (began INTEGER PRIMARY KEY, name TEXT NOT NULL);
  `,
  // Version 7 knows which rooms have messages for members only.
  `
  CREATE TABLE sealed (key TEXT PRIMARY KEY) WITHOUT ROWID;
  `,
  // Version 8 has changes of messages. A database of an older version may have texts in its unused space: 2.
  `
  ALTER TABLE lines ADD COLUMN reply_to INTEGER;
  CREATE TABLE changes (
    line INTEGER PRIMARY KEY,
    number INTEGER NOT NULL UNIQUE,
    author TEXT,
    edited INTEGER,
    deleted INTEGER NOT NULL
  );
  CREATE TABLE reactions (
    line INTEGER NOT NULL,
    reaction TEXT NOT NULL,
    author TEXT NOT NULL,
    number INTEGER NOT NULL,
    PRIMARY KEY (line, reaction, author)
  ) WITHOUT ROWID;
  CREATE TABLE reindex (segment INTEGER PRIMARY KEY, indexed INTEGER NOT NULL);
  ALTER TABLE state ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE state ADD COLUMN purge INTEGER NOT NULL DEFAULT 0;
  UPDATE state SET purge = 2 WHERE EXISTS (SELECT 1 FROM lines) OR forgotten > 0;
  ALTER TABLE epochs ADD COLUMN changed INTEGER NOT NULL DEFAULT 0;
  `,
  // Version 9 can be the copy of a log that several hubs share: how far it was copied, and the last number of each
  // conversation in it, also of those whose messages are deleted.
  `
  CREATE TABLE numbers (place TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
  ALTER TABLE state ADD COLUMN progress TEXT;
  `,
];

/**
 * The last sequence number in a conversation, for a query of `places`: that of its last message, or
 * `places.last` if that message was deleted or not stored.
 */
export const LAST_SEQUENCE =
  "max(places.last, ifnull((SELECT max(sequence) FROM lines WHERE lines.place = places.id), 0))";

/** The beginning of the key of an erased conversation, whose messages are yet to be deleted: no name begins with it. */
export const ERASED = "@@!";

/** The schema of the database of a history. */
export const SCHEMA: Schema = {
  application: APPLICATION_ID,
  kind: "a database of RiftChat",
  migrations: MIGRATIONS,
  Failure: HistoryError,
};

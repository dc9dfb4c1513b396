/**
 * Opens the moderation database in a data folder, and sets a damaged one aside; the tables, and migrations from older
 * versions.
 *
 * @module
 */
import { openReplaceable, type Schema } from "../sqlite/mod.ts";
import { Moderation, type ModerationOptions } from "./moderation.ts";

/** The name of the database file. */
export const MODERATION_FILE = "moderation.db";

/** `RifM` in ASCII. */
const APPLICATION_ID = 0x5269664d;

/**
 * The migrations: each makes a version from the one before it, starting with an empty database. An empty `room` means
 * the whole hub. `matches` holds the keys and networks that a sanction holds for beside its target.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE sanctions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    room TEXT NOT NULL,
    room_name TEXT NOT NULL,
    target TEXT NOT NULL,
    target_name TEXT NOT NULL,
    owner INTEGER,
    by_name TEXT NOT NULL,
    by_operator INTEGER NOT NULL,
    at INTEGER NOT NULL,
    until INTEGER,
    reason TEXT,
    every_ms INTEGER,
    mode TEXT,
    UNIQUE (kind, room, target)
  );
  CREATE INDEX sanctions_until ON sanctions (until) WHERE until IS NOT NULL;
  CREATE TABLE matches (
    sanction INTEGER NOT NULL REFERENCES sanctions (id) ON DELETE CASCADE,
    what TEXT NOT NULL,
    PRIMARY KEY (sanction, what)
  ) WITHOUT ROWID;
  CREATE TABLE moderators (
    room TEXT NOT NULL,
    owner INTEGER NOT NULL,
    room_name TEXT NOT NULL,
    by_name TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (room, owner)
  ) WITHOUT ROWID;
  CREATE TABLE operators (
    who TEXT PRIMARY KEY,
    shown TEXT NOT NULL,
    at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE audit (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at INTEGER NOT NULL,
    by_name TEXT NOT NULL,
    by_key TEXT,
    by_operator INTEGER NOT NULL,
    action TEXT NOT NULL,
    target TEXT,
    room TEXT,
    until INTEGER,
    reason TEXT,
    detail TEXT
  );
  CREATE INDEX audit_by_operator ON audit (by_operator, id);
  `,
];

/** The moderation database cannot be opened, and the operator has to fix the cause. */
export class ModerationFileError extends Error {
  /** As for any `Error`. */
  override readonly name = "ModerationFileError";
}

/** The schema of the moderation database. */
const SCHEMA: Schema = {
  application: APPLICATION_ID,
  kind: "the bans of a hub of RiftChat",
  migrations: MIGRATIONS,
  Failure: ModerationFileError,
};

/** Options of {@linkcode openModeration}. */
export interface OpenModerationOptions extends ModerationOptions {
  /** The path of the data folder, which exists and only this process uses; `undefined` to keep all in memory. */
  folder: string | undefined;
  /** The time of day, in milliseconds since 1970. */
  now: number;
}

/**
 * Opens the moderation database in a data folder. A damaged one is renamed, and a new one started: then nobody is
 * banned, and only those in the file of operators are operators.
 *
 * @param options see {@linkcode OpenModerationOptions}
 * @returns the moderation of the hub
 * @throws {ModerationFileError} if it has a newer version, belongs to another program or another user, or cannot be
 * opened for another reason than damage
 */
export function openModeration(options: OpenModerationOptions): Moderation {
  const { folder, now, report } = options;
  const loss =
    "nobody is banned or muted, no room has moderators, and operators that were added with riftchat op " +
    "must be added again";
  return openReplaceable(
    { folder, file: MODERATION_FILE, schema: SCHEMA, content: "the bans", loss, now, report },
    (db) => new Moderation(db, options),
  );
}

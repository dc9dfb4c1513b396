/**
 * The tables of the registry, and migrations from older versions.
 *
 * @module
 */
import type { Schema } from "../sqlite/mod.ts";

/** `RifN` in ASCII. */
const APPLICATION_ID = 0x5269664e;

/**
 * The migrations: each makes a version from the one before it, starting with an empty database. The id of an owner is
 * never given again, so what refers to it belongs to no later owner of the same name.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE owners (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    since INTEGER NOT NULL,
    last_used INTEGER NOT NULL,
    moved INTEGER
  );
  CREATE TABLE keys (
    owner INTEGER NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    added INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
  ) WITHOUT ROWID;
  CREATE TABLE rooms (
    key TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    owner INTEGER NOT NULL REFERENCES owners (id),
    private INTEGER NOT NULL,
    whole_history INTEGER NOT NULL,
    topic TEXT NOT NULL,
    since INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE members (
    room TEXT NOT NULL REFERENCES rooms (key) ON DELETE CASCADE,
    owner INTEGER NOT NULL REFERENCES owners (id) ON DELETE CASCADE,
    since INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (room, owner)
  ) WITHOUT ROWID;
  `,
  // Version 2: an open room may have messages that only members read.
  `
  ALTER TABLE rooms ADD COLUMN floor INTEGER NOT NULL DEFAULT 0;
  `,
  // Version 3: codes for further devices, by their hashes.
  `
  CREATE TABLE codes (
    owner INTEGER PRIMARY KEY REFERENCES owners (id) ON DELETE CASCADE,
    hash TEXT NOT NULL,
    keys TEXT NOT NULL,
    expires INTEGER NOT NULL
  );
  CREATE TABLE used_codes (
    hash TEXT PRIMARY KEY,
    key TEXT NOT NULL,
    at INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  // Version 4: memberships of one of several rooms of a name that hubs of a cluster have made at once.
  `
  ALTER TABLE rooms ADD COLUMN room_id INTEGER;
  ALTER TABLE members ADD COLUMN room_id INTEGER;
  `,
];

/** The registry cannot be opened, and the operator has to fix the cause. */
export class RegistryError extends Error {
  /** As for any `Error`. */
  override readonly name = "RegistryError";
}

/** The schema of the database of a registry. */
export const SCHEMA: Schema = {
  application: APPLICATION_ID,
  kind: "the names of a hub of RiftChat",
  migrations: MIGRATIONS,
  Failure: RegistryError,
};

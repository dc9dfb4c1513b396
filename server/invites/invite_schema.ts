/**
 * The tables of the invites, and migrations from older versions.
 *
 * @module
 */
import type { Schema } from "../sqlite/mod.ts";

/** `RifI` in ASCII. */
const APPLICATION_ID = 0x52696649;

/**
 * The migrations: each makes a version from the one before it, starting with an empty database. `key_hash` is the
 * SHA-256 of the public key that follows from the token; the token is stored nowhere. `waiting` is 1 until whoever used
 * the invite has what it is for: its name and its room.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE invites (
    id TEXT PRIMARY KEY,
    key_hash TEXT NOT NULL UNIQUE,
    made INTEGER NOT NULL,
    by TEXT NOT NULL,
    expires INTEGER NOT NULL,
    uses INTEGER NOT NULL,
    uses_left INTEGER NOT NULL,
    room TEXT,
    room_owner INTEGER,
    name TEXT,
    revoked INTEGER
  ) WITHOUT ROWID;
  CREATE TABLE uses (
    invite TEXT NOT NULL REFERENCES invites (id) ON DELETE CASCADE,
    at INTEGER NOT NULL,
    name TEXT NOT NULL,
    identity TEXT,
    person TEXT,
    waiting INTEGER NOT NULL
  );
  CREATE INDEX uses_of ON uses (invite);
  CREATE TABLE facts (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) WITHOUT ROWID;
  `,
];

/** The invites cannot be opened, and the operator has to fix the cause. */
export class InvitesError extends Error {
  /** As for any `Error`. */
  override readonly name = "InvitesError";
}

/** The schema of the database of invites. */
export const SCHEMA: Schema = {
  application: APPLICATION_ID,
  kind: "the invites of a hub of RiftChat",
  migrations: MIGRATIONS,
  Failure: InvitesError,
};

/**
 * The table of the tokens, and migrations from older versions.
 *
 * @module
 */
import type { Schema } from "../sqlite/mod.ts";

/** `RifT` in ASCII. */
const APPLICATION_ID = 0x52696654;

/**
 * The migrations: each makes a version from the one before it, starting with an empty database. `hash` is the SHA-256
 * of the secret, which is stored nowhere; `key` is the public key that follows from it; `rooms` is a JSON array, or
 * NULL for all rooms.
 */
const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE tokens (
    id TEXT PRIMARY KEY,
    hash TEXT NOT NULL UNIQUE,
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    rooms TEXT,
    may_read INTEGER NOT NULL,
    may_write INTEGER NOT NULL,
    made INTEGER NOT NULL,
    last_used INTEGER
  ) WITHOUT ROWID;
  `,
];

/** The tokens cannot be opened, and the operator has to fix the cause. */
export class TokensError extends Error {
  /** As for any `Error`. */
  override readonly name = "TokensError";
}

/** The schema of the database of tokens. */
export const SCHEMA: Schema = {
  application: APPLICATION_ID,
  kind: "the tokens of a hub of RiftChat",
  migrations: MIGRATIONS,
  Failure: TokensError,
};

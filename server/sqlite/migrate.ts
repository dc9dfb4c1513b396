/**
 * The version of a database, and migrations from older ones.
 *
 * `PRAGMA user_version` is the version. Each migration makes the next version; all run in one transaction.
 * `PRAGMA application_id` marks the database as one of its kind.
 *
 * @module
 */
import type { DatabaseSync } from "node:sqlite";
import { transaction } from "./transaction.ts";

/** The tables of one kind of database. */
export interface Schema {
  /** The number that marks a database of this kind. */
  application: number;
  /** What such a database is, for errors, such as `a database of RiftChat`. */
  kind: string;
  /** The migrations: each makes a version from the one before it, starting with an empty database. */
  migrations: readonly string[];
  /** The class of the error for a database that cannot be used. */
  Failure: new (message: string, options?: ErrorOptions) => Error;
}

/**
 * Migrates a database to the newest version.
 *
 * @param db an open database; an empty one counts as version 0
 * @param path its path, for errors
 * @param schema its tables
 * @throws {Error} of the class of the schema if the database is newer than this program, or of another kind
 */
export function migrate(db: DatabaseSync, path: string, schema: Schema): void {
  const { application, migrations } = schema;
  const version = versionOf(db, path, schema);
  if (version === migrations.length) return;
  transaction(db, () => {
    for (const migration of migrations.slice(version)) db.exec(migration);
    db.exec(`PRAGMA application_id = ${application}; PRAGMA user_version = ${migrations.length}`);
  });
}

/**
 * Checks that a database can be read without a migration.
 *
 * @param db an open database
 * @param path its path, for errors
 * @param schema its tables
 * @throws {Error} of the class of the schema if it has another version, or is of another kind
 */
export function checkVersion(db: DatabaseSync, path: string, schema: Schema): void {
  const version = versionOf(db, path, schema);
  if (version === schema.migrations.length) return;
  throw new schema.Failure(
    `Cannot use ${path}: its version must be ${schema.migrations.length}: it is ${version}; ` +
      "start riftchat serve once to migrate it",
  );
}

/** Returns the version of a database; throws if it is newer than this program, or of another kind. */
function versionOf(
  db: DatabaseSync,
  path: string,
  { application, kind, migrations, Failure }: Schema,
): number {
  const version = pragma(db, "user_version");
  const owner = pragma(db, "application_id");
  const foreign = owner !== application && (owner !== 0 || pragma(db, "schema_version") !== 0);
  if (foreign) throw new Failure(`Cannot use ${path}: it must be ${kind}: it belongs to another program`);
  if (version > migrations.length) {
    throw new Failure(
      `Cannot use ${path}: its version must be ${migrations.length} or older: it is ${version}, of a newer version ` +
        "of RiftChat; update RiftChat",
    );
  }
  return version;
}

/**
 * Reads a number from a database.
 *
 * @param db the database
 * @param name the name of the pragma
 * @returns the number
 */
export function pragma(db: DatabaseSync, name: string): number {
  return Number(Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0]);
}

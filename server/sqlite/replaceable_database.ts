/**
 * Opens a database without which a hub can start: a damaged one is set aside, and an empty one takes its place.
 *
 * @module
 */
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { OwnerError } from "../../runtime/mod.ts";
import { isDamage, reasonOfSqlite } from "./database_errors.ts";
import { openDatabaseFile, setAside } from "./database_file.ts";
import { migrate, type Schema } from "./migrate.ts";

/** Options of {@linkcode openReplaceable}. */
export interface ReplaceableOptions {
  /** The path of the data folder, which exists and only this process uses; `undefined` to keep all in memory. */
  folder: string | undefined;
  /** The name of the file in the folder. */
  file: string;
  /** The tables and their migrations. */
  schema: Schema;
  /** What the database has, for the report of damage, such as `the invites`. */
  content: string;
  /** What its loss means, for that report. */
  loss: string;
  /** The time of day, in milliseconds since 1970. */
  now: number;
  /**
   * Reports something that the operator should know.
   *
   * @param text a sentence
   */
  report: (text: string) => void;
}

/**
 * Opens a database and reads it. A damaged one is renamed, and an empty one is read instead.
 *
 * @param options see {@linkcode ReplaceableOptions}
 * @param read reads the database, of the newest version and with foreign keys; it may find that it is damaged
 * @returns what `read` returns
 * @throws {Error} of the class of the schema if the file has a newer version, belongs to another program or another
 * user, or cannot be opened for another reason than damage
 */
export function openReplaceable<T>(
  { folder, file, schema, content, loss, now, report }: ReplaceableOptions,
  read: (db: DatabaseSync) => T,
): T {
  const { Failure } = schema;
  const use = (db: DatabaseSync) => {
    try {
      db.exec("PRAGMA foreign_keys = ON");
      return read(db);
    } catch (error) {
      db.close();
      throw error;
    }
  };
  if (folder === undefined) {
    const db = new DatabaseSync(":memory:");
    migrate(db, "memory", schema);
    return use(db);
  }
  const path = join(folder, file);
  const open = () => use(openDatabaseFile(path, { schema, report }));
  try {
    try {
      return open();
    } catch (error) {
      if (!isDamage(error)) throw error;
      const renamed = setAside(path, `.damaged-${new Date(now).toISOString().replaceAll(/[-:]|\.\d+/g, "")}`);
      report(`${content} were damaged (${reasonOfSqlite(error)}) and are now ${renamed}: ${loss}`);
      return open();
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    if (error instanceof OwnerError) throw new Failure(error.message);
    throw new Failure(`Cannot open ${path}: ${reasonOfSqlite(error)}`, { cause: error });
  }
}

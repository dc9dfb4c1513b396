/**
 * Migrations of the database.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { MIGRATIONS, SCHEMA } from "../../../server/history/schema.ts";
import { migrate, pragma } from "../../../server/sqlite/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test("All migrations together make a database", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db, "db", SCHEMA);
  assertEquals(pragma(db, "user_version"), MIGRATIONS.length);
  db.close();
});

/**
 * Migrations of the database.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { HistoryError } from "../../../server/history/mod.ts";
import { migrate, MIGRATIONS, pragma } from "../../../server/history/schema.ts";
import { assertEquals, assertThrows } from "../../helpers/assert.ts";

const STEPS = [
  "CREATE TABLE a (x)",
  "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2)",
  "UPDATE a SET y = y + 1",
];

Deno.test("A database runs each migration that it has not run yet, once", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db, "db", STEPS.slice(0, 1));
  assertEquals(pragma(db, "user_version"), 1);
  migrate(db, "db", STEPS);
  migrate(db, "db", STEPS);
  assertEquals([pragma(db, "user_version"), { ...db.prepare("SELECT * FROM a").get() }], [3, { x: 1, y: 3 }]);
  assertThrows(
    () => migrate(db, "db", STEPS.slice(0, 2)),
    HistoryError,
    "its version must be 2 or older: it is 3",
  );
  db.close();
});

Deno.test("A migration that fails leaves the version before it", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db, "db", STEPS.slice(0, 1));
  assertThrows(() => migrate(db, "db", [...STEPS, "nonsense"]), Error, "syntax error");
  assertEquals([pragma(db, "user_version"), db.prepare("SELECT * FROM a").all()], [1, []]);
  db.close();
});

Deno.test("All migrations together make a database", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db, "db");
  assertEquals(pragma(db, "user_version"), MIGRATIONS.length);
  db.close();
});

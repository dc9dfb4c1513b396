/**
 * Migrations of a database.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { migrate, pragma, type Schema } from "../../../server/sqlite/mod.ts";
import { assertEquals, assertThrows } from "../../helpers/assert.ts";

const STEPS = [
  "CREATE TABLE a (x)",
  "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2)",
  "UPDATE a SET y = y + 1",
];

/** Tables of these migrations; their errors have a class that nothing else throws here. */
const schema = (migrations: string[]): Schema => ({
  application: 7,
  kind: "a database of this test",
  migrations,
  Failure: TypeError,
});

Deno.test("A database runs each migration that it has not run yet, once", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db, "db", schema(STEPS.slice(0, 1)));
  assertEquals(pragma(db, "user_version"), 1);
  migrate(db, "db", schema(STEPS));
  migrate(db, "db", schema(STEPS));
  assertEquals([pragma(db, "user_version"), { ...db.prepare("SELECT * FROM a").get() }], [3, { x: 1, y: 3 }]);
  assertThrows(
    () => migrate(db, "db", schema(STEPS.slice(0, 2))),
    TypeError,
    "its version must be 2 or older: it is 3",
  );
  db.close();
});

Deno.test("A migration that fails leaves the version before it", () => {
  const db = new DatabaseSync(":memory:");
  migrate(db, "db", schema(STEPS.slice(0, 1)));
  assertThrows(() => migrate(db, "db", schema([...STEPS, "nonsense"])), Error, "syntax error");
  assertEquals([pragma(db, "user_version"), db.prepare("SELECT * FROM a").all()], [1, []]);
  db.close();
});

Deno.test("A database of another program is refused", () => {
  const db = new DatabaseSync(":memory:");
  db.exec("CREATE TABLE other (x)");
  assertThrows(
    () => migrate(db, "db", schema(STEPS)),
    TypeError,
    "Cannot use db: it must be a database of this test: it belongs to another program",
  );
  db.close();
});

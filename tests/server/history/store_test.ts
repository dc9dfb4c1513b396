/**
 * The database: what is stored, and reading it.
 *
 * It is long because it covers the whole database.
 *
 * @module
 */
import { contentDigest, directKey } from "../../../server/history/history.ts";
import { DatabaseSync } from "node:sqlite";
import { DIRECT_AS_FIRST, DIRECT_AS_SECOND } from "../../../server/history/store.ts";
import { MIGRATIONS, SCHEMA } from "../../../server/history/schema.ts";
import { migrate } from "../../../server/sqlite/mod.ts";
import { type History, HistoryError, type Page, StorageError } from "../../../server/history/mod.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { DataFolder, finish, lineIn } from "../../helpers/hubs/history.ts";
import { FOUND, NOT_FOUND } from "../../helpers/searches.ts";
import { needs, NO_POSIX } from "../../helpers/needs.ts";

const ALL = { limit: 500, bytes: 1_000_000 };

function test(name: string, fn: (folder: DataFolder) => void): void {
  Deno.test(name, () => {
    using folder = new DataFolder();
    fn(folder);
  });
}

/** The contents of a page: number and text of each message, and whether there is more. */
function shown({ lines, more }: Page): unknown[] {
  return [lines.map(({ sequence, message }) => `${sequence} ${message}`), more];
}

function say(store: History, place: string, ...messages: string[]): void {
  store.insert(messages.map((message) => lineIn(store, place, message)));
}

function search(store: History, match: string, more: { limit?: number; before?: number } = {}): unknown[] {
  return shown(finish(store.search({ conversation: "main", ...ALL, ...more, match })));
}

test("A message is returned as it was stored, also by the next hub", (folder) => {
  const line = { timestamp: START + 7, username: "Ånä", message: 'a\n\t"\u{1f600}', verified: true };
  let store = folder.open();
  store.insert([lineIn(store, "main", "", line)]);
  store.insert([lineIn(store, directKey("bo", "ana"), "psst", { to: "bo" })]);
  store.close();
  store = folder.open();
  const [kept] = store.page({ conversation: "main", ...ALL }).lines;
  assertEquals(kept, { conversation: store.conversation("main"), sequence: 1, ...line });
  assertEquals(store.page({ conversation: directKey("ana", "bo"), ...ALL }).lines[0]!.to, "bo");
  assertEquals(folder.reports, []);
  store.close();
});

test(
  "No number comes again after a restart, in any spelling, even without messages left",
  (folder) => {
    let store = folder.open({ keep: "1m" });
    say(store, "Dev", "a", "b");
    say(store, "main", "c");
    while (store.prune(START + 120_000).more);
    store.close();
    store = folder.open();
    assertEquals(store.page({ conversation: "dev", ...ALL }).lines, []);
    assertEquals([
      store.conversation("dEV").last,
      store.conversation("main").last,
      store.conversation("new").last,
    ], [2, 2, 2]);
    say(store, "DEV", "d");
    assertEquals(shown(store.page({ conversation: "dev", ...ALL })), [["3 d"], false]);
    store.close();
  },
);

test(
  "Pages go back from the newest or a number, or forward from a number, and say whether there is more",
  (folder) => {
    const store = folder.open();
    say(store, "main", "a", "b", "c", "d", "e");
    say(store, "dev", "x");
    const page = (query: { before?: number; after?: number; limit: number; bytes?: number }) =>
      shown(store.page({ conversation: "main", bytes: 1_000_000, ...query }));
    assertEquals(page({ limit: 2 }), [["4 d", "5 e"], true]);
    assertEquals(page({ limit: 2, before: 4 }), [["2 b", "3 c"], true]);
    assertEquals(page({ limit: 2, before: 3 }), [["1 a", "2 b"], false]);
    assertEquals(page({ limit: 2, before: 1 }), [[], false]);
    assertEquals(page({ limit: 2, after: 0 }), [["1 a", "2 b"], true]);
    assertEquals(page({ limit: 2, after: 3 }), [["4 d", "5 e"], false]);
    assertEquals(page({ limit: 9, after: 1, before: 4 }), [["2 b", "3 c"], false]);
    assertEquals(page({ limit: 9, after: 5 }), [[], false]);
    assertEquals(page({ limit: 9, bytes: 1 }), [["5 e"], true]);
    assertEquals(shown(store.page({ conversation: "nowhere", ...ALL })), [[], false]);
    store.close();
  },
);

test("A page of more messages than one read has them all, in order", (folder) => {
  const store = folder.open();
  say(store, "main", ...Array.from({ length: 1000 }, (_, i) => `line ${i + 1}`));
  const numbers = (page: Page) => page.lines.map(({ sequence }) => sequence);
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  assertEquals(numbers(store.page({ conversation: "main", ...ALL })), range(501, 1000));
  assertEquals(numbers(store.page({ conversation: "main", ...ALL, after: 100 })), range(101, 600));
  assertEquals(
    numbers(finish(store.search({ conversation: "main", ...ALL, match: "line" }))),
    range(501, 1000),
  );
  store.close();
});

test(
  "A search finds whole words of one conversation, in any case and without accents, newest first",
  (folder) => {
    const store = folder.open();
    say(store, "main", "the build failed", "Build: fine", "a café", "foo-bar baz", "new build failed again");
    say(store, "dev", "the build failed in dev");
    assertEquals(search(store, "build"), [
      ["1 the build failed", "2 Build: fine", "5 new build failed again"],
      false,
    ]);
    assertEquals(search(store, "FAILED  build"), [["1 the build failed", "5 new build failed again"], false]);
    assertEquals(search(store, "build", { limit: 2 }), [["2 Build: fine", "5 new build failed again"], true]);
    assertEquals(search(store, "build", { limit: 2, before: 5 }), [
      ["1 the build failed", "2 Build: fine"],
      false,
    ]);
    assertEquals(search(store, "cafe"), [["3 a café"], false]);
    assertEquals(search(store, "foo-bar"), [["4 foo-bar baz"], false]);
    assertEquals(search(store, "buil"), [[], false]);
    say(store, "main", "a build at last");
    assertEquals(search(store, "last"), [["6 a build at last"], false]);
    store.close();
  },
);

test("A search finds words of every script, in messages that are indexed and in those that are not", (folder) => {
  const store = folder.open();
  const found = FOUND.map(([, message, match]) => ({ message, match }));
  say(store, "main", ...found.map(({ message }) => message));
  say(store, "main", ...Array(5000).fill("x"));
  const look = () => {
    for (const [index, { message, match }] of found.entries()) {
      const { lines } = finish(store.search({ conversation: "main", ...ALL, match }));
      assert(lines.some(({ sequence }) => sequence === index + 1), `${match} in ${message}`);
    }
    for (const [what, message, match] of NOT_FOUND) {
      const { lines } = finish(store.search({ conversation: "main", ...ALL, match }));
      assert(!lines.some((line) => line.message === message), what);
    }
  };
  say(store, "main", ...NOT_FOUND.map(([, message]) => message));
  look();
  while (store.work(1000));
  look();
  store.close();
});

test("The next version indexes the messages of a database again, without a wait", (folder) => {
  let store = folder.open();
  say(store, "main", "x", "हिन्दी में", "y");
  while (store.work(1000));
  store.close();
  // A database of version 2: its index has the words that FTS5 finds.
  folder.change(`
    DROP TABLE terms_0;
    CREATE VIRTUAL TABLE words_0 USING fts5 (message, content = '', detail = none, columnsize = 0);
    INSERT INTO words_0 (rowid, message) SELECT id, message FROM lines;
    UPDATE state SET indexed = 3;
    DELETE FROM lines WHERE id = 1;
    ALTER TABLE receipts DROP COLUMN digest;
    DROP INDEX places_by_second;
    DROP TABLE epochs;
    DROP TABLE sealed;
    ALTER TABLE lines DROP COLUMN reply_to;
    DROP TABLE changes;
    DROP TABLE reactions;
    DROP TABLE reindex;
    ALTER TABLE state DROP COLUMN changed;
    ALTER TABLE state DROP COLUMN purge;
    DROP TABLE numbers;
    ALTER TABLE state DROP COLUMN progress;
    PRAGMA user_version = 2;
  `);
  store = folder.open();
  assertEquals(folder.query("SELECT indexed FROM state"), [{ __proto__: null, indexed: 1 }] as unknown[]);
  while (store.work(1000));
  assertEquals(search(store, "हिन्दी"), [["2 हिन्दी में"], false]);
  assertEquals(
    folder.query("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL%'").map(({ name }) => name),
    ["terms_0"],
  );
  store.close();
});

test("Search input is words only, never query syntax", (folder) => {
  const store = folder.open();
  say(store, "main", "alpha", "beta");
  for (
    const match of [
      '"',
      "alpha OR beta",
      "message : alpha",
      "NEAR(alpha beta)",
      "alpha*",
      "^(",
      "-",
      "a\0b",
      "'; DROP",
      "{x}:y",
      "place:p1",
    ]
  ) {
    const [lines] = search(store, match);
    assert(Array.isArray(lines), match);
  }
  say(store, "dev", "\uE0001 gamma");
  assertEquals(search(store, "gamma"), [[], false]);
  assertEquals(search(store, "alpha OR beta"), [[], false]);
  assertEquals(search(store, "p1"), [[], false]);
  assertEquals(search(store, "alpha*"), [["1 alpha"], false]);
  store.close();
});

test("A search uses all segments of the index, which are deleted with their messages", (folder) => {
  const store = folder.open({ keep: "1h" });
  const lines = 70_000;
  store.insert(
    Array.from({ length: lines }, (_, i) =>
      lineIn(store, "main", i % 1000 === 0 ? "needle" : "hay", {
        timestamp: START + (i < 40_000 ? 0 : 10_000_000),
      })),
  );
  const needles = () =>
    finish(store.search({ conversation: "main", ...ALL, match: "needle" })).lines.map(({ sequence }) =>
      sequence
    );
  const unindexed = needles();
  while (store.work(1000));
  const segments = () =>
    folder.query("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL%'").length;
  const expected = Array.from({ length: 70 }, (_, i) => i * 1000 + 1);
  assertEquals([unindexed, needles(), segments()], [expected, expected, 3]);
  const back = finish(
    store.search({ conversation: "main", ...ALL, limit: 2, before: 33_001, after: 31_001, match: "needle" }),
  );
  assertEquals(shown(back), [["32001 needle"], false]);
  while (store.prune(START + 10_000_000).more);
  assertEquals([shown(store.page({ conversation: "main", ...ALL, limit: 1, after: 0 })), segments()], [[[
    "40001 needle",
  ], true], 2]);
  store.close();
});

test("Pages and searches use an index, and scan no other messages", (folder) => {
  const store = folder.open();
  say(store, "main", "a");
  store.work(1000);
  store.close();
  const plan = (sql: string) =>
    folder.query(`EXPLAIN QUERY PLAN ${sql}`).map(({ detail }) => String(detail)).join("; ");
  assertMatch(
    plan(
      "SELECT * FROM lines WHERE place = 1 AND sequence > 1 AND sequence < 9 ORDER BY sequence DESC LIMIT 5",
    ),
    /^SEARCH lines USING INDEX lines_by_number \(place=\? AND sequence>\? AND sequence<\?\)$/,
  );
  assertMatch(
    plan(
      "SELECT * FROM terms_0 JOIN lines ON lines.id = terms_0.rowid WHERE terms_0 MATCH 'a' AND terms_0.rowid " +
        "BETWEEN 1 AND 9 AND lines.place = 1 ORDER BY terms_0.rowid DESC LIMIT 5",
    ),
    /^SCAN terms_0 VIRTUAL TABLE INDEX \S*M\S*; SEARCH lines USING INTEGER PRIMARY KEY \(rowid=\?\)$/,
  );
  assertMatch(
    plan("SELECT * FROM receipts WHERE author = 'a' AND id = 'b'"),
    /^SEARCH receipts USING PRIMARY KEY/,
  );
  assertMatch(
    plan(
      "DELETE FROM receipts WHERE (author, id) IN (SELECT author, id FROM receipts WHERE timestamp < 5 ORDER BY " +
        "timestamp LIMIT 9)",
    ),
    /SEARCH receipts USING .*INDEX receipts_by_time/,
  );
});

/** The direct conversations of a user, as `partner: number`, and how many steps it took to find them. */
function direct(store: History, name: string, after = 0): { found: string[]; last: number; steps: number } {
  const steps = store.directConversations(name, after);
  for (let count = 1;; count++) {
    const { done, value } = steps.next();
    if (!done) continue;
    const found = value.conversations.map(({ partner, sequence }) => `${partner}: ${sequence}`);
    return { found, last: value.last, steps: count };
  }
}

/** Stores a direct message. */
function sayTo(store: History, username: string, to: string, message = "hi"): void {
  const place = directKey(username.toLowerCase(), to.toLowerCase());
  store.insert([lineIn(store, place, message, { username, to })]);
}

test("Direct conversations are found by either name, newest first, and those after a message", (folder) => {
  const store = folder.open();
  assertEquals(direct(store, "ana"), { found: [], last: 0, steps: 3 });
  for (const partner of ["Zoe", "al", "Bo"]) sayTo(store, "ana", partner);
  sayTo(store, "bo", "Ana");
  sayTo(store, "ana", "ana");
  // None of these is a conversation of ana.
  for (const [one, other] of [["an", "anab"], ["xana", "anax"], ["bo", "zoe"]] as const) {
    sayTo(store, one, other);
  }
  say(store, "bana", "a room");
  say(store, "ana", "a room");
  assertEquals(direct(store, "ana"), { found: ["ana: 1", "bo: 2", "al: 1", "Zoe: 1"], last: 10, steps: 3 });
  assertEquals(direct(store, "bo").found, ["zoe: 1", "Ana: 2"]);
  assertEquals(direct(store, "ana", 10).found, []);
  sayTo(store, "al", "ana");
  assertEquals(direct(store, "ana", 10), { found: ["al: 2"], last: 11, steps: 3 });
  // A number of another history.
  assertEquals(direct(store, "ana", 99).found.length, 4);
  store.close();
});

test("Many direct conversations of a user are found in several steps, and only the newest are returned", (folder) => {
  const store = folder.open();
  for (let i = 1; i <= 400; i++) sayTo(store, "mo", `a${i}`);
  for (let i = 1; i <= 400; i++) sayTo(store, `z${i}`, "mo");
  const { found, steps } = direct(store, "mo");
  assertEquals([found.length, found.at(0), found.at(-1)], [500, "z400: 1", "a301: 1"]);
  assertEquals(steps, 5);
  store.close();
});

test("Direct conversations are found by an index, and their last messages too", (folder) => {
  folder.open().close();
  const plan = (sql: string) =>
    folder.query(`EXPLAIN QUERY PLAN ${sql}`, "ana", "", 256).map(({ detail }) => String(detail)).join("; ");
  const lastLine = "SEARCH lines USING INDEX lines_by_number \\(place=\\? AND sequence=\\?\\); " +
    "CORRELATED SCALAR SUBQUERY \\d; SEARCH newest USING COVERING INDEX lines_by_number \\(place=\\?\\)";
  assertMatch(
    plan(DIRECT_AS_FIRST),
    new RegExp(`^SEARCH places USING COVERING INDEX \\S+ \\(key>\\? AND key<\\?\\); ${lastLine}$`),
  );
  assertMatch(
    plan(DIRECT_AS_SECOND),
    new RegExp(
      `^SEARCH places USING (COVERING )?INDEX places_by_second \\(<expr>=\\? AND key>\\?\\); ${lastLine}$`,
    ),
  );
});

test("An insert is stored whole or not at all", (folder) => {
  const store = folder.open();
  const [one, two] = [lineIn(store, "new", "a"), lineIn(store, "new", "b")];
  assertThrows(() => store.insert([one, { ...two, sequence: 1 }]), StorageError);
  assertEquals(store.page({ conversation: "new", ...ALL }).lines, []);
  store.insert([one, two]);
  assertEquals(shown(store.page({ conversation: "new", ...ALL })), [["1 a", "2 b"], false]);
  store.close();
});

test("A receipt of version 3 stays, without a digest", (folder) => {
  const db = new DatabaseSync(`${folder.path}/riftchat.db`);
  migrate(db, "db", { ...SCHEMA, migrations: MIGRATIONS.slice(0, 3) });
  db.exec("INSERT INTO receipts VALUES ('ana', 'x', 1, 1, 5)");
  db.close();
  const store = folder.open();
  assertEquals(store.receipt("ana", "x"), {
    author: "ana",
    id: "x",
    sequence: 1,
    stored: true,
    timestamp: 5,
  });
  store.close();
});

test("A receipt is found by author and message id, also by the next hub, and for one day", (folder) => {
  let store = folder.open();
  const receipt = { author: "ana", id: "x", sequence: 1, stored: true, timestamp: START };
  store.insert([lineIn(store, "main", "a", { receipt })]);
  store.close();
  store = folder.open();
  assertEquals(store.receipt("ana", "x"), receipt);
  assertEquals([store.receipt("bo", "x"), store.receipt("ana", "y")], [undefined, undefined]);
  const other = { ...receipt, sequence: 2, digest: contentDigest("main", "b") };
  store.insert([lineIn(store, "main", "b", { receipt: other })]);
  assertEquals(store.receipt("ana", "x"), other);
  store.prune(START + 23 * 3_600_000);
  assertEquals(store.receipt("ana", "x"), other);
  store.prune(START + 25 * 3_600_000);
  assertEquals(store.receipt("ana", "x"), undefined);
  store.close();
});

test(
  "Messages beyond the retention time are deleted, oldest first, and rooms without any left are reported",
  (folder) => {
    const store = folder.open({ keep: "1h" });
    store.insert([
      lineIn(store, "old", "a"),
      lineIn(store, "main", "b"),
      ...Array.from({ length: 300 }, () => lineIn(store, "main", "b")),
      lineIn(store, "main", "c", { timestamp: START + 5_000_000 }),
    ]);
    while (store.work(1000));
    assertEquals(store.prune(START + 3_600_000), {
      more: false,
      emptied: [],
      expired: 0,
      oversize: 0,
    });
    const emptied: string[] = [];
    for (let more = true; more;) {
      const step = store.prune(START + 3_600_001);
      more = step.more;
      emptied.push(...step.emptied);
    }
    assertEquals(emptied, ["old"]);
    assertEquals(shown(store.page({ conversation: "main", ...ALL })), [["302 c"], false]);
    assertEquals([search(store, "b"), search(store, "c")], [[[], false], [["302 c"], false]]);
    assertEquals(store.rooms(), [{ name: "main", last: 302 }]);
    store.close();
  },
);

test("Messages beyond the retention size are deleted, and the space is returned to the disk", (folder) => {
  let store = folder.open();
  for (let i = 0; i < 20; i++) say(store, "main", ...Array(128).fill("x".repeat(1000)));
  store.close();
  const before = Deno.statSync(folder.database).size;
  store = folder.open({ keep: "1MiB" });
  while (store.prune(START).more);
  const { lines } = store.page({ conversation: "main", ...ALL });
  assertEquals(lines.at(-1)!.sequence, 20 * 128);
  store.close();
  const after = Deno.statSync(folder.database).size;
  assert(before > 2_500_000 && after < 1_100_000 && after > 500_000, `${before} ${after}`);
});

/** Deletes all that may be deleted; returns how many messages were. */
function pruneAll(store: History, now: number): { expired: number; oversize: number } {
  const sum = { expired: 0, oversize: 0 };
  for (let more = true; more;) {
    const step = store.prune(now);
    more = step.more;
    sum.expired += step.expired;
    sum.oversize += step.oversize;
  }
  return sum;
}

test("The oldest messages of all conversations are deleted first, in whichever order they were stored", (folder) => {
  const hour = 3_600_000;
  let store = folder.open({ keep: "10h" });
  // An import stores one room after the other.
  for (const room of ["one", "two"]) {
    store.insert(
      Array.from(
        { length: 200 },
        (_, i) => lineIn(store, room, `${i}`, { timestamp: START + i * hour / 10 }),
      ),
    );
  }
  assertEquals(pruneAll(store, START + 20 * hour), { expired: 200, oversize: 0 });
  for (const room of ["one", "two"]) {
    const page = store.page({ conversation: room, ...ALL });
    assertEquals([page.lines.length, page.lines[0]!.message], [100, "100"]);
  }
  store.close();
  store = folder.open({ keep: "1MiB" });
  const text = "x".repeat(4000);
  for (const [room, at] of [["old", 1], ["main", 3], ["old", 2]] as const) {
    store.insert(
      Array.from({ length: 120 }, () => lineIn(store, room, text, { timestamp: START + 100 * at * hour })),
    );
  }
  pruneAll(store, START + 400 * hour);
  const left = (room: string) => store.page({ conversation: room, limit: 500, bytes: Infinity }).lines.length;
  assertEquals([left("one"), left("two"), left("main")], [0, 0, 120]);
  assert(left("old") < 120 && left("old") > 0, `${left("old")}`);
  store.close();
});

test("A message with a time in the future does not keep older ones", (folder) => {
  const store = folder.open({ keep: "1h" });
  store.insert([lineIn(store, "main", "future", { timestamp: START + 10 ** 12 })]);
  say(store, "main", "a", "b");
  assertEquals(pruneAll(store, START + 3_600_001), { expired: 2, oversize: 0 });
  assertEquals(shown(store.page({ conversation: "main", ...ALL })), [["1 future"], false]);
  // The last number is remembered without its message.
  assertEquals(store.conversation("main").last, 3);
  store.close();
  const next = folder.open();
  assertEquals(next.conversation("main").last, 3);
  next.close();
});

test("Thousands of conversations and receipts do not displace the messages of a room for ever", (folder) => {
  const store = folder.open({ keep: "1MiB" });
  say(store, "main", "old");
  for (let first = 0; first < 12_000; first += 100) {
    store.insert(Array.from({ length: 100 }, (_, i) => {
      const name = `user${first + i}`;
      const receipt = {
        author: name,
        id: `${first + i}`.padStart(36, "0"),
        sequence: 1,
        stored: true,
        timestamp: START,
      };
      return lineIn(store, directKey(name, name), "hi", { to: name, receipt });
    }));
  }
  pruneAll(store, START);
  store.insert(
    Array.from({ length: 50 }, () => lineIn(store, "main", "x".repeat(4000), { timestamp: START + 1 })),
  );
  pruneAll(store, START + 1);
  // What is new stays, and what is not messages becomes little.
  assertEquals(store.page({ conversation: "main", ...ALL, bytes: Infinity }).lines.length, 50);
  const [counts] = folder.query(
    "SELECT (SELECT count(*) FROM places) AS places, (SELECT count(*) FROM receipts) AS receipts, " +
      "(SELECT count(DISTINCT place) FROM lines) AS used",
  );
  assertEquals(counts!.places, counts!.used);
  assert(Number(counts!.receipts) <= 10_000, `${counts!.receipts}`);
  store.close();
});

test("A database of the first version is migrated, and its conversations without messages are deleted", (folder) => {
  const old = new DatabaseSync(folder.database);
  old.exec("PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL");
  migrate(old, folder.database, { ...SCHEMA, migrations: MIGRATIONS.slice(0, 1) });
  old.exec("INSERT INTO places (key, name, last) VALUES ('main', 'main', 0), ('gone', 'gone', 7)");
  old.exec(
    "INSERT INTO lines (place, sequence, timestamp, username, verified, message) VALUES (1, 3, 0, 'ana', 0, 'hi')",
  );
  old.close();
  const store = folder.open();
  assertEquals(shown(store.page({ conversation: "main", ...ALL })), [["3 hi"], false]);
  pruneAll(store, START);
  assertEquals(folder.query("SELECT key FROM places").map(({ key }) => key), ["main"]);
  assertEquals([store.conversation("main").last, store.conversation("gone").last], [3, 7]);
  store.close();
});

Deno.test({
  ...needs("Other users cannot lock the folder, and a folder that they can write to is reported", NO_POSIX),
  fn() {
    using folder = new DataFolder();
    const lock = `${folder.path}/lock`;
    Deno.writeTextFileSync(lock, "");
    Deno.chmodSync(lock, 0o644);
    Deno.chmodSync(folder.path, 0o700);
    folder.open().close();
    assertEquals([Deno.statSync(lock).mode! & 0o777, folder.reports], [0o600, []]);
    Deno.chmodSync(folder.path, 0o777);
    folder.open().close();
    assertEquals(folder.reports, [
      `other users can write to the data folder ${folder.path} (mode 0777): run chmod 700 ${folder.path}`,
    ]);
  },
});

test("A second hub learns who uses the folder, and may use it afterwards", (folder) => {
  const store = folder.open();
  const error = assertThrows(() => folder.open(), HistoryError);
  assertEquals(
    error.message,
    `Cannot use the data folder ${folder.path}: another hub is using it: ` +
      `process ${Deno.pid} on here, since 2023-11-14T22:13:20.000Z`,
  );
  store.close();
  folder.open().close();
});

test(
  "A damaged database is renamed and reported, and numbers start above all earlier ones",
  (folder) => {
    const garbage = crypto.getRandomValues(new Uint8Array(20_000));
    const damages: [string, () => void][] = [
      ["garbage", () => Deno.writeFileSync(folder.database, garbage)],
      ["cut off", () => Deno.truncateSync(folder.database, 9000)],
      ["wrong magic", () => {
        using file = Deno.openSync(folder.database, { write: true });
        file.writeSync(new TextEncoder().encode("SQLite format 4"));
      }],
      ["no table", () => folder.change("DROP TABLE state")],
      ["middle", () => {
        using file = Deno.openSync(folder.database, { write: true });
        file.seekSync(4096, Deno.SeekMode.Start);
        file.writeSync(garbage.subarray(0, 16_000));
      }],
    ];
    for (const [what, damage] of damages) {
      let store = folder.open();
      say(store, "main", "precious");
      store.close();
      damage();
      const { size } = Deno.statSync(folder.database);
      folder.reports.length = 0;
      store = folder.open();
      const [, aside] = /is now (\S+); a new one was started$/.exec(folder.reports[0] ?? "") ?? [];
      assert(aside !== undefined, `${what}: ${folder.reports}`);
      assertEquals(Deno.statSync(aside).size, size, what);
      say(store, "main", "new");
      assertEquals(store.page({ conversation: "main", ...ALL }).lines.map(({ sequence }) => sequence), [
        START + 1,
      ]);
      store.close();
      Deno.removeSync(folder.database);
    }
  },
);

test("A database of a newer version or of another program is refused and not changed", (folder) => {
  folder.open().close();
  folder.change("PRAGMA user_version = 99");
  assertThrows(
    () => folder.open(),
    HistoryError,
    `its version must be ${MIGRATIONS.length} or older: it is 99, of a newer version of RiftChat`,
  );
  folder.change(`PRAGMA user_version = ${MIGRATIONS.length}; PRAGMA application_id = 7`);
  assertThrows(
    () => folder.open(),
    HistoryError,
    "it must be a database of RiftChat: it belongs to another program",
  );
  folder.change("PRAGMA application_id = 0x52696674");
  folder.open().close();
  assertEquals(folder.reports, []);
});

test("A hub that found damage, or did not store numbered messages, leaves a note for the next one", (folder) => {
  let store = folder.open();
  say(store, "main", "a");
  store.recordState({ unkept: true, damaged: false });
  store.close();
  store = folder.open({ now: START + 1000 });
  assertEquals([store.conversation("main").last, store.conversation("new").last], [
    START + 1000,
    START + 1000,
  ]);
  assertEquals(shown(store.page({ conversation: "main", ...ALL })), [["1 a"], false]);
  store.close();
  store = folder.open({ now: START + 2000 });
  assertEquals([store.conversation("main").last, folder.reports.length], [START + 1000, 0]);
  store.recordState({ unkept: false, damaged: true });
  store.close();
  store = folder.open({ now: START + 3000 });
  assertEquals([store.conversation("main").last, folder.reports.length], [START + 3000, 1]);
  store.close();
});

Deno.test({
  ...needs(
    "A hub whose lock file was deleted stores nothing, since another hub can use the folder",
    NO_POSIX,
  ),
  fn() {
    using folder = new DataFolder();
    let now = 0;
    const store = folder.open({ elapsed: () => now });
    store.append([]);
    Deno.removeSync(`${folder.path}/lock`);
    now += 1000;
    assertThrows(() => store.append([]), StorageError, "lock was removed or replaced");
    assertThrows(() => store.checkDiskSpace(), StorageError, "lock was removed or replaced");
    store.close();
  },
});

Deno.test({
  ...needs("Only the owner can read the history", NO_POSIX),
  fn() {
    using parent = new DataFolder();
    const folder = `${parent.path}/data`;
    const store = parent.open({ folder });
    const mode = (path: string) => (Deno.statSync(path).mode! & 0o777).toString(8);
    assertEquals([mode(folder), mode(`${folder}/riftchat.db`), mode(`${folder}/riftchat.db-wal`)], [
      "700",
      "600",
      "600",
    ]);
    store.close();
  },
});

test("A search that is ended early says where it goes on, and several of them find every match once", (folder) => {
  const store = folder.open();
  const words = ["alpha", "bravo", "charlie"];
  const texts = Array.from(
    { length: 9000 },
    (_, i) => words.filter((_, word) => i % 97 === 0 || word !== i % 3).join(" "),
  );
  const matching = texts.flatMap((text, i) => text === words.join(" ") ? [i + 1] : []);
  say(store, "dev", "elsewhere alpha bravo charlie");
  say(store, "main", ...texts.slice(0, 4500));
  say(store, "dev", "elsewhere alpha bravo charlie");
  say(store, "main", ...texts.slice(4500));
  for (const isIndexed of [false, true]) {
    if (isIndexed) { while (store.work(1000)); }
    const found: number[] = [];
    let answers = 0;
    let before: number | undefined;
    do {
      const steps = store.search({ conversation: "main", ...ALL, before, match: "alpha bravo charlie" });
      let step = steps.next(true);
      while (!step.done) step = steps.next(true);
      const { lines, more, before: next } = step.value;
      assertEquals(more, next !== undefined);
      assert(next === undefined || next < (before ?? Infinity), "each search gets further");
      found.unshift(...lines.map(({ sequence }) => sequence));
      before = next;
      answers++;
    } while (before !== undefined);
    assert(answers > 10, "they were ended early");
    assertEquals(found, matching);
  }
  store.close();
});

test("Erased messages are read by nobody, and leave the disk; a new room of the name has higher numbers", (folder) => {
  let store = folder.open();
  const texts = Array.from({ length: 300 }, (_, i) => `secret ${i}`);
  say(store, "ops", ...texts);
  say(store, "main", "open");
  store.erase("OPS");
  assertEquals(shown(store.page({ conversation: "ops", ...ALL })), [[], false]);
  assertEquals(shown(finish(store.search({ conversation: "ops", ...ALL, match: "secret" }))), [[], false]);
  assertEquals(store.hasMessages(store.conversation("ops")), false);
  assertEquals(store.rooms().map(({ name }) => name), ["main"]);
  say(store, "ops", "new");
  assertEquals(shown(store.page({ conversation: "ops", ...ALL })), [["301 new"], false]);
  store.close();
  // Another start deletes what is left.
  store = folder.open();
  while (store.prune(START).more);
  assertEquals(shown(store.page({ conversation: "ops", ...ALL })), [["301 new"], false]);
  store.close();
  assertEquals(folder.query("SELECT message FROM lines WHERE message LIKE 'secret%'"), []);
  assertEquals(folder.query("SELECT name FROM places ORDER BY name").map(({ name }) => name), [
    "main",
    "ops",
  ]);
});

test("A page and a search above a number have nothing below it, wherever they begin", (folder) => {
  const store = folder.open();
  say(store, "main", "a x", "b x", "c x", "d x");
  const query = { conversation: "main", ...ALL, above: 2 };
  assertEquals(shown(store.page(query)), [["3 c x", "4 d x"], false]);
  assertEquals(shown(store.page({ ...query, limit: 1 })), [["4 d x"], true]);
  assertEquals(shown(store.page({ ...query, after: 0 })), [["3 c x", "4 d x"], false]);
  assertEquals(shown(store.page({ ...query, before: 3 })), [[], false]);
  assertEquals(shown(finish(store.search({ ...query, match: "x" }))), [["3 c x", "4 d x"], false]);
  assertEquals(shown(finish(store.search({ ...query, after: 0, match: "x" }))), [["3 c x", "4 d x"], false]);
  store.close();
});

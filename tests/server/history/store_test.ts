/**
 * What is kept, and how it is found again.
 *
 * It is long because it covers the whole database.
 *
 * @module
 */
import { conversationKey } from "../../../server/history/history.ts";
import { type History, HistoryError, type Page, StorageError } from "../../../server/history/mod.ts";
import { assert, assertEquals, assertMatch, assertThrows } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { DataFolder, finish, lineIn } from "../../helpers/hubs/history.ts";
import { needs, NO_POSIX } from "../../helpers/needs.ts";

const ALL = { limit: 500, bytes: 1_000_000 };

function test(name: string, fn: (folder: DataFolder) => void): void {
  Deno.test(name, () => {
    using folder = new DataFolder();
    fn(folder);
  });
}

/** What stands in a page: number and text of each line, and whether there is more. */
function shown({ lines, more }: Page): unknown[] {
  return [lines.map(({ sequence, message }) => `${sequence} ${message}`), more];
}

function say(store: History, place: string, ...messages: string[]): void {
  store.keep(messages.map((message) => lineIn(store, place, message)));
}

function search(store: History, match: string, more: { limit?: number; before?: number } = {}): unknown[] {
  return shown(finish(store.search({ place: "main", ...ALL, ...more, match })));
}

test("A line is given back as it was kept, also by the next hub", (folder) => {
  const line = { timestamp: START + 7, username: "Ånä", message: 'a\n\t"\u{1f600}', verified: true };
  let store = folder.open();
  store.keep([lineIn(store, "main", "", line)]);
  store.keep([lineIn(store, conversationKey("bo", "ana"), "psst", { to: "bo" })]);
  store.close();
  store = folder.open();
  const [kept] = store.page({ place: "main", ...ALL }).lines;
  assertEquals(kept, { place: store.place("main"), sequence: 1, ...line });
  assertEquals(store.page({ place: conversationKey("ana", "bo"), ...ALL }).lines[0]!.to, "bo");
  assertEquals(folder.reports, []);
  store.close();
});

test(
  "Numbers go on after a restart, in each place by itself and in any spelling, also when all lines are " +
    "gone",
  (folder) => {
    let store = folder.open({ keep: "1m" });
    say(store, "Dev", "a", "b");
    say(store, "main", "c");
    while (store.prune(START + 120_000).more);
    store.close();
    store = folder.open();
    assertEquals(store.page({ place: "dev", ...ALL }).lines, []);
    assertEquals([store.place("dEV").last, store.place("main").last, store.place("new").last], [2, 1, 0]);
    assertEquals(store.place("DEV").name, "Dev");
    store.close();
  },
);

test(
  "Pages go back from the newest or a number, and forward from a number; they say whether there are " +
    "more",
  (folder) => {
    const store = folder.open();
    say(store, "main", "a", "b", "c", "d", "e");
    say(store, "dev", "x");
    const page = (query: { before?: number; after?: number; limit: number; bytes?: number }) =>
      shown(store.page({ place: "main", bytes: 1_000_000, ...query }));
    assertEquals(page({ limit: 2 }), [["4 d", "5 e"], true]);
    assertEquals(page({ limit: 2, before: 4 }), [["2 b", "3 c"], true]);
    assertEquals(page({ limit: 2, before: 3 }), [["1 a", "2 b"], false]);
    assertEquals(page({ limit: 2, before: 1 }), [[], false]);
    assertEquals(page({ limit: 2, after: 0 }), [["1 a", "2 b"], true]);
    assertEquals(page({ limit: 2, after: 3 }), [["4 d", "5 e"], false]);
    assertEquals(page({ limit: 9, after: 1, before: 4 }), [["2 b", "3 c"], false]);
    assertEquals(page({ limit: 9, after: 5 }), [[], false]);
    assertEquals(page({ limit: 9, bytes: 1 }), [["5 e"], true]);
    assertEquals(shown(store.page({ place: "nowhere", ...ALL })), [[], false]);
    store.close();
  },
);

test("A page of more lines than are read at once has them all, in order", (folder) => {
  const store = folder.open();
  say(store, "main", ...Array.from({ length: 1000 }, (_, i) => `line ${i + 1}`));
  const numbers = (page: Page) => page.lines.map(({ sequence }) => sequence);
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
  assertEquals(numbers(store.page({ place: "main", ...ALL })), range(501, 1000));
  assertEquals(numbers(store.page({ place: "main", ...ALL, after: 100 })), range(101, 600));
  assertEquals(numbers(finish(store.search({ place: "main", ...ALL, match: "line" }))), range(501, 1000));
  store.close();
});

test(
  "A search finds whole words in any case and without accents, all of them, in that place alone, the newest " +
    "first",
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

test("Whatever is searched for is words, never a language", (folder) => {
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

test("A search goes through all parts of the index, and these are thrown away with their lines", (folder) => {
  const store = folder.open({ keep: "1h" });
  const lines = 70_000;
  store.keep(
    Array.from({ length: lines }, (_, i) =>
      lineIn(store, "main", i % 1000 === 0 ? "needle" : "hay", {
        timestamp: START + (i < 40_000 ? 0 : 10_000_000),
      })),
  );
  const parts = () => folder.query("SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL%'").length;
  const found = finish(store.search({ place: "main", ...ALL, match: "needle" })).lines.map(({ sequence }) =>
    sequence
  );
  assertEquals([found, parts()], [Array.from({ length: 70 }, (_, i) => i * 1000 + 1), 3]);
  const back = finish(
    store.search({ place: "main", ...ALL, limit: 2, before: 33_001, after: 31_001, match: "needle" }),
  );
  assertEquals(shown(back), [["32001 needle"], false]);
  while (store.prune(START + 10_000_000).more);
  assertEquals([shown(store.page({ place: "main", ...ALL, limit: 1, after: 0 })), parts()], [[[
    "40001 needle",
  ], true], 2]);
  store.close();
});

test("Neither a page nor a search looks through lines that it need not look at", (folder) => {
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
      "SELECT * FROM words_0 JOIN lines ON lines.id = words_0.rowid WHERE words_0 MATCH 'a' AND words_0.rowid " +
        "BETWEEN 1 AND 9 AND lines.place = 1 ORDER BY words_0.rowid DESC LIMIT 5",
    ),
    /^SCAN words_0 VIRTUAL TABLE INDEX \S*M\S*; SEARCH lines USING INTEGER PRIMARY KEY \(rowid=\?\)$/,
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

test("What is kept in one go is kept whole or not at all", (folder) => {
  const store = folder.open();
  const [one, two] = [lineIn(store, "new", "a"), lineIn(store, "new", "b")];
  assertThrows(() => store.keep([one, { ...two, sequence: 1 }]), StorageError);
  assertEquals(store.page({ place: "new", ...ALL }).lines, []);
  store.keep([one, two]);
  assertEquals(shown(store.page({ place: "new", ...ALL })), [["1 a", "2 b"], false]);
  store.close();
});

test("A receipt is found again by its author and its mark, also by the next hub, and for a day", (folder) => {
  let store = folder.open();
  const receipt = { author: "ana", id: "x", sequence: 1, stored: true, timestamp: START };
  store.keep([lineIn(store, "main", "a", { receipt })]);
  store.close();
  store = folder.open();
  assertEquals(store.receipt("ana", "x"), receipt);
  assertEquals([store.receipt("bo", "x"), store.receipt("ana", "y")], [undefined, undefined]);
  store.prune(START + 23 * 3_600_000);
  assertEquals(store.receipt("ana", "x"), receipt);
  store.prune(START + 25 * 3_600_000);
  assertEquals(store.receipt("ana", "x"), undefined);
  store.close();
});

test(
  "What is older than it may be is thrown away, oldest first, and its rooms are named when they are " +
    "empty",
  (folder) => {
    const store = folder.open({ keep: "1h" });
    store.keep([
      lineIn(store, "old", "a"),
      lineIn(store, "main", "b"),
      ...Array.from({ length: 300 }, () => lineIn(store, "main", "b")),
      lineIn(store, "main", "c", { timestamp: START + 5_000_000 }),
    ]);
    while (store.work(1000));
    assertEquals(store.prune(START + 3_600_000), { more: false, emptied: [] });
    const emptied: string[] = [];
    for (let more = true; more;) {
      const step = store.prune(START + 3_600_001);
      more = step.more;
      emptied.push(...step.emptied);
    }
    assertEquals(emptied, ["old"]);
    assertEquals(shown(store.page({ place: "main", ...ALL })), [["302 c"], false]);
    assertEquals([search(store, "b"), search(store, "c")], [[[], false], [["302 c"], false]]);
    assertEquals(store.rooms(), [{ name: "main", last: 302 }]);
    store.close();
  },
);

test("What takes more space than it may is thrown away until it does not, and the space is given back", (folder) => {
  let store = folder.open();
  for (let i = 0; i < 20; i++) say(store, "main", ...Array(128).fill("x".repeat(1000)));
  store.close();
  const before = Deno.statSync(folder.database).size;
  store = folder.open({ keep: "1MiB" });
  while (store.prune(START).more);
  const { lines } = store.page({ place: "main", ...ALL });
  assertEquals(lines.at(-1)!.sequence, 20 * 128);
  store.close();
  const after = Deno.statSync(folder.database).size;
  assert(before > 2_500_000 && after < 1_100_000 && after > 500_000, `${before} ${after}`);
});

test("A second hub is told who uses the folder; the next one after it may", (folder) => {
  const store = folder.open();
  const error = assertThrows(() => folder.open(), HistoryError);
  assertEquals(
    error.message,
    `Cannot use the data folder ${folder.path}: no other hub may be using it: ` +
      `process ${Deno.pid} on here has been since 2023-11-14T22:13:20.000Z`,
  );
  store.close();
  folder.open().close();
});

test(
  "A damaged database is set aside under a new name, reported, and numbers begin above all that were " +
    "given",
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
      const [, aside] = /is now (\S+); a new one was begun$/.exec(folder.reports[0] ?? "") ?? [];
      assert(aside !== undefined, `${what}: ${folder.reports}`);
      assertEquals(Deno.statSync(aside).size, size, what);
      say(store, "main", "new");
      assertEquals(store.page({ place: "main", ...ALL }).lines.map(({ sequence }) => sequence), [START + 1]);
      store.close();
      Deno.removeSync(folder.database);
    }
  },
);

test("A database of a newer version or of another program is refused and left as it is", (folder) => {
  folder.open().close();
  folder.change("PRAGMA user_version = 99");
  assertThrows(
    () => folder.open(),
    HistoryError,
    "its version must be 1 or older: it is 99, of a newer RiftChat",
  );
  folder.change("PRAGMA user_version = 1; PRAGMA application_id = 7");
  assertThrows(
    () => folder.open(),
    HistoryError,
    "it must be a database of RiftChat: it is one of another program",
  );
  folder.change("PRAGMA application_id = 0x52696674");
  folder.open().close();
  assertEquals(folder.reports, []);
});

test("Who was found to give numbers to lines that are not kept, or damage, leaves that to the next hub", (folder) => {
  let store = folder.open();
  say(store, "main", "a");
  store.mark({ unkept: true, damaged: false });
  store.close();
  store = folder.open({ now: START + 1000 });
  assertEquals([store.place("main").last, store.place("new").last], [START + 1000, START + 1000]);
  assertEquals(shown(store.page({ place: "main", ...ALL })), [["1 a"], false]);
  store.close();
  store = folder.open({ now: START + 2000 });
  assertEquals([store.place("main").last, folder.reports.length], [START + 1000, 0]);
  store.mark({ unkept: false, damaged: true });
  store.close();
  store = folder.open({ now: START + 3000 });
  assertEquals([store.place("main").last, folder.reports.length], [START + 3000, 1]);
  store.close();
});

Deno.test({
  ...needs(
    "A hub whose lock was deleted keeps nothing any more, as another one can have the folder",
    NO_POSIX,
  ),
  fn() {
    using folder = new DataFolder();
    let now = 0;
    const store = folder.open({ elapsed: () => now });
    store.append([]);
    Deno.removeSync(`${folder.path}/lock`);
    now += 1000;
    assertThrows(() => store.append([]), StorageError, "lock has gone");
    assertThrows(() => store.checkRoom(), StorageError, "lock has gone");
    store.close();
  },
});

Deno.test({
  ...needs("What is kept is read by its owner alone", NO_POSIX),
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

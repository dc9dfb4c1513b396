/**
 * The text of a deleted or edited message is in no file of the data folder once the change was purged.
 *
 * @module
 */
import type { History } from "../../../server/history/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { ChangedHistory, DIRECT } from "../../helpers/hubs/changes.ts";
import { DataFolder, finish, lineIn } from "../../helpers/hubs/history.ts";
import { START } from "../../helpers/hubs/test_hub.ts";

/** A clock that a test sets. */
let elapsed = 0;

const openIn = (folder: DataFolder, keep = "forever") => folder.open({ keep, elapsed: () => elapsed });

/** Lists the files of a folder that contain a text. */
function filesWith(folder: DataFolder, text: string): string[] {
  return Object.entries(folder.files()).filter(([, bytes]) => bytes.includes(text)).map(([name]) => name);
}

/** Does what the maintenance of an idle hub does, for half a minute. */
function idle(history: History): void {
  for (const end = elapsed + 30_000; elapsed < end;) {
    while (history.work(1000));
    history.checkpoint();
    elapsed += Math.min(history.purge(1000, true), 1000);
  }
}

Deno.test("A deleted or edited text is in no file, nor are its words, after the hub was idle for a while", () => {
  using folder = new DataFolder();
  const store = new ChangedHistory(openIn(folder));
  const { history } = store;
  const secrets = ["firstsecret", "secondsecret", "thirdsecret", "fourthsecret", "fifthsecret"];
  for (const [i, place] of ["main", "main", DIRECT, DIRECT, "main"].entries()) {
    // The fifth text takes several pages.
    store.say(place, `the ${secrets[i]} word${i === 4 ? ` ${"long ".repeat(2000)}` : ""}`);
    if (i === 1) { while (history.work(1000)); }
  }
  finish(history.catchUp());
  for (const secret of secrets) assert(filesWith(folder, secret).length > 0, "the test finds nothing");
  store.change("main", 1, { kind: "delete" });
  store.change("main", 2, { kind: "edit", message: "harmless" });
  store.change(DIRECT, 1, { kind: "delete" });
  store.change(DIRECT, 2, { kind: "edit", message: "harmless, and longer than it was before" });
  store.change("main", 3, { kind: "delete" });
  store.say("main", "goes on");
  idle(history);
  assertEquals(secrets.flatMap((secret) => filesWith(folder, secret)), []);
  assertEquals(store.lines("main"), store.model.get("main"));
  const search = (match: string) =>
    finish(history.search({ conversation: "main", match, limit: 9, bytes: Infinity })).lines.length;
  assertEquals([search("secondsecret"), search("harmless"), search("on")], [0, 1, 1]);
  history.close();
  assertEquals(secrets.flatMap((secret) => filesWith(folder, secret)), []);
});

Deno.test("The end of a hub purges at once; after kill -9 the next hub does", () => {
  for (const isKilled of [false, true]) {
    using folder = new DataFolder();
    using next = new DataFolder();
    const store = new ChangedHistory(openIn(folder));
    store.say("main", "the secret word");
    while (store.history.work(1000));
    store.say("main", "the other secret word");
    store.change("main", 1, { kind: "delete" });
    store.change("main", 2, { kind: "edit", message: "harmless" });
    if (isKilled) {
      finish(store.history.catchUp());
      for (const { name } of Deno.readDirSync(folder.path)) {
        if (!/lock|holder|shm/.test(name)) {
          Deno.copyFileSync(`${folder.path}/${name}`, `${next.path}/${name}`);
        }
      }
      assert(filesWith(next, "secret").length > 1, "the test finds nothing");
      const history = openIn(next);
      idle(history);
      assertEquals(filesWith(next, "secret"), []);
      history.close();
    }
    store.history.close();
    assertEquals(filesWith(folder, "secret"), [], `killed: ${isKilled}`);
  }
});

Deno.test("A purge waits for a quiet moment, but not for ever, and for a program that reads the database", () => {
  using folder = new DataFolder();
  const store = new ChangedHistory(openIn(folder));
  const { history } = store;
  store.say("main", "the secret word");
  store.change("main", 1, { kind: "delete" });
  finish(history.catchUp());
  assertEquals(history.purge(1000, true), 10_000);
  elapsed += 10_000;
  assertEquals(history.purge(1000, false), 250);
  assert(filesWith(folder, "secret").length > 0, "it has not waited");
  elapsed += 60_000;
  const db = folder.reader();
  db.exec("BEGIN; SELECT * FROM lines");
  assertEquals(history.purge(1000, false), 1000);
  db.exec("ROLLBACK");
  db.close();
  assertEquals([history.purge(1000, false), filesWith(folder, "secret")], [Infinity, []]);
  history.close();
});

Deno.test("What is deleted while a purge runs is purged by the next one", () => {
  using folder = new DataFolder();
  const store = new ChangedHistory(openIn(folder));
  const { history } = store;
  for (const text of ["first", "second"]) store.say("main", `the ${text}secret word`);
  while (history.work(1000));
  store.change("main", 1, { kind: "edit", message: "harmless" });
  finish(history.catchUp());
  history.purge(1000, true);
  elapsed += 10_000;
  // The first part deletes the index.
  assertEquals(history.purge(0, true) < 250, true);
  store.change("main", 2, { kind: "edit", message: "harmless" });
  idle(history);
  assertEquals([filesWith(folder, "firstsecret"), filesWith(folder, "secondsecret")], [[], []]);
  history.close();
});

Deno.test("No copy of a deleted text is left where rows have moved", () => {
  using folder = new DataFolder();
  const history = openIn(folder);
  const text = (i: number) => `secret${String(i).padStart(5, "0")} ${"x".repeat(i * 7919 % 200)}`;
  const count = 4000;
  for (let i = 0; i < count; i += 500) {
    history.insert(
      Array.from(
        { length: 500 },
        (_, k) =>
          lineIn(history, ["main", "dev", "ops", "it", "doc"][k % 5]!, text(i + k), {
            timestamp: START + i + k,
          }),
      ),
    );
  }
  // Most messages around those that stay are deleted.
  for (const room of ["main", "dev", "ops", "it"]) history.erase(room);
  for (let i = 0; i < 1000 && history.prune(START).more; i++);
  folder.change("PRAGMA wal_checkpoint");
  assert(countTwice(folder) > 0, "no row has left a copy, so the test shows nothing");
  const store = new ChangedHistory(history);
  for (let sequence = 1; sequence <= count / 5; sequence++) store.change("doc", sequence, { kind: "delete" });
  idle(history);
  assertEquals(filesWith(folder, "secret"), []);
  history.close();
});

/** Counts the texts that the database file has more than once. */
function countTwice(folder: DataFolder): number {
  const found = folder.files()["riftchat.db"]!.match(/secret\d{5}/g)!;
  return found.length - new Set(found).size;
}

/**
 * Messages that are deleted, edited and reacted to: whatever happens to the hub, the history has what was acknowledged.
 *
 * @module
 */
import * as fc from "fast-check";
import { changeFrame, type History, HistoryReader } from "../../../server/history/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { cases } from "../../helpers/fuzz.ts";
import { type Change, ChangedHistory, DIRECT, plain, type PlainLine } from "../../helpers/hubs/changes.ts";
import { DataFolder, finish } from "../../helpers/hubs/history.ts";
import { START } from "../../helpers/hubs/test_hub.ts";

const ALL = { limit: 1000, bytes: Infinity };

function pageOf(history: History, conversation: string): PlainLine[] {
  finish(history.catchUp());
  return history.page({ conversation, ...ALL }).lines.map(plain);
}

function changesAfter(history: History, after: number): PlainLine[] {
  const { lines, last, more } = finish(history.changes({ after, wanted: () => true, ...ALL }));
  assertEquals([last, more], [history.lastChange, false]);
  return lines.map(plain);
}

/** Opens a copy of a data folder, as the next hub finds it after `kill -9`. */
function killed(folder: DataFolder, look: (history: History) => void): void {
  using copy = new DataFolder();
  for (const { name } of Deno.readDirSync(folder.path)) {
    if (/^(riftchat\.db(-wal)?|journal-\d+)$/.test(name)) {
      Deno.copyFileSync(`${folder.path}/${name}`, `${copy.path}/${name}`);
    }
  }
  const history = copy.open();
  look(history);
  history.close();
}

const place = fc.constantFrom("main", "dev", DIRECT);
const word = fc.constantFrom("alpha", "beta", "gamma delta", "x".repeat(3000));
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.constant({ kind: "delete" as const }),
  word.map((message) => ({ kind: "edit" as const, message })),
  fc.record({
    kind: fc.constantFrom("react" as const, "unreact" as const),
    reaction: fc.constantFrom("+1", "-1", "tada"),
    by: fc.constantFrom("ana", "bo", "cy"),
  }),
);
const step = fc.oneof(
  fc.record({
    do: fc.constant("say" as const),
    place,
    word,
    replyTo: fc.option(fc.nat(3), { nil: undefined }),
  }),
  fc.record({ do: fc.constant("change" as const), place, sequence: fc.integer({ min: 1, max: 6 }), change }),
  fc.constantFrom(
    ...(["drain", "index", "restart", "kill", "purge", "read"] as const).map((name) => ({ do: name })),
  ),
);

Deno.test("Whatever happens to a hub, every message is what its changes made of it", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      using folder = new DataFolder();
      let elapsed = 0;
      const open = () => folder.open({ elapsed: () => elapsed });
      const store = new ChangedHistory(open());
      const check = (history: History) => {
        for (const [name, lines] of store.model) {
          assertEquals(pageOf(history, name), lines, name);
          for (const match of ["alpha", "beta", "delta"]) {
            const found = finish(history.search({ conversation: name, match, ...ALL })).lines.map(plain);
            assertEquals(found, lines.filter(({ message }) => message.includes(match)), match);
          }
        }
        const changed = [...store.model.values()].flat().filter(({ change }) => change !== undefined)
          .sort((a, b) => a.change! - b.change!);
        assertEquals(changesAfter(history, 0), changed);
        const half = Math.floor(history.lastChange / 2);
        assertEquals(changesAfter(history, half), changed.filter(({ change }) => change! > half));
      };
      for (const step of steps) {
        switch (step.do) {
          case "say":
            store.say(step.place, step.word, step.replyTo === undefined ? {} : { replyTo: step.replyTo });
            break;
          case "change":
            // A hub changes no message before it was said; a pruned one does not exist.
            store.change(
              step.place,
              step.sequence > (store.model.get(step.place)?.length ?? 0) ? 99 : step.sequence,
              step.change,
            );
            break;
          case "drain":
            finish(store.history.catchUp());
            break;
          case "index":
            while (store.history.work(1000));
            break;
          case "purge":
            while (store.history.work(1000));
            for (let i = 0; i < 100 && store.history.purge(1000, true) < Infinity; i++) elapsed += 10_000;
            assertEquals(store.history.purge(1000, true), Infinity);
            break;
          case "kill":
            killed(folder, check);
            break;
          case "read": {
            const reader = new HistoryReader(folder.path);
            for (const [conversation, lines] of store.model) {
              assertEquals(reader.page({ conversation, limit: 1000 }).lines.map(plain), lines);
              const found = reader.page({ conversation, match: "beta", limit: 1000 }).lines.map(plain);
              assertEquals(found, lines.filter(({ message }) => message.includes("beta")));
            }
            reader.close();
            break;
          }
          case "restart": {
            const { lastChange } = store.history;
            store.history.close();
            store.history = open();
            assertEquals(store.history.lastChange, lastChange);
          }
        }
      }
      for (const name of store.model.keys()) assertEquals(store.lines(name), store.model.get(name));
      check(store.history);
      store.history.close();
    }),
    cases(60, 0.1),
  );
});

Deno.test("Changes come page by page, each message once, and only those that are wanted", () => {
  using folder = new DataFolder();
  const store = new ChangedHistory(folder.open());
  for (let i = 0; i < 300; i++) store.say(i % 2 === 0 ? "main" : "dev", `text ${i}`);
  for (let i = 0; i < 300; i++) {
    store.change(i % 2 === 0 ? "main" : "dev", 1 + Math.floor(i / 2), { kind: "react", reaction: "+1" });
  }
  store.change("main", 1, { kind: "delete" });
  const seen: number[] = [];
  let pages = 0;
  for (let after = 0, more = true; more; pages++) {
    const page = finish(store.history.changes({
      after,
      wanted: ({ conversation }) => conversation.key === "main",
      limit: 40,
      bytes: Infinity,
    }));
    seen.push(...page.lines.map(({ sequence }) => sequence));
    ({ last: after, more } = page);
    if (!more) assertEquals(after, 301);
  }
  assertEquals([seen, pages], [[...Array.from({ length: 149 }, (_, i) => i + 2), 1], 4]);
  // A client of another hub may know higher numbers.
  assertEquals(changesAfter(store.history, 1000).length, 300);
  store.history.close();
});

Deno.test("A change that is numbered and not appended yet is left for the next request", () => {
  using folder = new DataFolder();
  const store = new ChangedHistory(folder.open());
  store.say("main", "one");
  store.change("main", 1, { kind: "react", reaction: "+1" });
  const { history } = store;
  history.nextChange();
  const query = { after: 0, wanted: () => true, ...ALL };
  assertEquals([finish(history.changes(query)).last, history.lastChange], [1, 2]);
  history.append([]);
  assertEquals(finish(history.changes(query)).last, 2);
  history.close();
});

Deno.test("Changes of conversations that were detached or erased are read by nobody", () => {
  using folder = new DataFolder();
  const store = new ChangedHistory(folder.open());
  for (const place of ["dev", DIRECT]) {
    store.say(place, "named ana");
    store.change(place, 1, { kind: "react", reaction: "+1" });
  }
  const mentions = () =>
    finish(store.history.mentions({ match: "ana", wanted: () => true, ...ALL })).lines.length;
  assertEquals([changesAfter(store.history, 0).length, mentions()], [2, 2]);
  store.history.erase("dev");
  store.history.detach("bo");
  assertEquals([changesAfter(store.history, 0), mentions()], [[], 0]);
  store.history.close();
});

Deno.test("The numbers of changes go on after pruning, damage and an unclean end", () => {
  using folder = new DataFolder();
  let store = new ChangedHistory(folder.open());
  store.say("main", "one");
  store.change("main", 1, { kind: "delete" });
  finish(store.history.catchUp());
  store.history.close();
  // Every message is older than it is kept.
  const pruned = folder.open({ keep: "1d" });
  for (let i = 0; i < 50 && pruned.prune(START + 2 * 86_400_000).more; i++);
  assertEquals([changesAfter(pruned, 0), pruned.lastChange], [[], 1]);
  assertEquals(folder.query("SELECT count(*) AS count FROM changes")[0]!.count, 0);
  pruned.close();
  folder.change("UPDATE state SET journal = 'x'; DROP TABLE places");
  store = new ChangedHistory(folder.open({ now: START + 5 }));
  assert(store.history.lastChange >= START + 5, "numbers of the damaged history may be given again");
  store.history.close();
});

Deno.test("A client of a history that was restored gets the changes that it has not seen", () => {
  using folder = new DataFolder();
  using backup = new DataFolder();
  let store = new ChangedHistory(folder.open());
  for (const text of ["one", "two", "three"]) store.say("main", text);
  store.change("main", 1, { kind: "react", reaction: "+1" });
  store.history.close();
  Deno.copyFileSync(folder.database, backup.database);
  store = new ChangedHistory(folder.open());
  const epoch = store.history.epoch!;
  store.say("main", "four");
  store.change("main", 2, { kind: "react", reaction: "+1" });
  assertEquals([store.history.sameChanges(epoch), store.history.lastChange], [Infinity, 2]);
  const later = store.history.epoch!;
  store.history.close();
  store = new ChangedHistory(backup.open());
  store.change("main", 3, { kind: "react", reaction: "+1" });
  for (const known of [epoch, later]) {
    const after = Math.min(2, store.history.sameChanges(known));
    assertEquals(changesAfter(store.history, after).map(({ sequence }) => sequence), [3]);
  }
  store.history.close();
});

Deno.test("The id of a new text has a receipt, which survives", () => {
  using folder = new DataFolder();
  const store = new ChangedHistory(folder.open());
  store.say("main", "one", { id: "first" });
  const messageId = { author: "ana", id: "second", digest: "0123456789abcdef" };
  const receipt = { ...messageId, sequence: 1, stored: true, timestamp: START };
  const change = store.history.nextChange();
  const edit = {
    place: "main",
    change,
    sequence: 1,
    kind: "edit",
    at: START,
    by: "ana",
    message: "two",
  } as const;
  store.history.append([changeFrame({ ...edit, messageId })], [receipt]);
  const look =
    () => [store.history.receipt("ana", "second"), store.history.receipt("ana", "first")?.sequence];
  assertEquals(store.history.receipt("ana", "second"), receipt);
  finish(store.history.catchUp());
  assertEquals(look(), [receipt, 1]);
  killed(folder, (history) => assertEquals(history.receipt("ana", "second"), receipt));
  store.history.close();
});

Deno.test("Mentions are found in all conversations, newest first, page by page, since a time", () => {
  using folder = new DataFolder();
  const store = new ChangedHistory(folder.open());
  const { history } = store;
  for (let i = 1; i <= 60; i++) store.say(i % 3 === 0 ? "dev" : i % 3 === 1 ? "main" : DIRECT, `hi bo ${i}`);
  for (const isIndexed of [false, true]) {
    while (isIndexed && history.work(1000));
    const found: string[] = [];
    for (let before: number | undefined, more = true; more;) {
      const page = finish(history.mentions({
        match: "bo",
        ...(before === undefined ? {} : { before }),
        wanted: ({ conversation }) => !conversation.key.startsWith("@"),
        limit: 7,
        bytes: Infinity,
      }));
      found.unshift(...page.lines.map(({ message }) => message));
      ({ more, before } = page);
      assertEquals(before === undefined, !more);
    }
    assertEquals(
      found,
      Array.from({ length: 60 }, (_, i) => i + 1).filter((i) => i % 3 !== 2).map((i) => `hi bo ${i}`),
    );
  }
  const since = finish(history.mentions({ match: "bo", since: START + 20, wanted: () => true, ...ALL }));
  assertEquals(since.lines.map(({ message }) => message), ["hi bo 58", "hi bo 59", "hi bo 60"]);
  history.close();
});

/**
 * A history that is read beside the hub that writes it.
 *
 * @module
 */
import { Code, encodeFrame, serialize } from "../../../protocol/mod.ts";
import {
  conversationKey,
  directFrame,
  type History,
  HistoryError,
  HistoryReader,
} from "../../../server/history/mod.ts";
import { FolderJournal } from "../../../server/history/journal.ts";
import { assertEquals, assertMatch, assertThrows } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";

/** Says lines in a room as a hub does. */
function say(history: History, room: string, ...messages: string[]): void {
  history.append(messages.map((message) => {
    const sequence = ++history.place(room).last;
    const line = {
      timestamp: START + sequence * 1000,
      username: "ana",
      message,
      sequence,
      room,
      verified: false,
    };
    return encodeFrame(serialize({ code: Code.Said, message: line }));
  }));
}

/** A folder in which some lines are indexed, some only filed, and some only in the journal. */
function scene(): { folder: DataFolder; history: History; reader: HistoryReader } & Disposable {
  const folder = new DataFolder();
  const history = folder.open();
  say(history, "main", "one apple", "two", "three Äpple");
  while (history.work(1000));
  say(history, "main", "four", "five apple");
  for (const _ of history.caughtUp());
  say(history, "Dev", "elsewhere");
  say(history, "main", "six", "seven APPLE", "eight");
  const reader = new HistoryReader(folder.path);
  return {
    folder,
    history,
    reader,
    [Symbol.dispose]() {
      reader.close();
      history.close();
      folder[Symbol.dispose]();
    },
  };
}

function numbers(
  reader: HistoryReader,
  query: Partial<Parameters<HistoryReader["page"]>[0]> = {},
): unknown[] {
  const { lines, more } = reader.page({ place: "main", limit: 100, ...query });
  return [lines.map(({ sequence }) => sequence), more];
}

Deno.test("A reader finds every line once, wherever it stands by now", () => {
  using all = scene();
  const { reader, history, folder } = all;
  assertEquals(folder.query("SELECT count(*) AS filed, indexed FROM lines, state")[0], {
    __proto__: null,
    filed: 5,
    indexed: 3,
  });
  const look = () => {
    assertEquals(reader.places(), [{ name: "main", last: 8 }, { name: "Dev", last: 1 }]);
    assertEquals(numbers(reader), [[1, 2, 3, 4, 5, 6, 7, 8], false]);
    assertEquals(numbers(reader, { limit: 2 }), [[7, 8], true]);
    assertEquals(numbers(reader, { limit: 3 }), [[6, 7, 8], true]);
    assertEquals(numbers(reader, { limit: 4 }), [[5, 6, 7, 8], true]);
    assertEquals(numbers(reader, { limit: 2, before: 7 }), [[5, 6], true]);
    assertEquals(numbers(reader, { limit: 3, after: 4 }), [[5, 6, 7], true]);
    assertEquals(numbers(reader, { after: 0, limit: 8 }), [[1, 2, 3, 4, 5, 6, 7, 8], false]);
    assertEquals(numbers(reader, { after: 8 }), [[], false]);
    assertEquals(numbers(reader, { since: START + 3500 }), [[4, 5, 6, 7, 8], false]);
    assertEquals(numbers(reader, { since: START + 7000, match: "apple" }), [[7], false]);
    assertEquals(numbers(reader, { match: "apple" }), [[1, 3, 5, 7], false]);
    assertEquals(numbers(reader, { match: "apple", limit: 2 }), [[5, 7], true]);
    assertEquals(numbers(reader, { match: "five APPLE" }), [[5], false]);
    assertEquals(numbers(reader, { place: "DEV" }), [[1], false]);
    assertEquals(numbers(reader, { place: "nowhere" }), [[], false]);
  };
  look();
  for (const _ of history.caughtUp());
  look();
  while (history.work(1000));
  look();
  history.close();
  look();
  folder.open().close();
  look();
  all.history.close = () => {};
});

Deno.test("A reader finds what two people said to each other", () => {
  using all = scene();
  const { history, reader } = all;
  const place = conversationKey("ana", "bo");
  const sequence = ++history.place(place).last;
  const message = { timestamp: START, username: "ana", message: "psst", to: "bo", verified: false, sequence };
  history.append([directFrame({ code: Code.SaidTo, message })]);
  const look = () => {
    assertEquals(reader.page({ place, limit: 5 }).lines.map(({ message, to }) => [message, to]), [[
      "psst",
      "bo",
    ]]);
    assertEquals(reader.places().at(-1), { name: place, last: 1 });
  };
  look();
  for (const _ of history.caughtUp());
  look();
});

Deno.test(
  "A reader takes half a frame at the end for nothing, and what was left behind by a hub that was killed " +
    "for something",
  () => {
    using all = scene();
    const [journal] = [...Deno.readDirSync(all.folder.path)].filter(({ name }) =>
      name.startsWith("journal-")
    );
    Deno.writeFileSync(`${all.folder.path}/${journal!.name}`, new Uint8Array([0, 0, 0, 0, 0, 0, 1]), {
      append: true,
    });
    assertEquals(numbers(all.reader), [[1, 2, 3, 4, 5, 6, 7, 8], false]);
  },
);

Deno.test("A reader misses nothing of what a hub files and removes that ends just then", () => {
  using folder = new DataFolder();
  const history = folder.open();
  say(history, "main", "one", "two");
  for (const _ of history.caughtUp());
  say(history, "main", "three");
  const reader = new HistoryReader(folder.path);
  const { list } = FolderJournal.prototype;
  FolderJournal.prototype.list = function () {
    FolderJournal.prototype.list = list;
    history.close();
    return list.call(this);
  };
  assertEquals(numbers(reader), [[1, 2, 3], false]);
  assertEquals(numbers(reader), [[1, 2, 3], false]);
  reader.close();
});

Deno.test("A reader says so where there is no history, or another one", () => {
  using folder = new DataFolder();
  const error = assertThrows(() => new HistoryReader(`${folder.path}/no`), HistoryError);
  assertMatch(error.message, /^Cannot read the history in .*\/no: there is none$/);
  Deno.writeTextFileSync(folder.database, "this is no database ".repeat(1000));
  assertMatch(
    assertThrows(() => new HistoryReader(folder.path), HistoryError).message,
    /file is not a database/,
  );
  Deno.removeSync(folder.database);
  folder.open().close();
  folder.change("PRAGMA user_version = 99");
  assertThrows(() => new HistoryReader(folder.path), HistoryError, "of a newer RiftChat");
});

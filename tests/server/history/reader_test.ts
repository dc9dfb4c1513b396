/**
 * Reading a history while a hub writes it.
 *
 * @module
 */
import { Code, encodeFrame, serialize } from "../../../protocol/mod.ts";
import {
  directFrame,
  directKey,
  type History,
  HistoryError,
  HistoryReader,
} from "../../../server/history/mod.ts";
import { FolderJournalFiles } from "../../../server/journal/mod.ts";
import { assertEquals, assertMatch, assertThrows } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";

/** Appends messages to a room as a hub does. */
function say(history: History, room: string, ...messages: string[]): void {
  history.append(messages.map((message) => {
    const sequence = ++history.conversation(room).last;
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

/** A folder with messages that are indexed, only in the database, and only in the journal. */
function setUp(): { folder: DataFolder; history: History; reader: HistoryReader } & Disposable {
  const folder = new DataFolder();
  const history = folder.open();
  say(history, "main", "one apple", "two", "three Äpple");
  while (history.work(1000));
  say(history, "main", "four", "five apple");
  for (const _ of history.catchUp());
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
  const { lines, more } = reader.page({ conversation: "main", limit: 100, ...query });
  return [lines.map(({ sequence }) => sequence), more];
}

Deno.test("A reader finds every message once, in the index, the database or the journal", () => {
  using all = setUp();
  const { reader, history, folder } = all;
  assertEquals(folder.query("SELECT count(*) AS stored, indexed FROM lines, state")[0], {
    __proto__: null,
    stored: 5,
    indexed: 3,
  });
  const look = () => {
    assertEquals(reader.conversations(), [{ name: "main", last: 8 }, { name: "Dev", last: 1 }]);
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
    assertEquals(numbers(reader, { conversation: "DEV" }), [[1], false]);
    assertEquals(numbers(reader, { conversation: "nowhere" }), [[], false]);
  };
  look();
  for (const _ of history.catchUp());
  look();
  while (history.work(1000));
  look();
  history.close();
  look();
  folder.open().close();
  look();
  all.history.close = () => {};
});

Deno.test("A reader finds direct messages", () => {
  using all = setUp();
  const { history, reader } = all;
  const conversation = directKey("ana", "bo");
  const sequence = ++history.conversation(conversation).last;
  const message = { timestamp: START, username: "ana", message: "psst", to: "bo", verified: false, sequence };
  history.append([directFrame({ code: Code.SaidTo, message })]);
  const look = () => {
    assertEquals(reader.page({ conversation, limit: 5 }).lines.map(({ message, to }) => [message, to]), [[
      "psst",
      "bo",
    ]]);
    assertEquals(reader.conversations().at(-1), { name: conversation, last: 1 });
  };
  look();
  for (const _ of history.catchUp());
  look();
});

Deno.test(
  "A reader ignores half a frame at the end, and reads the files of a hub that was killed",
  () => {
    using all = setUp();
    const [journal] = [...Deno.readDirSync(all.folder.path)].filter(({ name }) =>
      name.startsWith("journal-")
    );
    Deno.writeFileSync(`${all.folder.path}/${journal!.name}`, new Uint8Array([0, 0, 0, 0, 0, 0, 1]), {
      append: true,
    });
    assertEquals(numbers(all.reader), [[1, 2, 3, 4, 5, 6, 7, 8], false]);
  },
);

Deno.test("A reader misses no messages that a hub drains and removes on shutdown", () => {
  using folder = new DataFolder();
  const history = folder.open();
  say(history, "main", "one", "two");
  for (const _ of history.catchUp());
  say(history, "main", "three");
  const reader = new HistoryReader(folder.path);
  const { list } = FolderJournalFiles.prototype;
  FolderJournalFiles.prototype.list = function () {
    FolderJournalFiles.prototype.list = list;
    history.close();
    return list.call(this);
  };
  assertEquals(numbers(reader), [[1, 2, 3], false]);
  assertEquals(numbers(reader), [[1, 2, 3], false]);
  reader.close();
});

Deno.test("A reader reports a missing history, or one of another version", () => {
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
  assertThrows(() => new HistoryReader(folder.path), HistoryError, "of a newer version of RiftChat");
});

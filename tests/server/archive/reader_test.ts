/**
 * What `log` and `export` read of a history while a hub writes it.
 */
import { Code, encodeFrame, serialize } from "../../../protocol/mod.ts";
import { ArchiveReader } from "../../../server/archive/reader.ts";
import type { ReceiptRecord } from "../../../server/archive/record.ts";
import {
  contentDigest,
  directFrame,
  directKey,
  type History,
  messageIdFrame,
} from "../../../server/history/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";

/** Appends a message with an id to a room, as a hub does. */
function say(history: History, room: string, message: string, id: string): void {
  const sequence = ++history.conversation(room).last;
  const timestamp = START + sequence * 1000;
  history.append([
    messageIdFrame({ place: room, sequence, author: "ana", id, digest: contentDigest(room, message) }),
    encodeFrame(
      serialize({
        code: Code.Said,
        message: { timestamp, username: "ana", message, sequence, room, verified: false },
      }),
    ),
  ]);
}

Deno.test(
  "An acknowledged message is read once, from the journal, the database, or while it is drained",
  () => {
    using folder = new DataFolder();
    const history = folder.open();
    say(history, "main", "one", "b");
    say(history, "main", "two", "\u{1f600}");
    for (const _ of history.catchUp());
    say(history, "Dev", "new room", "\uff5e");
    say(history, "MAIN", "three", "a");
    const conversation = directKey("ana", "bo");
    const sequence = ++history.conversation(conversation).last;
    const psst = { timestamp: START, username: "ana", message: "psst", to: "bo", verified: false, sequence };
    history.append([directFrame({ code: Code.SaidTo, message: psst })]);
    const reader = new ArchiveReader(folder.path);
    const look = (meanwhile = () => {}) => {
      const places = reader.conversations();
      meanwhile();
      assertEquals(places.map(({ name, last }) => [name, last]), [["main", 3], ["Dev", 1], [
        conversation,
        1,
      ]]);
      assertEquals(
        places.flatMap(({ name, last }) => [...reader.lines(name, { upTo: last })])
          .map(({ conversation, sequence, message, to }) => [conversation, sequence, message, to]),
        [
          ["main", 1, "one", undefined],
          ["main", 2, "two", undefined],
          ["main", 3, "three", undefined],
          ["Dev", 1, "new room", undefined],
          [conversation, 1, "psst", "bo"],
        ],
      );
      assertEquals([...reader.lines("main", { after: 1, upTo: 2 })].map(({ message }) => message), ["two"]);
      assertEquals([...reader.lines("main", { since: START + 2500 })].map(({ message }) => message), [
        "three",
      ]);
      assertEquals(
        [...reader.receipts()],
        ([
          ["a", 3, contentDigest("MAIN", "three")],
          ["b", 1, contentDigest("main", "one")],
          ["\uff5e", 1, contentDigest("Dev", "new room")],
          ["\u{1f600}", 2, contentDigest("main", "two")],
        ] as const).map(([id, sequence, digest]): ReceiptRecord => {
          const timestamp = START + sequence * 1000;
          return { kind: "mark", author: "ana", id, sequence, stored: true, timestamp, digest };
        }),
      );
    };
    try {
      look();
      look(() => {
        for (const _ of history.catchUp());
      });
      look();
      history.close();
      look();
      // A room without messages keeps its last number, so that a hub does not assign it again after an import.
      folder.change("UPDATE places SET last = 7 WHERE key = 'dev'");
      folder.change("DELETE FROM lines WHERE place = (SELECT id FROM places WHERE key = 'dev')");
      assertEquals(reader.conversations().find(({ name }) => name === "Dev")?.last, 7);
      assertEquals([...reader.lines("Dev")], []);
    } finally {
      reader.close();
    }
  },
);

Deno.test("The rooms are those with a stored or a pending message", () => {
  using folder = new DataFolder();
  const history = folder.open({ keep: "1h" });
  say(history, "old", "gone", "a");
  for (const _ of history.catchUp());
  while (history.prune(START + 2 * 3_600_000).more);
  say(history, "new", "here", "b");
  const reader = new ArchiveReader(folder.path);
  assertEquals(reader.rooms(), ["new"]);
  reader.close();
  history.close();
});

/** What `log` and `export` read of a history beside the hub that writes it. */
import { Code, encodeFrame, serialize } from "../../../protocol/mod.ts";
import { ArchiveReader } from "../../../server/archive/reader.ts";
import { conversationKey, directFrame, type History, markFrame } from "../../../server/history/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";

/** Says a line in a room as a hub does, with a mark. */
function say(history: History, room: string, message: string, id: string): void {
  const sequence = ++history.place(room).last;
  const timestamp = START + sequence * 1000;
  history.append([
    markFrame({ place: room, sequence, author: "ana", id }),
    encodeFrame(
      serialize({
        code: Code.Said,
        message: { timestamp, username: "ana", message, sequence, room, verified: false },
      }),
    ),
  ]);
}

Deno.test(
  "What is acknowledged is read once, whether it stands in the journal, in the database, or moves " +
    "meanwhile",
  () => {
    using folder = new DataFolder();
    const history = folder.open();
    say(history, "main", "one", "b");
    say(history, "main", "two", "\u{1f600}");
    for (const _ of history.caughtUp());
    say(history, "Dev", "new room", "\uff5e");
    say(history, "MAIN", "three", "a");
    const conversation = conversationKey("ana", "bo");
    const sequence = ++history.place(conversation).last;
    const psst = { timestamp: START, username: "ana", message: "psst", to: "bo", verified: false, sequence };
    history.append([directFrame({ code: Code.SaidTo, message: psst })]);
    const reader = new ArchiveReader(folder.path);
    const look = (meanwhile = () => {}) => {
      const places = reader.places();
      meanwhile();
      assertEquals(places.map(({ name, last }) => [name, last]), [["main", 3], ["Dev", 1], [
        conversation,
        1,
      ]]);
      assertEquals(
        places.flatMap(({ name, last }) => [...reader.lines(name, { upTo: last })])
          .map(({ place, sequence, message, to }) => [place, sequence, message, to]),
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
        [...reader.marks()],
        ([["a", 3], ["b", 1], ["\uff5e", 1], ["\u{1f600}", 2]] as const).map(([id, sequence]) => (
          { kind: "mark", author: "ana", id, sequence, stored: true, timestamp: START + sequence * 1000 }
        )),
      );
    };
    try {
      look();
      look(() => {
        for (const _ of history.caughtUp());
      });
      look();
      history.close();
      look();
      // A room of which no line is left keeps its number, or a hub on what is imported would give it again.
      folder.change("UPDATE places SET last = 7 WHERE key = 'dev'");
      folder.change("DELETE FROM lines WHERE place = (SELECT id FROM places WHERE key = 'dev')");
      assertEquals(reader.places().find(({ name }) => name === "Dev")?.last, 7);
      assertEquals([...reader.lines("Dev")], []);
    } finally {
      reader.close();
    }
  },
);

Deno.test("A room is one of which something is kept, or was said just now", () => {
  using folder = new DataFolder();
  const history = folder.open({ keep: "1h" });
  say(history, "old", "gone", "a");
  for (const _ of history.caughtUp());
  while (history.prune(START + 2 * 3_600_000).more);
  say(history, "new", "here", "b");
  const reader = new ArchiveReader(folder.path);
  assertEquals(reader.rooms(), ["new"]);
  reader.close();
  history.close();
});

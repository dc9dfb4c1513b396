/**
 * Changes of messages: numbered, applied in order, and stored with the messages.
 *
 * @module
 */
import { Code, encodeFrame, ProtocolError, type Said, serialize } from "../../../protocol/mod.ts";
import { EmbeddedBackplane, type RoomEvent, StoredBackplane } from "../../../server/backplane/mod.ts";
import type { History, StoredChange } from "../../../server/history/mod.ts";
import { assertEquals, assertThrows } from "../../helpers/assert.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { START } from "../../helpers/hubs/test_hub.ts";

/** Says something in the room `main`. */
function saying(text: string): RoomEvent {
  const message = { timestamp: START, username: "ana", message: text, room: "main", verified: false };
  return { room: "main", message: { code: Code.Said, message }, from: "c1", ref: text };
}

/** Changes a message of the room `main`. */
function changing(change: Omit<StoredChange, "at" | "by">): RoomEvent {
  return {
    room: "main",
    message: { code: Code.LineChanged, room: "main", change: 0, sequence: change.sequence, username: "ana" },
    change: { at: START + 1, by: "ana", ...change },
    from: "c1",
    ref: change.kind,
  };
}

/** A backplane on a history, and what it has done. */
function open(history: History) {
  const seen: string[] = [];
  const shown: Uint8Array[] = [];
  const backplane = new StoredBackplane(history, {
    apply({ message }, number) {
      if (message.code === Code.Said) {
        seen.push(`said ${number}`);
        shown.push(encodeFrame(serialize(message as Said)));
      } else if (message.code === Code.LineChanged) seen.push(`changed ${message.change} ${number}`);
      return true;
    },
    acknowledge: ({ ref }, number, stored) => seen.push(`${ref} ${number} ${stored}`),
    now: () => START,
    takeShown: () => shown.splice(0),
    stored: () => {},
    paused: () => seen.push("paused"),
    resumed: () => seen.push("resumed"),
  });
  return { backplane, seen };
}

const textsOf = (history: History) =>
  [1, 2, 3].map((sequence) => history.line("main", sequence)).map((line) =>
    line === undefined ? "none" : line.deleted ? "deleted" : line.message
  );

Deno.test("A change of a message of the same round is stored after it, and acknowledged with its number", () => {
  using folder = new DataFolder();
  const history = folder.open();
  const { backplane, seen } = open(history);
  backplane.publish(saying("one"));
  backplane.publish(changing({ sequence: 1, kind: "edit", message: "first" }));
  backplane.publish(saying("two"));
  backplane.publish(changing({ sequence: 2, kind: "delete" }));
  assertEquals(seen, ["said 1", "changed 1 1", "said 2", "changed 2 2"]);
  backplane.settle();
  assertEquals(seen.slice(4), ["one 1 true", "edit 1 true", "two 2 true", "delete 2 true"]);
  assertEquals([textsOf(history), history.lastChange], [["first", "deleted", "none"], 2]);
  history.close();
});

Deno.test("A round with nothing but a change is stored", () => {
  using folder = new DataFolder();
  let history = folder.open();
  const { backplane } = open(history);
  backplane.publish(saying("one"));
  backplane.settle();
  backplane.publish(changing({ sequence: 1, kind: "delete" }));
  backplane.settle();
  history.close();
  history = folder.open();
  assertEquals([textsOf(history)[0], history.lastChange], ["deleted", 1]);
  history.close();
});

Deno.test("A full disk: a change is refused, and one that was applied is stored when there is space", () => {
  using folder = new DataFolder();
  const history = folder.open();
  const { backplane, seen } = open(history);
  backplane.publish(saying("one"));
  backplane.settle();
  folder.fill();
  backplane.publish(changing({ sequence: 1, kind: "delete" }));
  backplane.settle();
  assertEquals(seen.slice(2), ["changed 1 1", "paused", "delete 1 false"]);
  const refused = assertThrows(
    () => backplane.publish(changing({ sequence: 1, kind: "react", reaction: "+1" })),
    ProtocolError,
  );
  assertEquals([refused.word, history.lastChange], ["unavailable", 1]);
  folder.empty();
  assertEquals([backplane.retryStorage(), textsOf(history)[0]], [true, "deleted"]);
  backplane.publish(saying("two"));
  backplane.publish(changing({ sequence: 2, kind: "edit", message: "second" }));
  backplane.settle();
  assertEquals([textsOf(history)[1], history.lastChange], ["second", 2]);
  history.close();
});

Deno.test("A hub without a history refuses changes", () => {
  const backplane = new EmbeddedBackplane(() => true, () => {}, () => START);
  backplane.publish(saying("one"));
  const refused = assertThrows(
    () => backplane.publish(changing({ sequence: 1, kind: "delete" })),
    ProtocolError,
  );
  assertEquals(refused.word, "unavailable");
});

/** Changes of messages as records of `tail --json`, and lines of `join --json-input` that answer one. */
import { parseJsonInput } from "../../../client/pipe/json_input.ts";
import { messageRecord } from "../../../client/pipe/message_record.ts";
import { Code, type LineChanged } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

const CHANGED: LineChanged = {
  code: Code.LineChanged,
  room: "dev",
  sequence: 4,
  change: 9,
  username: "bo",
  by: "cy",
};
const recordOf = (what: Partial<LineChanged>) => messageRecord({ ...CHANGED, ...what }, () => false, "Ana");

Deno.test("A change is a record with what has changed, and says nothing of the client's own reactions", () => {
  const record = { kind: "changed", room: "dev", sequence: 4, change: 9, username: "bo", by: "cy" };
  assertEquals(recordOf({ deleted: true }), { ...record, deleted: true });
  assertEquals(recordOf({ message: "new", edited: 5 }), { ...record, message: "new", edited: 5 });
  assertEquals(
    recordOf({ reaction: "+1", removed: true, reactions: [{ reaction: "ok", count: 2, mine: true }] }),
    { ...record, reaction: "+1", removed: true, reactions: [{ reaction: "ok", count: 2 }] },
  );
  const { room: _, ...direct } = record;
  assertEquals(recordOf({ room: "@Bo", deleted: true }), {
    ...direct,
    between: ["ana", "bo"],
    deleted: true,
  });
});

Deno.test("A line of JSON names the message that it answers by its number", () => {
  const parse = (reply_to: unknown) => parseJsonInput(JSON.stringify({ message: "yes", reply_to }));
  assertEquals(parse(7), { kind: "message", text: "yes", target: undefined, replyTo: 7 });
  assertEquals(parse(undefined), { kind: "message", text: "yes", target: undefined });
  for (const wrong of [0, -1, 1.5, "7", null, 1e300, [7]]) {
    assertEquals(parse(wrong), {
      kind: "error",
      message: "Cannot read this line: reply_to must be the number of a message, an integer from 1",
    });
  }
});

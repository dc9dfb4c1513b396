import { refusalText } from "../../../client/model/refusal.ts";
import { MAIN, personOf, roomOf, type Target } from "../../../client/model/target.ts";
import { Code } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "A refusal names the target, unless the hub's own text does",
  permissions: "none",
  fn() {
    const refused = (error: string, message = "no") => ({ code: Code.Refused, error, message } as const);
    const table: [ReturnType<typeof refused>, Target, string][] = [
      [refused("no_such_user"), personOf("bo"), "Cannot send to bo: no user of that name is online"],
      [
        refused("not_in_room"),
        roomOf("dev"),
        "Cannot send to #dev: you are not in it; join it with :join #dev",
      ],
      [
        refused("no_such_room"),
        roomOf("dev"),
        "Cannot send to #dev: there is no such room; create it with :join #dev",
      ],
      [refused("muted", "you are muted"), roomOf("dev"), "Cannot send to #dev: you are muted"],
      [refused("muted", "you are muted in #main"), MAIN, "Cannot send to #main: you are muted in #main"],
      [
        refused("too_fast", "Cannot send this: slow mode, in 8 s"),
        roomOf("dev"),
        "Cannot send to #dev: slow mode, in 8 s",
      ],
      [
        refused("too_fast", "Cannot send this: slow mode, in 8 s"),
        MAIN,
        "Cannot send this: slow mode, in 8 s",
      ],
      [refused("bad_text", "it has U+0007"), roomOf("main"), "it has U+0007"],
      [refused("unavailable", "bo does not read"), personOf("bo"), "bo does not read"],
    ];
    for (const [refusal, target, text] of table) assertEquals(refusalText(refusal, target), text);
  },
});

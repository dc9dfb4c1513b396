/** The notices of a hub about rooms that belong to somebody. */
import { invitationText, roomNewsText } from "../../../client/render/room_info.ts";
import { Transcript } from "../../../client/render/transcript.ts";
import { textOf } from "../../../client/text/style.ts";
import { Code, type RoomChanged } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

const isBo = (name: string) => name === "bo";
const news = (change: Partial<RoomChanged>) => roomNewsText({ room: "ops", by: "ana", ...change }, isBo);

Deno.test({
  name: "Each change of a room is one line that says who changed what",
  permissions: "none",
  fn() {
    assertEquals(news({ topic: "on call" }), "ana set the topic of #ops: on call");
    assertEquals(news({ topic: "" }), "ana removed the topic of #ops");
    assertEquals(
      news({ mode: "private", history: "joined" }),
      "ana set #ops to private: only members find it and join it; they read what is said since they are members",
    );
    assertEquals(
      news({ mode: "open", history: "all", by: "bo" }),
      "you set #ops to open: everyone can join it and read all of it",
    );
    assertEquals(news({ owner: "bo" }), "ana gave #ops to you");
    assertEquals(roomNewsText({ room: "ops", owner: "cy" }), "the hub gave #ops to cy");
    assertEquals(news({ topic: "x", owner: "cy" }), "ana set the topic of #ops: x; ana gave #ops to cy");
    assertEquals(news({ invited: "cy" }), "ana invited cy to #ops");
    assertEquals(news({ removed: "bo" }), "ana removed you from #ops");
    assertEquals(news({ removed: "bo", by: "bo" }), "you are not a member of #ops any more");
    assertEquals(news({ removed: "ana" }), "ana left the members of #ops");
    assertEquals(news({ deleted: true }), "ana deleted #ops and its messages");
    assertEquals(invitationText({ room: "ops", by: "ana" }), "ana invited you to #ops: :join #ops");
    assertEquals(invitationText({ room: "ops", by: "ana" }, true), "ana made you a member of #ops");
  },
});

Deno.test({
  name: "A pipe prints them as events, without control characters",
  permissions: "none",
  fn() {
    const transcript = new Transcript(() => 0);
    const lines = (message: Parameters<Transcript["receive"]>[0]) => transcript.receive(message).map(textOf);
    assertEquals(lines({ code: Code.Invited, room: "ops", by: "ana" }), [
      "* ana invited you to #ops: :join #ops",
    ]);
    const [line = ""] = lines({
      code: Code.RoomChanged,
      room: "o\x1bps",
      by: "a\nna",
      topic: "red \x1b[31m",
    });
    // deno-lint-ignore no-control-regex
    assertEquals(line.match(/[\x00-\x1f\x7f]/), null, line);
  },
});

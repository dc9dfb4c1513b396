/**
 * The scrollback with several open buffers.
 *
 * @module
 */
import { MAX_BACKLOG_LINES } from "../../../client/model/backlog.ts";
import { loadWidths } from "../../../client/text/mod.ts";
import { DEFAULT_PREFERENCES } from "../../../client/config/preferences.ts";
import { Buffers, type ChatBuffer, personOf, roomOf } from "../../../client/model/mod.ts";
import { Code, type RoomChanged, type ServerMessage } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import {
  AT,
  DAY,
  joined,
  left,
  OFFER,
  Reader,
  renamed,
  welcome,
} from "../../helpers/terminal/scrollback_reader.ts";

await loadWidths();

/** Returns a reader for ana, with the open buffers `main` (current), `dev` and bo. */
function anaWithBuffers(options: ConstructorParameters<typeof Reader>[0] = {}) {
  const buffers = new Buffers();
  const [dev, bo] = [buffers.open(roomOf("dev")), buffers.open(personOf("bo"))];
  const reader = new Reader({ ...options, buffers, isIn: (name, room) => name === "cy" && room === "dev" })
    .receive(OFFER, welcome("ana"), joined("ana"));
  reader.read();
  const switchTo = (target: ChatBuffer) => {
    buffers.switchTo(target);
    reader.rows.push(...reader.scrollback.showBuffer(reader.now));
    return reader.read();
  };
  return { reader, buffers, dev, bo, switchTo };
}

const saidTo = (username: string, to: string, message: string): ServerMessage => ({
  code: Code.SaidTo,
  message: { timestamp: AT, username, to, message, verified: false },
});

Deno.test({
  name:
    "Messages of other buffers wait there until a switch, and ring if they are direct or mention the user",
  permissions: "none",
  fn() {
    const { reader, buffers, dev, bo, switchTo } = anaWithBuffers();
    reader.say("cy", "in dev", { room: "dev" }).say("cy", "ana?", { room: "Dev" }).say("ana", "own", {
      room: "dev",
    });
    assertEquals([reader.read(), reader.bells, dev.unread, dev.mentions], [[], 1, 2, 1]);
    reader.receive(saidTo("bo", "ana", "psst"), saidTo("cy", "ana", "me too"), saidTo("ana", "cy", "yes"));
    assertEquals(reader.read(), ["14:03 cy → ana  me too", "14:03 ana → cy  yes"]);
    assertEquals([reader.bells, bo.unread, reader.scrollback.unreadCounts], [3, 1, {
      lines: 2,
      mentions: 2,
    }]);
    reader.say("cy", "here", { room: "main" });
    assertEquals(reader.read(), ["14:03 cy  here"]);
    assertEquals(switchTo(dev), [
      "── #dev, 2 new ──",
      "14:03 cy  in dev",
      "14:03 cy  ana?",
      "14:03 ana  own",
    ]);
    assertEquals(switchTo(bo), ["── @bo, 1 new ──", "14:03 bo → ana  psst"]);
    reader.receive(saidTo("ana", "bo", "hi")).say("cy", "elsewhere", { room: "main" });
    assertEquals(reader.read(), ["14:03 ana → bo  hi"]);
    assertEquals(switchTo(buffers.all[0]!), ["── #main, 1 new ──", "14:03 cy  elsewhere"]);
    assertEquals(switchTo(dev), ["── #dev ──"]);
    // There is no buffer for this room, so the message is shown at once.
    reader.say("cy", "stray", { room: "x" });
    assertEquals(reader.read(), ["14:03 #x cy  stray"]);
  },
});

Deno.test({
  name: "Dropped messages of a buffer are counted",
  permissions: "none",
  fn() {
    const { reader, dev, switchTo } = anaWithBuffers();
    for (let i = 0; i < MAX_BACKLOG_LINES + 2; i++) reader.say("cy", `line ${i}`, { room: "dev" });
    const rows = switchTo(dev);
    assertEquals(rows.slice(0, 2), [
      `── #dev, ${MAX_BACKLOG_LINES + 2} new, the first 2 not shown ──`,
      "14:03 cy  line 2",
    ]);
    assertEquals(rows.length, MAX_BACKLOG_LINES + 1);
  },
});

Deno.test({
  name: "Joins and leaves are grouped and shown in the buffers that they concern, but not with quiet",
  permissions: "none",
  fn() {
    const roomJoined = (room: string, username: string): ServerMessage => ({
      code: Code.RoomJoined,
      room,
      username,
    });
    const roomLeft = (room: string, username: string): ServerMessage => ({
      code: Code.RoomLeft,
      room,
      username,
    });
    const changes: ServerMessage[] = [
      joined("bo"),
      roomJoined("dev", "ana"),
      roomJoined("dev", "cy"),
      roomJoined("dev", "dan"),
      roomLeft("dev", "dan"),
      left("cy"),
      left("bo"),
      renamed("eve", "eva"),
    ];
    const { reader, dev, bo, switchTo } = anaWithBuffers();
    reader.receive(...changes);
    assertEquals(reader.scrollback.flush(), ["+ bo joined", "- cy, bo left", "~ eve is now eva"]);
    assertEquals(switchTo(dev), ["── #dev ──", "+ cy, dan joined", "- dan, cy left"]);
    assertEquals(switchTo(bo), ["── @bo ──", "+ bo joined", "- bo left"]);
    const all = anaWithBuffers({ show: "all" });
    all.reader.receive(...changes);
    assertEquals(all.reader.scrollback.flush(), [
      "+ bo joined",
      "+ cy, dan joined #dev",
      "- dan left #dev",
      "- cy, bo left",
      "~ eve is now eva",
    ]);
    assertEquals(all.switchTo(all.dev), ["── #dev ──"]);
    const quiet = anaWithBuffers({ quiet: true });
    quiet.reader.receive(...changes);
    assertEquals([quiet.reader.scrollback.flush(), quiet.switchTo(quiet.dev)], [[], ["── #dev ──"]]);
  },
});

Deno.test({
  name:
    "With all buffers shown a message of another one has its label, and no name or room looks like a label",
  permissions: "none",
  fn() {
    const { reader, dev } = anaWithBuffers({ show: "all" });
    reader.say("cy", "hi", { room: "dev" }).say("#dev cy", "hi").say("cy (direct)", "hi").say("x", "hi", {
      room: "a b\x1b",
    });
    reader.receive(saidTo("bo", "ana", "psst"));
    assertEquals(reader.read(), [
      "14:03 #dev cy  hi",
      "14:03 <#dev␠cy>  hi",
      "14:03 cy␠(direct)  hi",
      "14:03 #a␠b␛ x  hi",
      "14:03 bo → ana  psst",
    ]);
    assertEquals(dev.unread, 0);
  },
});

Deno.test("An answer among earlier messages shows the message that it answers, of the same page, too", () => {
  const { reader, dev, switchTo } = anaWithBuffers();
  switchTo(dev);
  const line = (sequence: number, message: string) => (
    { timestamp: AT, username: "bo", message, sequence, room: "dev" }
  );
  const lines = [line(1, "is it done?"), { ...line(2, "yes"), reply_to: 1 }];
  assertEquals(reader.scrollback.showEarlier(dev, { lines, skipped: 0 }, AT).rows, [
    "14:03 bo  is it done?",
    "-- reply to message 1 of bo, 14:03: is it done?",
    "14:03 bo  yes",
  ]);
});

Deno.test({
  name:
    "Earlier messages are shown in the current buffer and wait in others, with a separator before the new ones",
  permissions: "none",
  fn() {
    const line = (sequence: number, message: string, username = "bo") => (
      { timestamp: AT - DAY, username, message, sequence, room: "dev" }
    );
    const lines = [line(1, "old\x1b"), line(2, "hidden", "eve"), line(3, "ana?"), line(4, "mine", "ana")];
    const earlier = { lines, newCount: 2, skipped: 5, lastReadAt: AT - 2 * DAY };
    const { reader, buffers, dev, switchTo } = anaWithBuffers({ ignore: ["eve"] });
    assertEquals(reader.scrollback.showEarlier(dev, earlier, AT), { rows: [], bell: false });
    assertEquals([dev.unread, dev.mentions, dev.readMarker], [1, 1, undefined]);
    const expected = [
      "── Monday 23 November 2026 ──",
      "14:03 bo  old␛",
      "── 1 new since 14:03 on Sunday 22 November 2026, and up to 5 before it ──",
      "14:03 bo  ana?",
      "14:03 ana  mine",
    ];
    assertEquals(switchTo(dev), ["── #dev, 1 new ──", ...expected]);
    assertEquals(dev.readMarker, { sequence: 4, at: AT });
    const main = buffers.all[0]!;
    switchTo(main);
    const again = anaWithBuffers({ ignore: ["eve"] });
    again.switchTo(again.dev);
    assertEquals(again.reader.scrollback.showEarlier(again.dev, earlier, AT), { rows: expected, bell: true });
    const gap = { lines: [line(5, "meanwhile")], newCount: 1, skipped: 0 };
    assertEquals(again.reader.scrollback.showEarlier(again.dev, gap, AT).rows, [
      "── 1 while you were away ──",
      "14:03 bo  meanwhile",
    ]);
    assertEquals(again.reader.scrollback.showEarlier(again.dev, { lines: [], skipped: 0 }, AT).rows, []);
  },
});

Deno.test({
  name: "Messages that are ignored or the user's own do not count as new, and are read like others",
  permissions: "none",
  fn() {
    const line = (sequence: number, username: string) => (
      { timestamp: AT, username, message: `line ${sequence}`, sequence, room: "dev" }
    );
    const { reader, dev, switchTo } = anaWithBuffers({ ignore: ["eve"] });
    const { scrollback } = reader;
    switchTo(dev);
    const counted = { lines: [line(1, "bo"), line(2, "eve"), line(3, "ana")], newCount: 3, skipped: 0 };
    assertEquals(scrollback.showEarlier(dev, counted, AT).rows, [
      "── 1 while you were away ──",
      "14:03 bo  line 1",
      "14:03 ana  line 3",
    ]);
    const hidden = { lines: [line(4, "ana"), line(5, "Eve")], newCount: 2, skipped: 0 };
    assertEquals(scrollback.showEarlier(dev, hidden, AT).rows, ["14:03 ana  line 4"]);
    assertEquals(dev.readMarker?.sequence, 5);
    assertEquals(scrollback.showEarlier(dev, { lines: [line(8, "eve")], newCount: 1, skipped: 2 }, AT).rows, [
      "── up to 2 while you were away, before these lines ──",
    ]);
    reader.say("eve", "live", { room: "dev", sequence: 9 });
    assertEquals([reader.read(), dev.readMarker?.sequence], [[], 9]);
  },
});

Deno.test({
  name: "Messages that wait in another room disappear with their counts when their author is ignored",
  permissions: "none",
  fn() {
    const { reader, buffers, dev, switchTo } = anaWithBuffers();
    reader.say("eve", "ana!", { room: "dev", sequence: 1 }).say("cy", "hi", { room: "dev", sequence: 2 })
      .say("eve", "bye", { room: "dev", sequence: 3 });
    assertEquals([dev.unread, dev.mentions], [3, 1]);
    reader.scrollback.setPreferences({ ...DEFAULT_PREFERENCES, ignore: ["eve"] });
    assertEquals([dev.unread, dev.mentions, buffers.mentions], [1, 0, 0]);
    assertEquals(switchTo(dev), ["── #dev, 1 new ──", "14:03 cy  hi"]);
    assertEquals(dev.readMarker?.sequence, 3);
  },
});

Deno.test({
  name: "Earlier messages that a full buffer drops do not count as new ones that are not kept",
  permissions: "none",
  fn() {
    const { reader, dev, switchTo } = anaWithBuffers();
    const lines = Array.from({ length: 50 }, (_, i) => ({
      timestamp: AT,
      username: "cy",
      message: `old ${i}`,
      sequence: i,
      room: "dev",
    }));
    reader.scrollback.showEarlier(dev, { lines, skipped: 0 }, AT);
    for (let i = 0; i < MAX_BACKLOG_LINES; i++) reader.say("cy", `line ${i}`, { room: "dev" });
    assertEquals(switchTo(dev)[0], `── #dev, ${MAX_BACKLOG_LINES} new ──`);
  },
});

Deno.test({
  name: "An invitation is shown once and rings, and an ignored user invites nobody and sets no topic",
  permissions: "none",
  fn() {
    const { reader } = anaWithBuffers({ ignore: ["eve"] });
    const changed = (change: Partial<RoomChanged>): ServerMessage => (
      { code: Code.RoomChanged, room: "dev", by: "bo", ...change }
    );
    const invited = (room: string, by: string): ServerMessage => ({ code: Code.Invited, room, by });
    reader.receive(changed({ room: "ops", invited: "ana" }), invited("ops", "bo"));
    assertEquals(reader.read(), ["-- bo invited you to #ops: :join #ops"]);
    assertEquals(reader.bells, 1);
    reader.receive(invited("dev", "bo"), changed({ invited: "cy" }), changed({ topic: "x", by: "ana" }));
    assertEquals(reader.read(), [
      "-- bo made you a member of #dev",
      "-- bo invited cy to #dev",
      "-- you set the topic of #dev: x",
    ]);
    reader.receive(invited("ops", "eve"), changed({ by: "eve", topic: "spam" }));
    assertEquals([reader.read(), reader.bells], [[], 2]);
    // What happens to the user's rooms is told, whoever does it.
    reader.receive(changed({ by: "eve", removed: "ana" }), changed({ by: "eve", deleted: true }));
    assertEquals(reader.read(), ["-- eve removed you from #dev", "-- eve deleted #dev and its messages"]);
    const silent = anaWithBuffers({ bell: "off" }).reader.receive(invited("ops", "bo"));
    assertEquals(silent.bells, 0);
  },
});

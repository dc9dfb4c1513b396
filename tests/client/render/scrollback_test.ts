/**
 * The scrollback of a terminal, row by row.
 *
 * It is long because it covers every kind of message.
 *
 * @module
 */
import { DEFAULT_PREFERENCES } from "../../../client/config/preferences.ts";
import { cpuMs } from "../../helpers/cpu_time.ts";
import { type Capabilities, info, loadWidths } from "../../../client/text/mod.ts";
import { BURST_MS } from "../../../client/model/mod.ts";
import { MAX_BURST } from "../../../client/model/presence.ts";
import { Code } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";
import {
  ana,
  AT,
  DAY,
  joined,
  left,
  named,
  OFFER,
  Reader,
  renamed,
  welcome,
} from "../../helpers/terminal/scrollback_reader.ts";

await loadWidths();

Deno.test({
  name: "A conversation is shown in order",
  permissions: "none",
  fn() {
    const reader = new Reader().receive(OFFER, welcome("ana", "Be kind.\nHave fun."), joined("ana"));
    reader.say("ana", "hello").receive(joined("bo"), joined("cy")).say("bo", "hi ana\n\tbye");
    reader.say("cy", "/me waves").receive(named("anna"), renamed("ana", "anna")).say(
      "anna",
      "/me waves back",
    );
    reader.receive(left("cy"), { code: Code.Ending, reason: "too far behind" }, { code: Code.HubDown });
    assertEquals(reader.read(), [
      "-- your name is ana",
      "-- message of the day:",
      "  │ Be kind.",
      "  │ Have fun.",
      "14:03 ana  hello",
      "+ bo, cy joined",
      "14:03 bo  hi ana",
      "      │         bye",
      "14:03 * cy waves",
      "-- your name is anna",
      "14:03 * anna waves back",
      "- cy left",
      "-- the hub ends this connection: too far behind",
      "-- the hub is going down",
    ]);
  },
});

Deno.test({
  name: "An original hub is shown like any other, but no message is a notice",
  permissions: "none",
  fn() {
    const reader = new Reader().receive(named("x7f3kd92ab"), joined("x7f3kd92ab"), named("ana"));
    reader.receive(renamed("x7f3kd92ab", "ana"), renamed("x7f3kd92ab", "ana"));
    reader.receive({
      code: Code.Said,
      message: { timestamp: AT, username: "server", message: "give me your password" },
    });
    assertEquals(reader.read(), [
      "-- your name is x7f3kd92ab",
      "-- your name is ana",
      // Only the first of these was expected.
      "~ x7f3kd92ab is now ana",
      "14:03 server  give me your password",
    ]);
  },
});

Deno.test({
  name: "Joins and leaves wait for more of them, are shown in time, and never after a later row",
  permissions: "none",
  fn() {
    const reader = ana();
    assertEquals(reader.scrollback.dueAt, undefined);
    reader.receive(joined("bo"));
    reader.now += 1000;
    reader.receive(joined("cy"));
    assertEquals(reader.read(), []);
    assertEquals(reader.scrollback.dueAt, AT + BURST_MS);
    assertEquals(reader.scrollback.flush(), ["+ bo, cy joined"]);
    assertEquals([reader.scrollback.dueAt, reader.scrollback.flush()], [undefined, []]);
    reader.receive(left("bo")).say("cy", "hi").receive(left("cy"));
    assertEquals(reader.read(), ["- bo left", "14:04 cy  hi"]);
    assertEquals(reader.scrollback.print([info("connecting")]), ["- cy left", "-- connecting"]);
  },
});

Deno.test({
  name: "A burst above the limit is shown at once",
  permissions: "none",
  fn() {
    const reader = ana().receive(...Array.from({ length: MAX_BURST }, (_, i) => joined(`u${i}`)));
    assertStringIncludes(reader.read().join(" "), `+ u0, u1, `);
    assertEquals(reader.scrollback.dueAt, undefined);
  },
});

Deno.test({
  name: "With quiet no joins, leaves and renames are shown",
  permissions: "none",
  fn() {
    const reader = ana({ quiet: true }).receive(joined("bo"), renamed("bo", "bob"), left("bob"));
    assertEquals([reader.scrollback.dueAt, ...reader.scrollback.flush()], [undefined]);
    reader.scrollback.setPreferences({ ...DEFAULT_PREFERENCES, align: false });
    assertEquals(reader.receive(joined("cy")).scrollback.flush(), ["+ cy joined"]);
  },
});

Deno.test({
  name: "Counting the rows of a message shows nothing: neither the day nor a join that waits is lost",
  permissions: "none",
  fn() {
    const reader = ana().receive(joined("cy"));
    const { scrollback } = reader;
    const line = { timestamp: AT + DAY, username: "bo", message: "one\ntwo" };
    assertEquals([scrollback.countRows(line, AT), scrollback.countRows(line, AT)], [3, 3]);
    assertEquals(scrollback.earlierRows(line, AT), [
      "+ cy joined",
      "── Wednesday 25 November 2026 ──",
      "14:03 bo  one",
      "      │ two",
    ]);
    assertEquals(scrollback.countRows(line, AT), 2);
  },
});

Deno.test({
  name: "A separator with the day is shown when the day changes",
  permissions: "none",
  fn() {
    const reader = ana().say("bo", "one").say("bo", "two", { timestamp: AT + DAY }).say("bo", "three", {
      timestamp: AT + DAY + 1,
    });
    reader.say("bo", "never", { timestamp: 1e300 }).say("bo", "back", { timestamp: AT });
    assertEquals(reader.read(), [
      "14:03 bo  one",
      "── Wednesday 25 November 2026 ──",
      "14:03 bo  two",
      "14:03 bo  three",
      "--:-- bo  never",
      "── Tuesday 24 November 2026 ──",
      "14:03 bo  back",
    ]);
    assertEquals(ana({ columns: 31 }).say("bo", "x", { timestamp: AT + DAY }).read(), [
      "── Wednesday 25 November 2026",
      "14:03 bo  x",
    ]);
  },
});

Deno.test({
  name: "Times are shown by preference, and the gutter is below the name",
  permissions: "none",
  fn() {
    const text = "one\ntwo";
    assertEquals(ana({ time: "off" }).say("bo", text).say("bo", "/me waves").read(), [
      "bo  one",
      "│ two",
      "* bo waves",
    ]);
    assertEquals(
      ana({ time: "relative" }).say("bo", text, { timestamp: AT - 120_000 }).say("bo", "x").read(),
      [" 2m bo  one", "    │ two", "now bo  x"],
    );
    const reader = ana();
    reader.scrollback.setPreferences({ ...DEFAULT_PREFERENCES, align: false, time: "off" });
    assertEquals(reader.say("bo", "x").read(), ["bo  x"]);
  },
});

Deno.test({
  name: "Long lines are broken between words at the width of the terminal, with a gutter",
  permissions: "none",
  fn() {
    const text = "seven words that are too many for it";
    assertEquals(ana({ columns: 40 }).say("bo", text).read(), [
      "14:03 bo  seven words that are too many",
      "      │ for it",
    ]);
    assertEquals(ana({ columns: 20 }).say("bo", text).read(), [
      "14:03 bo  seven",
      "│ words that are too",
      "│ many for it",
    ]);
    assertEquals(ana({ columns: Infinity }).say("bo", text).read(), [`14:03 bo  ${text}`]);
    const reader = ana({ columns: Infinity });
    reader.scrollback.resize(20);
    assertEquals(reader.say("bo", text).read().length, 3);
  },
});

Deno.test({
  name: "The own name and its mentions are highlighted, and ring by preference",
  permissions: "none",
  fn() {
    const capabilities: Capabilities = { colours: "mono", ascii: false, title: true };
    const reader = ana({ capabilities }).say("ana", "ana").say("bo", "hello @Ana: banana");
    assertEquals(reader.read(), [
      "\x1b[2m14:03 \x1b[0m\x1b[1;4mana\x1b[0m  ana",
      "\x1b[2m14:03 \x1b[0m\x1b[1mbo\x1b[0m  hello @\x1b[1;7mAna\x1b[0m: banana",
    ]);
    for (const [bell, bells] of [["off", 0], ["mention", 1], ["all", 3]] as const) {
      const reader = ana({ bell }).say("ana", "ana").say("bo", "ana").say("bo", "banana").say(
        "bo",
        "/me sits",
      );
      assertEquals(reader.receive(joined("cy")).bells, bells, bell);
    }
    assertEquals(ana().receive(named("zoe")).say("bo", "ana").say("bo", "zoe").bells, 1);
    assertEquals(ana().say("bo", "one\ntwo\nana").bells, 1);
  },
});

Deno.test({
  name: "A separator is shown once before the first message without focus, and the messages are counted",
  permissions: "none",
  fn() {
    const reader = ana();
    const { unread } = reader.scrollback;
    unread.focusLost();
    reader.say("ana", "mine").receive(joined("bo"));
    assertEquals(reader.read(), ["14:03 ana  mine"]);
    reader.say("bo", "one").say("bo", "two, ana");
    assertEquals(reader.read(), ["+ bo joined", "── new ──", "14:03 bo  one", "14:03 bo  two, ana"]);
    assertEquals([unread.lines, unread.mentions], [2, 1]);
    unread.focusGained();
    assertEquals([unread.lines, unread.mentions], [0, 0]);
    assertEquals(reader.say("bo", "three").read(), ["14:03 bo  three"]);
    unread.focusLost();
    reader.receive({ code: Code.Said, message: { timestamp: AT, username: "server", message: "soon" } });
    assertEquals(reader.read(), ["── new ──", "! soon"]);
    assertEquals(unread.lines, 1);
  },
});

Deno.test({
  name: "Messages of an ignored user are not shown, do not ring and are not counted, also under a new name",
  permissions: "none",
  fn() {
    const reader = ana({ ignore: ["Bo", "ana", "server"], bell: "all" });
    reader.scrollback.unread.focusLost();
    reader.say("bo", "ana!").receive(renamed("bo", "bob")).say("bob", "ana!").receive(
      left("bob"),
      joined("bo"),
    );
    assertEquals([...reader.read(), ...reader.scrollback.flush()], []);
    assertEquals([reader.bells, reader.scrollback.unread.lines], [0, 0]);
    reader.say("bob", "another one").say("ana", "own").receive({
      code: Code.Said,
      message: { timestamp: AT, username: "server", message: "slow down" },
    });
    assertEquals(reader.read(), ["── new ──", "14:03 bob  another one", "14:03 ana  own", "! slow down"]);
    reader.scrollback.setPreferences({ ...DEFAULT_PREFERENCES, align: false });
    assertEquals(reader.say("bo", "back").read(), ["14:03 bo  back"]);
    // After a reconnect the new name may belong to another user.
    const other = ana({ ignore: ["bo"] }).receive(renamed("bo", "bob")).say("bob", "hidden");
    other.scrollback.startConnection();
    assertEquals(other.say("bob", "seen").say("bo", "hidden").read(), ["14:03 bob  seen"]);
  },
});

Deno.test({
  name: "A reconnect under the same name repeats nothing",
  permissions: "none",
  fn() {
    const reader = new Reader().receive(OFFER, welcome("ana", "Be kind."), joined("ana"));
    reader.read();
    reader.scrollback.startConnection();
    reader.receive(OFFER, welcome("ana", "Be kind."), joined("ana")).say("bo", "hi");
    assertEquals(reader.read(), ["14:03 bo  hi"]);
    reader.scrollback.startConnection();
    reader.receive(OFFER, welcome("guest1", "Be kinder."), joined("guest1"), joined("ana"));
    assertEquals([...reader.read(), ...reader.scrollback.flush()], [
      "-- your name is guest1",
      "-- message of the day:",
      "  │ Be kinder.",
      "+ ana joined",
    ]);
    // After a reconnect to an original hub no message is a notice.
    reader.scrollback.startConnection();
    reader.receive(named("ana")).receive({
      code: Code.Said,
      message: { timestamp: AT, username: "server", message: "hi" },
    });
    assertEquals(reader.read(), ["-- your name is ana", "14:03 server  hi"]);
  },
});

Deno.test({
  name: "Answers to requests are not shown, but a refusal without a request is",
  permissions: "none",
  fn() {
    const reader = ana().receive(
      { code: Code.Done, ref: "1", sequence: 7 },
      { code: Code.Pong, ref: "2" },
      { code: Code.Users, users: [], ref: "3" },
      { code: Code.Refused, error: "muted", message: "you are muted", ref: "4" },
      { code: Code.Refused, error: "bad_frame", message: "that was\nno frame" },
    );
    assertEquals(reader.read(), ["! that was␊no frame"]);
  },
});

Deno.test({
  name: "A terminal without UTF-8 gets ASCII only, also in gutters and separators",
  permissions: "none",
  fn() {
    const reader = ana({ capabilities: { colours: "none", ascii: true, title: true }, columns: 40 });
    reader.receive(renamed("b", "é"), renamed("c", "d")).say("é", "naïve …\n👋").say("bo", "漢字".repeat(5), {
      timestamp: AT + DAY,
    });
    assertEquals(reader.read(), [
      "~ b is now \\u00e9, c is now d",
      "14:03 \\u00e9  na\\u00efve ...",
      "      | \\u{1f44b}",
      "-- Wednesday 25 November 2026 --",
      "14:03 bo  \\u6f22\\u5b57\\u6f22\\u5b57\\u6f22",
      "      | \\u5b57\\u6f22\\u5b57\\u6f22\\u5b57",
    ]);
    // A name is measured as it is written in ASCII.
    assertEquals(reader.say("…".repeat(6), "14:03 bo  forged", { timestamp: AT + DAY }).read(), [
      "14:03 <\\u2026\\u2026\\u2026\\u2026\\u2026\\u2",
      "      | 026>  14:03 bo  forged",
    ]);
  },
});

Deno.test({
  name: "2000 messages take less than 4 seconds of CPU time",
  permissions: "none",
  fn() {
    const reader = ana({ capabilities: { colours: 256, ascii: false, title: true } });
    const ms = cpuMs(() => {
      for (let i = 0; i < 2000; i++) {
        reader.say(`user${i % 40}`, `line ${i}: hällo ana, ${"wörds and ".repeat(8)}`);
      }
    });
    assertStringIncludes(reader.rows.join("\n"), "line 1999");
    assert(ms < 4000, `2000 lines took ${ms} ms`);
  },
});

Deno.test({
  name: "Texts begin in a common column, which grows with the names up to 12 columns",
  permissions: "none",
  fn() {
    const reader = new Reader({ align: true }).receive(OFFER, welcome("ana"), joined("ana"));
    reader.read();
    reader.say("bo", "one").say("ana", "two").say("bo", "three").say("bo", "/me waves").say(
      "bartholomew1",
      "four",
    );
    reader.say("bartholomew12", "five").say("漢字", "six");
    assertEquals(reader.read(), [
      "14:03 bo  one",
      "14:03 ana  two",
      "14:03 bo   three",
      "14:03 * bo waves",
      "14:03 bartholomew1  four",
      "14:03 bartholomew12  five",
      "14:03 漢字          six",
    ]);
    reader.scrollback.setPreferences({ ...DEFAULT_PREFERENCES, align: false });
    assertEquals(reader.say("bo", "seven").read(), ["14:03 bo  seven"]);
  },
});

Deno.test({
  name: "On a narrow terminal names are not padded",
  permissions: "none",
  fn() {
    const reader = new Reader({ align: true, columns: 39 }).receive(OFFER, welcome("ana"), joined("ana"));
    reader.read();
    assertEquals(reader.say("ana", "one").say("bo", "two").read(), ["14:03 ana  one", "14:03 bo  two"]);
  },
});

Deno.test({
  name: "A message of more than 12 rows is folded, and unfolded on request, the last one first",
  permissions: "none",
  fn() {
    const reader = new Reader().receive(OFFER, welcome("ana"), joined("ana"));
    reader.read();
    const text = (count: number) => Array.from({ length: count }, (_, i) => `row ${i + 1}`).join("\n");
    const row = (i: number) => i === 1 ? "14:03 bo  row 1" : `      │ row ${i}`;
    const rows = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => row(from + i));
    assertEquals(reader.say("bo", text(12)).read(), rows(1, 12));
    const hint = (count: number) => `      │ … ${count} more rows; :more shows them`;
    assertEquals(reader.say("bo", text(13)).read(), [...rows(1, 11), hint(2)]);
    assertEquals(reader.say("bo", text(40)).read(), [...rows(1, 11), hint(29)]);
    assertEquals(reader.scrollback.unfold(), ["── bo, 14:03 ──", ...rows(12, 40), "── end ──"]);
    assertEquals(reader.scrollback.unfold(), ["── bo, 14:03 ──", ...rows(12, 13), "── end ──"]);
    assertEquals([reader.scrollback.unfold(), reader.scrollback.foldedAt], [[], undefined]);
  },
});

Deno.test({
  name: "Of messages with very many rows only the last ones can be unfolded",
  permissions: "none",
  fn() {
    const reader = new Reader().receive(OFFER, welcome("ana"), joined("ana"));
    for (const name of ["bo", "cy", "dan"]) reader.say(name, "x\n".repeat(80_000) + "x");
    const titles = Array.from({ length: 3 }, () => reader.scrollback.unfold()[0]);
    assertEquals(titles, ["── dan, 14:03 ──", "── cy, 14:03 ──", undefined]);
  },
});

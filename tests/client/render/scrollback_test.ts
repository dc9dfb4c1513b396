/**
 * The reading side of a terminal, row by row. Long, as it holds all that can be seen.
 *
 * It is long because it covers every kind of message.
 *
 * @module
 */
import fc from "fast-check";
import { MAX_BACKLOG_LINES } from "../../../client/model/backlog.ts";
import type { Colours } from "../../../client/text/colour.ts";
import { columnsOf } from "../../../client/text/columns.ts";
import { type Capabilities, info, loadWidths } from "../../../client/text/mod.ts";
import { DEFAULT_PREFERENCES } from "../../../client/config/preferences.ts";
import type { Preferences } from "../../../client/config/mod.ts";
import { BURST_MS, MAX_BURST } from "../../../client/model/presence.ts";
import { Buffers, type ChatBuffer, personOf, roomOf } from "../../../client/model/mod.ts";
import { Scrollback, type ScrollbackOptions } from "../../../client/render/scrollback.ts";
import { type ChatLine, Code, type ServerMessage } from "../../../protocol/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../../helpers/assert.ts";
import { cpuMs } from "../../helpers/cpu_time.ts";

await loadWidths();

/** 14:03 on a Tuesday in UTC. */
const AT = Date.UTC(2026, 10, 24, 14, 3, 59);
const DAY = 86_400_000;

const PLAIN: Capabilities = { colours: "none", ascii: false, title: true };

/** Somebody who reads: is told what happens, and has the rows that the terminal shows. */
class Reader {
  readonly scrollback: Scrollback;
  rows: string[] = [];
  bells = 0;
  now = AT;

  constructor(
    { columns = 80, capabilities = PLAIN, buffers, isIn, ...preferences }:
      & Partial<Preferences>
      & { columns?: number; capabilities?: Capabilities }
      & Pick<ScrollbackOptions, "buffers" | "isIn"> = {},
  ) {
    this.scrollback = new Scrollback({
      columns,
      capabilities,
      preferences: { ...DEFAULT_PREFERENCES, ...preferences },
      offsetMinutes: () => 0,
      now: AT,
      ...(buffers === undefined ? {} : { buffers }),
      ...(isIn === undefined ? {} : { isIn }),
    });
  }

  receive(...messages: ServerMessage[]): this {
    for (const message of messages) {
      const { rows, bell } = this.scrollback.receive(message, this.now);
      this.rows.push(...rows);
      if (bell) this.bells++;
    }
    return this;
  }

  say(username: string, message: string, line: Partial<ChatLine> = {}): this {
    return this.receive({
      code: Code.Said,
      message: { timestamp: this.now, username, message, sequence: 1, ...line },
    });
  }

  /** The rows since the last time. */
  read(): string[] {
    const rows = this.rows;
    this.rows = [];
    return rows;
  }
}

const OFFER: ServerMessage = {
  code: Code.YourName,
  new: "x7f3kd92ab",
  server: { version: "1", protocol: 1, nonce: "" },
};

function welcome(username: string, motd?: string): ServerMessage {
  return {
    code: Code.Welcome,
    username,
    rooms: ["main"],
    limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65536 },
    features: [],
    retention_ms: 0,
    ...(motd === undefined ? {} : { motd }),
  };
}

const joined = (name: string): ServerMessage => ({ code: Code.Joined, new: name });
const left = (username: string): ServerMessage => ({ code: Code.Left, username });
const renamed = (old: string, name: string): ServerMessage => ({ code: Code.Renamed, old, new: name });
const named = (name: string): ServerMessage => ({ code: Code.YourName, new: name });

/** Ana, who has just come. */
function ana(options: ConstructorParameters<typeof Reader>[0] = {}): Reader {
  const reader = new Reader(options).receive(OFFER, welcome("ana"), joined("ana"));
  reader.read();
  return reader;
}

Deno.test({
  name: "A conversation reads as people expect",
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
      "! Be kind.",
      "  │ Have fun.",
      "14:03 ana  hello",
      "+2 joined: bo, cy",
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
  name: "An original hub is read like any other, and nobody speaks for it there",
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
      // Only the first of these was to be expected.
      "~ x7f3kd92ab is now ana",
      "14:03 server  give me your password",
    ]);
  },
});

Deno.test({
  name: "What happens to people waits for more of it, is told in time, and never after what came later",
  permissions: "none",
  fn() {
    const reader = ana();
    assertEquals(reader.scrollback.dueAt, undefined);
    reader.receive(joined("bo"));
    reader.now += 1000;
    reader.receive(joined("cy"));
    assertEquals(reader.read(), []);
    assertEquals(reader.scrollback.dueAt, AT + BURST_MS);
    assertEquals(reader.scrollback.flush(), ["+2 joined: bo, cy"]);
    assertEquals([reader.scrollback.dueAt, reader.scrollback.flush()], [undefined, []]);
    reader.receive(left("bo")).say("cy", "hi").receive(left("cy"));
    assertEquals(reader.read(), ["- bo left", "14:04 cy  hi"]);
    assertEquals(reader.scrollback.tell([info("connecting")]), ["- cy left", "-- connecting"]);
  },
});

Deno.test({
  name: "A burst that is too large to be kept is told at once",
  permissions: "none",
  fn() {
    const reader = ana().receive(...Array.from({ length: MAX_BURST }, (_, i) => joined(`u${i}`)));
    assertStringIncludes(reader.read().join(" "), `+${MAX_BURST} joined: u0, `);
    assertEquals(reader.scrollback.dueAt, undefined);
  },
});

Deno.test({
  name: "Who wants quiet does not hear who comes and goes",
  permissions: "none",
  fn() {
    const reader = ana({ quiet: true }).receive(joined("bo"), renamed("bo", "bob"), left("bob"));
    assertEquals([reader.scrollback.dueAt, ...reader.scrollback.flush()], [undefined]);
    reader.scrollback.prefer(DEFAULT_PREFERENCES);
    assertEquals(reader.receive(joined("cy")).scrollback.flush(), ["+ cy joined"]);
  },
});

Deno.test({
  name: "Where the day changes it is named, and only there",
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
  name: "Times are shown as one wants them, and the gutter stands under the name",
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
    reader.scrollback.prefer({ ...DEFAULT_PREFERENCES, time: "off" });
    assertEquals(reader.say("bo", "x").read(), ["bo  x"]);
  },
});

Deno.test({
  name: "Long lines are broken by words at the width there is, behind the gutter",
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
  name: "One's own name and mentions of it are set off, and ring as one wants",
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
  name: "Where one stopped reading there is a mark, once, and what follows is counted",
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
  name:
    "Who is ignored is neither read nor heard nor counted, also under another name, but the hub is never ignored",
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
    reader.scrollback.prefer(DEFAULT_PREFERENCES);
    assertEquals(reader.say("bo", "back").read(), ["14:03 bo  back"]);
    // On another connection nobody knows whose that name is by now.
    const other = ana({ ignore: ["bo"] }).receive(renamed("bo", "bob")).say("bob", "hidden");
    other.scrollback.begin();
    assertEquals(other.say("bob", "seen").say("bo", "hidden").read(), ["14:03 bob  seen"]);
  },
});

Deno.test({
  name: "Another connection under the same name repeats nothing that is known",
  permissions: "none",
  fn() {
    const reader = new Reader().receive(OFFER, welcome("ana", "Be kind."), joined("ana"));
    reader.read();
    reader.scrollback.begin();
    reader.receive(OFFER, welcome("ana", "Be kind."), joined("ana")).say("bo", "hi");
    assertEquals(reader.read(), ["14:03 bo  hi"]);
    reader.scrollback.begin();
    reader.receive(OFFER, welcome("guest1", "Be kinder."), joined("guest1"), joined("ana"));
    assertEquals([...reader.read(), ...reader.scrollback.flush()], [
      "-- your name is guest1",
      "! Be kinder.",
      "+ ana joined",
    ]);
    // Of another kind, too: nobody speaks for an original hub.
    reader.scrollback.begin();
    reader.receive(named("ana")).receive({
      code: Code.Said,
      message: { timestamp: AT, username: "server", message: "hi" },
    });
    assertEquals(reader.read(), ["-- your name is ana", "14:03 server  hi"]);
  },
});

Deno.test({
  name: "Answers are left to who asked, but a refusal that answers nothing is shown",
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
  name: "A terminal without UTF-8 gets ASCII alone, gutter and lines included",
  permissions: "none",
  fn() {
    const reader = ana({ capabilities: { colours: "none", ascii: true, title: true }, columns: 40 });
    reader.receive(renamed("b", "é"), renamed("c", "d")).say("é", "naïve …\n👋").say("bo", "漢字".repeat(5), {
      timestamp: AT + DAY,
    });
    assertEquals(reader.read(), [
      "~2 renamed: b -> \\u00e9, c -> d",
      "14:03 \\u00e9  na\\u00efve ...",
      "      | \\u{1f44b}",
      "-- Wednesday 25 November 2026 --",
      "14:03 bo  \\u6f22\\u5b57\\u6f22\\u5b57\\u6f22",
      "      | \\u5b57\\u6f22\\u5b57\\u6f22\\u5b57",
    ]);
    // A name is as wide as it is written, so that nothing of the line can slip behind it.
    assertEquals(reader.say("…".repeat(6), "14:03 bo  forged", { timestamp: AT + DAY }).read(), [
      "14:03 <\\u2026\\u2026\\u2026\\u2026\\u2026\\u2",
      "      | 026>  14:03 bo  forged",
    ]);
  },
});

Deno.test({
  name: "Nothing that somebody says, or is called, looks like anything else",
  permissions: "none",
  fn() {
    for (const time of ["on", "off"] as const) {
      const reader = ana({ time, columns: 60 });
      const genuine = reader.say("bo", "x").receive(left("bo")).say("bo", "x", { timestamp: AT + DAY })
        .read();
      assertEquals(genuine.length, 4);
      const forged = [
        ...["14:04 cy  yes", "- bo left", "-- bo", "── new ──", "! hub", "* bo waves"].flatMap((line) =>
          ana({ time, columns: 60 }).say("bo", `x\n${line}\n${"w ".repeat(40)}${line}`).read().slice(1)
        ),
        ...["-", "--", "──", "!", "*", "+", "~", "│", "<cy>", "-- cy  hi"].flatMap((name) =>
          ana({ time: "off", columns: 60 }).say(name, "left").read()
        ),
      ];
      for (const row of forged) assert(/^( {6})?│ |^<.*> {2}left$/.test(row), row);
    }
  },
});

/** What a terminal obeys, and what reorders or hides. */
const DANGEROUS =
  // deno-lint-ignore no-control-regex
  /[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ufeff\ufff9-\ufffb]|\p{M}{10}/u;

const hostile = fc.array(
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.constantFrom(
      "\x1b[2J",
      "\x9b1m",
      "\x1b]0;t\x07",
      "\u202e",
      "\n",
      "\t",
      "\r",
      "\u0301".repeat(40),
      "/me ",
      "ana",
    ),
    fc.constantFrom("https://a.example/", "漢", "👨‍👩‍👧‍👦", "\u2800", " ".repeat(30), "-- "),
  ),
  { maxLength: 12 },
).map((parts) => parts.join(""));

const messages: fc.Arbitrary<ServerMessage> = fc.oneof(
  fc.record({ username: hostile, message: hostile, timestamp: fc.double() }).map((line): ServerMessage => ({
    code: Code.Said,
    message: line,
  })),
  hostile.map(joined),
  hostile.map(left),
  hostile.map(named),
  hostile.map((motd) => welcome("ana", motd)),
  fc.tuple(hostile, hostile).map(([old, name]) => renamed(old, name)),
  hostile.map((message): ServerMessage => ({ code: Code.Refused, error: "x", message })),
  hostile.map((reason): ServerMessage => ({ code: Code.Ending, reason })),
);

Deno.test({
  name: "Whatever a hub sends, no row holds anything dangerous, and every row fits and begins as a row does",
  permissions: "none",
  fn() {
    const options = fc.record({
      columns: fc.integer({ min: 20, max: 100 }),
      ascii: fc.boolean(),
      time: fc.constantFrom("on", "off", "relative"),
    });
    fc.assert(
      fc.property(options, fc.array(messages, { maxLength: 8 }), ({ columns, ascii, time }, messages) => {
        const reader = new Reader({ columns, time, capabilities: { colours: "none", ascii, title: true } });
        reader.scrollback.unread.focusLost();
        reader.receive(...messages);
        for (const row of [...reader.read(), ...reader.scrollback.flush()]) {
          assert(!DANGEROUS.test(row) && row.isWellFormed(), JSON.stringify(row));
          if (ascii) assert(/^[\x20-\x7e]*$/.test(row), row);
          assert(columnsOf(row) <= columns || row.includes("://"), `${columnsOf(row)} of ${columns}: ${row}`);
        }
      }),
      { numRuns: 2000 },
    );
  },
});

Deno.test({
  name: "With styles, a row holds nothing but styles, and ends plain",
  permissions: "none",
  fn() {
    fc.assert(
      fc.property(
        fc.constantFrom<Colours[]>("mono", 16, 256),
        fc.array(messages, { maxLength: 5 }),
        (colours, messages) => {
          const reader = new Reader({ capabilities: { colours, ascii: false, title: true } }).receive(
            ...messages,
          );
          for (const row of reader.read()) {
            // deno-lint-ignore no-control-regex
            const rest = row.replace(/\x1b\[[\d;]+m[^\x1b]*\x1b\[0m/g, "");
            assert(!rest.includes("\x1b"), JSON.stringify(row));
          }
        },
      ),
      { numRuns: 300 },
    );
  },
});

Deno.test({
  name: "Thousands of lines a second leave time for other things",
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

/** Ana, who is in `dev` and talks with bo besides, and looks at `main`. */
function anaInPlaces(options: ConstructorParameters<typeof Reader>[0] = {}) {
  const buffers = new Buffers();
  const [dev, bo] = [buffers.open(roomOf("dev")), buffers.open(personOf("bo"))];
  const reader = new Reader({ ...options, buffers, isIn: (name, room) => name === "cy" && room === "dev" })
    .receive(OFFER, welcome("ana"), joined("ana"));
  reader.read();
  const enter = (target: ChatBuffer) => {
    buffers.switchTo(target);
    reader.rows.push(...reader.scrollback.enter(reader.now));
    return reader.read();
  };
  return { reader, buffers, dev, bo, enter };
}

const saidTo = (username: string, to: string, message: string): ServerMessage => ({
  code: Code.SaidTo,
  message: { timestamp: AT, username, to, message, verified: false },
});

Deno.test({
  name: "What is said in other places waits there until one goes to them, and rings where it is for one",
  permissions: "none",
  fn() {
    const { reader, buffers, dev, bo, enter } = anaInPlaces();
    reader.say("cy", "in dev", { room: "dev" }).say("cy", "ana?", { room: "Dev" }).say("ana", "own", {
      room: "dev",
    });
    assertEquals([reader.read(), reader.bells, dev.unread, dev.mentions], [[], 1, 2, 1]);
    reader.receive(saidTo("bo", "ana", "psst"), saidTo("cy", "ana", "me too"), saidTo("ana", "cy", "yes"));
    assertEquals(reader.read(), ["14:03 cy (direct)  me too", "14:03 ana → cy  yes"]);
    assertEquals([reader.bells, bo.unread, reader.scrollback.waiting], [3, 1, { lines: 2, mentions: 2 }]);
    reader.say("cy", "here", { room: "main" });
    assertEquals(reader.read(), ["14:03 cy  here"]);
    assertEquals(enter(dev), ["── #dev, 2 new ──", "14:03 cy  in dev", "14:03 cy  ana?", "14:03 ana  own"]);
    assertEquals(enter(bo), ["── @bo, 1 new ──", "14:03 bo  psst"]);
    reader.receive(saidTo("ana", "bo", "hi")).say("cy", "elsewhere", { room: "main" });
    assertEquals(reader.read(), ["14:03 ana  hi"]);
    assertEquals(enter(buffers.all[0]!), ["── #main, 1 new ──", "14:03 cy  elsewhere"]);
    assertEquals(enter(dev), ["── #dev ──"]);
    // One is not known to be there, so that it cannot wait there.
    reader.say("cy", "stray", { room: "x" });
    assertEquals(reader.read(), ["14:03 #x cy  stray"]);
  },
});

Deno.test({
  name: "Where more came than is kept that is told",
  permissions: "none",
  fn() {
    const { reader, dev, enter } = anaInPlaces();
    for (let i = 0; i < MAX_BACKLOG_LINES + 2; i++) reader.say("cy", `line ${i}`, { room: "dev" });
    const rows = enter(dev);
    assertEquals(rows.slice(0, 2), [
      `── #dev, ${MAX_BACKLOG_LINES + 2} new, the first 2 not kept ──`,
      "14:03 cy  line 2",
    ]);
    assertEquals(rows.length, MAX_BACKLOG_LINES + 1);
  },
});

Deno.test({
  name:
    "Who comes and goes is told in the places that it has to do with, gathered, and not where one is quiet",
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
    const happens: ServerMessage[] = [
      joined("bo"),
      roomJoined("dev", "ana"),
      roomJoined("dev", "cy"),
      roomJoined("dev", "dan"),
      roomLeft("dev", "dan"),
      left("cy"),
      left("bo"),
      renamed("eve", "eva"),
    ];
    const { reader, dev, bo, enter } = anaInPlaces();
    reader.receive(...happens);
    assertEquals(reader.scrollback.flush(), ["+ bo joined", "-2 left: cy, bo", "~ eve is now eva"]);
    assertEquals(enter(dev), ["── #dev ──", "+2 joined: cy, dan", "-2 left: dan, cy"]);
    assertEquals(enter(bo), ["── @bo ──", "+ bo joined", "- bo left"]);
    const all = anaInPlaces({ show: "all" });
    all.reader.receive(...happens);
    assertEquals(all.reader.scrollback.flush(), [
      "+ bo joined",
      "+2 joined #dev: cy, dan",
      "- dan left #dev",
      "-2 left: cy, bo",
      "~ eve is now eva",
    ]);
    assertEquals(all.enter(all.dev), ["── #dev ──"]);
    const quiet = anaInPlaces({ quiet: true });
    quiet.reader.receive(...happens);
    assertEquals([quiet.reader.scrollback.flush(), quiet.enter(quiet.dev)], [[], ["── #dev ──"]]);
  },
});

Deno.test({
  name: "With all places shown a line of another one says which, and no name or room can be taken for that",
  permissions: "none",
  fn() {
    const { reader, dev } = anaInPlaces({ show: "all" });
    reader.say("cy", "hi", { room: "dev" }).say("#dev cy", "hi").say("cy (direct)", "hi").say("x", "hi", {
      room: "a b\x1b",
    });
    reader.receive(saidTo("bo", "ana", "psst"));
    assertEquals(reader.read(), [
      "14:03 #dev cy  hi",
      "14:03 <#dev␠cy>  hi",
      "14:03 cy␠(direct)  hi",
      "14:03 #a␠b␛ x  hi",
      "14:03 @bo bo  psst",
    ]);
    assertEquals(dev.unread, 0);
  },
});

Deno.test({
  name: "What was said before is shown where one is, and waits elsewhere, with what of it is new set off",
  permissions: "none",
  fn() {
    const line = (sequence: number, message: string, username = "bo") => (
      { timestamp: AT - DAY, username, message, sequence, room: "dev" }
    );
    const lines = [line(1, "old\x1b"), line(2, "hidden", "eve"), line(3, "ana?"), line(4, "mine", "ana")];
    const past = { lines, newCount: 2, skipped: 5, lastReadAt: AT - 2 * DAY };
    const { reader, buffers, dev, enter } = anaInPlaces({ ignore: ["eve"] });
    assertEquals(reader.scrollback.past(dev, past, AT), { rows: [], bell: false });
    assertEquals([dev.unread, dev.mentions, dev.readMarker], [1, 1, undefined]);
    const marked = [
      "── Monday 23 November 2026 ──",
      "14:03 bo  old␛",
      "── 7 new since 14:03 on Sunday 22 November 2026, the last 2 of them ──",
      "14:03 bo  ana?",
      "14:03 ana  mine",
    ];
    assertEquals(enter(dev), ["── #dev, 1 new ──", ...marked]);
    assertEquals(dev.readMarker, { sequence: 4, at: AT });
    const main = buffers.all[0]!;
    enter(main);
    const again = anaInPlaces({ ignore: ["eve"] });
    again.enter(again.dev);
    assertEquals(again.reader.scrollback.past(again.dev, past, AT), { rows: marked, bell: true });
    const gap = { lines: [line(5, "meanwhile")], newCount: 1, skipped: 0 };
    assertEquals(again.reader.scrollback.past(again.dev, gap, AT).rows, [
      "── 1 while you were away ──",
      "14:03 bo  meanwhile",
    ]);
    assertEquals(again.reader.scrollback.past(again.dev, { lines: [], skipped: 0 }, AT).rows, []);
  },
});

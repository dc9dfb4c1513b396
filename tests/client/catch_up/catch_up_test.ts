/**
 * What a client shows of missed messages, and what it asks the hub for.
 *
 * The file is long because the hub in it has all the kinds of answers.
 *
 * @module
 */
import {
  CatchUp,
  MAX_CATCH_UP_UNITS,
  MAX_MISSED_LINES,
  MAX_QUEUED_LINES,
  SLOW_PAGE_MS,
} from "../../../client/catch_up/catch_up.ts";
import {
  type EarlierMessages,
  MAIN,
  type ReadMarker,
  roomOf,
  type Target,
  targetKey,
} from "../../../client/model/mod.ts";
import type { Answer, ControlRequest } from "../../../client/link/mod.ts";
import { type AskHistory, Code, type PastLine, type ServerMessage } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const line = (sequence: number, room = "main", message = `line ${sequence}`): PastLine => (
  { timestamp: sequence, username: "bo", message, sequence, room }
);
const said = (sequence: number, room = "main", message?: string): ServerMessage => ({
  code: Code.Said,
  message: line(sequence, room, message),
});

/** A hub with a history of lines with numbers, and a client that catches up. */
class Catching {
  /** The numbers of the lines that are kept in `main`. */
  kept: number[] = [];
  /** What was told: numbers of lines, `past` and what it said of them. */
  readonly told: string[] = [];
  readonly asked: AskHistory[] = [];
  readonly pasts: EarlierMessages[] = [];
  buffers: Target[] = [MAIN];
  current: Target = MAIN;
  /** Whether the other rooms have the same lines as `main`. */
  keepsAll = false;
  /** The time, in milliseconds, and how long each answer takes. */
  now = 0;
  answerMs = 0;
  /** Resolves when the hub has sent all that the hello of the link asks for; it answers requests after that. */
  #helloAnswered: Promise<void> | undefined;
  seen: ReadMarker | undefined;
  /** The rooms without a read marker. */
  unseen: string[] = [];
  /** The text of every line that is kept; by default each has its own. */
  text: string | undefined;
  /** Called before a question is answered. */
  before: () => void = () => {};
  readonly catchUp = new CatchUp({
    ask: (request) => this.#answer(request),
    elapsed: () => this.now,
    buffers: () => this.buffers,
    current: () => this.current,
    readMarkerOf: ({ name }) => this.unseen.includes(name) ? undefined : this.seen,
    showEarlier: (target, past) => {
      this.pasts.push(past);
      const { lines, newCount, skipped, lastReadAt } = past;
      const numbers = lines.map(({ sequence }) => sequence);
      this.told.push(
        `${targetKey(target)} past ${
          spanOf(numbers)
        } news ${newCount} skipped ${skipped} since ${lastReadAt}`,
      );
    },
    deliver: (message) => this.told.push(`line ${sequenceOf(message)}`),
    caughtUp: () => {},
    renamed: () => {},
    restored: () => {},
    missing: () => {},
  });

  /** A link is opened, over which these come before it is known what was missed. */
  async link(...messages: ServerMessage[]): Promise<string[]> {
    this.catchUp.connecting();
    this.receive(welcome("history"), ...messages);
    this.catchUp.opened();
    return await this.settled();
  }

  receive(...messages: ServerMessage[]): void {
    for (const message of messages) {
      if (this.catchUp.receive(message) && "message" in message) {
        this.told.push(`line ${sequenceOf(message)}`);
      }
    }
  }

  /** What was told since, once nothing is asked any more. */
  async settled(): Promise<string[]> {
    for (let i = 0; i < 200; i++) await Promise.resolve();
    return this.told.splice(0);
  }

  /**
   * A link is opened whose hub answers the hello: in each room it keeps the lines of `main`, and it sends the newest
   * ones that are wanted.
   */
  async linkWithNewest(
    options: { afterMs?: number; except?: string; limitedTo?: string; isOld?: boolean } = {},
  ): Promise<string[]> {
    const { afterMs = 0, except, limitedTo, isOld = false } = options;
    this.catchUp.connecting();
    const { after = {}, newest = 0 } = this.catchUp.known() ?? {};
    this.receive(welcome("history", "ping"));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#helloAnswered = promise;
    this.catchUp.opened();
    this.now += afterMs;
    for (const [room, number] of Object.entries(after)) {
      if (room === except) continue;
      const missed = this.kept.filter((n) => n > number);
      const sent = limitedTo === undefined || limitedTo === room ? missed.slice(-newest) : [];
      this.receive({
        code: Code.History,
        room,
        messages: sent.map((n) => line(n, room)),
        more: missed.length > sent.length,
        ...(isOld ? {} : { last_sequence: this.kept.at(-1) ?? 0 }),
      });
    }
    resolve();
    return await this.settled();
  }

  async #answer(request: ControlRequest): Promise<Answer> {
    this.before();
    if (request.code === Code.AskHistory) this.asked.push(request);
    if (this.#helloAnswered !== undefined) await this.#helloAnswered;
    if (request.code === Code.Ping) return { code: Code.Pong };
    if (request.code !== Code.AskHistory) throw new Error("no question for a hub");
    this.now += this.answerMs;
    const { room, after, before = Infinity, limit = 50 } = request;
    const isKept = room === "main" || this.keepsAll;
    const numbers = isKept ? this.kept.filter((n) => n > (after ?? 0) && n < before) : [];
    const chosen = after === undefined ? numbers.slice(-limit) : numbers.slice(0, limit);
    const more = chosen.length < numbers.length;
    return {
      code: Code.History,
      room,
      messages: chosen.map((n) => line(n, room, this.text)),
      more,
    };
  }
}

const sequenceOf = (message: ServerMessage) =>
  message.code === Code.Said || message.code === Code.SaidTo ? message.message.sequence : undefined;

const spanOf = (numbers: (number | undefined)[]) =>
  numbers.length === 0 ? "-" : `${numbers[0]}-${numbers.at(-1)} (${numbers.length})`;

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

function welcome(...features: string[]): ServerMessage {
  return {
    code: Code.Welcome,
    username: "ana",
    rooms: ["main", "dev"],
    limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65536 },
    features,
    retention_ms: 0,
  };
}

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A new user sees the newest messages, then the live ones, each once, in either order of arrival", async () => {
  const ana = new Catching();
  ana.kept = range(1, 80);
  // The last two were said while it was asked.
  assertEquals(await ana.link(said(79), said(80), said(81)), [
    "#main past 31-80 (50) news undefined skipped 0 since undefined",
    "line 81",
  ]);
  ana.receive(said(82));
  assertEquals(await ana.settled(), ["line 82"]);
  assertEquals(ana.asked.length, 1);
});

test("A returning user sees what is new since the last run, also if that is more than one page", async () => {
  const ana = new Catching();
  ana.kept = range(1, 80);
  ana.seen = { sequence: 70, at: 7 };
  assertEquals(await ana.link(), ["#main past 31-80 (50) news 10 skipped 0 since 7"]);
  const bo = new Catching();
  bo.kept = range(1, 80);
  bo.seen = { sequence: 10, at: 7 };
  assertEquals(await bo.link(), ["#main past 31-80 (50) news 50 skipped 20 since 7"]);
  const cy = new Catching();
  cy.kept = range(1, 5);
  // The hub has begun anew.
  cy.seen = { sequence: 10, at: 7 };
  assertEquals(await cy.link(), ["#main past 1-5 (5) news undefined skipped 0 since undefined"]);
});

test("After a reconnect the missed messages are shown page by page, and nothing if none were missed", async () => {
  const ana = new Catching();
  ana.kept = range(1, 3);
  await ana.link();
  ana.receive(said(4));
  ana.kept = range(1, 1500);
  assertEquals(await ana.link(said(1499), said(1501)), [
    "line 4",
    "#main past 5-1500 (1496) news 1496 skipped 0 since undefined",
    "line 1501",
  ]);
  assertEquals(ana.pasts.at(-1)!.lines.map(({ sequence }) => sequence), range(5, 1500));
  ana.kept = range(1, 1501);
  assertEquals(await ana.link(), ["#main past - news 0 skipped 0 since undefined"]);
  ana.kept = range(1, 1501 + MAX_MISSED_LINES + 51);
  assertEquals(await ana.link(), [
    `#main past ${1501 + MAX_MISSED_LINES + 2}-${1501 + MAX_MISSED_LINES + 51} (50) news 50 skipped ${
      MAX_MISSED_LINES + 1
    } since undefined`,
  ]);
});

test("Messages that an answer has overtaken are shown once, at the start and after a reconnect", async () => {
  const ana = new Catching();
  ana.kept = range(1, 3);
  assertEquals((await ana.link()).length, 1);
  ana.receive(said(1), said(2), said(3));
  assertEquals(await ana.settled(), []);
  ana.receive(said(4));
  ana.kept = range(1, 8);
  assertEquals(await ana.link(), ["line 4", "#main past 5-8 (4) news 4 skipped 0 since undefined"]);
  ana.receive(said(7), said(8), said(9));
  assertEquals(await ana.settled(), ["line 9"]);
});

test("A room without messages is caught up from its first message on", async () => {
  const ana = new Catching();
  assertEquals(await ana.link(), ["#main past - news undefined skipped 0 since undefined"]);
  ana.kept = [1, 2];
  assertEquals(await ana.link(), ["#main past 1-2 (2) news 2 skipped 0 since undefined"]);
});

test("A hub with a new history counts as new, and none of its messages is taken for an old one", async () => {
  const ana = new Catching();
  ana.kept = range(1, 9);
  await ana.link();
  ana.kept = [1, 2];
  assertEquals(await ana.link(said(3)), [
    "#main past 1-2 (2) news undefined skipped 0 since undefined",
    "line 3",
  ]);
  ana.kept = [];
  assertEquals(await ana.link(said(1)), ["#main past - news undefined skipped 0 since undefined", "line 1"]);
});

test("More live messages than the queue holds are fetched too, and shown once and in order", async () => {
  const ana = new Catching();
  ana.kept = range(1, 10);
  let once = true;
  ana.before = () => {
    if (!once) return;
    once = false;
    ana.receive(...range(11, 10 + MAX_QUEUED_LINES + 5).map((n) => said(n)));
    queueMicrotask(() => ana.kept = range(1, 10 + MAX_QUEUED_LINES + 5));
  };
  const told = await ana.link();
  assertEquals(ana.pasts.length, 1);
  const all = [
    ...ana.pasts[0]!.lines.map(({ sequence }) => sequence),
    ...told.slice(1).map((text) => Number(text.slice(5))),
  ];
  assertEquals(all, range(1, 10 + MAX_QUEUED_LINES + 5));
});

test("If the link is lost during a fetch, the next link fetches again", async () => {
  const ana = new Catching();
  ana.kept = range(1, 3);
  await ana.link();
  ana.kept = range(1, 5);
  let once = true;
  ana.before = () => {
    if (once) ana.catchUp.connecting();
    once = false;
  };
  assertEquals(await ana.link(said(6)), []);
  ana.kept = range(1, 6);
  assertEquals(await ana.link(said(7)), ["#main past 4-6 (3) news 3 skipped 0 since undefined", "line 7"]);
});

test(
  "Only the places that the hub has one in wait; a room that is joined does from then on, until it is " +
    "refused",
  async () => {
    const ana = new Catching();
    ana.buffers = [MAIN, roomOf("dev"), roomOf("ops")];
    ana.catchUp.connecting();
    ana.receive(welcome("history"), said(1), said(1, "dev"), said(1, "ops"));
    assertEquals(await ana.settled(), ["line 1"]);
    ana.catchUp.startQueue(roomOf("ops"));
    ana.receive(said(2, "ops"));
    assertEquals(await ana.settled(), []);
    ana.catchUp.deliverQueued(roomOf("ops"));
    assertEquals(await ana.settled(), ["line 2"]);
  },
);

test("A hub without a history is not asked, and no message waits", async () => {
  const ana = new Catching();
  ana.catchUp.connecting();
  ana.receive(welcome("rooms"), said(1));
  ana.catchUp.startQueue(roomOf("dev"));
  ana.catchUp.opened();
  ana.receive(said(1, "dev"));
  assertEquals(await ana.settled(), ["line 1", "line 1"]);
  assertEquals(ana.asked, []);
});

/** A text nearly as long as a body may be, and how many of them may be fetched or queued. */
const LONG = "x".repeat(60_000);
const FIT = Math.floor(MAX_CATCH_UP_UNITS / LONG.length);

test("Of missed messages that are too large together the newest are shown, and the others counted", async () => {
  const ana = new Catching();
  ana.kept = range(1, 3);
  await ana.link();
  ana.text = LONG;
  ana.kept = range(1, 1000);
  const [told] = await ana.link(said(1001));
  const { lines, newCount, skipped } = ana.pasts.at(-1)!;
  assert(lines.length <= FIT && lines.length > FIT - 2, told);
  assertEquals([lines.at(-1)?.sequence, newCount, skipped], [1000, lines.length, 997 - lines.length]);
});

test("Each target has its share of what may be fetched", async () => {
  const ana = new Catching();
  ana.buffers = [MAIN, roomOf("dev")];
  ana.kept = range(1, 3);
  await ana.link();
  ana.text = LONG;
  ana.kept = range(1, 1000);
  await ana.link();
  const { lines } = ana.pasts.findLast(({ lines }) => lines.length > 0)!;
  assert(lines.length <= FIT / 2 && lines.length > FIT / 2 - 2, `${lines.length}`);
});

test("Queued messages that are too large together are fetched instead", async () => {
  const ana = new Catching();
  ana.kept = [1];
  ana.catchUp.connecting();
  ana.receive(welcome("history"), ...range(2, FIT + 2).map((n) => said(n, "main", LONG)));
  ana.receive(said(FIT + 3), said(FIT + 4));
  ana.kept = range(1, FIT + 2);
  ana.catchUp.opened();
  const told = await ana.settled();
  assertEquals(ana.asked.map(({ after }) => after), [undefined, FIT + 2]);
  assertEquals(told.slice(1), [`line ${FIT + 3}`, `line ${FIT + 4}`]);
});

const DEV = roomOf("dev");

/** A client in two rooms that have the same lines, and whose user has read them up to a number in an earlier run. */
function inTwoRooms(kept: number[], read?: number): Catching {
  const ana = new Catching();
  ana.buffers = [MAIN, DEV];
  ana.keepsAll = true;
  ana.kept = kept;
  if (read !== undefined) ana.seen = { sequence: read, at: 7 };
  return ana;
}

test("The hello names the last message of each room, the current one first, and needs no request then", async () => {
  const ana = inTwoRooms(range(1, 9), 5);
  // Without a message in this run, the current room is shown with messages that are not new.
  assertEquals(ana.catchUp.known(), { after: { dev: 5 }, newest: 50 });
  assertEquals(await ana.linkWithNewest(), [
    "#dev past 6-9 (4) news 4 skipped 0 since 7",
    "#main past 1-9 (9) news 4 skipped 0 since 7",
  ]);
  assertEquals(ana.asked.map(({ room }) => room), ["main"]);
  ana.kept = range(1, 11);
  ana.current = DEV;
  ana.catchUp.connecting();
  assertEquals(Object.entries(ana.catchUp.known()!.after), [["dev", 9], ["main", 9]]);
  assertEquals(await ana.linkWithNewest(), [
    "#dev past 10-11 (2) news 2 skipped 0 since undefined",
    "#main past 10-11 (2) news 2 skipped 0 since undefined",
  ]);
  assertEquals(ana.asked.length, 1);
});

test("Without a known number the hello asks for nothing", () => {
  assertEquals(new Catching().catchUp.known(), undefined);
  return Promise.resolve();
});

test("More missed messages than the hub sends by itself are fetched from the newest on, shown in order", async () => {
  const ana = inTwoRooms([1]);
  await ana.linkWithNewest();
  ana.asked.length = 0;
  ana.kept = range(1, 1001);
  assertEquals(await ana.linkWithNewest(), [
    "#main past 2-1001 (1000) news 1000 skipped 0 since undefined",
    "#dev past 2-1001 (1000) news 1000 skipped 0 since undefined",
  ]);
  assertEquals(ana.asked.map(({ room, before, after }) => [room, before, after]), [
    ["main", 952, undefined],
    ["main", 852, undefined],
    ["main", 352, undefined],
    ["dev", 952, undefined],
    ["dev", 452, undefined],
  ]);
});

test("Over a slow link the newest messages are shown, and the others are counted and not fetched", async () => {
  const ana = inTwoRooms([1]);
  await ana.linkWithNewest();
  ana.asked.length = 0;
  ana.kept = range(1, 1001);
  assertEquals(await ana.linkWithNewest({ afterMs: SLOW_PAGE_MS }), [
    "#main past 952-1001 (50) news 50 skipped 950 since undefined",
    "#dev past 952-1001 (50) news 50 skipped 950 since undefined",
  ]);
  assertEquals(ana.asked, []);
  // The next link is as fast as the first one.
  ana.kept = range(1, 1101);
  assertEquals(
    (await ana.linkWithNewest())[0],
    "#main past 1002-1101 (100) news 100 skipped 0 since undefined",
  );
});

test("Missed messages are fetched for a limited time; those before are counted", async () => {
  const ana = new Catching();
  ana.kept = [1];
  await ana.linkWithNewest();
  ana.asked.length = 0;
  ana.kept = range(1, 1901);
  ana.answerMs = SLOW_PAGE_MS / 2;
  assertEquals(await ana.linkWithNewest(), [
    "#main past 652-1901 (1250) news 1250 skipped 650 since undefined",
  ]);
  // About as many messages as arrive in a second, for two seconds.
  assertEquals(ana.asked.map(({ limit }) => limit), [100, 200, 400, 500]);
});

test("If a link turns out to be slow, nothing more is fetched", async () => {
  const ana = new Catching();
  ana.kept = [1];
  await ana.linkWithNewest();
  ana.kept = range(1, 1901);
  ana.answerMs = SLOW_PAGE_MS;
  assertEquals(await ana.linkWithNewest(), [
    "#main past 1752-1901 (150) news 150 skipped 1750 since undefined",
  ]);
});

test("Over a slow link a room that the user has never seen is left until the user comes to it", async () => {
  const ana = inTwoRooms(range(1, 9));
  ana.answerMs = SLOW_PAGE_MS;
  assertEquals(await ana.linkWithNewest(), ["#main past 1-9 (9) news undefined skipped 0 since undefined"]);
  ana.catchUp.viewed(DEV);
  ana.receive(said(10, "dev"));
  assertEquals(await ana.settled(), [
    "#dev past 1-9 (9) news undefined skipped 0 since undefined",
    "line 10",
  ]);
  ana.catchUp.viewed(DEV);
  assertEquals(ana.asked.map(({ room }) => room), ["main", "dev"]);
  // A message that comes before the user does is shown at once, and the room is then as any other.
  assertEquals((await ana.linkWithNewest()).length, 2);
  const bo = inTwoRooms(range(1, 9));
  bo.answerMs = SLOW_PAGE_MS;
  await bo.linkWithNewest();
  bo.receive(said(10, "dev"));
  assertEquals(await bo.settled(), ["line 10"]);
  bo.catchUp.viewed(DEV);
  assertEquals(await bo.settled(), []);
});

test("A known room without new messages is fetched when the user comes to it", async () => {
  const ana = inTwoRooms(range(1, 9), 9);
  assertEquals(await ana.linkWithNewest(), ["#main past 1-9 (9) news 0 skipped 0 since 7"]);
  ana.catchUp.viewed(DEV);
  assertEquals(await ana.settled(), ["#dev past 1-9 (9) news 0 skipped 0 since 7"]);
});

test("A room for which the hub does not answer the hello, or with another history, is fetched", async () => {
  const ana = inTwoRooms(range(1, 9), 7);
  assertEquals(await ana.linkWithNewest({ except: "dev" }), [
    "#main past 1-9 (9) news 2 skipped 0 since 7",
    "#dev past 1-9 (9) news 2 skipped 0 since 7",
  ]);
  ana.kept = range(1, 3);
  assertEquals(await ana.linkWithNewest(), [
    "#main past 1-3 (3) news undefined skipped 0 since undefined",
    "#dev past 1-3 (3) news undefined skipped 0 since undefined",
  ]);
});

test("A room that the hub has left out because of its limits is fetched, also over a slow link", async () => {
  const ana = inTwoRooms([1]);
  await ana.linkWithNewest();
  ana.kept = range(1, 3);
  assertEquals(await ana.linkWithNewest({ limitedTo: "main", afterMs: SLOW_PAGE_MS }), [
    "#main past 2-3 (2) news 2 skipped 0 since undefined",
    "#dev past 2-3 (2) news 2 skipped 0 since undefined",
  ]);
});

test("What a hub sends that does not know newest is not shown; the rooms are fetched", async () => {
  const ana = inTwoRooms([1]);
  await ana.linkWithNewest();
  ana.kept = range(1, 80);
  assertEquals(await ana.linkWithNewest({ isOld: true }), [
    "#main past 2-80 (79) news 79 skipped 0 since undefined",
    "#dev past 2-80 (79) news 79 skipped 0 since undefined",
  ]);
});

test("One request is sent at a time, the next for the room to which the user has come", async () => {
  const ana = inTwoRooms(range(1, 3));
  const rooms = ["a", "b", "c"].map(roomOf);
  ana.buffers = [MAIN, ...rooms];
  ana.before = () => {
    if (ana.asked.length === 1) ana.current = rooms[2]!;
  };
  ana.catchUp.connecting();
  ana.receive({ ...welcome("history", "ping"), rooms: ["main", "a", "b", "c"] } as ServerMessage);
  const opened = ana.catchUp.opened();
  assertEquals(ana.asked.length, 1);
  await opened;
  assertEquals(ana.asked.map(({ room }) => room), ["main", "a", "c", "b"]);
});

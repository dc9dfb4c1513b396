/**
 * Which direct messages were missed, and how a client catches up on them.
 *
 * The file is long because the hub in it has conversations of its own.
 *
 * @module
 */
import { CatchUp, MAX_CATCH_UP_UNITS, MAX_TARGETS } from "../../../client/catch_up/catch_up.ts";
import {
  DirectMessages,
  MAX_CONVERSATIONS,
  MAX_NAME_UNITS,
  MAX_OWN_NAMES,
} from "../../../client/catch_up/direct_messages.ts";
import type { Answer, ControlRequest } from "../../../client/link/mod.ts";
import { LinkError } from "../../../client/net/mod.ts";
import { MAIN, personOf, type Target, targetKey } from "../../../client/model/mod.ts";
import { Code, type Conversations, type PastLine, type ServerMessage } from "../../../protocol/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** A list with the numbers of the last messages by name, those with the newest messages first. */
function list(last: number, numbers: Record<string, number>): Conversations {
  const conversations = Object.entries(numbers).map(([name, last_sequence]) => (
    { with: name, last_sequence, timestamp: 0 }
  ));
  return { code: Code.Conversations, conversations, last };
}

const keys = (targets: readonly Target[]) => targets.map(targetKey);

test("What the first list of a name has was not missed; of later ones all that is not known", () => {
  const direct = new DirectMessages();
  direct.rename("ana");
  assertEquals(direct.request, { code: Code.ListConversations });
  assertEquals(direct.listed(list(10, { bo: 3, cy: 7 })), []);
  assertEquals(direct.request, { code: Code.ListConversations, after: 10 });
  direct.shown(personOf("bo"), 4);
  assertEquals(keys(direct.listed(list(20, { di: 1, Bo: 4, cy: 8 }))), ["@cy", "@di"]);
  // The next list does not have them any more.
  assertEquals(keys(direct.listed(list(20, {}))), ["@cy", "@di"]);
  direct.settled(personOf("CY"));
  assertEquals(keys(direct.listed(list(20, {}))), ["@di"]);
});

test("Another name of the user has other conversations, and the old one goes on when it is back", () => {
  const direct = new DirectMessages();
  direct.rename("ana");
  direct.listed(list(10, { bo: 3 }));
  assertEquals([direct.rename("Ana"), direct.rename("x7f3")], [false, true]);
  assertEquals([direct.request, direct.knownOf(personOf("bo"))], [
    { code: Code.ListConversations },
    undefined,
  ]);
  assertEquals(direct.listed(list(11, { bo: 1 })), []);
  direct.rename("ana");
  assertEquals(direct.request, { code: Code.ListConversations, after: 10 });
  assertEquals(keys(direct.listed(list(12, { bo: 4 }))), ["@bo"]);
});

test("In a new history of the hub everything is new", () => {
  const direct = new DirectMessages();
  direct.rename("ana");
  direct.listed(list(10, { bo: 3 }));
  assertEquals(keys(direct.listed(list(2, { bo: 2 }))), ["@bo"]);
  assertEquals(direct.knownOf(personOf("bo")), undefined);
});

test("In another epoch each listed conversation is asked for, and numbers that are lost are forgotten", () => {
  const direct = new DirectMessages();
  direct.rename("ana");
  direct.setEpoch("one");
  direct.listed(list(60, { bo: 30, cy: 20 }));
  direct.setEpoch("two");
  assertEquals(direct.request, { code: Code.ListConversations, after: 60, epoch: "one" });
  // The restored hub ended at 40, with 20 messages of bo, and goes on.
  assertEquals(keys(direct.listed(list(45, { bo: 25 }))), ["@bo"]);
  assertEquals(direct.knownOf(personOf("bo")), 30);
  direct.restored(personOf("bo"), 20);
  assertEquals([direct.knownOf(personOf("bo")), direct.knownOf(personOf("cy"))], [20, 20]);
  direct.settled(personOf("bo"));
  assertEquals(direct.request, { code: Code.ListConversations, after: 45, epoch: "two" });
  assertEquals(direct.listed(list(45, {})), []);
});

test("A hub cannot fill the memory with conversations, long names or names of the user", () => {
  const direct = new DirectMessages();
  direct.rename("ana");
  direct.listed(list(1, {}));
  for (let i = 0; i <= MAX_CONVERSATIONS; i++) direct.shown(personOf(`u${i}`), 1);
  const known = (name: string) => direct.knownOf(personOf(name));
  assertEquals([known("u0"), known("u1"), known(`u${MAX_CONVERSATIONS}`)], [undefined, 1, 1]);
  const numbers = Object.fromEntries(Array.from({ length: MAX_CONVERSATIONS + 5 }, (_, i) => [`v${i}`, 1]));
  const missed = direct.listed(list(2, { ["x".repeat(MAX_NAME_UNITS + 1)]: 1, ...numbers }));
  // The list begins with the newest.
  assertEquals([missed.length, missed.at(-1)?.name], [MAX_CONVERSATIONS, "v0"]);
  for (let i = 0; i < MAX_OWN_NAMES; i++) {
    direct.rename(`name${i}`);
    direct.shown(personOf("bo"), 1);
  }
  direct.rename("ana");
  assertEquals(direct.request, { code: Code.ListConversations });
});

const line = (username: string, sequence: number, to = "ana"): PastLine => (
  { timestamp: sequence, username, message: `${username} ${sequence}`, sequence, to }
);
const saidTo = (username: string, sequence: number, to = "ana"): ServerMessage => (
  { code: Code.SaidTo, message: { ...line(username, sequence, to), to, verified: false } }
);

/** A hub with direct conversations of ana, and a client that catches up. */
class Catching {
  /** The number of the last message with each user. */
  readonly last: Record<string, number> = {};
  features = ["history", "conversations"];
  buffers: Target[] = [MAIN];
  /** What was shown: live messages as `bo 1`, missed ones as `missed bo 1`. */
  readonly shown: string[] = [];
  readonly asked: string[] = [];
  renames = 0;
  /** Holds answers back until it resolves. */
  gate: Promise<void> = Promise.resolve();
  /** Whether the link is dead, so that requests fail. */
  isDead = false;
  #position = 0;
  readonly catchUp = new CatchUp({
    ask: (request) => this.#answer(request),
    elapsed: () => 0,
    buffers: () => this.buffers,
    current: () => MAIN,
    readMarkerOf: () => undefined,
    showEarlier: (target, { lines, newCount }) => {
      const texts = lines.map(({ message }) => message);
      this.shown.push(
        `${newCount === undefined ? "earlier" : "missed"} ${targetKey(target)}: ${texts.join()}`,
      );
    },
    deliver: (message) => this.#show(message),
    caughtUp: () => {},
    renamed: () => this.renames++,
    restored: () => {},
    missing: () => {},
  });

  /** Users write to ana, whether or not she gets it. */
  write(...names: string[]): void {
    for (const name of names) {
      this.last[name] = (this.last[name] ?? 0) + 1;
      this.#position++;
    }
  }

  link(username = "ana"): void {
    this.isDead = false;
    this.catchUp.connecting();
    this.receive({ code: Code.YourName, new: "x7f3" }, {
      code: Code.Welcome,
      username,
      rooms: ["main"],
      limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65_536 },
      features: this.features,
      retention_ms: 1000,
    });
    this.catchUp.opened();
  }

  receive(...messages: ServerMessage[]): void {
    for (const message of messages) if (this.catchUp.receive(message)) this.#show(message);
  }

  /** What was shown since, once nothing is asked any more. */
  async settled(): Promise<string[]> {
    for (let i = 0; i < 200; i++) await Promise.resolve();
    return this.shown.splice(0);
  }

  /** The same after many requests. */
  async allSettled(): Promise<string[]> {
    const shown: string[] = [];
    for (let more = await this.settled(); more.length > 0; more = await this.settled()) shown.push(...more);
    return shown;
  }

  #show(message: ServerMessage): void {
    if (message.code === Code.SaidTo) this.shown.push(message.message.message);
  }

  async #answer(request: ControlRequest): Promise<Answer> {
    const { last } = this;
    const numbers = Object.fromEntries(Object.entries(last).toReversed());
    const position = this.#position;
    this.asked.push(request.code === Code.AskHistory ? request.room : String(request.code));
    await this.gate;
    if (this.isDead) throw new LinkError("lost", "dead");
    if (request.code === Code.ListConversations) return list(position, numbers);
    if (request.code !== Code.AskHistory || !request.room.startsWith("@")) {
      return { code: Code.Refused, error: "no_such_room", message: "no" };
    }
    const name = request.room.slice(1);
    const messages = Array.from({ length: last[name] ?? 0 }, (_, i) => line(name, i + 1));
    return { code: Code.History, room: request.room, messages, more: false };
  }
}

test("Missed direct messages are shown once, in order, before live ones, also if no conversation is open", async () => {
  const ana = new Catching();
  ana.write("bo");
  ana.link();
  assertEquals(await ana.settled(), []);
  ana.write("bo");
  ana.receive(saidTo("bo", 2));
  assertEquals(await ana.settled(), ["bo 2"]);
  ana.write("bo", "cy", "bo");
  ana.link();
  ana.write("bo", "di");
  ana.receive(saidTo("bo", 5), saidTo("di", 1));
  assertEquals(await ana.settled(), ["di 1", "missed @bo: bo 3,bo 4,bo 5", "missed @cy: cy 1"]);
  // The answer has overtaken these.
  ana.receive(saidTo("bo", 5), saidTo("cy", 1));
  ana.write("bo");
  ana.receive(saidTo("bo", 6));
  assertEquals(await ana.settled(), ["bo 6"]);
  ana.link();
  assertEquals(await ana.settled(), []);
});

test("Messages that a lost link has not brought are fetched over the next one", async () => {
  const ana = new Catching();
  ana.link();
  await ana.settled();
  ana.write("bo");
  const { promise, resolve } = Promise.withResolvers<void>();
  ana.link();
  // The list comes, and the messages do not.
  for (let i = 0; !ana.asked.includes("@bo") && i < 100; i++) {
    if (ana.asked.at(-1) === "111") ana.gate = promise;
    await Promise.resolve();
  }
  ana.isDead = true;
  resolve();
  assertEquals(await ana.settled(), []);
  ana.gate = Promise.resolve();
  ana.link();
  assertEquals(await ana.settled(), ["missed @bo: bo 1"]);
});

test("When the user has its name back the hub is asked again, and numbers start again", async () => {
  const ana = new Catching();
  ana.link();
  await ana.settled();
  ana.link("x7f3");
  await ana.settled();
  ana.write("bo");
  ana.receive({ code: Code.YourName, new: "ana" });
  ana.write("cy");
  ana.receive(saidTo("cy", 1));
  assertEquals([await ana.settled(), ana.renames], [["cy 1", "missed @bo: bo 1"], 1]);
});

test("Missed messages of a user who has another name when they come are shown in that conversation", async () => {
  const ana = new Catching();
  ana.buffers.push(personOf("bo"));
  ana.link();
  await ana.settled();
  ana.write("bo");
  ana.link();
  for (let i = 0; !ana.asked.includes("@bo") && i < 100; i++) await Promise.resolve();
  ana.receive({ code: Code.Renamed, old: "bo", new: "bob" });
  assertEquals(await ana.settled(), ["missed @bob: bo 1"]);
});

test("An older hub is asked for the open conversations, and shows nothing twice", async () => {
  const ana = new Catching();
  ana.features = ["history"];
  ana.buffers.push(personOf("bo"));
  ana.link();
  ana.write("bo", "cy");
  ana.receive(saidTo("cy", 1));
  assertEquals(await ana.settled(), ["cy 1", "earlier @bo: bo 1"]);
  ana.write("bo", "cy");
  ana.link();
  assertEquals(await ana.settled(), ["missed @bo: bo 2"]);
  // A conversation that was opened by a message, and has been renamed.
  ana.buffers.push(personOf("cyd"));
  ana.write("cyd");
  ana.receive(saidTo("cyd", 1));
  ana.link();
  assertEquals(await ana.settled(), ["cyd 1", "missed @bo: ", "missed @cyd: "]);
});

test("Of messages that wait for the list the number of authors and the size of all together are limited", async () => {
  const ana = new Catching();
  const { promise, resolve } = Promise.withResolvers<void>();
  ana.gate = promise;
  ana.link();
  // One of the targets is main.
  const count = MAX_TARGETS - 1;
  for (let i = 0; i < count; i++) {
    ana.write(`u${i}`);
    ana.receive(saidTo(`u${i}`, 1));
  }
  assertEquals(await ana.settled(), []);
  // Later ones are shown as they come, and so is one whose author has a very long name.
  ana.receive(saidTo("late", 1), saidTo("y".repeat(MAX_NAME_UNITS + 1), 1));
  assertEquals((await ana.settled()).map((text) => text.slice(0, 6)), ["late 1", "yyyyyy"]);
  resolve();
  const shown = await ana.allSettled();
  assertEquals([shown.length, shown[0], shown.at(-1)], [count, "u0 1", `u${count - 1} 1`]);
});

test("Direct messages that are too large together while they wait are fetched", async () => {
  const ana = new Catching();
  ana.link();
  await ana.settled();
  const { promise, resolve } = Promise.withResolvers<void>();
  ana.gate = promise;
  ana.link();
  const long = "x".repeat(60_000);
  const count = Math.ceil(MAX_CATCH_UP_UNITS / long.length) + 20;
  for (let i = 0; i < count; i++) {
    ana.write(`u${i}`);
    ana.receive({
      code: Code.SaidTo,
      message: { timestamp: 1, username: `u${i}`, to: "ana", message: long, sequence: 1, verified: false },
    });
  }
  resolve();
  const shown = await ana.allSettled();
  // Some did not fit, and are fetched though the list does not have them. Nothing is shown twice.
  const fetched = shown.filter((text) => text.startsWith("missed")).length;
  assertEquals([shown.length, fetched > 0], [count, true]);
});

test("However often the hub renames the user, one request at a time is on its way", async () => {
  const ana = new Catching();
  const { promise, resolve } = Promise.withResolvers<void>();
  ana.gate = promise;
  ana.link();
  for (let i = 0; i < 500; i++) ana.receive({ code: Code.YourName, new: `name${i % 2}` });
  await ana.settled();
  assertEquals(ana.asked, ["111"]);
  ana.write("bo");
  ana.receive(saidTo("bo", 1, "name1"));
  resolve();
  assertEquals([await ana.settled(), ana.asked], [["bo 1"], ["111", "111", "main"]]);
});

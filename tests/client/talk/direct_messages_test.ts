/**
 * Which direct messages were missed, and how a client catches up on them.
 *
 * @module
 */
import { CatchUp } from "../../../client/talk/catch_up.ts";
import { DirectMessages } from "../../../client/talk/direct_messages.ts";
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

/**
 * Message ids on one hub and on two that are one chat: a message that its client sends again is never delivered again,
 * whatever has become of it, wherever the client is now. Each change of a message, in a room or in a direct
 * conversation, is tried with the message sent again before and after it, on the same connection, on a new one, and
 * once the hubs were started again.
 *
 * @module
 */
import { assertEquals } from "../../helpers/assert.ts";
import { type Json, OriginalClient, type Received } from "../../helpers/clients/original_client.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { type LiveHubs, OneHub, TwoLiveHubs } from "../../helpers/live/hubs.ts";
import { NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

type Request = Record<string, Json>;

/** Hubs with a clock that stands still but for what tells connections apart, and a user at each who only waits. */
class Chat implements AsyncDisposable {
  readonly #hubs: LiveHubs;
  readonly #ports: number[] = [];
  readonly #waiters: OriginalClient[] = [];
  #now = 0;
  #count = 0;

  constructor(hubs: LiveHubs) {
    this.#hubs = hubs;
  }

  async start(): Promise<void> {
    const clock = { wall: () => START + this.#now, elapsed: () => this.#count += 1e-6 };
    for (let hub = 0; hub < this.#hubs.count; hub++) {
      this.#ports[hub] = await this.#hubs.start(hub, clock);
      this.#waiters[hub] = await this.join(hub, { username: `waiter${hub}` });
    }
  }

  /** Connects a client to a hub, modulo their number; asks for the name until it is free. */
  async join(hub: number, hello: Request): Promise<OriginalClient> {
    const client = await OriginalClient.connect(this.#ports[hub % this.#hubs.count]!);
    await client.nextOf(202);
    let code: number;
    do ({ code } = await this.ask(client, { code: 102, client: "test/1", ...hello })); while (code !== 210);
    return client;
  }

  /** Sends a request, a moment after all before; returns the answer. */
  async ask(client: OriginalClient, request: Request): Promise<Received> {
    const [answer] = await this.askAtOnce(client, [request]);
    return answer!;
  }

  /** Sends requests in one write; returns the answers. */
  async askAtOnce(client: OriginalClient, requests: Request[]): Promise<Received[]> {
    this.#now++;
    const refs = requests.map(() => `r${++this.#count}`);
    await client.sendFrames(requests.map((request, index) => ({ ...request, ref: refs[index]! })));
    const answers: Received[] = [];
    for (const ref of refs) answers.push(await client.until((message) => message.ref === ref));
    return answers;
  }

  /** Waits until each hub has read what was acknowledged at the others. */
  async synced(): Promise<void> {
    for (const [from, sender] of this.#waiters.entries()) {
      for (const [to, receiver] of this.#waiters.entries()) {
        if (from === to) continue;
        const message = `${++this.#count}`;
        await this.ask(sender, { code: 104, to: `waiter${to}`, message });
        await receiver.until(({ code, message: said }) =>
          code === 213 && (said as { message: string }).message === message
        );
      }
    }
  }

  async stop(): Promise<void> {
    for (let hub = 0; hub < this.#hubs.count; hub++) await this.#hubs.stop(hub);
    for (const client of this.#waiters) await client.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** Somebody who says something with an id, and what becomes of it. */
class Author {
  readonly #chat: Chat;
  readonly #hello: Request;
  /** The room, or `@` and a name. */
  readonly place: string;
  #client: OriginalClient | undefined;

  constructor(chat: Chat, hello: Request, place: string) {
    this.#chat = chat;
    this.#hello = hello;
    this.place = place;
  }

  /** Connects to a hub, after the connection is lost that there may be. */
  async comes(hub: number): Promise<void> {
    await this.#client?.close();
    const rooms = this.place.startsWith("@") ? [] : [this.place];
    this.#client = await this.#chat.join(hub, { ...this.#hello, rooms });
  }

  async ask(request: Request): Promise<Received> {
    return await this.#chat.ask(this.#client!, request);
  }

  /** Says something; returns the answer in short. */
  async says(message: string, more: Request = {}): Promise<string> {
    const to = this.place.startsWith("@")
      ? { code: 104, to: this.place.slice(1) }
      : { code: 103, room: this.place };
    return answerOf(await this.ask({ ...to, message, id: "the id", ...more }));
  }

  /** Says some things in one write; returns the answers in short. */
  async saysAtOnce(...messages: string[]): Promise<string[]> {
    const requests = messages.map((message) => ({ code: 103, room: this.place, message, id: "the id" }));
    return (await this.#chat.askAtOnce(this.#client!, requests)).map(answerOf);
  }

  /** Changes the first message; returns the answer in short. */
  async changes(request: Request): Promise<string> {
    return answerOf(await this.ask({ room: this.place, sequence: 1, ...request }));
  }

  /** What the conversation has. */
  async reads(): Promise<string[]> {
    const { messages } = await this.ask({ code: 105, room: this.place });
    return (messages as Record<string, unknown>[]).map((line) => {
      const { sequence, message, edited, deleted, reply_to: replyTo, reactions = [] } = line;
      const state = [
        deleted === true ? "deleted" : "",
        edited === undefined ? "" : "edited",
        replyTo === undefined ? "" : `to ${replyTo}`,
        ...(reactions as { reaction: string; count: number }[]).map(({ reaction, count }) =>
          `${reaction}*${count}`
        ),
      ].filter((part) => part !== "");
      return [sequence, message, ...state].join(" ");
    });
  }

  async leaves(): Promise<void> {
    await this.#client?.close();
  }
}

function answerOf({ code, error, sequence }: Received): string {
  return code === 207 ? `207 ${sequence}` : String(error);
}

/** What becomes of a message that says `one`. */
interface Fate {
  /** What its author does; returns the answers. */
  does(author: Author): Promise<string[]>;
  /** The answers, if they are not those of the message itself. */
  answers?: string[];
  /** What the conversation has after it. */
  left: string[];
}

const FATES: Record<string, Fate> = {
  "is edited": {
    does: async (author) => [await author.changes({ code: 127, message: "two", id: "the id" })],
    left: ["1 two edited"],
  },
  "is edited twice": {
    does: async (author) => [
      await author.changes({ code: 127, message: "two", id: "the id" }),
      await author.changes({ code: 127, message: "three", id: "the id" }),
    ],
    left: ["1 three edited"],
  },
  "is edited and edited back": {
    does: async (author) => [
      await author.changes({ code: 127, message: "two", id: "the id" }),
      await author.changes({ code: 127, message: "one", id: "the id" }),
    ],
    left: ["1 one edited"],
  },
  "is deleted": {
    does: async (author) => [await author.changes({ code: 126, id: "the id" })],
    left: ["1  deleted"],
  },
  "gets a reaction": {
    does: async (author) => [await author.changes({ code: 128, reaction: "+1" })],
    left: ["1 one +1*1"],
  },
  "is answered by one with another id": {
    does: async (author) => [await author.says("yes", { id: "another", reply_to: 1 })],
    answers: ["207 2"],
    left: ["1 one", "2 yes to 1"],
  },
};

/** Where a message is sent: to a room, to somebody else, to oneself. */
const PLACES = [(number: number) => `dev${number}`, () => "@bo", (number: number) => `@ana${number}`];

/** Two clients that are the same one: by the secret of their session, or by their name alone. */
const SECRETS = [true, false];

async function checkFates(chat: Chat): Promise<void> {
  await chat.start();
  const bo = await chat.join(1, { username: "bo" });
  const authors: { author: Author; left: string[] }[] = [];
  for (const [what, { does, answers, left }] of Object.entries(FATES)) {
    for (const placeOf of PLACES) {
      for (const hasSecret of SECRETS) {
        const number = authors.length;
        const hello = {
          username: `ana${number}`,
          ...hasSecret ? { session: `secret of number ${number}` } : {},
        };
        const author = new Author(chat, hello, placeOf(number));
        authors.push({ author, left });
        const where = `of ${author.place}, ${hasSecret ? "with" : "without"} a secret, that ${what}`;
        await author.comes(0);
        for (const when of ["first", "again before"]) {
          assertEquals(await author.says("one"), "207 1", `${when}: the message ${where}`);
        }
        const done = await does(author);
        assertEquals(done, answers ?? done.map(() => "207 1"), where);
        assertEquals(await author.says("one"), "207 1", `again: the message ${where}`);
        assertEquals(await author.reads(), left, `the conversation ${where}`);
        for (const hub of [0, 1]) {
          await author.comes(hub);
          assertEquals(await author.says("one"), "207 1", `again, at hub ${hub}: the message ${where}`);
          await chat.synced();
          // Its client did not get the answer, and does that again, too.
          assertEquals(await does(author), done, `again, at hub ${hub}: ${where}`);
          assertEquals(
            await author.says("one"),
            "207 1",
            `again, after all, at hub ${hub}: the message ${where}`,
          );
          assertEquals(await author.reads(), left, `the conversation at hub ${hub} ${where}`);
        }
        await author.leaves();
      }
    }
  }
  await chat.stop();
  await bo.close();
  await chat.start();
  for (const { author, left } of authors) {
    for (const hub of [0, 1]) {
      await author.comes(hub);
      assertEquals(await author.says("one"), "207 1", `after a restart, at hub ${hub}: ${author.place}`);
      assertEquals(await author.reads(), left, `after a restart, at hub ${hub}: ${author.place}`);
    }
    await author.leaves();
  }
}

/** Sends messages that have the same id and other texts: each is a new one. */
async function checkTexts(chat: Chat): Promise<void> {
  await chat.start();
  const author = new Author(chat, { username: "ana", session: "the secret of ana" }, "dev");
  await author.comes(0);
  const answers: string[] = [];
  for (const text of ["one", "two", "two", "one"]) answers.push(await author.says(text));
  assertEquals(answers, ["207 1", "207 2", "207 2", "207 3"]);
  await chat.synced();
  await author.comes(1);
  assertEquals([await author.says("one"), await author.says("two")], ["207 3", "207 4"]);
  assertEquals(await author.saysAtOnce("one", "two", "two", "one"), ["207 5", "207 6", "207 6", "207 7"]);
  assertEquals((await author.reads()).at(-1), "7 one");
  await author.leaves();
}

const ALIKE = "A message that its client sends again is not delivered again, whatever has become of it";
const ANEW = "A message with the id of the one before and another text is a new message";

for (const [name, check] of [[ALIKE, checkFates], [ANEW, checkTexts]] as const) {
  Deno.test(`${name}: at a hub`, async () => {
    using folder = new DataFolder();
    await using chat = new Chat(new OneHub(folder));
    await check(chat);
  });

  natsTest(`${name}: at two hubs`, async () => {
    await using nats = await NatsServer.start();
    using hubs = new TwoLiveHubs(nats.url, "main");
    await using chat = new Chat(hubs);
    await check(chat);
  });
}

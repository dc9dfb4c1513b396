/**
 * Message ids on one hub and on two that are one chat: a message that its client sends again is never delivered again,
 * whatever has become of it, wherever the client is now. Each change of a message, in a room or in a direct
 * conversation, is tried with the message sent again before and after it, on the same connection, on a new one, and
 * once the hubs were started again.
 *
 * @module
 */
import { assertEquals } from "../../helpers/assert.ts";
import type { OriginalClient, Received } from "../../helpers/clients/original_client.ts";
import { type PlainChat, type Request, testOneAndTwoHubs } from "../../helpers/live/plain_chat.ts";

/** Somebody who says something with an id, and what becomes of it. */
class Author {
  readonly #chat: PlainChat;
  readonly #hello: Request;
  /** The room, or `@` and a name. */
  readonly place: string;
  #client: OriginalClient | undefined;

  constructor(chat: PlainChat, hello: Request, place: string) {
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

async function checkFates(chat: PlainChat): Promise<void> {
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
async function checkTexts(chat: PlainChat): Promise<void> {
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

/** Connections of one client, at all hubs, send and change the same at the same moment. */
async function checkAtOnce(chat: PlainChat): Promise<void> {
  await chat.start();
  const bo = await chat.join(0, { username: "bo", rooms: ["dev"] });
  const clients: OriginalClient[] = [];
  for (const [hub, username] of ["ana", "anna", "annie", "anny"].entries()) {
    clients.push(await chat.join(hub, { username, session: "the secret of ana", rooms: ["dev"] }));
  }
  const all = async (request: Request) => {
    const answers = (await Promise.all(clients.map((client) => chat.ask(client, request)))).map(answerOf);
    await chat.synced();
    return answers;
  };
  const rounds = Array.from({ length: ROUNDS }, (_, index) => index + 1);
  for (const number of rounds) {
    const id = `id ${number}`;
    const done = clients.map(() => `207 ${number}`);
    assertEquals(await all({ code: 103, room: "dev", message: "one", id }), done, `sending ${number}`);
    const change = { room: "dev", sequence: number, id };
    for (const message of ["two", "three"]) {
      assertEquals(await all({ code: 127, ...change, message }), done, `editing ${number} to ${message}`);
    }
    assertEquals(await all({ code: 103, room: "dev", message: "one", id }), done, `sending ${number} again`);
    if (number % 2 === 0) assertEquals(await all({ code: 126, ...change }), done, `deleting ${number}`);
  }
  const { messages } = await chat.ask(bo, { code: 105, room: "dev", limit: 500 });
  assertEquals(
    (messages as Record<string, unknown>[]).map(({ sequence, message }) => `${sequence} ${message}`),
    rounds.map((number) => `${number} ${number % 2 === 0 ? "" : "three"}`),
  );
  const told = rounds.flatMap((number) => {
    const changes = Array(number % 2 === 0 ? 3 : 2).fill(`226 ${number}`);
    return [`200 ${number}`, ...changes];
  });
  while (heard(bo).length < told.length) await bo.next();
  assertEquals(heard(bo), told);
  for (const client of [bo, ...clients]) await client.close();
}

/** How often they do. */
const ROUNDS = 30;

/** The messages of a room that somebody has received, and what has changed of them. */
function heard({ received }: OriginalClient): string[] {
  return received.flatMap(({ code, room, sequence, message }) => {
    const said = code === 200 ? message as { room: string; sequence: number } : { room, sequence };
    return (code === 200 || code === 226) && said.room === "dev" ? [`${code} ${said.sequence}`] : [];
  });
}

const ALIKE = "A message that its client sends again is not delivered again, whatever has become of it";
const ANEW = "A message with the id of the one before and another text is a new message";

const ONCE = "What connections of one client send at the same moment with the same id happens once";

for (const [name, check] of [[ALIKE, checkFates], [ANEW, checkTexts], [ONCE, checkAtOnce]] as const) {
  testOneAndTwoHubs(name, check);
}

/**
 * Changes of one message at the same moment, on one hub and on two that are one chat: what everybody is told is what
 * one change after the other would be, in the order in which they are told.
 *
 * @module
 */
import { assert } from "../../helpers/assert.ts";
import type { OriginalClient } from "../../helpers/clients/original_client.ts";
import { type PlainChat, type Request, testOneAndTwoHubs } from "../../helpers/live/plain_chat.ts";

/** How often users do the same at once. */
const ROUNDS = 20;

/** Two users, of one client, as both may change what one of them says; one at each hub. */
class Pair {
  readonly clients: OriginalClient[] = [];
  readonly #chat: PlainChat;
  readonly #reader: OriginalClient;
  #count = 0;

  private constructor(chat: PlainChat, reader: OriginalClient) {
    this.#chat = chat;
    this.#reader = reader;
  }

  static async start(chat: PlainChat): Promise<Pair> {
    await chat.start();
    const pair = new Pair(chat, await chat.join(0, { username: "bo", rooms: ["dev"] }));
    for (const [hub, username] of ["ana", "anna"].entries()) {
      pair.clients.push(await chat.join(hub, { username, session: "the secret of ana", rooms: ["dev"] }));
    }
    return pair;
  }

  /** Says something, and has each of the two change it at once; returns the answers, and what a reader is told. */
  async change(...requests: [Request, Request]): Promise<{ answers: string[]; told: string[] }> {
    const id = `id ${++this.#count}`, end = `end ${this.#count}`;
    const said = { code: 103, room: "dev" };
    const { sequence } = await this.#chat.ask(this.clients[0]!, { ...said, message: "one", id });
    await this.#chat.synced();
    const answers = await Promise.all(this.clients.map(async (client, index) => {
      const change = { room: "dev", sequence: Number(sequence), id, ...requests[index]! };
      const { error, code, count } = await this.#chat.ask(client, change);
      return String(error ?? (count === undefined ? code : `${code} ${count}`));
    }));
    await this.#chat.synced();
    await this.#chat.ask(this.clients[0]!, { ...said, message: end });
    await this.#reader.until(({ message }) => (message as { message?: string } | undefined)?.message === end);
    return { answers, told: changesOf(this.#reader, Number(sequence)) };
  }

  async close(): Promise<void> {
    for (const client of [this.#reader, ...this.clients]) await client.close();
  }
}

/** What a reader is told of the changes of a message. */
function changesOf({ received }: OriginalClient, sequence: number): string[] {
  return received.filter((body) => body.code === 226 && body.room === "dev" && body.sequence === sequence)
    .map(
      ({ deleted, message, reactions }) => {
        const counts = (reactions as { reaction: string; count: number }[] | undefined)?.map(
          ({ reaction, count }) => `${reaction}*${count}`,
        );
        return deleted ? "deleted" : counts === undefined ? `= ${message}` : `reactions ${counts.join(" ")}`;
      },
    );
}

const react = (reaction: string): Request => ({ code: 128, reaction });
const edit = (message: string): Request => ({ code: 127, message });
const remove: Request = { code: 126 };

/** What two users do, and what may follow from it: the answers, and what others are told. */
const CASES: [string, [Request, Request], { answers: string[]; told: string[] }[]][] = [
  ["the same reaction", [react("+1"), react("+1")], [
    { answers: ["207", "207"], told: ["reactions +1*1", "reactions +1*2"] },
  ]],
  ["different reactions", [react("+1"), react("-1")], [
    { answers: ["207", "207"], told: ["reactions +1*1", "reactions +1*1 -1*1"] },
    { answers: ["207", "207"], told: ["reactions -1*1", "reactions +1*1 -1*1"] },
  ]],
  ["two deletions", [remove, remove], [
    { answers: ["207 1", "207 0"], told: ["deleted"] },
    { answers: ["207 0", "207 1"], told: ["deleted"] },
  ]],
  ["an edit and a deletion", [edit("two"), remove], [
    { answers: ["207", "207 1"], told: ["= two", "deleted"] },
    { answers: ["no_such_message", "207 1"], told: ["deleted"] },
  ]],
  ["a reaction and a deletion", [react("+1"), remove], [
    { answers: ["207", "207 1"], told: ["reactions +1*1", "deleted"] },
    { answers: ["no_such_message", "207 1"], told: ["deleted"] },
  ]],
  ["two edits", [edit("two"), edit("three")], [
    { answers: ["207", "207"], told: ["= two", "= three"] },
    { answers: ["207", "207"], told: ["= three", "= two"] },
  ]],
  ["the same edit", [edit("two"), edit("two")], [{ answers: ["207", "207"], told: ["= two"] }]],
];

async function check(chat: PlainChat): Promise<void> {
  const pair = await Pair.start(chat);
  for (const [what, requests, outcomes] of CASES) {
    for (let round = 0; round < ROUNDS; round++) {
      const found = JSON.stringify(await pair.change(...requests));
      const expected = outcomes.map((outcome) => JSON.stringify(outcome));
      assert(expected.includes(found), `${what}: ${found} is none of ${expected.join(" or ")}`);
    }
  }
  await pair.close();
}

testOneAndTwoHubs("What is told of changes at the same moment is what one after the other would be", check);

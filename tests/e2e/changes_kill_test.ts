/**
 * Deletions, edits and reactions survive kills of the hub, and deleted texts leave the disk, tested with the real
 * program.
 *
 * `RIFTCHAT_KILLS` is the number of kills, as in `history_test.ts`.
 *
 * @module
 */
import { assert, assertEquals } from "../helpers/assert.ts";
import { OriginalClient, type Received } from "../helpers/clients/original_client.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { HubProgram, run } from "../helpers/program.ts";

const KILLS = Math.ceil(Number(Deno.env.get("RIFTCHAT_KILLS") ?? 50) / 5);
const CLIENTS = 3;
/** How many requests are answered before the next kill, at most. */
const MAX_ANSWERS = 60;

/** What a message is now; the text is empty if it was deleted. */
interface State {
  text: string;
  reactions: number;
}

function start(folder: DataFolder): Promise<HubProgram> {
  return HubProgram.start(["--history", "on", "--data", folder.path, "--rate-limit", "off"]);
}

/** Sends messages and changes its own ones, each when the hub has acknowledged the one before. */
class ChangingClient {
  /** What must be stored, by number. */
  readonly states = new Map<number, State>();
  /** All texts that it ever sent. */
  readonly texts = new Set<string>();
  /** What may be stored instead, because the hub was killed before it acknowledged the last change. */
  unanswered: { sequence: number; state: State } | undefined;
  readonly #name: string;
  readonly #room: string;
  readonly #answered: () => void;
  #count = 0;

  constructor(name: string, room: string, answered: () => void) {
    this.#name = name;
    this.#room = room;
    this.#answered = answered;
  }

  /** Runs until the hub is killed. */
  async run(port: number): Promise<void> {
    try {
      await using client = await OriginalClient.connect(port);
      // The hub may not have noticed yet that the connection of the partner is closed, but it has a new process.
      await client.sendJson({ code: 102, client: "changing/1", username: this.#name, ref: "hello" });
      await client.nextOf(210);
      for (;;) await this.#step(client);
    } catch {
      // The hub was killed.
    }
  }

  async #step(client: OriginalClient): Promise<void> {
    const id = `${this.#name}-${++this.#count}`;
    const text = this.#text("said");
    const where = this.#room.startsWith("@")
      ? { code: 104, to: this.#room.slice(1) }
      : { code: 103, room: this.#room };
    const { sequence } = await this.#ask(client, { ...where, message: text, id });
    const number = Number(sequence);
    const line = { room: this.#room, sequence: number };
    let state: State = { text, reactions: 0 };
    this.states.set(number, state);
    const change = async (request: Record<string, string | number>, next: State) => {
      this.unanswered = { sequence: number, state: next };
      await this.#ask(client, { ...line, ...request });
      this.states.set(number, state = next);
      this.unanswered = undefined;
    };
    if (this.#count % 2 === 0) await change({ code: 128, reaction: "+1" }, { ...state, reactions: 1 });
    if (this.#count % 3 === 0) {
      const message = this.#text("edited");
      await change({ code: 127, message, id }, { ...state, text: message });
    }
    if (this.#count % 5 < 2) await change({ code: 126, id }, { text: "", reactions: 0 });
  }

  #text(what: string): string {
    const text = `${what}${this.#name}${this.#count}secret of ${this.#name}`;
    this.texts.add(text.split(" ")[0]!);
    return text;
  }

  async #ask(client: OriginalClient, request: Record<string, string | number>): Promise<Received> {
    const ref = `${this.#count}-${request.code}`;
    await client.sendJson({ ...request, ref });
    const answer = await client.until((message) =>
      message.ref === ref && (message.code === 207 || message.code === 206)
    );
    // The partner of a direct conversation may not be there yet.
    if (answer.error === "no_such_user") return await this.#ask(client, request);
    if (answer.code === 206 || answer.stored === false) {
      throw this.failure = new Error(JSON.stringify(answer));
    }
    this.#answered();
    return answer;
  }

  /** Why the hub refused a request, if it did. */
  failure: Error | undefined;
}

/** Reads all messages of a conversation from a hub, as they are. */
async function read(port: number, username: string, room: string): Promise<Map<number, State>> {
  await using client = await OriginalClient.connect(port);
  await client.sendJson({ code: 102, client: "reader/1", username, ref: "hello" });
  await client.nextOf(210);
  const states = new Map<number, State>();
  for (let after = 0, more = true; more;) {
    await client.sendJson({ code: 105, room, after, limit: 500, ref: `after ${after}` });
    const page = await client.until(({ code, ref }) => code === 208 && ref === `after ${after}`);
    for (const line of page.messages as unknown as Received[]) {
      const [reaction] = (line.reactions ?? []) as unknown as { count: number }[];
      assertEquals(line.deleted === true, line.message === "");
      states.set(after = Number(line.sequence), {
        text: String(line.message),
        reactions: reaction?.count ?? 0,
      });
    }
    more = page.more === true;
  }
  return states;
}

Deno.test(`No acknowledged change is lost, and none is half there, when the hub is killed ${KILLS} times`, async () => {
  using folder = new DataFolder();
  let left = 0;
  let enough = Promise.withResolvers<void>();
  const rooms = ["main", "main", "@client0"];
  const clients = Array.from(
    { length: CLIENTS },
    (_, i) =>
      new ChangingClient(`client${i}`, rooms[i]!, () => {
        if (--left === 0) enough.resolve();
      }),
  );
  /** What is stored, by conversation; a change that was not acknowledged may be stored or not. */
  const check = async (port: number) => {
    for (const [room, own] of [["main", clients.slice(0, 2)], ["@client0", clients.slice(2)]] as const) {
      const stored = await read(port, room === "main" ? "reader" : "client2", room);
      for (const client of own) {
        for (const [sequence, state] of client.states) {
          const found = stored.get(sequence);
          const { unanswered } = client;
          const isNew = unanswered?.sequence === sequence &&
            JSON.stringify(found) === JSON.stringify(unanswered.state);
          if (!isNew) assertEquals(found, state, `${room} ${sequence}`);
          else client.states.set(sequence, unanswered.state);
        }
        client.unanswered = undefined;
      }
    }
  };
  for (let kill = 0; kill < KILLS; kill++) {
    left = 1 + kill * 37 % MAX_ANSWERS;
    enough = Promise.withResolvers<void>();
    await using hub = await start(folder);
    await check(hub.port);
    const talking = clients.map((client) => client.run(hub.port));
    await Promise.race([enough.promise, hub.status.then(() => Promise.reject(new Error(hub.stderr)))]);
    hub.kill("SIGKILL");
    await Promise.all(talking);
    assertEquals(clients.map(({ failure }) => failure), clients.map(() => undefined));
  }
  await using hub = await start(folder);
  await check(hub.port);
  // While others write.
  await using writer = await OriginalClient.connect(hub.port);
  for (let i = 0; i < 50; i++) await writer.say(`written ${i}`);
  const states = [await read(hub.port, "reader", "main"), await read(hub.port, "client2", "@client0")];
  const stored = new Set(
    states.flatMap((found) => [...found.values()].map(({ text }) => text.split(" ")[0]!)),
  );
  assertEquals(await hub.stop(), 0);
  const files = Object.values(folder.files());
  const texts = clients.flatMap(({ texts }) => [...texts]);
  const onDisk = texts.filter((text) => files.some((file) => file.includes(text)));
  assertEquals(onDisk, texts.filter((text) => stored.has(text)));
  assert(onDisk.length < texts.length - KILLS, "nothing was deleted");
  const exported = await run(["export", "--data", folder.path]);
  assertEquals([exported.status, exported.stderr], [0, ""]);
  assertEquals(new Set(texts.filter((text) => exported.stdout.includes(text))), new Set(onDisk));
  assert(exported.stdout.includes('"deleted":true'), "the deletions are not exported");
});

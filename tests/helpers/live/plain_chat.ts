/**
 * Users of one real hub, or of several that are one chat, for tests that say themselves what the right answers are.
 *
 * @module
 */
import { type Json, OriginalClient, type Received } from "../clients/original_client.ts";
import { DataFolder } from "../hubs/history.ts";
import { START } from "../hubs/test_hub.ts";
import { NatsServer, natsTest } from "../nats/nats_server.ts";
import { type LiveHubs, OneHub, TwoLiveHubs } from "./hubs.ts";

/** A request of a client. */
export type Request = Record<string, Json>;

/** Hubs with a clock that stands still but for what tells connections apart, and a user at each who only waits. */
export class PlainChat implements AsyncDisposable {
  readonly #hubs: LiveHubs;
  readonly #ports: number[] = [];
  readonly #waiters: OriginalClient[] = [];
  #now = 0;
  #count = 0;

  /**
   * Starts nothing yet.
   *
   * @param hubs the hubs
   */
  constructor(hubs: LiveHubs) {
    this.#hubs = hubs;
  }

  /** Starts all hubs. */
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

  /** Stops all hubs. */
  async stop(): Promise<void> {
    for (let hub = 0; hub < this.#hubs.count; hub++) await this.#hubs.stop(hub);
    for (const client of this.#waiters) await client.close();
  }

  /** Stops all hubs. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Registers a test that one hub passes, and two hubs of a cluster.
 *
 * @param name the name of the test
 * @param check the test; it starts the hubs
 */
export function testOneAndTwoHubs(name: string, check: (chat: PlainChat) => Promise<void>): void {
  Deno.test(`${name}: at a hub`, async () => {
    using folder = new DataFolder();
    await using chat = new PlainChat(new OneHub(folder));
    await check(chat);
  });

  natsTest(`${name}: at two hubs`, async () => {
    await using nats = await NatsServer.start();
    using hubs = new TwoLiveHubs(nats.url, "main");
    await using chat = new PlainChat(hubs);
    await check(chat);
  });
}

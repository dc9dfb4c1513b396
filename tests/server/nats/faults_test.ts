/**
 * Random faults of NATS servers while several writers and readers use one log. Readers apply the rule on which a
 * cluster rests: a message counts if its number is the one after the last of its room. `RIFTCHAT_SEED` repeats a run,
 * `RIFTCHAT_FUZZ` is the number of faults.
 *
 * @module
 */
import { StreamReader } from "../../../server/nats/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { withDeadline } from "../../helpers/deadline.ts";
import { howMany, SEED } from "../../helpers/fuzz.ts";
import { NatsClient } from "../../helpers/nats/log_reader.ts";
import { NatsCluster } from "../../helpers/nats/nats_cluster.ts";
import { IS_FRAIL, NatsServer, natsTest } from "../../helpers/nats/nats_server.ts";

const FAULTS = ["SIGKILL", "SIGTERM", "SIGSTOP", "rolling", "all"] as const;

/** A sequence of random numbers that its seed determines. */
function random(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor(state / 2 ** 32 * below);
  };
}

/** A hub that writes to one room together with the others: one message in flight, sent until its number is taken. */
class Writer implements AsyncDisposable {
  /** The valid messages, as this writer reads them. */
  readonly log: string[] = [];
  /** The texts of its own messages that are valid. */
  readonly own: string[] = [];
  /** Why it could not read. */
  readonly problems: string[] = [];
  /** How many messages were not valid. */
  invalid = 0;
  readonly #client: NatsClient;
  readonly #name: string;
  readonly #usesIds: boolean;
  readonly #reader: StreamReader;
  /** The sequences of the valid messages in the stream. */
  readonly #places: number[] = [];
  #isStopping = false;
  /** The first message that shows that this writer was not given what another one was given. */
  #lacking: string | undefined;
  #doing = "";
  #waiting: (() => void)[] = [];

  constructor(client: NatsClient, name: string, usesIds: boolean) {
    this.#client = client;
    this.#name = name;
    this.#usesIds = usesIds;
    this.#reader = new StreamReader({
      connection: client.connection,
      stream: client.names.log,
      after: 0,
      isGapless: true,
      problem: (text) => this.problems.push(text),
      rewound: ({ reason }) => {
        throw new Error(`the log was ${reason}`);
      },
      deliver: ({ data, sequence }) => {
        const { first, text } = JSON.parse(new TextDecoder().decode(data));
        if (first !== this.log.length + 1) {
          this.invalid++;
          // Whoever wrote it had read all before it.
          if (first > this.log.length + 1) {
            this.#lacking ??= `at ${sequence}: ${first} ${text} after ${this.log.length} ${
              this.log.at(-1)
            } at ${this.#places.at(-1)}`;
          }
          return;
        }
        this.log.push(text);
        this.#places.push(sequence);
        if (text.startsWith(`${this.#name} `)) this.own.push(text);
        for (const resolve of this.#waiting.splice(0)) resolve();
      },
    });
    this.#reader.start();
  }

  /** Writes messages until it is stopped; each counts before the next is sent. */
  async write(): Promise<void> {
    for (let count = 1; !this.#isStopping; count++) await this.#say(`${this.#name} ${count}`);
  }

  stop(): void {
    this.#isStopping = true;
  }

  async #say(text: string): Promise<void> {
    while (this.own.at(-1) !== text) {
      const first = this.log.length + 1;
      const changed = this.#change();
      const id = this.#usesIds ? `room:${first}` : undefined;
      this.#doing = `sends ${first} ${text}`;
      const refused = await this.#client.publisher
        .publish(`${this.#client.names.subjects.rooms}room`, JSON.stringify({ first, text }), { id })
        .then(({ sequence }) => {
          this.#doing = `${first} ${text} is stored as ${sequence}`;
          return false;
        }, () => true);
      // A message that was refused is sent again soon; one that was stored comes back, or another one in its place.
      if (refused) await new Promise((resolve) => setTimeout(resolve, 20));
      else if (this.log.length < first) await changed;
    }
  }

  /** Resolves with the next valid message. */
  #change(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Waits until so many messages are valid. */
  async count(count: number, others: readonly Writer[] = [this]): Promise<void> {
    while (this.log.length < count) {
      await withDeadline(
        this.#change(),
        () => `${count} messages: ${others.join("; ")}`,
        60_000,
      );
    }
  }

  /** Describes what is read around a message, for a test that fails. */
  around(index: number): string {
    const first = Math.max(0, index - 2);
    const texts = this.log.slice(first, index + 3);
    return `${this.#name} has ` +
      texts.map((text, offset) => `${this.#places[first + offset]}: ${text}`).join(", ");
  }

  /** Describes the writer, for a test that fails. */
  toString(): string {
    const { isSilent, sequence, lag } = this.#reader;
    const { publisher, connection } = this.#client;
    return `${this.#name} has ${this.log.length} messages, the last is ${this.log.at(-1)}, its own ${
      this.own.at(-1)
    }, ` +
      `${this.#doing}, reads at ${sequence}, lag ${lag}, ${isSilent ? "silent" : "heard"}, ` +
      `${connection.isConnected ? "connected" : "away"}, ${publisher.inFlight} in flight` +
      `${this.#lacking === undefined ? "" : `, lacks what is before ${this.#lacking}`}: ${
        this.problems.join(", ")
      }`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#reader.close();
    await this.#client[Symbol.asyncDispose]();
  }
}

/** Has three writers write while servers fail. */
async function run(servers: readonly NatsServer[], seed: number, usesIds: boolean): Promise<void> {
  const below = random(seed);
  const urls = servers.map(({ url }) => url);
  const writers: Writer[] = [];
  for (const name of ["one", "two", "three"]) {
    writers.push(new Writer(await NatsClient.withStreams(urls, servers.length === 3 ? 3 : 1), name, usesIds));
  }
  const [watched] = writers as [Writer];
  const story: string[] = [];
  try {
    const writing = writers.map((writer) => writer.write());
    for (let fault = 0; fault < howMany(servers.length === 1 ? 4 : IS_FRAIL ? 1 : 2); fault++) {
      const before = watched.log.length;
      await watched.count(before + 20, writers);
      const kind = FAULTS[below(servers.length > 1 && IS_FRAIL ? FAULTS.length - 1 : FAULTS.length)]!;
      const server = servers[below(servers.length)]!;
      story.push(kind);
      if (kind === "all") await Promise.all(servers.map((each) => each.restart()));
      else if (kind === "rolling") {
        for (const each of servers) {
          await each.restart("SIGTERM");
          await each.ready();
        }
      } else if (kind === "SIGSTOP") {
        await server.stop();
        // Long enough for the others to go on without it; a single server has none.
        if (servers.length > 1) await watched.count(watched.log.length + 20, writers);
        server.continue();
      } else {
        await server.kill(kind);
        if (servers.length > 1) await watched.count(watched.log.length + 20, writers);
        await server.start();
      }
      // As whoever runs NATS does: a server that still catches up counts as failed too.
      await Promise.all(servers.map((each) => each.ready()));
    }
    for (const writer of writers) writer.stop();
    await withDeadline(Promise.all(writing), () => `${writers.join("; ")}; ${story}`, 30_000);
    const count = Math.max(...writers.map(({ log }) => log.length));
    for (const writer of writers) await writer.count(count, writers);
    for (const writer of writers) {
      const at = writer.log.findIndex((text, index) => text !== watched.log[index]);
      if (at >= 0) throw new Error(`${writer.around(at)}\n${watched.around(at)}\nafter ${story.join(", ")}`);
      assertEquals(writer.log.length, watched.log.length);
    }
    for (const { own } of writers) {
      const numbers = own.map((text) => Number(text.split(" ")[1]));
      assertEquals(numbers, numbers.map((_, index) => index + 1), story.join(", "));
    }
    assertEquals(watched.log.length, writers.reduce((sum, { own }) => sum + own.length, 0));
    // Without ids the writers race for each number, and losers are stored.
    assert(usesIds || watched.invalid > 0);
  } finally {
    for (const writer of writers) await writer[Symbol.asyncDispose]();
  }
}

for (const usesIds of [true, false]) {
  const ids = usesIds ? "with" : "without";
  natsTest(
    `No message is lost, doubled or reordered while one server fails, ${ids} ids (seed ${SEED})`,
    async () => {
      await using server = await NatsServer.start();
      await run([server], SEED, usesIds);
    },
  );

  natsTest(
    `No message is lost, doubled or reordered while three servers fail, ${ids} ids (seed ${SEED})`,
    async () => {
      await using cluster = await NatsCluster.start();
      await run(cluster.servers, SEED, usesIds);
    },
  );
}

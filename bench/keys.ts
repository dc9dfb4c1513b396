/**
 * `deno task keys [CLIENTS [ROUNDS]]`: what it costs a hub that its clients prove a key. CLIENTS clients (default
 * 1,000) connect and join at once, with a signature and without, in turns; it prints the times and their ratio, and
 * the memory of the hub for each connection.
 *
 * The hub is the real program on loopback, new in each round. A time is that from the first connection until every
 * client has its 202, and from the first hello until every client has its 210; what the clients need to sign in between
 * is not counted. For the memory the clients join quietly, so that the hub has nothing to tell them: CLIENTS before the
 * first measurement, so that what the hub needs once is not counted, and twice as many after it.
 *
 * @module
 */
import { encodeFrame, serialize } from "../protocol/mod.ts";
import { residentBytes } from "../tests/helpers/resident_memory.ts";
import { TestKey } from "../tests/helpers/clients/test_key.ts";

const FLAGS = "--rate-limit off --max-connections 0 --max-per-address off --max-new-per-address off " +
  "--log-level warning --history on";

/** A hub as a process, with a data folder of its own. */
class Hub implements AsyncDisposable {
  readonly #process: Deno.ChildProcess;
  readonly #folder: string;
  readonly port: number;

  private constructor(process: Deno.ChildProcess, folder: string, port: number) {
    this.#process = process;
    this.#folder = folder;
    this.port = port;
  }

  static async start(): Promise<Hub> {
    const folder = await Deno.makeTempDir({ prefix: "keys." });
    const process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "--quiet",
        "--v8-flags=--min-semi-space-size=8,--max-semi-space-size=8",
        "--permission-set=serve",
        "main.ts",
        ..."serve --host 127.0.0.1 --port 0 --json".split(" "),
        ...FLAGS.split(" "),
        "--data",
        folder,
      ],
      stdout: "piped",
      stderr: "inherit",
    }).spawn();
    const reader = process.stdout.getReader();
    const { value } = await reader.read();
    reader.releaseLock();
    return new Hub(process, folder, JSON.parse(new TextDecoder().decode(value)).listening.port);
  }

  /** Its resident memory, in bytes. */
  memory(): Promise<number> {
    return residentBytes(this.#process.pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.stdout.cancel();
    await this.#process.status;
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/** A client that waits for one message, and then reads without looking at it. */
class Client {
  readonly #connection: Deno.TcpConn;
  readonly #reading: Promise<void>;
  #text = "";
  #wanted = "";
  #found = Promise.withResolvers<string>();

  private constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
    this.#reading = this.#read();
  }

  static async connect(port: number): Promise<Client> {
    return new Client(await Deno.connect({ hostname: "127.0.0.1", port }));
  }

  /** Waits for a message with this beginning; returns what was read until then. */
  async until(begin: string): Promise<string> {
    this.#wanted = begin;
    this.#found = Promise.withResolvers();
    this.#look();
    const text = await this.#found.promise;
    this.#text = "";
    return text;
  }

  async send(frame: Uint8Array): Promise<void> {
    for (let sent = 0; sent < frame.length;) sent += await this.#connection.write(frame.subarray(sent));
  }

  async close(): Promise<void> {
    this.#connection.close();
    await this.#reading;
  }

  #look(): void {
    if (this.#wanted === "" || !this.#text.includes(this.#wanted)) return;
    this.#wanted = "";
    this.#found.resolve(this.#text);
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(4096);
    const decoder = new TextDecoder();
    try {
      for (;;) {
        const count = await this.#connection.read(buffer);
        if (count === null) break;
        if (this.#wanted === "" && this.#text.length > 1024) continue;
        this.#text += decoder.decode(buffer.subarray(0, count));
        this.#look();
      }
    } catch {
      // It was closed here.
    }
    this.#found.reject(new Error(`The hub has closed the connection; the last bytes were ${this.#text}`));
  }
}

/** Lets clients join a hub; returns them and the time that it took, in milliseconds. */
async function join(
  port: number,
  clients: number,
  keys: readonly TestKey[] | undefined,
  { quiet = false, first = 0 }: { quiet?: boolean; first?: number } = {},
): Promise<{ joined: Client[]; ms: number }> {
  const begun = performance.now();
  const joined = await Promise.all(Array.from({ length: clients }, () => Client.connect(port)));
  const offers = await Promise.all(joined.map((client) => client.until("}}")));
  const connectMs = performance.now() - begun;
  const hellos = offers.map((offer, i) => {
    const username = `user-${first + i}`;
    const { nonce, identity } = /"nonce":"(?<nonce>[^"]+)","identity":"(?<identity>[^"]+)"/.exec(offer)!
      .groups as { nonce: string; identity: string };
    const proof = keys?.[i % keys.length]?.proof({ nonce, identity }, username);
    return encodeFrame(
      serialize({ code: 102, client: "bench/1", username, ...(quiet ? { quiet } : {}), ...proof }),
    );
  });
  const asked = performance.now();
  await Promise.all(joined.map(async (client, i) => {
    const welcomed = client.until('"code":210');
    await client.send(hellos[i]!);
    await welcomed;
  }));
  return { joined, ms: connectMs + performance.now() - asked };
}

/** Measures how long joining takes, in milliseconds. */
async function measureTime(clients: number, keys: readonly TestKey[] | undefined): Promise<number> {
  await using hub = await Hub.start();
  const { joined, ms } = await join(hub.port, clients, keys);
  await Promise.all(joined.map((client) => client.close()));
  return ms;
}

/** Measures the memory of a hub for each connection, in bytes. */
async function measureMemory(clients: number, keys: readonly TestKey[] | undefined): Promise<number> {
  await using hub = await Hub.start();
  const first = await join(hub.port, clients, keys, { quiet: true });
  const before = await hub.memory();
  const others = await join(hub.port, 2 * clients, keys, { quiet: true, first: clients });
  const bytes = await hub.memory() - before;
  await Promise.all([...first.joined, ...others.joined].map((client) => client.close()));
  return bytes / (2 * clients);
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

function median(numbers: number[]): number {
  return numbers.toSorted((one, other) => one - other)[numbers.length >> 1]!;
}

/** Measures something without keys and with them, in turns; returns both medians. */
async function compare(
  rounds: number,
  measure: (keys: readonly TestKey[] | undefined) => Promise<number>,
  keys: readonly TestKey[],
): Promise<[without: number, withKeys: number]> {
  const results: [number[], number[]] = [[], []];
  for (let round = 0; round < rounds; round++) {
    results[0].push(await measure(undefined));
    results[1].push(await measure(keys));
  }
  return [median(results[0]), median(results[1])];
}

const [clients = 1000, rounds = 5] = Deno.args.map(Number);
const keys = await Promise.all(Array.from({ length: clients }, () => TestKey.make()));
const [plainMs, signedMs] = await compare(rounds, (keys) => measureTime(clients, keys), keys);
const [plainBytes, signedBytes] = await compare(rounds, (keys) => measureMemory(clients, keys), keys);
const kilobytes = (bytes: number, digits: number) => `${(bytes / 1024).toFixed(digits)} KB`;
print(
  `${clients} joins: ${plainMs.toFixed(0)} ms without a key, ${signedMs.toFixed(0)} ms with one, ` +
    `${(signedMs / plainMs).toFixed(2)} times as long (medians of ${rounds})`,
);
print(
  `a connection: ${kilobytes(plainBytes, 1)} without a key, ${kilobytes(signedBytes, 1)} with one, ` +
    `${kilobytes(signedBytes - plainBytes, 2)} more (medians of ${rounds})`,
);

/**
 * `deno task million`: the cost of a million stored messages compared with none: for the start of the hub, for a user
 * who joins (50 messages), for searches, and in memory. It takes a minute and 300 MB in the folder for temporary
 * files.
 *
 * The hub is the real program on loopback. Times are those of requests over a connection, medians of 9; starts are
 * medians of 5, in turns.
 *
 * @module
 */
import { BodyDecoder, type ClientMessage, encodeFrame, serialize } from "../protocol/mod.ts";
import { openHistory } from "../server/history/mod.ts";

const MESSAGES = 1_000_000;
const BATCH = 1000;
const WORDS = "the build of this hub failed again on the second machine and nobody knows why it did so today"
  .split(" ");
const STARTS = 5;
const REQUESTS = 9;

/** Stores and indexes the messages in a folder. */
function fill(folder: string): void {
  const elapsed = () => performance.now();
  const history = openHistory({
    folder,
    retention: { ms: Infinity, bytes: Infinity },
    now: Date.now(),
    host: "bench",
    elapsed,
    report: () => {},
  });
  const conversation = history.conversation("main");
  const begun = Date.now() - MESSAGES;
  for (let i = 0; i < MESSAGES;) {
    const lines = [];
    for (let j = 0; j < BATCH; j++, i++) {
      const words = Array.from({ length: 8 }, (_, k) => WORDS[(i * 7 + k * 5) % WORDS.length]);
      // One in 10,000 messages has a word of its own.
      const message = `${words.join(" ")}${i % 10_000 === 0 ? " needle" : ""}`;
      lines.push({
        conversation,
        sequence: ++conversation.last,
        timestamp: begun + i,
        username: `user${i % 50}`,
        message,
        verified: false,
      });
    }
    history.insert(lines);
  }
  while (history.work(1000));
  history.close();
}

/** A hub as a process. */
class Program {
  readonly #process: Deno.ChildProcess;
  readonly #begun = performance.now();

  constructor(folder: string) {
    this.#process = new Deno.Command(Deno.execPath(), {
      args: [
        "run",
        "-A",
        "--quiet",
        "main.ts",
        "serve",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--json",
        "--rate-limit",
        "off",
        "--data",
        folder,
      ],
      stdout: "piped",
      stderr: "null",
    }).spawn();
  }

  /** Waits until it listens; returns its port and the time it took. */
  async listens(): Promise<{ port: number; ms: number }> {
    const reader = this.#process.stdout.getReader();
    const { value } = await reader.read();
    const ms = performance.now() - this.#begun;
    reader.releaseLock();
    return { port: JSON.parse(new TextDecoder().decode(value)).listening.port, ms };
  }

  /** The memory that it uses, in MB. */
  async memory(): Promise<number> {
    const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", String(this.#process.pid)] })
      .output();
    return Number(new TextDecoder().decode(stdout)) / 1024;
  }

  async stop(): Promise<void> {
    this.#process.kill("SIGTERM");
    await this.#process.stdout.cancel();
    await this.#process.status;
  }
}

/** Sends requests to a hub, and measures the time until the answer and its number of messages. */
class Requester {
  readonly #connection: Deno.TcpConn;
  readonly #decoder = new BodyDecoder();
  readonly #buffer = new Uint8Array(65_536);

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  async request(message: ClientMessage, code: number): Promise<{ ms: number; count: number }> {
    const begun = performance.now();
    await this.#connection.write(encodeFrame(serialize(message)));
    for (;;) {
      const count = await this.#connection.read(this.#buffer);
      // Copied: the decoder keeps the bytes after the answer.
      this.#decoder.push(this.#buffer.slice(0, count!));
      for (let body = this.#decoder.next(); body !== undefined; body = this.#decoder.next()) {
        const answer = JSON.parse(body);
        if (answer.code !== code) continue;
        return { ms: performance.now() - begun, count: answer.messages?.length ?? 0 };
      }
    }
  }
}

function median(numbers: number[]): number {
  return numbers.sort((one, other) => one - other)[Math.floor(numbers.length / 2)]!;
}

async function measure(folder: string): Promise<Record<string, string>> {
  const hub = new Program(folder);
  const { port } = await hub.listens();
  const requester = new Requester(await Deno.connect({ hostname: "127.0.0.1", port }));
  await requester.request({ code: 102, client: "bench/1" }, 210);
  const shown: Record<string, string> = {
    "memory, with one user": `${(await hub.memory()).toFixed(0)} MB`,
  };
  const requests: [string, ClientMessage][] = [
    ["the last 50 messages", { code: 105, room: "main", limit: 50 }],
    ["50 messages in the middle", { code: 105, room: "main", limit: 50, before: MESSAGES / 2 }],
    ["a rare word", { code: 105, room: "main", limit: 50, match: "needle" }],
    ["a word in most messages", { code: 105, room: "main", limit: 50, match: "hub" }],
    ["a word in no message", { code: 105, room: "main", limit: 50, match: "nonesuch" }],
    ["two words", { code: 105, room: "main", limit: 50, match: "failed needle" }],
  ];
  for (const [what, message] of requests) {
    const answers = [];
    for (let i = 0; i < REQUESTS; i++) answers.push(await requester.request(message, 208));
    shown[what] = `${median(answers.map(({ ms }) => ms)).toFixed(1)} ms (${
      answers[0]!.count
    } messages, first ${answers[0]!.ms.toFixed(1)} ms)`;
  }
  shown["memory, after all requests"] = `${(await hub.memory()).toFixed(0)} MB`;
  await hub.stop();
  return shown;
}

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

const folders = { empty: await Deno.makeTempDir(), full: await Deno.makeTempDir() };
try {
  const begun = performance.now();
  fill(folders.full);
  print(`${MESSAGES} messages stored and indexed in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
  const starts: Record<string, number[]> = { empty: [], full: [] };
  for (let i = 0; i < STARTS; i++) {
    for (const [what, folder] of Object.entries(folders)) {
      const hub = new Program(folder);
      starts[what]!.push((await hub.listens()).ms);
      await hub.stop();
    }
  }
  for (const [what, folder] of Object.entries(folders)) {
    const shown = { "until it listens": `${median(starts[what]!).toFixed(0)} ms`, ...await measure(folder) };
    print(`${what} ${Deno.inspect(shown)}`);
  }
} finally {
  for (const folder of Object.values(folders)) await Deno.remove(folder, { recursive: true });
}
Deno.exit(0);

/**
 * `deno task million`: what a million lines that are kept cost, beside none: until the hub listens, for somebody who joins
 * (50 lines), for somebody who searches, and in memory. Takes a minute and 300 MB of the folder for temporary files.
 *
 * The hub is the real program on loopback; times are those of requests over a connection, medians of 9, and of starts
 * medians of 5, by turns.
 *
 * @module
 */
import { BodyDecoder, type ClientMessage, encodeFrame, serialize } from "../protocol/mod.ts";
import { openHistory } from "../server/history/mod.ts";

const LINES = 1_000_000;
const BATCH = 1000;
const WORDS = "the build of this hub failed again on the second machine and nobody knows why it did so today"
  .split(" ");
const STARTS = 5;
const ASKS = 9;

/** Puts lines into a folder, and has them indexed. */
function fill(folder: string): void {
  const elapsed = () => performance.now();
  const history = openHistory({
    folder,
    keep: { ms: Infinity, bytes: Infinity },
    now: Date.now(),
    host: "bench",
    elapsed,
    report: () => {},
  });
  const place = history.place("main");
  const begun = Date.now() - LINES;
  for (let i = 0; i < LINES;) {
    const lines = [];
    for (let j = 0; j < BATCH; j++, i++) {
      const words = Array.from({ length: 8 }, (_, k) => WORDS[(i * 7 + k * 5) % WORDS.length]);
      // One in 10,000 lines has a word of its own.
      const message = `${words.join(" ")}${i % 10_000 === 0 ? " needle" : ""}`;
      lines.push({
        place,
        sequence: ++place.last,
        timestamp: begun + i,
        username: `user${i % 50}`,
        message,
        verified: false,
      });
    }
    history.keep(lines);
  }
  while (history.work(1000));
  history.close();
}

/** A hub of the real program. */
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

  /** Waits until it listens; gives its port, and how long it took. */
  async listens(): Promise<{ port: number; ms: number }> {
    const reader = this.#process.stdout.getReader();
    const { value } = await reader.read();
    const ms = performance.now() - this.#begun;
    reader.releaseLock();
    return { port: JSON.parse(new TextDecoder().decode(value)).listening.port, ms };
  }

  /** The memory it takes, in MB. */
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

/** Asks a hub something, and gives how long the answer took and how much was in it. */
class Asker {
  readonly #connection: Deno.TcpConn;
  readonly #decoder = new BodyDecoder();
  readonly #buffer = new Uint8Array(65_536);

  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  async ask(message: ClientMessage, code: number): Promise<{ ms: number; count: number }> {
    const begun = performance.now();
    await this.#connection.write(encodeFrame(serialize(message)));
    for (;;) {
      const count = await this.#connection.read(this.#buffer);
      // A copy: it is left at the answer, and what came behind it stays in the decoder.
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
  const asker = new Asker(await Deno.connect({ hostname: "127.0.0.1", port }));
  await asker.ask({ code: 102, client: "bench/1" }, 210);
  const shown: Record<string, string> = {
    "memory, with somebody there": `${(await hub.memory()).toFixed(0)} MB`,
  };
  const asks: [string, ClientMessage][] = [
    ["the last 50 lines", { code: 105, room: "main", limit: 50 }],
    ["50 lines in the middle", { code: 105, room: "main", limit: 50, before: LINES / 2 }],
    ["a rare word", { code: 105, room: "main", limit: 50, match: "needle" }],
    ["a word in most lines", { code: 105, room: "main", limit: 50, match: "hub" }],
    ["a word in no line", { code: 105, room: "main", limit: 50, match: "nonesuch" }],
    ["two words", { code: 105, room: "main", limit: 50, match: "failed needle" }],
  ];
  for (const [what, message] of asks) {
    const answers = [];
    for (let i = 0; i < ASKS; i++) answers.push(await asker.ask(message, 208));
    shown[what] = `${median(answers.map(({ ms }) => ms)).toFixed(1)} ms (${answers[0]!.count} lines, first ${
      answers[0]!.ms.toFixed(1)
    } ms)`;
  }
  shown["memory, after all of these"] = `${(await hub.memory()).toFixed(0)} MB`;
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
  print(`${LINES} lines put in and indexed in ${((performance.now() - begun) / 1000).toFixed(1)} s`);
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

/**
 * Runs a hub under load while everything fails that fails on the internet, and counts what was lost:
 * `deno task soak [--minutes N] [--seed N] [--returning N]`.
 *
 * Honest clients send numbered messages with ids, wait for each acknowledgement, reconnect when their connection or the
 * hub is gone, and request what they missed. Meanwhile, at random: connections are reset, readers stall, hostile
 * sessions run, clients flood the hub, slow readers request much and read nothing, and the hub is stopped for a while
 * (once for a minute), restarted and killed. In the end thousands of clients reconnect at the same moment to a hub that
 * was killed.
 *
 * Each acknowledged message must be stored once and in order, and each client must get all stored messages. The hub's
 * memory must stay below `MAX_GROWTH` times its idle memory plus one MiB for each slow reader. The results go to
 * stdout. The exit status is 1 if anything was lost, doubled or out of order, or the memory was exceeded.
 *
 * The file is long because the faults, the checks and the final crowd share the state of one run.
 *
 * @module
 */
import { parseArgs } from "node:util";
import fc from "fast-check";
import { DataFolder } from "../tests/helpers/hubs/history.ts";
import { ResendingClient } from "../tests/helpers/clients/resending_client.ts";
import { OriginalClient } from "../tests/helpers/clients/original_client.ts";
import { HubProgram } from "../tests/helpers/program.ts";
import { residentBytes } from "../tests/helpers/resident_memory.ts";
import { ReconnectingClient } from "../tests/helpers/clients/reconnecting_client.ts";
import { ResettingClient } from "../tests/helpers/clients/resetting_client.ts";
import { fuzzSession, runSession } from "../tests/helpers/wire/wire_fuzz.ts";

/** The number of honest clients, and the time between two messages of each, in milliseconds. */
const HONEST_CLIENTS = 12;
const MESSAGE_INTERVAL_MS = 150;

/** The longest time between two faults, in milliseconds. */
const MAX_PAUSE_MS = 1500;

/** How long the hub is stopped once, in a run of five minutes or more, in milliseconds. */
const LONG_STOP_MS = 60_000;

/** How long a slow reader does not read, in milliseconds. */
const SLOW_READER_MS = 5000;

/** The time between two pings, in milliseconds. */
const PING_EVERY_MS = 500;

/** The time between two measurements of the hub's memory, in milliseconds. */
const MEMORY_CHECK_MS = 1000;

/** How long an honest client waits before it reconnects, in milliseconds. */
const RECONNECT_MS = 50;

/** The most memory of a hub under load, in multiples of its idle memory; one MiB for each slow reader is added. */
const MAX_GROWTH = 3;
const MIB = 1024 * 1024;

/**
 * How many messages are sent to the crowd, before and after the kill; and one of how many clients reads all of them.
 */
const TO_CROWD = 10;
const LISTENERS_AMONG = 500;

/** The deadline of each client of a crowd, in milliseconds. */
const CROWD_MS = 180_000;

/** How many file descriptors a crowd leaves free. */
const SPARE_FILES = 500;

type Kind =
  | "resets"
  | "stalled readers"
  | "hostile sessions"
  | "floods"
  | "slow readers"
  | "stops"
  | "restarts"
  | "kills";

/** The kinds of faults with their relative frequencies. */
const WEIGHTS: [Kind, number][] = [
  ["resets", 6],
  ["stalled readers", 4],
  ["hostile sessions", 6],
  ["floods", 2],
  ["slow readers", 2],
  ["stops", 1],
  ["restarts", 1],
  ["kills", 2],
];

const sleep = (ms: number) => new Promise<void>((resume) => setTimeout(resume, ms));

/** Park and Miller's generator, so that a seed repeats a run: numbers from 0 to below 1. */
function* random(seed: number): Generator<number, never> {
  for (let state = seed % 2_147_483_646 + 1;;) {
    yield (state = state * 48_271 % 2_147_483_647) / 2_147_483_647;
  }
}

/** One run, from the start of the hub to the results. */
class Soak {
  readonly #folder = new DataFolder();
  readonly #minutes: number;
  readonly #seed: number;
  readonly #numbers: Generator<number, never>;
  readonly #counts = new Map<Kind, number>(WEIGHTS.map(([kind]) => [kind, 0]));
  readonly #honest: ResendingClient[] = [];
  readonly #tasks = new Set<Promise<void>>();
  /** The tasks that cause faults. */
  readonly #faultTasks = new Set<Promise<void>>();
  readonly #pings: number[] = [];
  readonly #faults: string[] = [];
  #hub!: HubProgram;
  #over = false;
  /** Whether the hub is stopped, killed or starting. */
  #away = false;
  #stoppedLong = false;
  #slowReaders = 0;
  #maxSlowReaders = 0;
  #hostile = 0;
  #peakBytes = 0;
  #idleBytes = 0;

  constructor(minutes: number, seed: number) {
    this.#minutes = minutes;
    this.#seed = seed;
    this.#numbers = random(seed);
  }

  /** Does the run; returns whether nothing was lost. */
  async run(returning: number): Promise<boolean> {
    try {
      await this.#start();
      await sleep(2000);
      this.#idleBytes = await residentBytes(this.#hub.pid);
      for (let i = 0; i < HONEST_CLIENTS; i++) {
        const client = new ResendingClient(`honest${i}`, () => {}, { everyMs: MESSAGE_INTERVAL_MS });
        this.#honest.push(client);
        this.#track(this.#keepConnected(client));
      }
      this.#track(this.#measureMemory());
      this.#track(this.#ping());
      const since = performance.now();
      await this.#causeFaults(since + this.#minutes * 60_000);
      const seconds = (performance.now() - since) / 1000;
      const settled = await this.#settle(seconds);
      return await this.#crowd(returning) && settled;
    } finally {
      this.#over = true;
      for (const client of this.#honest) client.reset();
      await this.#hub?.[Symbol.asyncDispose]();
      await Promise.all([...this.#tasks, ...this.#faultTasks]);
      this.#folder[Symbol.dispose]();
    }
  }

  async #start(port = 0): Promise<void> {
    const args = [
      "--port",
      String(port),
      "--history",
      "on",
      "--data",
      this.#folder.path,
      "--keep",
      "forever",
    ];
    const limits = ["--rate-limit", "off", "--max-connections", "0"];
    this.#hub = await HubProgram.start([...args, ...limits, "--log-level", "warning"], {
      env: { RIFTCHAT_WARM_UP: "" },
    });
  }

  #track(task: Promise<void>, tasks: Set<Promise<void>> = this.#tasks): void {
    const tracked: Promise<void> = task
      .catch((error) =>
        void this.#faults.push(`this program: ${error instanceof Error ? error.stack : error}`)
      )
      .finally(() => tasks.delete(tracked));
    tasks.add(tracked);
  }

  async #keepConnected(client: ResendingClient): Promise<void> {
    while (!this.#over) {
      // Nothing listens while the hub starts.
      await client.run(this.#hub.port).catch(() => {});
      await sleep(RECONNECT_MS);
    }
  }

  async #measureMemory(): Promise<void> {
    while (!this.#over) {
      if (!this.#away) {
        // The hub may have ended meanwhile.
        const bytes = await residentBytes(this.#hub.pid).catch(() => 0);
        this.#peakBytes = Math.max(this.#peakBytes, bytes);
      }
      await sleep(MEMORY_CHECK_MS);
    }
  }

  /** Sends pings on a connection of its own, and records the times of those answers that no stop of the hub delayed. */
  async #ping(): Promise<void> {
    while (!this.#over) {
      try {
        await using client = await OriginalClient.connect(this.#hub.port, { deadlineMs: 120_000 });
        await client.nextOf(202);
        await client.sendJson({ code: 102, client: "soak/1" });
        await client.nextOf(210);
        while (!this.#over) {
          await sleep(PING_EVERY_MS);
          const wasAway = this.#away;
          const since = performance.now();
          await client.sendJson({ code: 110, ref: "ping" });
          await client.until(({ ref }) => ref === "ping");
          if (!wasAway && !this.#away) this.#pings.push(performance.now() - since);
          client.frames.length = client.received.length = 0;
        }
      } catch {
        // The hub is restarting.
        await sleep(RECONNECT_MS);
      }
    }
  }

  async #causeFaults(end: number): Promise<void> {
    const longAt = end - Math.max(2 * LONG_STOP_MS, this.#minutes * 30_000);
    const total = WEIGHTS.reduce((sum, [, weight]) => sum + weight, 0);
    while (performance.now() < end) {
      await sleep(this.#next() * MAX_PAUSE_MS);
      let kind: Kind = "stops";
      const long = !this.#stoppedLong && this.#minutes >= 5 && performance.now() > longAt;
      if (!long) {
        let at = this.#next() * total;
        for (const [other, weight] of WEIGHTS) {
          if (at < weight) {
            kind = other;
            break;
          }
          at -= weight;
        }
      }
      this.#counts.set(kind, this.#counts.get(kind)! + 1);
      await this.#do(kind, long);
    }
  }

  #next(): number {
    return this.#numbers.next().value;
  }

  #randomClient(): ResendingClient {
    return this.#honest[Math.floor(this.#next() * HONEST_CLIENTS)]!;
  }

  async #do(kind: Kind, long: boolean): Promise<void> {
    switch (kind) {
      case "resets":
        return this.#randomClient().reset();
      case "stalled readers":
        return this.#randomClient().pauseReading(500 + this.#next() * 8000);
      case "hostile sessions": {
        const seed = Math.floor(this.#next() * 2 ** 31);
        const sessions = fc.sample(fuzzSession, { seed, numRuns: 8 });
        this.#hostile += sessions.length;
        // A session may fail because the hub ends meanwhile.
        return this.#track(
          Promise.allSettled(sessions.map((one) => runSession(this.#hub.port, one))).then(() => {}),
          this.#faultTasks,
        );
      }
      case "floods":
        return this.#track(this.#flood().catch(() => {}), this.#faultTasks);
      case "slow readers":
        return this.#track(this.#readSlowly().catch(() => {}), this.#faultTasks);
      case "stops": {
        this.#away = true;
        this.#hub.kill("SIGSTOP");
        if (long) this.#stoppedLong = true;
        await sleep(long ? LONG_STOP_MS : 1000 + this.#next() * 3000);
        this.#hub.kill("SIGCONT");
        await sleep(500);
        this.#away = false;
        return;
      }
      case "restarts":
      case "kills":
        return await this.#restart(kind === "kills" ? "SIGKILL" : "SIGTERM");
    }
  }

  async #restart(signal: Deno.Signal): Promise<void> {
    this.#away = true;
    const { port } = this.#hub;
    this.#hub.kill(signal);
    const status = await this.#hub.status;
    this.#collectErrors();
    if (signal === "SIGTERM" && status !== 0) this.#faults.push(`the hub ended with status ${status}`);
    await this.#hub[Symbol.asyncDispose]();
    await this.#start(port);
    this.#away = false;
  }

  /** Collects the errors in the hub's log. */
  #collectErrors(): void {
    this.#faults.push(...this.#hub.stderr.split("\n").filter((line) => / (?:error|fatal) /.test(line)));
  }

  /** Floods the hub with messages for two seconds, and reads everything. */
  async #flood(): Promise<void> {
    await using client = await OriginalClient.connect(this.#hub.port);
    await client.nextOf(202);
    const line = { code: 100, message: "flood ".repeat(20) };
    for (const end = performance.now() + 2000; performance.now() < end && !this.#away;) {
      for (let i = 0; i < 20; i++) await client.sendJson(line);
      await client.nextOf(200);
      await sleep(10);
      client.frames.length = client.received.length = 0;
    }
  }

  /** Sends many requests and reads nothing. */
  async #readSlowly(): Promise<void> {
    this.#maxSlowReaders = Math.max(this.#maxSlowReaders, ++this.#slowReaders);
    try {
      const client = await ResettingClient.connect(this.#hub.port);
      const body = `{"code":110,"ref":"${"r".repeat(64)}"}`;
      const frame = new TextEncoder().encode("\0".repeat(7) + String.fromCharCode(body.length) + body);
      client.send(new TextEncoder().encode('\0\0\0\0\0\0\0\x1f{"code":102,"client":"slow"}'));
      for (let i = 0; i < 2000; i++) client.send(frame);
      await sleep(SLOW_READER_MS);
      await client.reset();
    } finally {
      this.#slowReaders--;
    }
  }

  /** Waits until all clients are done, checks the results, and prints them. */
  async #settle(seconds: number): Promise<boolean> {
    const done = Promise.all(this.#honest.map((client) => client.stop())).then(() => true);
    const settled = await Promise.race([done, sleep(60_000).then(() => false)]);
    if (!settled) this.#faults.push("some messages were not acknowledged within a minute");
    // The tasks that cause faults may still send messages; all clients must get them before the check.
    await Promise.all(this.#faultTasks);
    await sleep(3000);
    const endBytes = await residentBytes(this.#hub.pid);
    // A hub that shuts down has moved everything from the journal to the database.
    await this.#restart("SIGTERM");
    let stored = this.#stored();
    for (let all = -1; all !== (stored.at(-1)?.[0] ?? 0);) {
      all = stored.at(-1)?.[0] ?? 0;
      const gotAll = Promise.all(this.#honest.map((client) => client.waitFor(all))).then(() => true);
      if (!await Promise.race([gotAll, sleep(60_000).then(() => false)])) {
        this.#faults.push("not all clients got all messages within a minute");
      }
      await sleep(1000);
      stored = this.#stored();
    }
    const verdict = judge(stored, this.#honest);
    this.#collectErrors();
    this.#faults.push(...this.#honest.flatMap(({ faults }) => faults));
    const limit = MAX_GROWTH * this.#idleBytes + this.#maxSlowReaders * MIB;
    const sent = this.#honest.reduce((sum, client) => sum + client.sentCount, 0);
    const acknowledged = this.#honest.reduce((sum, client) => sum + client.acknowledged.length, 0);
    const mib = (bytes: number) => (bytes / MIB).toFixed(0);
    this.#pings.sort((a, b) => a - b);
    const ping = (share: number) =>
      (this.#pings[Math.floor(share * (this.#pings.length - 1))] ?? 0).toFixed(0);
    print(
      `seed                ${this.#seed}`,
      `time                ${seconds.toFixed(0)} s`,
      `honest clients      ${HONEST_CLIENTS}, ${(sent / seconds).toFixed(1)} messages a second in total`,
      `stored messages     ${stored.length}, with those of floods and hostile sessions`,
      `faults              ${[...this.#counts].map(([kind, count]) => `${count} ${kind}`).join(", ")}`,
      `hostile sessions    ${this.#hostile}; stopped for a minute: ${this.#stoppedLong ? "once" : "never"}`,
      `messages sent       ${sent}`,
      `acknowledged        ${acknowledged}`,
      `lost                ${verdict.losses.length}`,
      `doubled             ${verdict.doubled}`,
      `out of order        ${verdict.disordered}`,
      `ping                p50 ${ping(0.5)} ms, p99 ${ping(0.99)} ms, longest ${ping(1)} ms`,
      `memory of the hub   idle ${mib(this.#idleBytes)} MiB, peak ${mib(this.#peakBytes)}, end ${
        mib(endBytes)
      }; limit ${mib(limit)}`,
      ...verdict.losses.slice(0, 20).map((loss) => `LOST                ${loss}`),
      ...this.#faults.map((fault) => `FAULT               ${fault}`),
    );
    const { losses, doubled, disordered } = verdict;
    return sent === acknowledged && losses.length + doubled + disordered + this.#faults.length === 0 &&
      this.#peakBytes <= limit;
  }

  /** The stored messages of `main`, in order. */
  #stored(): [number, string][] {
    return this.#folder.query(
      "SELECT sequence, message FROM lines WHERE place = (SELECT id FROM places WHERE key = 'main') ORDER BY id",
    ).map(({ sequence, message }) => [Number(sequence), String(message)]);
  }

  /** Lets thousands of clients reconnect at the same moment to a hub that was killed. */
  async #crowd(wanted: number): Promise<boolean> {
    for (const client of this.#honest) client.reset();
    this.#over = true;
    await Promise.all(this.#tasks);
    const count = Math.max(0, Math.min(wanted, await openFiles() - SPARE_FILES));
    const before = this.#stored().at(-1)?.[0] ?? 0;
    const crowd = Array.from({ length: count }, (_, i) =>
      new ReconnectingClient(`client${i}`, {
        deadlineMs: CROWD_MS,
        ...(i % LISTENERS_AMONG === 0 ? {} : { ignoreAfter: before }),
      }));
    const listeners = crowd.filter((_, i) => i % LISTENERS_AMONG === 0);
    const say = async (what: string, until: number) => {
      await using speaker = await OriginalClient.connect(this.#hub.port, { deadlineMs: CROWD_MS });
      for (let i = 0; i < TO_CROWD; i++) await speaker.say(`${what} ${i}`);
      await Promise.all(listeners.map((client) => client.waitFor(until)));
    };
    try {
      for (let i = 0; i < count; i += 200) {
        await Promise.all(crowd.slice(i, i + 200).map((client) => client.connect(this.#hub.port)));
      }
      await say("to the crowd", before + TO_CROWD);
      await this.#restart("SIGKILL");
      const since = performance.now();
      await Promise.all(crowd.map((client) => client.connect(this.#hub.port)));
      const seconds = ((performance.now() - since) / 1000).toFixed(1);
      await say("to the crowd again", before + 2 * TO_CROWD);
      const wrong = crowd.filter(({ receivedSequences }, i) => {
        const expected = i % LISTENERS_AMONG === 0 ? 2 * TO_CROWD : TO_CROWD;
        return receivedSequences.length !== expected ||
          receivedSequences.some((sequence, i) => sequence !== before + 1 + i);
      });
      const bytes = await residentBytes(this.#hub.pid);
      print(
        `returning at once   ${count} clients, within ${seconds} s of the start after a kill; ` +
          `${wrong.length} of them missed a message; then the hub has ${(bytes / MIB).toFixed(0)} MiB`,
        ...wrong.slice(0, 5).map(({ receivedSequences }) =>
          `LOST                one client got ${receivedSequences.join(", ")} after ${before}`
        ),
      );
      return wrong.length === 0;
    } finally {
      for (let i = 0; i < count; i += 500) {
        await Promise.all(crowd.slice(i, i + 500).map((client) => client[Symbol.asyncDispose]()));
      }
    }
  }
}

/** Compares the stored messages with the acknowledged ones, and with those that each client got. */
function judge(stored: [number, string][], clients: ResendingClient[]): {
  losses: string[];
  doubled: number;
  disordered: number;
} {
  const losses: string[] = [];
  let [doubled, disordered] = [0, 0];
  const text = new Map(stored);
  for (const [i, [sequence]] of stored.entries()) {
    if (sequence !== i + 1) losses.push(`${sequence} stands in place ${i + 1}`);
  }
  for (const client of clients) {
    for (const { sequence, text: sent } of client.acknowledged) {
      if (text.get(sequence) !== sent) {
        losses.push(`${sent}, acknowledged as ${sequence}, is ${text.get(sequence)}`);
      }
    }
    const own = stored.map(([, message]) => message).filter((message) =>
      message.startsWith(`${client.name} `)
    );
    doubled += own.length - new Set(own).size;
    const numbers = own.map((message) => Number(message.split(" ")[1]));
    for (const [i, number] of numbers.entries()) if (i > 0 && number < numbers[i - 1]!) disordered++;
    const received = new Set<number>();
    for (const [i, [sequence, message]] of client.received.entries()) {
      if (received.has(sequence)) doubled++;
      else if (i > 0 && sequence < client.received[i - 1]![0]) disordered++;
      received.add(sequence);
      if (text.get(sequence) !== message) {
        losses.push(`${message}, received as ${sequence}, is ${text.get(sequence)}`);
      }
    }
    for (let sequence = client.received[0]?.[0] ?? 1; sequence <= stored.length; sequence++) {
      if (!received.has(sequence)) losses.push(`${client.name} never got ${sequence}`);
    }
  }
  return { losses, doubled, disordered };
}

/** Returns how many files this process may have open. */
async function openFiles(): Promise<number> {
  const { stdout } = await new Deno.Command("sh", { args: ["-c", "ulimit -n"] }).output();
  const text = new TextDecoder().decode(stdout).trim();
  return text === "unlimited" ? Infinity : Number(text);
}

function print(...lines: string[]): void {
  for (const line of lines) Deno.stdout.writeSync(new TextEncoder().encode(line + "\n"));
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      minutes: { type: "string", default: "10" },
      seed: { type: "string", default: String(Date.now() % 2 ** 31) },
      returning: { type: "string", default: "10000" },
    },
  });
  const [minutes, seed, returning] = [values.minutes, values.seed, values.returning].map(Number);
  if (
    !(minutes! > 0) || !Number.isInteger(seed) || !Number.isInteger(returning) || Deno.build.os === "windows"
  ) {
    print(
      "Cannot soak: --minutes must be more than 0, --seed and --returning must be whole numbers; " +
        "and Windows cannot stop a process",
    );
    Deno.exit(2);
  }
  Deno.exit(await new Soak(minutes!, seed!).run(returning!) ? 0 : 1);
}

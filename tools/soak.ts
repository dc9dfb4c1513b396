/**
 * Runs a hub under load while everything fails that fails on the internet, and counts what was lost:
 * `deno task soak [--minutes N] [--seed N] [--returning N]`.
 *
 * Honest clients send numbered messages with ids, wait for each acknowledgement, reconnect when their connection or
 * the hub is gone, and request what they missed. Meanwhile, at random: connections are reset, readers stall, hostile
 * sessions run, clients flood the hub with messages, and with requests that have no `ref`, slow readers request much
 * and read nothing, TLS clients connect and say nothing (sometimes as many as the hub may open files), the clock jumps
 * 31 days ahead and back, and the hub is stopped for a while (once for a minute), restarted and killed. Other clients
 * change messages all the time, and an operator bans, mutes and the like; see `soak_desk.ts`. Meanwhile the hub
 * deletes the messages beyond `--keep 30d,4MiB`: first those that were 40 days old at the start, then the oldest.
 * In the end thousands of clients reconnect at the same moment to a hub that was killed.
 *
 * Each acknowledged message must be stored once and in order until it is deleted as one of the oldest, and each client
 * must get all messages. After a last wave of silent TLS clients the hub must have its file descriptors back and
 * accept as many clients as before. The hub's memory must stay below `MAX_GROWTH` times its idle memory plus one MiB
 * for each slow reader. The results go to stdout. The exit status is 1 if anything was lost, doubled or out of order,
 * or the memory was exceeded.
 *
 * The file is long because the faults, the checks and the final crowd share the state of one run.
 *
 * @module
 */
import { RECEIPT_BYTES } from "../server/history/pruner.ts";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { DataFolder, lineIn } from "../tests/helpers/hubs/history.ts";
import { clockFile } from "../tests/helpers/hubs/jumping_hub.ts";
import { ResendingClient } from "../tests/helpers/clients/resending_client.ts";
import { OriginalClient } from "../tests/helpers/clients/original_client.ts";
import { HubProgram } from "../tests/helpers/program.ts";
import { residentBytes } from "../tests/helpers/resident_memory.ts";
import { ReconnectingClient } from "../tests/helpers/clients/reconnecting_client.ts";
import { ResettingClient } from "../tests/helpers/clients/resetting_client.ts";
import { Desk } from "./soak_desk.ts";
import { fuzzSession, runSession } from "../tests/helpers/wire/wire_fuzz.ts";

/** How much the hub stores, and the same in bytes. */
const KEEP = "30d,4MiB";
const KEEP_BYTES = 4 * 1024 * 1024;

/** How many messages are 40 days old at the start. */
const OLD_LINES = 20_000;
const DAY_MS = 86_400_000;

/** How far the clock jumps ahead, and for how long at most, in milliseconds. */
const JUMP_MS = 31 * DAY_MS;
const MAX_JUMPED_MS = 2000;

/** How many files the hub may have open while it runs with faults. */
const HUB_FILES = 512;

/** The sizes of waves of silent TLS clients: few, and more than the hub may have open files. */
const SMALL_WAVE = 60;
const LARGE_WAVE = 560;

/** How long the hub may take to close silent connections, also when it is stopped meanwhile, in milliseconds. */
const SILENT_MS = 120_000;

/** How many clients must be able to connect after the last wave. */
const CAPACITY = 300;

/** How many more files the hub may have open at the end than at the start, besides its clients. */
const SPARE_HUB_FILES = 8;

/** How long the hub may take to delete what is beyond `--keep`, in milliseconds. */
const RETENTION_MS = 120_000;

/** The shortest run in which the hub deletes messages, in minutes. */
const MIN_RETENTION_MINUTES = 5;

/** How many joins and leaves without a `ref` a client sends at once. */
const UNREFERENCED_PAIRS = 2000;

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
  | "silent TLS clients"
  | "requests without ref"
  | "moderations"
  | "clock jumps"
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
  ["silent TLS clients", 2],
  ["requests without ref", 2],
  ["moderations", 4],
  ["clock jumps", 1],
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
  #desk!: Desk;
  #hub!: HubProgram;
  #over = false;
  /** Whether the hub is stopped, killed or starting. */
  #away = false;
  #stoppedLong = false;
  #slowReaders = 0;
  #maxSlowReaders = 0;
  #hostile = 0;
  #peakBytes = 0;
  /** How many silent TLS clients there were, and how many requests without a `ref`. */
  #silent = 0;
  #unreferenced = 0;
  /** How often the hub was stopped, restarted or killed. */
  #interruptions = 0;
  #idleFiles = 0;
  #idleBytes = 0;

  constructor(minutes: number, seed: number) {
    this.#minutes = minutes;
    this.#seed = seed;
    this.#numbers = random(seed);
  }

  /** Does the run; returns whether nothing was lost. */
  async run(returning: number): Promise<boolean> {
    try {
      this.#storeOldLines();
      this.#desk = await Desk.make(() => this.#next());
      await Deno.writeTextFile(this.#operatorsFile, this.#desk.operatorLine);
      await this.#start();
      await sleep(2000);
      this.#idleBytes = await residentBytes(this.#hub.pid);
      this.#idleFiles = await countFiles(this.#hub.pid);
      for (let i = 0; i < HONEST_CLIENTS; i++) {
        const client = new ResendingClient(`honest${i}`, () => {}, { everyMs: MESSAGE_INTERVAL_MS });
        this.#honest.push(client);
        this.#track(this.#keepConnected(client));
      }
      for (const client of this.#desk.clients) this.#track(this.#keepConnected(client));
      this.#track(this.#measureMemory());
      this.#track(this.#ping());
      const since = performance.now();
      await this.#causeFaults(since + this.#minutes * 60_000);
      const seconds = (performance.now() - since) / 1000;
      const settled = await this.#settle(seconds);
      return await this.#crowd(returning) && settled;
    } finally {
      this.#over = true;
      for (const client of [...this.#honest, ...this.#desk?.clients ?? []]) client.reset();
      await this.#hub?.[Symbol.asyncDispose]();
      await Promise.all([...this.#tasks, ...this.#faultTasks]);
      this.#folder[Symbol.dispose]();
      await Deno.remove(clockFile(this.#folder.path)).catch(() => {});
    }
  }

  get #operatorsFile(): string {
    return `${this.#folder.path}/operators`;
  }

  /** Stores messages that are too old already. */
  #storeOldLines(): void {
    const history = this.#folder.open({ now: Date.now() });
    const timestamp = Date.now() - 40 * DAY_MS;
    history.insert(
      Array.from({ length: OLD_LINES }, (_, i) => lineIn(history, "old", `old ${i}`, { timestamp })),
    );
    history.close();
  }

  /** Starts the hub; without faults it may open as many files as this program. */
  async #start(port = 0, tlsPort = 0, withFaults = true): Promise<void> {
    const storage = ["--history", "on", "--data", this.#folder.path, "--keep", KEEP];
    const limits = ["--rate-limit", "off", "--max-connections", "0"];
    const ports = ["--port", String(port), "--tls-port", String(tlsPort)];
    const args = [...ports, ...storage, ...limits, "--operators", this.#operatorsFile, "--at", "127.0.0.1:1"];
    this.#hub = await HubProgram.start([...args, "--log-level", "warning"], {
      env: { RIFTCHAT_WARM_UP: "" },
      main: new URL("../tests/helpers/hubs/jumping_hub.ts", import.meta.url).href,
      ...(withFaults ? { openFiles: HUB_FILES } : {}),
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

  async #keepConnected(client: { run(port: number): Promise<void> }): Promise<void> {
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
      case "silent TLS clients": {
        const count = this.#next() < 0.25 ? LARGE_WAVE : SMALL_WAVE;
        return this.#track(this.#connectSilently(count), this.#faultTasks);
      }
      case "requests without ref":
        return this.#track(this.#requestWithoutRef(), this.#faultTasks);
      case "moderations":
        // The hub may end meanwhile, or have no file descriptor left.
        return this.#track(this.#desk.moderate(this.#hub.port).catch(() => {}), this.#faultTasks);
      case "clock jumps":
        return this.#track(this.#jump(MAX_JUMPED_MS * (0.5 + this.#next() / 2)), this.#faultTasks);
      case "stops": {
        this.#away = true;
        this.#interruptions++;
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

  async #restart(signal: Deno.Signal, withFaults = true): Promise<void> {
    this.#away = true;
    this.#interruptions++;
    const { port, tlsPort } = this.#hub;
    this.#hub.kill(signal);
    const status = await this.#hub.status;
    this.#collectErrors();
    if (signal === "SIGTERM" && status !== 0) this.#faults.push(`the hub ended with status ${status}`);
    await this.#hub[Symbol.asyncDispose]();
    await this.#start(port, tlsPort, withFaults);
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

  /** Connects to the TLS port many times, sends nothing, and waits until the hub has closed all. */
  async #connectSilently(count: number): Promise<void> {
    const since = performance.now();
    const { tlsPort } = this.#hub;
    this.#silent += count;
    let open = 0;
    const one = async () => {
      let connection: Deno.Conn;
      try {
        connection = await Deno.connect({ hostname: "127.0.0.1", port: tlsPort });
      } catch {
        // Nothing listens while the hub starts.
        return;
      }
      open++;
      const buffer = new Uint8Array(1024);
      // The hub closes or resets the connection.
      const closed = (async () => {
        while (await connection.read(buffer).catch(() => null) !== null);
        open--;
      })();
      await Promise.race([closed, sleep(Math.max(0, since + SILENT_MS - performance.now()))]);
      connection.close();
      await closed;
    };
    const all = Promise.all(Array.from({ length: count }, one));
    let left = 0;
    const late = setTimeout(() => left = open, SILENT_MS - 1000);
    await all;
    clearTimeout(late);
    if (left > 0) {
      this.#faults.push(`${left} of ${count} silent TLS clients were connected after ${SILENT_MS} ms`);
    }
  }

  /** Joins and leaves a room many times in one write, without a `ref`, and waits for all that the hub sends back. */
  async #requestWithoutRef(): Promise<void> {
    const interruptions = this.#interruptions;
    const room = `r${Math.floor(this.#next() * 1000)}`;
    let left = 0;
    try {
      await using client = await OriginalClient.connect(this.#hub.port, { deadlineMs: 60_000 });
      await client.sendJson({ code: 102, client: "soak/1", rooms: [] });
      await client.nextOf(210);
      const pair = [{ code: 107, room }, { code: 108, room }];
      await client.sendFrames(Array(UNREFERENCED_PAIRS).fill(pair).flat());
      for (; left < UNREFERENCED_PAIRS; left++) await client.nextOf(211);
      this.#unreferenced += 2 * UNREFERENCED_PAIRS;
    } catch (error) {
      if (this.#away || this.#interruptions !== interruptions) return;
      // The hub may have had no file descriptor left.
      if (left > 0) this.#faults.push(`${left} of ${UNREFERENCED_PAIRS} answers without ref came: ${error}`);
    }
  }

  /** Sets the clock of the hub ahead for a while. */
  async #jump(ms: number): Promise<void> {
    const path = clockFile(this.#folder.path);
    await Deno.writeTextFile(path, String(JUMP_MS));
    await sleep(ms);
    await Deno.writeTextFile(path, "0");
  }

  /** Takes all file descriptors of the hub once more, and checks that everything is as before when they are free. */
  async #checkCapacity(): Promise<string> {
    await this.#connectSilently(LARGE_WAVE);
    const clients: OriginalClient[] = [];
    let accepted = 0;
    try {
      await Promise.all(Array.from({ length: CAPACITY }, async () => {
        const client = await OriginalClient.connect(this.#hub.port);
        clients.push(client);
        await client.nextOf(202);
        accepted++;
      })).catch(() => {});
    } finally {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
    }
    await sleep(2000);
    const files = await countFiles(this.#hub.pid);
    if (accepted < CAPACITY) {
      this.#faults.push(`after silent TLS clients the hub accepted ${accepted} of ${CAPACITY} clients`);
    }
    if (files > this.#idleFiles + HONEST_CLIENTS + SPARE_HUB_FILES) {
      this.#faults.push(`the hub has ${files} files open; at the start it had ${this.#idleFiles}`);
    }
    return `${accepted} of ${CAPACITY} clients connect after the last wave; files of the hub: ` +
      `${this.#idleFiles} at the start, ${files} at the end with ${HONEST_CLIENTS} clients, at most ${HUB_FILES}`;
  }

  /** Waits until the hub has deleted what is beyond `--keep`. */
  async #checkRetention(): Promise<string> {
    const old = () => this.#folder.query("SELECT 1 FROM lines WHERE message LIKE 'old %' LIMIT 1").length > 0;
    const used = () => {
      const [row] = this.#folder.query(
        "SELECT (page_count - freelist_count) * page_size - " +
          `${RECEIPT_BYTES} * (SELECT count(*) FROM receipts) AS bytes ` +
          "FROM pragma_page_count, pragma_freelist_count, pragma_page_size",
      );
      return Number(row!.bytes);
    };
    // In a shorter run the hub stores too little to delete anything.
    const isDue = this.#minutes >= MIN_RETENTION_MINUTES;
    for (const end = performance.now() + RETENTION_MS; isDue && performance.now() < end;) {
      if (!old() && used() <= KEEP_BYTES) break;
      await sleep(1000);
    }
    if (old() && isDue) this.#faults.push("messages that are 40 days old were not deleted");
    if (used() > KEEP_BYTES) this.#faults.push(`the database has ${used()} bytes`);
    return `${(used() / MIB).toFixed(1)} MiB are used, of ${
      KEEP_BYTES / MIB
    }; ${OLD_LINES} messages 40 days old: ` +
      (old() ? "some are left" : "none is left");
  }

  /** Waits until all clients are done, checks the results, and prints them. */
  async #settle(seconds: number): Promise<boolean> {
    // The hub may have no file descriptor left yet.
    for (const end = performance.now() + SILENT_MS;; await sleep(1000)) {
      const failed = await this.#desk.lift(this.#hub.port).then(() => undefined, (error) => String(error));
      if (failed === undefined) break;
      if (performance.now() < end) continue;
      this.#faults.push(`the operator cannot end what is in force: ${failed}`);
      break;
    }
    const all = [...this.#honest, ...this.#desk.clients];
    const done = Promise.all(all.map((client) => client.stop())).then(() => true);
    const settled = await Promise.race([done, sleep(60_000).then(() => false)]);
    if (!settled) this.#faults.push("some requests were not acknowledged within a minute");
    // The tasks that cause faults may still send messages; all clients must get them before the check.
    await Promise.all(this.#faultTasks);
    await sleep(3000);
    const capacity = await this.#checkCapacity();
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
    const retention = await this.#checkRetention();
    await Promise.all(this.#desk.clients.map((client) => client.stop()));
    const desk = await this.#desk.compare(this.#hub.port);
    this.#faults.push(...desk.faults);
    const last = stored.at(-1)?.[0] ?? 0;
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
      `stored messages     ${last}, with those of floods and hostile sessions; ${
        last - stored.length
      } of them deleted`,
      `faults              ${[...this.#counts].map(([kind, count]) => `${count} ${kind}`).join(", ")}`,
      `hostile sessions    ${this.#hostile}; stopped for a minute: ${this.#stoppedLong ? "once" : "never"}`,
      `silent TLS clients  ${this.#silent}`,
      `without ref         ${this.#unreferenced} requests, all answered`,
      `changes             ${desk.text}`,
      `retention           ${retention}`,
      `capacity            ${capacity}`,
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
    for (const client of [...this.#honest, ...this.#desk.clients]) client.reset();
    this.#over = true;
    await Promise.all(this.#tasks);
    await this.#restart("SIGTERM", false);
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
      await this.#restart("SIGKILL", false);
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
    if (i > 0 && sequence <= stored[i - 1]![0]) {
      losses.push(`${sequence} is stored after ${stored[i - 1]![0]}`);
    }
  }
  // What was deleted meanwhile, the clients have.
  for (const { received } of clients) {
    for (const [sequence, message] of received) if (!text.has(sequence)) text.set(sequence, message);
  }
  const last = stored.at(-1)?.[0] ?? 0;
  const all = [...text].sort(([one], [other]) => one - other);
  for (const client of clients) {
    for (const { sequence, text: sent } of client.acknowledged) {
      if (text.get(sequence) !== sent) {
        losses.push(`${sent}, acknowledged as ${sequence}, is ${text.get(sequence)}`);
      }
    }
    const own = all.map(([, message]) => message).filter((message) => message.startsWith(`${client.name} `));
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
    for (let sequence = client.received[0]?.[0] ?? 1; sequence <= last; sequence++) {
      if (!received.has(sequence)) losses.push(`${client.name} never got ${sequence}`);
    }
  }
  return { losses, doubled, disordered };
}

/** Returns how many files a process has open; 0 on a system that does not report it. */
async function countFiles(pid: number): Promise<number> {
  const { stdout } = await new Deno.Command("ls", { args: [`/proc/${pid}/fd`], stderr: "null" }).output();
  return new TextDecoder().decode(stdout).split("\n").filter((line) => line !== "").length;
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

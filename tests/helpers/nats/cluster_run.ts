/**
 * Three hubs as one chat under load: clients that send numbered messages with ids, and go to another hub when theirs
 * is gone. Whoever runs it kills hubs and servers meanwhile. In the end it compares what was acknowledged, what each
 * client received and what each hub has stored. The file is long because the clients, the hubs and the verdict share
 * the transcript of one run.
 *
 * @module
 */
import { DataFolder } from "../hubs/history.ts";
import { OriginalClient } from "../clients/original_client.ts";
import { ResendingClient } from "../clients/resending_client.ts";
import { keptPort } from "../kept_ports.ts";
import { HubProgram } from "../program.ts";

/** How long a client waits before it goes to the next hub, in milliseconds. */
const MOVE_MS = 50;

/** The number of hubs. */
export const HUBS = 3;

/** How a run is started. */
export interface ClusterRunOptions {
  /** The addresses of the NATS servers. */
  urls: readonly string[];
  /** On how many of them the log is stored. */
  replicas?: 1 | 3;
  /** How many clients there are, spread over the hubs. */
  clients: number;
  /** The time between two messages of a client, in milliseconds. */
  everyMs: number;
  /** How long the results may take, in milliseconds. */
  deadlineMs: number;
}

/** What a run has shown. */
export interface Verdict {
  /** How many messages were sent, and acknowledged. */
  readonly sent: number;
  /** As `sent`. */
  readonly acknowledged: number;
  /** How many were refused once, and sent again. */
  readonly refused: number;
  /** Acknowledged messages that a client or a hub has not, or not with the number in the acknowledgement. */
  readonly lost: readonly string[];
  /** Messages that are in the room twice. */
  readonly doubled: readonly string[];
  /** Messages that are behind later ones of their author. */
  readonly disordered: readonly string[];
  /** Where a client or a hub has another transcript than the others. */
  readonly different: readonly string[];
  /** What else went wrong: errors in logs, frames that break the protocol. */
  readonly faults: readonly string[];
  /** The longest time in which a client received nothing while others sent, in milliseconds. */
  readonly silenceMs: number;
  /** The longest time in which nobody received anything, in milliseconds. */
  readonly silenceOfAllMs: number;
}

/** One hub: its process changes, its port and its folder stay. */
class Hub {
  readonly folder = new DataFolder();
  program: HubProgram | undefined;
  /** Clients find it there when it is started again. */
  readonly port = keptPort();
}

/** The clients and hubs of a run. */
export class ClusterRun implements AsyncDisposable {
  readonly #options: ClusterRunOptions;
  readonly #hubs = Array.from({ length: HUBS }, () => new Hub());
  readonly #clients: ResendingClient[] = [];
  readonly #tasks: Promise<void>[] = [];
  /** The texts by their numbers, as the client has them that received them first. */
  readonly #transcript: (string | undefined)[] = [];
  readonly #different: string[] = [];
  readonly #faults: string[] = [];
  #acknowledged = 0;
  #wanted: { count: number; reached: () => void } | undefined;
  #lastAt = 0;
  #silenceMs = 0;
  #silenceOfAllMs = 0;
  #isSending = true;
  #isOver = false;

  private constructor(options: ClusterRunOptions) {
    this.#options = options;
  }

  /**
   * Starts the hubs and the clients.
   *
   * @param options see {@linkcode ClusterRunOptions}
   * @returns the run; its clients connect and send
   */
  static async start(options: ClusterRunOptions): Promise<ClusterRun> {
    const run = new ClusterRun(options);
    try {
      await Promise.all(run.#hubs.map((_, hub) => run.startHub(hub)));
    } catch (error) {
      await run[Symbol.asyncDispose]();
      throw error;
    }
    for (let number = 0; number < options.clients; number++) run.#addClient(number);
    return run;
  }

  /** How many messages are acknowledged so far. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /**
   * Waits until more messages are acknowledged.
   *
   * @param count how many more
   * @throws {Error} at the deadline
   */
  async more(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wanted = { count: this.#acknowledged + count, reached: resolve };
    await this.#inTime(promise, () => `${count} more acknowledgements; ${this.#state()}`);
  }

  /** Waits until each client has sent and received something. */
  async arrived(): Promise<void> {
    const received = async () => {
      while (!this.#isOver && this.#clients.some(({ last }) => last === 0)) await pause(MOVE_MS);
    };
    await this.#inTime(received(), () => `all clients; ${this.#state()}`);
  }

  /**
   * Starts a hub that has ended, or begins with one.
   *
   * @param hub its index
   */
  async startHub(hub: number): Promise<void> {
    const { urls, replicas = 1 } = this.#options;
    const one = this.#hubs[hub]!;
    one.program = await HubProgram.start([
      ...["--port", String(one.port)],
      ...["--cluster", urls.join(","), "--cluster-replicas", String(replicas)],
      ...["--history", "on", "--keep", "1d,32MiB", "--data", one.folder.path],
      ...["--max-connections", "0", "--log-level", "warning"],
    ]);
  }

  /**
   * Ends a hub, and waits for its end.
   *
   * @param hub its index
   * @param signal how
   */
  async endHub(hub: number, signal: "SIGKILL" | "SIGTERM"): Promise<void> {
    const one = this.#hubs[hub]!, program = one.program!;
    one.program = undefined;
    try {
      program.kill(signal);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      this.#faults.push(`hub ${hub} has ended by itself: ${program.stderr}`);
    }
    const status = await this.#inTime(program.status, () => `the end of hub ${hub} by ${signal}`);
    if (signal === "SIGTERM" && status !== 0) this.#faults.push(`hub ${hub} ended with status ${status}`);
    this.#faults.push(...program.stderr.split("\n").filter((line) => / (?:error|fatal) /.test(line)));
    await program[Symbol.asyncDispose]();
  }

  /**
   * Stops or continues a hub: its connections stay open.
   *
   * @param hub its index
   * @param signal which
   */
  signalHub(hub: number, signal: "SIGSTOP" | "SIGCONT"): void {
    this.#hubs[hub]!.program!.kill(signal);
  }

  /**
   * Sends nothing new, waits until all is acknowledged and received everywhere, ends the hubs, and compares. All hubs
   * must run.
   *
   * @returns what was found
   * @throws {Error} at the deadline
   */
  async finish(): Promise<Verdict> {
    this.#isSending = false;
    const clients = this.#clients;
    await this.#inTime(
      Promise.all(clients.map((client) => client.stop())),
      () => `all acknowledgements; ${this.#state()}`,
    );
    const last = Math.max(
      0,
      ...clients.flatMap(({ acknowledged }) => acknowledged.map((one) => one.sequence)),
    );
    const received = async () => {
      while (!this.#isOver && clients.some((client) => client.last < last)) await pause(MOVE_MS);
    };
    await this.#inTime(received(), () => `message ${last} at each client; ${this.#state()}`);
    const read = Promise.all(this.#hubs.map(({ port }) => this.#hasRead(port, last)));
    await this.#inTime(read, () => `message ${last} at each hub; ${this.#state()}`);
    this.#isOver = true;
    await Promise.all(this.#hubs.map((_, hub) => this.endHub(hub, "SIGTERM")));
    await Promise.all(this.#tasks);
    return this.#judge();
  }

  /** Ends the hubs and the clients, and removes the data. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    for (const client of this.#clients) client.reset();
    await Promise.all(this.#hubs.map(({ program }) => program?.[Symbol.asyncDispose]()));
    await Promise.all(this.#tasks);
    for (const { folder } of this.#hubs) folder[Symbol.dispose]();
  }

  #addClient(number: number): void {
    let expected = 1, receivedAt: number | undefined;
    const name = `client${number}`;
    const onReceived = (sequence: number, text: string) => {
      if (sequence !== expected) this.#different.push(`${name} received ${sequence} in place of ${expected}`);
      expected = sequence + 1;
      const known = this.#transcript[sequence] ??= text;
      if (known !== text) {
        this.#different.push(`${name} received ${text} as ${sequence}, others ${known}`);
      }
      const now = performance.now();
      if (this.#isSending) {
        this.#silenceMs = Math.max(this.#silenceMs, now - (receivedAt ?? now));
        if (this.#lastAt > 0) this.#silenceOfAllMs = Math.max(this.#silenceOfAllMs, now - this.#lastAt);
      }
      receivedAt = this.#lastAt = now;
    };
    const onAcknowledged = () => {
      this.#acknowledged++;
      if (this.#wanted !== undefined && this.#acknowledged >= this.#wanted.count) this.#wanted.reached();
    };
    const { clients, everyMs } = this.#options;
    // The secret of a person has at least 16 characters.
    const client = new ResendingClient(name, onAcknowledged, {
      everyMs,
      onReceived,
      session: crypto.randomUUID(),
    });
    this.#clients.push(client);
    // Not all of them send in the same moment.
    this.#tasks.push(this.#keepConnected(client, number % HUBS, number / clients * everyMs));
  }

  async #keepConnected(client: ResendingClient, first: number, afterMs: number): Promise<void> {
    await pause(afterMs);
    for (let at = first; !this.#isOver; at = (at + 1) % HUBS) {
      // Nothing listens at a hub that was killed.
      if (this.#hubs[at]!.program !== undefined) await client.run(this.#hubs[at]!.port).catch(() => {});
      if (!this.#isOver) await pause(MOVE_MS);
    }
  }

  /** Waits until a hub has read the log up to a message: one that was stopped is behind for a moment. */
  async #hasRead(port: number, last: number): Promise<void> {
    await using client = await OriginalClient.connect(port);
    await client.sendJson({ code: 102, client: "test/1", quiet: true });
    for (let read = 0; read < last && !this.#isOver;) {
      await client.sendJson({ code: 109, ref: "rooms" });
      const { rooms } = await client.until(({ ref }) => ref === "rooms");
      read = (rooms as { last_sequence: number }[])[0]!.last_sequence;
    }
  }

  #judge(): Verdict {
    const lost: string[] = [], doubled: string[] = [], disordered: string[] = [];
    const transcript = this.#transcript.slice(1).map((text) => text ?? "");
    const seen = new Set<string>();
    const lastOf = new Map<string, number>();
    const refused = new Set(this.#clients.flatMap((client) => [...client.refused]));
    for (const text of transcript) {
      if (seen.has(text)) doubled.push(text);
      seen.add(text);
      // A message that was refused may come after one that was sent before its author knew.
      if (refused.has(text)) continue;
      const [author = "", id] = text.split(" ");
      if (Number(id) < (lastOf.get(author) ?? 0)) disordered.push(text);
      lastOf.set(author, Number(id));
    }
    let acknowledged = 0;
    for (const client of this.#clients) {
      acknowledged += client.acknowledged.length;
      for (const { text, sequence } of client.acknowledged) {
        if (transcript[sequence - 1] !== text) lost.push(`${text}, which was acknowledged as ${sequence}`);
      }
      this.#faults.push(...client.faults.map((fault) => `${client.name} received ${fault}`));
    }
    for (const [index, { folder }] of this.#hubs.entries()) {
      const stored = folder.query(
        "SELECT sequence, message FROM lines WHERE place = (SELECT id FROM places WHERE key = 'main') ORDER BY id",
      );
      const wrong = stored.findIndex(({ sequence, message }, at) =>
        sequence !== at + 1 || message !== transcript[at]
      );
      if (wrong >= 0 || stored.length !== transcript.length) {
        this.#different.push(
          `hub ${index} has ${stored.length} messages, clients ${transcript.length}; the first that differs: ` +
            JSON.stringify(stored[wrong] ?? transcript[stored.length]),
        );
      }
    }
    return {
      sent: this.#clients.reduce((sum, client) => sum + client.sentCount, 0),
      acknowledged,
      refused: refused.size,
      lost,
      doubled,
      disordered,
      different: this.#different,
      faults: this.#faults,
      silenceMs: this.#silenceMs,
      silenceOfAllMs: this.#silenceOfAllMs,
    };
  }

  #state(): string {
    const lasts = this.#clients.map(({ last }) => last);
    const logs = this.#hubs.map(({ program }, hub) => `hub ${hub}: ${program?.stderr ?? "ended"}`).join("\n");
    return `${this.#acknowledged} are acknowledged, the clients have ${Math.min(...lasts)} to ` +
      `${Math.max(...lasts)}, the room ${this.#transcript.length - 1}; ` +
      `${this.#clients.flatMap(({ faults }) => faults).slice(0, 5).join(" ")}\n${logs}`;
  }

  async #inTime<T>(promise: Promise<T>, what: () => string): Promise<T> {
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new Error(`it took too long: ${what()}`)),
      this.#options.deadlineMs,
    );
    try {
      return await Promise.race([promise, late]);
    } finally {
      clearTimeout(timer);
    }
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

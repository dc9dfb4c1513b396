/**
 * Puts a load on a hub, by workers, and adds up what came of it.
 *
 * @module
 */
import { Latencies } from "./latency.ts";
import { type LoadPlan, shareOut } from "./load_plan.ts";
import type { LoadAddress } from "./load_client.ts";
import type { LoadResult } from "./load_report.ts";
import type { FromWorker, ToWorker } from "./load_worker.ts";

/** A load could not be put on a hub. */
export class LoadError extends Error {
  /** As for any `Error`. */
  override readonly name = "LoadError";
  /** Whether that is as the hub would not have a client. */
  readonly refused: boolean;

  /**
   * Says why.
   *
   * @param message for people
   * @param refused whether that is as the hub would not have a client
   */
  constructor(message: string, refused = false) {
    super(message);
    this.refused = refused;
  }
}

/** How far a load has come. */
export interface LoadProgress {
  /** What is being done. */
  phase: "connecting" | "saying" | "hearing";
  /** How many lines were said. */
  lines: number;
  /** How many times a line reached a client. */
  deliveries: number;
}

/** Where and how a load is put. */
export interface LoadOptions {
  /** The load. */
  plan: LoadPlan;
  /** Where the hub is. */
  address: LoadAddress;
  /** How many workers make it. */
  workers: number;
  /** Told how far it has come. */
  progress: (progress: LoadProgress) => void;
  /** Ends it early: what was said is heard out, then that is the result. */
  signal: AbortSignal;
}

/**
 * Puts a load on a hub.
 *
 * @param options where and how
 * @returns what came of it
 * @throws {LoadError} where a client could not connect, or it was interrupted before all had
 */
export async function putLoad(
  { plan, address, workers, progress, signal }: LoadOptions,
): Promise<LoadResult> {
  const mark = `load-${crypto.randomUUID().slice(0, 8)}`;
  const crews = shareOut(plan, workers).map((share) => new Crew(share.clients));
  const sums = () => ({
    lines: crews.reduce((sum, { sent }) => sum + sent, 0),
    deliveries: crews.reduce((sum, { heard }) => sum + heard, 0),
  });
  const { hostname, port } = address;
  try {
    progress({ phase: "connecting", lines: 0, deliveries: 0 });
    const began = performance.now();
    const interrupted = new Promise<never>((_, reject) => {
      const stop = () => reject(new LoadError("interrupted while connecting"));
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
    });
    interrupted.catch(() => {});
    const connected = Promise.all(
      shareOut(plan, workers).map(async (share, i) => {
        crews[i]!.tell({ kind: "connect", address, share, mark });
        await crews[i]!.hears("connected");
      }),
    );
    await Promise.race([connected, interrupted]);
    const connectMs = performance.now() - began;
    const since = performance.timeOrigin + performance.now();
    for (const crew of crews) {
      crew.progressed = () => progress({ phase: "saying", ...sums() });
      crew.tell({ kind: "begin" });
    }
    const stop = () => crews.forEach((crew) => crew.tell({ kind: "stop" }));
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const said = await Promise.all(crews.map((crew) => crew.hears("said")));
    signal.removeEventListener("abort", stop);
    const lines = said.reduce((sum, { sent }) => sum + sent, 0);
    signal.addEventListener("abort", () => crews.forEach((crew) => crew.tell({ kind: "giveUp" })));
    const results = await Promise.all(
      crews.map((crew) => {
        crew.progressed = () => progress({ phase: "hearing", ...sums(), lines });
        crew.tell({ kind: "finish", lines });
        return crew.hears("result");
      }),
    );
    const latencies = new Latencies();
    for (const { counts, maxMs } of results) latencies.addAll(new Latencies(counts, maxMs));
    return {
      plan,
      address: hostname.includes(":") ? `[${hostname}]:${port}` : `${hostname}:${port}`,
      connectMs,
      tookMs: Math.max(0.001, Math.max(...results.map(({ lastAt }) => lastAt)) - since),
      lines,
      deliveries: results.reduce((sum, { heard }) => sum + heard, 0),
      expected: lines * plan.clients,
      latencies,
      ended: [...new Set(results.flatMap(({ ended }) => ended))],
    };
  } finally {
    for (const crew of crews) crew.dismiss();
  }
}

/** A worker and what it has told. */
class Crew {
  readonly #worker: Worker;
  readonly #heard = new Map<FromWorker["kind"], PromiseWithResolvers<FromWorker>>();
  #failure: Error | undefined;
  sent = 0;
  heard = 0;
  progressed: () => void = () => {};

  /** @param clients how many it is to connect, for its errors */
  constructor(clients: number) {
    this.#worker = new Worker(new URL("./load_worker.ts", import.meta.url), {
      type: "module",
      name: `load of ${clients} clients`,
    });
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => this.#take(data);
    this.#worker.onerror = (event) => {
      event.preventDefault();
      this.#fail(new Error(`a worker failed: ${event.message}`));
    };
  }

  tell(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Waits for a message of a kind; throws where the worker fails first. */
  hears<K extends FromWorker["kind"]>(kind: K): Promise<FromWorker & { kind: K }> {
    const { promise } = this.#expect(kind);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return promise as Promise<FromWorker & { kind: K }>;
  }

  dismiss(): void {
    this.#worker.terminate();
  }

  #take(message: FromWorker): void {
    if (message.kind === "failed") return this.#fail(new LoadError(message.why, message.refused));
    if (message.kind === "progress") {
      this.sent = message.sent;
      this.heard = message.heard;
      return this.progressed();
    }
    this.#expect(message.kind).resolve(message);
  }

  #expect(kind: FromWorker["kind"]): PromiseWithResolvers<FromWorker> {
    let expected = this.#heard.get(kind);
    if (expected === undefined) {
      this.#heard.set(kind, expected = Promise.withResolvers());
      // Where nobody waits for it, its failure is told to who waits for another.
      expected.promise.catch(() => {});
    }
    return expected;
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const expected of this.#heard.values()) expected.reject(error);
  }
}

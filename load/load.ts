/**
 * Puts a load on a hub with several workers, and adds up their results.
 *
 * @module
 */
import { Latencies } from "./latency.ts";
import { type LoadPlan, splitPlan } from "./load_plan.ts";
import type { LoadAddress } from "./load_client.ts";
import type { LoadResult } from "./load_report.ts";
import type { FromWorker, ToWorker } from "./load_worker.ts";
import { hostPort } from "../runtime/mod.ts";

/** The load could not start. */
export class LoadError extends Error {
  /** As for any `Error`. */
  override readonly name = "LoadError";
  /** Whether the hub refused a client. */
  readonly refused: boolean;

  /**
   * Makes the error.
   *
   * @param message the reason
   * @param refused whether the hub refused a client
   */
  constructor(message: string, refused = false) {
    super(message);
    this.refused = refused;
  }
}

/** The progress of a load test. */
export interface LoadProgress {
  /** The current phase; in `draining` all messages are sent, and the last deliveries are awaited. */
  phase: "connecting" | "sending" | "draining";
  /** The number of messages sent. */
  messages: number;
  /** How many times a message reached a client. */
  deliveries: number;
}

/** Options of {@linkcode runLoad}. */
export interface LoadOptions {
  /** The load. */
  plan: LoadPlan;
  /** The address of the hub. */
  address: LoadAddress;
  /** The number of workers. */
  workers: number;
  /** Called with the progress. */
  progress: (progress: LoadProgress) => void;
  /** Called once if the hub delays messages because of its rate limit. */
  throttled: () => void;
  /** Ends the load early: no more messages are sent, and the result covers those that were. */
  signal: AbortSignal;
}

/**
 * Puts a load on a hub.
 *
 * @param options see {@linkcode LoadOptions}
 * @returns the result
 * @throws {LoadError} if a client cannot connect, or it is interrupted before all are connected
 */
export async function runLoad(
  { plan, address, workers, progress, throttled, signal }: LoadOptions,
): Promise<LoadResult> {
  const loadId = `load-${crypto.randomUUID().slice(0, 8)}`;
  const handles = splitPlan(plan, workers).map((share) => new WorkerHandle(share.clients));
  const sums = () => ({
    messages: handles.reduce((sum, { sent }) => sum + sent, 0),
    deliveries: handles.reduce((sum, { delivered }) => sum + delivered, 0),
  });
  const { hostname, port } = address;
  let wasThrottled = false;
  for (const handle of handles) {
    handle.onThrottled = () => {
      if (!wasThrottled) throttled();
      wasThrottled = true;
    };
  }
  try {
    progress({ phase: "connecting", messages: 0, deliveries: 0 });
    const began = performance.now();
    const interrupted = new Promise<never>((_, reject) => {
      const stop = () => reject(new LoadError("interrupted while connecting"));
      signal.addEventListener("abort", stop);
      if (signal.aborted) stop();
    });
    interrupted.catch(() => {});
    const connected = Promise.all(
      splitPlan(plan, workers).map(async (share, i) => {
        handles[i]!.send({ kind: "connect", address, share, loadId });
        await handles[i]!.receive("connected");
      }),
    );
    await Promise.race([connected, interrupted]);
    const connectMs = performance.now() - began;
    const since = performance.timeOrigin + performance.now();
    for (const handle of handles) {
      handle.onProgress = () => progress({ phase: "sending", ...sums() });
      handle.send({ kind: "begin" });
    }
    const stop = () => handles.forEach((handle) => handle.send({ kind: "stop" }));
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    const sent = await Promise.all(handles.map((handle) => handle.receive("sent")));
    signal.removeEventListener("abort", stop);
    const messages = sent.reduce((sum, { sent }) => sum + sent, 0);
    signal.addEventListener("abort", () => handles.forEach((handle) => handle.send({ kind: "giveUp" })));
    const results = await Promise.all(
      handles.map((handle) => {
        handle.onProgress = () => progress({ phase: "draining", ...sums(), messages });
        handle.send({ kind: "finish", messages });
        return handle.receive("result");
      }),
    );
    const latencies = new Latencies();
    for (const { counts, maxMs } of results) latencies.addAll(new Latencies(counts, maxMs));
    return {
      plan,
      address: hostPort(hostname, port),
      connectMs,
      tookMs: Math.max(0.001, Math.max(...results.map(({ lastAt }) => lastAt)) - since),
      messages,
      deliveries: results.reduce((sum, { received }) => sum + received, 0),
      expected: messages * plan.clients,
      latencies,
      throttled: wasThrottled,
      ended: [...new Set(results.flatMap(({ ended }) => ended))],
    };
  } finally {
    for (const handle of handles) handle.terminate();
  }
}

/** A worker, and the messages from it. */
class WorkerHandle {
  readonly #worker: Worker;
  readonly #received = new Map<FromWorker["kind"], PromiseWithResolvers<FromWorker>>();
  #failure: Error | undefined;
  sent = 0;
  delivered = 0;
  onProgress: () => void = () => {};
  onThrottled: () => void = () => {};

  /** @param clients the number of its clients, for its name in error messages */
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

  send(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  /** Waits for a message of a kind; rejects if the worker fails first. */
  receive<K extends FromWorker["kind"]>(kind: K): Promise<FromWorker & { kind: K }> {
    const { promise } = this.#expect(kind);
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return promise as Promise<FromWorker & { kind: K }>;
  }

  terminate(): void {
    this.#worker.terminate();
  }

  #take(message: FromWorker): void {
    if (message.kind === "failed") return this.#fail(new LoadError(message.why, message.refused));
    if (message.kind === "throttled") return this.onThrottled();
    if (message.kind === "progress") {
      this.sent = message.sent;
      this.delivered = message.received;
      return this.onProgress();
    }
    this.#expect(message.kind).resolve(message);
  }

  #expect(kind: FromWorker["kind"]): PromiseWithResolvers<FromWorker> {
    let expected = this.#received.get(kind);
    if (expected === undefined) {
      this.#received.set(kind, expected = Promise.withResolvers());
      // If nothing waits for this kind, an error is still reported to the code that waits for another.
      expected.promise.catch(() => {});
    }
    return expected;
  }

  #fail(error: Error): void {
    this.#failure = error;
    for (const expected of this.#received.values()) expected.reject(error);
  }
}

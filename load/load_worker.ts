/**
 * A worker that runs one share of a load test. It receives its share, reports when its clients are connected, receives
 * the command to begin, reports its progress several times a second, and reports its result at the end.
 *
 * @module
 */
import { Latencies, type LatencyCounts } from "./latency.ts";
import { type LoadAddress, LoadClient, RefusedError } from "./load_client.ts";
import type { LoadShare } from "./load_plan.ts";

/** A message to a worker. */
export type ToWorker =
  | { kind: "connect"; address: LoadAddress; share: LoadShare; loadId: string }
  | { kind: "begin" }
  /** Stop sending before the time is over. */
  | { kind: "stop" }
  /** All workers have stopped. Together they have sent this many messages. */
  | { kind: "finish"; messages: number }
  /** Do not wait for missing deliveries. */
  | { kind: "giveUp" };

/** A message from a worker. */
export type FromWorker =
  | { kind: "connected" }
  | { kind: "failed"; why: string; refused: boolean }
  | { kind: "progress"; sent: number; received: number }
  /** The hub delays messages because of its rate limit. Sent once. */
  | { kind: "throttled" }
  | { kind: "sent"; sent: number }
  | {
    kind: "result";
    received: number;
    counts: LatencyCounts;
    maxMs: number;
    lastAt: number;
    ended: string[];
  };

/** The intervals of progress reports, and of sending at a fixed rate, in milliseconds. */
const PROGRESS_MS = 200, TICK_MS = 5;

/** How long to wait without any delivery before missing ones count as lost, in milliseconds. */
const DRAIN_TIMEOUT_MS = 5000;

/** About how many clients count the latency of each message. With more clients, each counts only some messages. */
const SAMPLED_CLIENTS = 50;

/** How many clients connect at the same time. */
const BATCH = 50;

const worker = self as unknown as {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
  close(): void;
};

const now = () => performance.timeOrigin + performance.now();
const latencies = new Latencies();
let clients: LoadClient[] = [];
let isThrottled = false;
let share: LoadShare;
let stopSending: (() => void) | undefined;
let drainTimeout = DRAIN_TIMEOUT_MS;

worker.onmessage = async ({ data }) => {
  switch (data.kind) {
    case "connect":
      share = data.share;
      try {
        await connectAll(data.address, data.loadId);
        worker.postMessage({ kind: "connected" });
      } catch (error) {
        worker.postMessage({
          kind: "failed",
          why: error instanceof Error ? error.message : String(error),
          refused: error instanceof RefusedError,
        });
      }
      return;
    case "begin":
      return begin();
    case "stop":
      return stopSending?.();
    case "finish":
      return finish(data.messages);
    case "giveUp":
      drainTimeout = 0;
      return;
  }
};

async function connectAll(address: LoadAddress, loadId: string): Promise<void> {
  const sampling = Math.max(1, Math.ceil(share.clients / SAMPLED_CLIENTS));
  while (clients.length < share.clients) {
    const batch = Array.from({ length: Math.min(BATCH, share.clients - clients.length) }, (_, i) => i);
    const connected = await Promise.all(batch.map((i) =>
      LoadClient.connect(address, {
        number: share.first + clients.length + i,
        isSender: clients.length + i < share.senders,
        throttled: reportThrottled,
        loadId,
        size: share.size,
        now,
        latencies,
        sampling,
      })
    ));
    clients = [...clients, ...connected];
  }
}

function reportThrottled(): void {
  if (isThrottled) return;
  isThrottled = true;
  worker.postMessage({ kind: "throttled" });
}

/** Makes the senders send, at their rate or as fast as the hub sends back, until the time is over or `stop`. */
function begin(): void {
  const senders = clients.slice(0, share.senders);
  const since = now();
  let planned = 0;
  const progress = setInterval(() => worker.postMessage({ kind: "progress", ...sums() }), PROGRESS_MS);
  /** Sends the messages that are due. After a delay it sends more at once, so that the total is right. */
  const sendDue = (ms: number) => {
    const due = Math.floor(share.messages! * Math.min(1, ms / (share.seconds * 1000)));
    for (; planned < due; planned++) senders[planned % senders.length]!.send(1);
  };
  const hasRate = share.messages !== undefined;
  const tick = hasRate ? setInterval(() => sendDue(now() - since), TICK_MS) : undefined;
  if (!hasRate) { for (const sender of senders) sender.flood(); }
  const end = setTimeout(() => {
    if (hasRate) sendDue(Infinity);
    stopSending?.();
  }, share.seconds * 1000);
  stopSending = () => {
    stopSending = undefined;
    clearTimeout(end);
    clearInterval(tick);
    clearInterval(progress);
    for (const sender of senders) sender.stop();
    worker.postMessage({ kind: "sent", sent: sums().sent });
  };
}

function sums(): { sent: number; received: number } {
  let sent = 0, received = 0;
  for (const client of clients) {
    sent += client.sent;
    received += client.received;
  }
  return { sent, received };
}

/** Waits until every message has reached every client, or the timeout without deliveries is over. */
function finish(messages: number): void {
  let last = -1;
  let lastAt = now();
  const timer = setInterval(() => {
    const { received } = sums();
    if (received !== last) {
      last = received;
      lastAt = now();
    }
    const complete = received >= messages * clients.length;
    if (!complete && now() - lastAt < drainTimeout) {
      return void worker.postMessage({ kind: "progress", ...sums() });
    }
    clearInterval(timer);
    const ended = clients.map(({ endedBecause }) => endedBecause).filter((why) => why !== undefined);
    for (const client of clients) client.close();
    worker.postMessage({
      kind: "result",
      received,
      counts: latencies.counts,
      maxMs: latencies.max,
      lastAt,
      ended,
    });
    worker.close();
  }, 10);
}

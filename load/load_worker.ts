/**
 * A worker that makes one share of a load. It is told its share, says when its clients are connected, is told to begin,
 * tells several times a second how far it has come, and at the end what came of it.
 *
 * @module
 */
import { Latencies, type LatencyCounts } from "./latency.ts";
import { type LoadAddress, LoadClient, RefusedError } from "./load_client.ts";
import type { LoadShare } from "./load_plan.ts";

/** What a worker is told. */
export type ToWorker =
  | { kind: "connect"; address: LoadAddress; share: LoadShare; mark: string }
  | { kind: "begin" }
  /** Say no more before the time is over. */
  | { kind: "stop" }
  /** No more is said; `lines` were, by all workers together. */
  | { kind: "finish"; lines: number }
  /** Do not wait for what is missing. */
  | { kind: "giveUp" };

/** What a worker tells. */
export type FromWorker =
  | { kind: "connected" }
  | { kind: "failed"; why: string; refused: boolean }
  | { kind: "progress"; sent: number; heard: number }
  | { kind: "said"; sent: number }
  | { kind: "result"; heard: number; counts: LatencyCounts; maxMs: number; lastAt: number; ended: string[] };

/** How often the progress is told, and lines with a rate are said. */
const PROGRESS_MS = 200, TICK_MS = 5;

/** How long no line may reach anybody before those that are missing count as lost, in milliseconds. */
const PATIENCE_MS = 5000;

/** How many durations are counted, about, in a worker with many clients: enough for a percentile. */
const EACH_CLIENT_UP_TO = 50;

/** How many clients connect at the same time. */
const WAVE = 50;

const worker = self as unknown as {
  onmessage: ((event: MessageEvent<ToWorker>) => void) | null;
  postMessage(message: FromWorker): void;
  close(): void;
};

const now = () => performance.timeOrigin + performance.now();
const latencies = new Latencies();
let clients: LoadClient[] = [];
let share: LoadShare;
let saying: (() => void) | undefined;
let patience = PATIENCE_MS;

worker.onmessage = async ({ data }) => {
  switch (data.kind) {
    case "connect":
      share = data.share;
      try {
        await connectAll(data.address, data.mark);
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
      return saying?.();
    case "finish":
      return finish(data.lines);
    case "giveUp":
      patience = 0;
      return;
  }
};

async function connectAll(address: LoadAddress, mark: string): Promise<void> {
  const sampling = Math.max(1, Math.ceil(share.clients / EACH_CLIENT_UP_TO));
  while (clients.length < share.clients) {
    const wave = Array.from({ length: Math.min(WAVE, share.clients - clients.length) }, (_, i) => i);
    const connected = await Promise.all(wave.map((i) =>
      LoadClient.connect(address, {
        number: share.first + clients.length + i,
        mark,
        size: share.size,
        now,
        latencies,
        sampling,
      })
    ));
    clients = [...clients, ...connected];
  }
}

/** Has the senders say lines, at their rate or as fast as they are echoed, until `finish`. */
function begin(): void {
  const senders = clients.slice(0, share.senders);
  const since = now();
  let planned = 0;
  const progress = setInterval(() => worker.postMessage({ kind: "progress", ...sums() }), PROGRESS_MS);
  /** Says what is due after some time. A worker that was held up says more at once, so that the sum is right. */
  const sayUpTo = (ms: number) => {
    const due = Math.floor(share.lines! * Math.min(1, ms / (share.seconds * 1000)));
    for (; planned < due; planned++) senders[planned % senders.length]!.say(1);
  };
  const rated = share.lines !== undefined;
  const tick = rated ? setInterval(() => sayUpTo(now() - since), TICK_MS) : undefined;
  if (!rated) { for (const sender of senders) sender.flood(); }
  const end = setTimeout(() => {
    if (rated) sayUpTo(Infinity);
    saying?.();
  }, share.seconds * 1000);
  saying = () => {
    saying = undefined;
    clearTimeout(end);
    clearInterval(tick);
    clearInterval(progress);
    for (const sender of senders) sender.stop();
    worker.postMessage({ kind: "said", sent: sums().sent });
  };
}

function sums(): { sent: number; heard: number } {
  let sent = 0, heard = 0;
  for (const client of clients) {
    sent += client.sent;
    heard += client.heard;
  }
  return { sent, heard };
}

/** Waits until every line has reached every client, or none has for too long. */
function finish(lines: number): void {
  let seen = -1;
  let lastAt = now();
  const look = setInterval(() => {
    const { heard } = sums();
    if (heard !== seen) {
      seen = heard;
      lastAt = now();
    }
    const whole = heard >= lines * clients.length;
    if (!whole && now() - lastAt < patience) {
      return void worker.postMessage({ kind: "progress", ...sums() });
    }
    clearInterval(look);
    const ended = clients.map(({ endedBecause }) => endedBecause).filter((why) => why !== undefined);
    for (const client of clients) client.close();
    worker.postMessage({
      kind: "result",
      heard,
      counts: latencies.counts,
      maxMs: latencies.max,
      lastAt,
      ended,
    });
    worker.close();
  }, 10);
}

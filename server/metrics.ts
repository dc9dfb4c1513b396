/**
 * What is measured of a hub, as Prometheus knows it: names, types and what they mean. The numbers are read when they are
 * asked for; only the delay of the event loop is watched all the time, ten times a second.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { Code, VERSION } from "../protocol/mod.ts";
import type { Clock, Timers } from "./clock.ts";
import { LOOP_PROBE_MS } from "./limits.ts";
import type { Measures } from "./measures.ts";

/** Metrics that can be printed. */
export interface Metrics {
  /** The type of what is printed, for `Content-Type`. */
  readonly contentType: string;
  /** Prints all of them as they are now. */
  print(): Promise<string>;
  /** Stops watching. */
  stop(): void;
}

/** From a tick of the clock to what everyone notices, in seconds. */
const DELAY_BUCKETS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** The codes of requests are below this, those of what the hub says are not. */
const FIRST_SERVER_CODE = 200;

/**
 * Makes the metrics of a hub.
 *
 * @param measures what can be measured of it
 * @param time the clock and timers with which the event loop is watched
 * @returns the metrics, which watch until they are stopped
 */
export function hubMetrics(measures: Measures, time: { clock: Clock; timers: Timers }): Metrics {
  const registry = new Registry();
  const { counters } = measures;
  const codes = Object.values(Code);

  gauge(registry, "connections", "Connections that are open.", () => measures.connections);
  gauge(registry, "sessions", "Connections that have not been ended by the hub.", () => measures.sessions);
  counter(
    registry,
    "connections_accepted_total",
    "Connections that were taken in.",
    () => counters.connections,
  );
  counterBy(registry, "messages_received_total", "Messages received from clients, by code.", "code", () => {
    const requests = codes.filter((code) => code < FIRST_SERVER_CODE);
    return [
      ...requests.map((code) => [String(code), counters.received[code]!] as const),
      ["unknown", counters.unknown],
    ];
  });
  counterBy(
    registry,
    "messages_sent_total",
    "Messages made; what a whole room is told is one.",
    "code",
    () => {
      const said = codes.filter((code) => code >= FIRST_SERVER_CODE);
      return said.map((code) => [String(code), counters.sent[code]!] as const);
    },
  );
  counter(
    registry,
    "deliveries_total",
    "Messages put before clients; what a room of ten is told is ten.",
    () => counters.deliveries,
  );
  counter(registry, "received_bytes_total", "Bytes read from clients.", () => counters.bytesIn);
  counter(registry, "sent_bytes_total", "Bytes written to clients.", () => counters.bytesOut);
  gauge(registry, "lag_bytes", "Bytes that wait for clients, of all together.", () => {
    let sum = 0;
    for (const lag of measures.lags) sum += lag;
    return sum;
  });
  gauge(registry, "lag_max_bytes", "Bytes that wait for the client that is furthest behind.", () => {
    let most = 0;
    for (const lag of measures.lags) most = Math.max(most, lag);
    return most;
  });
  counterBy(
    registry,
    "drops_total",
    "Sessions that the hub ended, by reason.",
    "reason",
    () => counters.drops,
  );
  counterBy(
    registry,
    "refusals_total",
    "Requests and connections that were refused, by word.",
    "word",
    () => counters.refusals,
  );
  counter(registry, "flush_rounds_total", "Rounds of writing what was said.", () => measures.rounds);

  gauge(
    registry,
    "heap_used_bytes",
    "Memory that JavaScript objects take.",
    () => Deno.memoryUsage().heapUsed,
  );
  gauge(
    registry,
    "external_memory_bytes",
    "Memory of buffers outside the heap.",
    () => Deno.memoryUsage().external,
  );
  new Gauge({
    name: "process_resident_memory_bytes",
    help: "Memory of the process.",
    registers: [registry],
    collect() {
      this.set(Deno.memoryUsage().rss);
    },
  });
  new Gauge({
    name: "process_start_time_seconds",
    help: "When the process was started, in seconds since 1970.",
    registers: [registry],
  }).set(performance.timeOrigin / 1000);
  new Gauge({
    name: "riftchat_build_info",
    help: "Which program this is; always 1.",
    labelNames: ["version", "deno", "target"],
    registers: [registry],
  }).set({ version: VERSION, deno: Deno.version.deno, target: Deno.build.target }, 1);

  return {
    contentType: registry.contentType,
    print: () => registry.metrics(),
    stop: watchLoop(registry, time),
  };
}

function gauge(registry: Registry, name: string, help: string, read: () => number): void {
  new Gauge({
    name: `riftchat_${name}`,
    help,
    registers: [registry],
    collect() {
      this.set(read());
    },
  });
}

function counter(registry: Registry, name: string, help: string, read: () => number): void {
  new Counter({
    name: `riftchat_${name}`,
    help,
    registers: [registry],
    collect() {
      this.reset();
      this.inc(read());
    },
  });
}

function counterBy(
  registry: Registry,
  name: string,
  help: string,
  label: string,
  read: () => Iterable<readonly [string, number]>,
): void {
  new Counter({
    name: `riftchat_${name}`,
    help,
    labelNames: [label],
    registers: [registry],
    collect() {
      this.reset();
      for (const [value, count] of read()) this.inc({ [label]: value }, count);
    },
  });
}

/** Measures again and again by how much a timer is late; answers what stops that. */
function watchLoop(registry: Registry, { clock, timers }: { clock: Clock; timers: Timers }): () => void {
  const delay = new Histogram({
    name: "riftchat_event_loop_delay_seconds",
    help: "By how much a timer of the event loop was late.",
    buckets: DELAY_BUCKETS_S,
    registers: [registry],
  });
  let cancel: () => void;
  const probe = () => {
    const due = clock.elapsed() + LOOP_PROBE_MS;
    cancel = timers.after(LOOP_PROBE_MS, () => {
      delay.observe(Math.max(0, clock.elapsed() - due) / 1000);
      probe();
    });
  };
  probe();
  return () => cancel();
}

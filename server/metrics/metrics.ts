/**
 * What is measured of a hub, as Prometheus knows it: names, types and what they mean. The numbers are read when they
 * are
 * asked for; only the delay of the event loop is watched all the time, ten times a second.
 *
 * @module
 */
import { Code, VERSION } from "../../protocol/mod.ts";
import type { Clock, Timers } from "../../runtime/mod.ts";
import { CONTENT_TYPE, expose, Histogram, type Metric } from "./exposition.ts";
import { LOOP_PROBE_MS } from "../limits.ts";
import type { Measures } from "./measures.ts";

/** Metrics that can be printed. */
export interface Metrics {
  /** The type of what is printed, for `Content-Type`. */
  readonly contentType: string;
  /** Prints all of them as they are now. */
  print(): string;
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
  const metrics: Metric[] = [];
  const { counters } = measures;
  const codes = Object.values(Code);

  gauge(metrics, "connections", "Connections that are open.", () => measures.connections);
  gauge(metrics, "tls_connections", "Connections that are open and speak TLS.", () => measures.encrypted);
  gauge(metrics, "sessions", "Connections that have not been ended by the hub.", () => measures.sessions);
  counter(
    metrics,
    "connections_accepted_total",
    "Connections that were taken in.",
    () => counters.connections,
  );
  counter(
    metrics,
    "tls_handshakes_failed_total",
    "Connections that did not get through the handshake of TLS.",
    () => counters.handshakesFailed,
  );
  metrics.push({
    name: "riftchat_tls_certificate_expiry_time_seconds",
    type: "gauge",
    help: "Until when the certificate is valid, in seconds since 1970; nothing without TLS.",
    samples: () => {
      const { certificateExpiresAt: until } = measures;
      return until === undefined ? [] : [{ value: until / 1000 }];
    },
  });
  counterBy(metrics, "messages_received_total", "Messages received from clients, by code.", "code", () => {
    const requests = codes.filter((code) => code < FIRST_SERVER_CODE);
    return [
      ...requests.map((code) => [String(code), counters.received[code]!] as const),
      ["unknown", counters.unknown],
    ];
  });
  counterBy(
    metrics,
    "messages_sent_total",
    "Messages made; what a whole room is told is one.",
    "code",
    () => {
      const said = codes.filter((code) => code >= FIRST_SERVER_CODE);
      return said.map((code) => [String(code), counters.sent[code]!] as const);
    },
  );
  counter(
    metrics,
    "deliveries_total",
    "Messages put before clients; what a room of ten is told is ten.",
    () => counters.deliveries,
  );
  counter(metrics, "received_bytes_total", "Bytes read from clients.", () => counters.bytesIn);
  counter(metrics, "sent_bytes_total", "Bytes written to clients.", () => counters.bytesOut);
  gauge(metrics, "lag_bytes", "Bytes that wait for clients, of all together.", () => {
    let sum = 0;
    for (const lag of measures.lags) sum += lag;
    return sum;
  });
  gauge(metrics, "lag_max_bytes", "Bytes that wait for the client that is furthest behind.", () => {
    let most = 0;
    for (const lag of measures.lags) most = Math.max(most, lag);
    return most;
  });
  counterBy(
    metrics,
    "drops_total",
    "Sessions that the hub ended, by reason.",
    "reason",
    () => counters.drops,
  );
  counterBy(
    metrics,
    "refusals_total",
    "Requests and connections that were refused, by word.",
    "word",
    () => counters.refusals,
  );
  counter(metrics, "flush_rounds_total", "Rounds of writing what was said.", () => measures.rounds);

  gauge(
    metrics,
    "heap_used_bytes",
    "Memory that JavaScript objects take.",
    () => Deno.memoryUsage().heapUsed,
  );
  gauge(
    metrics,
    "external_memory_bytes",
    "Memory of buffers outside the heap.",
    () => Deno.memoryUsage().external,
  );
  metrics.push(
    {
      name: "process_resident_memory_bytes",
      type: "gauge",
      help: "Memory of the process.",
      samples: () => [{ value: Deno.memoryUsage().rss }],
    },
    {
      name: "process_start_time_seconds",
      type: "gauge",
      help: "When the process was started, in seconds since 1970.",
      samples: () => [{ value: performance.timeOrigin / 1000 }],
    },
    {
      name: "riftchat_build_info",
      type: "gauge",
      help: "Which program this is; always 1.",
      samples: () => {
        const labels = { version: VERSION, deno: Deno.version.deno, target: Deno.build.target };
        return [{ labels, value: 1 }];
      },
    },
  );
  const delay = new Histogram(DELAY_BUCKETS_S);
  metrics.push({
    name: "riftchat_event_loop_delay_seconds",
    type: "histogram",
    help: "By how much a timer of the event loop was late.",
    samples: () => delay.samples,
  });

  return { contentType: CONTENT_TYPE, print: () => expose(metrics), stop: watchLoop(delay, time) };
}

function gauge(metrics: Metric[], name: string, help: string, read: () => number): void {
  metrics.push({ name: `riftchat_${name}`, type: "gauge", help, samples: () => [{ value: read() }] });
}

function counter(metrics: Metric[], name: string, help: string, read: () => number): void {
  metrics.push({ name: `riftchat_${name}`, type: "counter", help, samples: () => [{ value: read() }] });
}

function counterBy(
  metrics: Metric[],
  name: string,
  help: string,
  label: string,
  read: () => Iterable<readonly [string, number]>,
): void {
  const samples = () => Array.from(read(), ([text, value]) => ({ labels: { [label]: text }, value }));
  metrics.push({ name: `riftchat_${name}`, type: "counter", help, samples });
}

/** Measures again and again by how much a timer is late; answers what stops that. */
function watchLoop(delay: Histogram, { clock, timers }: { clock: Clock; timers: Timers }): () => void {
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

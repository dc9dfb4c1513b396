/**
 * The metrics of a hub for Prometheus: names, types and descriptions. Values are computed when they are read;
 * only the delay of the event loop is measured all the time, ten times a second. The file is long because it is the
 * list of all metrics.
 *
 * @module
 */
import { Code, VERSION } from "../../protocol/mod.ts";
import { allowedDescriptors, type Clock, type Timers } from "../../runtime/mod.ts";
import { CONTENT_TYPE, formatMetrics, Histogram, type Metric } from "./exposition.ts";
import { LOOP_PROBE_MS } from "../limits.ts";
import { openDescriptors } from "./descriptors.ts";
import type { ClusterStats, HubStats } from "./hub_stats.ts";

/** Metrics that can be formatted. */
export interface Metrics {
  /** The `Content-Type` of the text. */
  readonly contentType: string;
  /** Returns the current values of all metrics as text. */
  print(): string;
  /** Stops measuring. */
  stop(): void;
}

/** From one tick of the clock to a delay that every user notices, in seconds. */
const DELAY_BUCKETS_S = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5];

/** Codes of requests are below this, codes that the hub sends are not. */
const FIRST_SERVER_CODE = 200;

/**
 * Makes the metrics of a hub.
 *
 * @param stats the statistics of the hub
 * @param time the clock and timers that measure the event loop
 * @returns the metrics, which measure until they are stopped
 */
export function hubMetrics(stats: HubStats, time: { clock: Clock; timers: Timers }): Metrics {
  const metrics: Metric[] = [];
  const { counters } = stats;
  const codes = Object.values(Code);

  gauge(metrics, "connections", "Open connections.", () => stats.connections);
  gauge(metrics, "tls_connections", "Open connections that use TLS.", () => stats.encrypted);
  gauge(metrics, "sessions", "Open connections that the hub has not ended.", () => stats.sessions);
  counter(
    metrics,
    "connections_accepted_total",
    "Accepted connections.",
    () => counters.connections,
  );
  counter(
    metrics,
    "tls_handshakes_failed_total",
    "Connections whose TLS handshake failed.",
    () => counters.handshakesFailed,
  );
  optional(
    metrics,
    "riftchat_tls_certificate_expiry_time_seconds",
    "When the certificate expires, in seconds since 1970; absent without TLS.",
    () => stats.certificateExpiresAt === undefined ? undefined : stats.certificateExpiresAt / 1000,
  );
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
    "Messages that the hub created, by code; a message to a whole room counts once.",
    "code",
    () => {
      const said = codes.filter((code) => code >= FIRST_SERVER_CODE);
      return said.map((code) => [String(code), counters.sent[code]!] as const);
    },
  );
  counter(
    metrics,
    "deliveries_total",
    "Messages queued for clients; a message to a room of ten counts ten times.",
    () => counters.deliveries,
  );
  counter(metrics, "received_bytes_total", "Bytes read from clients.", () => counters.bytesIn);
  counter(metrics, "sent_bytes_total", "Bytes written to clients.", () => counters.bytesOut);
  gauge(metrics, "lag_bytes", "Bytes queued for all clients together.", () => {
    let sum = 0;
    for (const lag of stats.lags) sum += lag;
    return sum;
  });
  gauge(metrics, "lag_max_bytes", "Bytes queued for the slowest client.", () => {
    let longest = 0;
    for (const lag of stats.lags) longest = Math.max(longest, lag);
    return longest;
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
    "Refused requests and connections, by error word.",
    "word",
    () => counters.refusals,
  );
  counter(metrics, "flush_rounds_total", "Write rounds.", () => stats.writeRounds);

  gauge(
    metrics,
    "connections_allowed",
    "How many connections may be open now; fewer than configured while file descriptors are scarce; 0: no limit.",
    () => stats.connectionsAllowed,
  );
  gauge(
    metrics,
    "descriptors_scarce",
    "1 while the hub has too few file descriptors for more connections, else 0.",
    () => Number(stats.descriptorsScarce),
  );
  optional(
    metrics,
    "riftchat_descriptors_open",
    "At least so many file descriptors are open.",
    openDescriptors,
  );
  optional(
    metrics,
    "riftchat_descriptors_allowed",
    "So many file descriptors may be open (ulimit -n).",
    allowedDescriptors,
  );
  optional(
    metrics,
    "riftchat_bans",
    "Bans in force, of the hub and of rooms; absent without history.",
    () => stats.moderation?.bans,
  );
  optional(
    metrics,
    "riftchat_mutes",
    "Mutes in force, of the hub and of rooms; absent without history.",
    () => stats.moderation?.mutes,
  );
  httpMetrics(metrics, stats);
  historyMetrics(metrics, stats);
  clusterMetrics(metrics, stats);

  gauge(
    metrics,
    "heap_used_bytes",
    "Memory of JavaScript objects.",
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
      help: "When the process started, in seconds since 1970.",
      samples: () => [{ value: performance.timeOrigin / 1000 }],
    },
    {
      name: "riftchat_build_info",
      type: "gauge",
      help: "The version of the program, as labels; always 1.",
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
    help: "How late a timer of the event loop was, in seconds.",
    samples: () => delay.samples,
  });

  return { contentType: CONTENT_TYPE, print: () => formatMetrics(metrics), stop: watchLoop(delay, time) };
}

/** The metrics of HTTP; without values on a hub that serves none. */
function httpMetrics(metrics: Metric[], stats: HubStats): void {
  metrics.push({
    name: "riftchat_http_requests_total",
    type: "counter",
    help: "Answered HTTP requests, by route and class of status.",
    samples: () =>
      (stats.http?.requests ?? []).map(([route, status, value]) => ({ labels: { route, status }, value })),
  });
  optional(
    metrics,
    "riftchat_http_websockets",
    "Open WebSockets; absent if the hub serves no HTTP.",
    () => stats.http?.webSockets,
  );
  optional(
    metrics,
    "riftchat_http_streams",
    "Open streams of scripts; absent if the hub serves no HTTP.",
    () => stats.http?.streams,
  );
}

/** The metrics of the history; the gauges have no value if messages are not stored (`--no-history`). */
function historyMetrics(metrics: Metric[], stats: HubStats): void {
  const { counters } = stats;
  counter(metrics, "messages_stored_total", "Messages that were stored.", () => counters.stored);
  counter(
    metrics,
    "messages_not_stored_total",
    "Messages that were sent to users and could not be stored.",
    () => counters.notStored,
  );
  const { history } = stats;
  optional(
    metrics,
    "riftchat_storage_paused",
    "1 while messages are not stored because of an error, such as a full disk, else 0; absent without history.",
    () => history && Number(history.storingError !== undefined),
  );
  optional(metrics, "riftchat_journal_bytes", "Size of the journal.", () => history?.sizes?.journalBytes);
  optional(
    metrics,
    "riftchat_database_bytes",
    "Size of the database, without its write-ahead log.",
    () => history?.sizes?.databaseBytes,
  );
  optional(
    metrics,
    "riftchat_oldest_message_time_seconds",
    "When the oldest message in the database was sent, in seconds since 1970; absent without messages.",
    () => {
      const time = history?.sizes?.oldestTime;
      return time === undefined ? undefined : time / 1000;
    },
  );
}

/** The metrics of the cluster, which have no value if the hub is in none. */
function clusterMetrics(metrics: Metric[], stats: HubStats): void {
  const gauges: [name: string, help: string, read: (cluster: ClusterStats) => number][] = [
    [
      "away",
      "1 while NATS is away, so that messages wait or are refused, else 0; absent without a cluster.",
      ({ isAway }) => Number(isAway),
    ],
    ["lag", "Messages of the log that are not read yet; absent without a cluster.", ({ lag }) => lag],
    [
      "in_flight",
      "Batches of this hub that have not come back from the log; absent without a cluster.",
      ({ inFlight }) => inFlight,
    ],
    [
      "waiting_messages",
      "Messages of clients of this hub that do not count yet; absent without a cluster.",
      ({ waiting }) => waiting,
    ],
    [
      "rows_cut_off",
      "1 while changes of names, rooms and bans are refused, else 0; absent without a cluster.",
      ({ rowsCutOff }) => Number(rowsCutOff),
    ],
    [
      "rows_waiting",
      "Changes of names, rooms and bans that the other hubs cannot know of; absent without a cluster.",
      ({ rowsWaiting }) => rowsWaiting,
    ],
    [
      "rows_lag",
      "Changes of other hubs to names, rooms and bans that are not stored here; absent without a cluster.",
      ({ rowsLag }) => rowsLag,
    ],
    [
      "rows_late_seconds",
      "For how long the oldest of rows_waiting and rows_lag waits; absent without a cluster.",
      ({ rowsLateMs }) => rowsLateMs / 1000,
    ],
    ["hubs", "Hubs that are alive, this one included; absent without a cluster.", ({ hubs }) => hubs],
    [
      "remote_sessions",
      "Sessions at other hubs; absent without a cluster.",
      ({ remoteSessions }) => remoteSessions,
    ],
  ];
  for (const [name, help, read] of gauges) {
    optional(metrics, `riftchat_cluster_${name}`, help, () => stats.cluster && read(stats.cluster));
  }
}

/** Adds a gauge that has no value at times. */
function optional(metrics: Metric[], name: string, help: string, read: () => number | undefined): void {
  const samples = () => {
    const value = read();
    return value === undefined ? [] : [{ value }];
  };
  metrics.push({ name, type: "gauge", help, samples });
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

/** Measures repeatedly how late a timer is; returns a function that stops it. */
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

/**
 * The metrics of a real hub with real clients, scraped over HTTP, and the delay of the event loop.
 */
import { getLogger } from "@logtape/logtape";
import { Counters } from "../../../server/hub/counters.ts";
import { LOOP_PROBE_MS } from "../../../server/limits.ts";
import type { HubStats } from "../../../server/metrics/hub_stats.ts";
import { hubMetrics } from "../../../server/metrics/metrics.ts";
import { type MetricsServer, serveMetrics } from "../../../server/metrics/metrics_server.ts";
import { type RunningHub, startHub } from "../../../server/serve/serve.ts";
import { assert, assertEquals, assertThrows } from "../../helpers/assert.ts";
import { OriginalClient } from "../../helpers/clients/original_client.ts";
import { Scrape } from "../../helpers/hubs/scrape.ts";

const LOG = getLogger("silent");

/** A hub with its metrics. */
class MeasuredHub implements AsyncDisposable {
  readonly hub: RunningHub;
  readonly metrics: MetricsServer;

  constructor(maxConnections = 0) {
    this.hub = startHub({ host: "127.0.0.1", port: 0, maxConnections }, LOG, { announceMs: 50 });
    this.metrics = serveMetrics("127.0.0.1:0", this.hub.measures);
  }

  /** Connects a client, and waits until every other client is notified. */
  async join(): Promise<OriginalClient> {
    const client = await OriginalClient.connect(this.hub.address.port);
    await client.until(({ code, new: name }) => code === 201 && name === client.username);
    return client;
  }

  scrape(): Promise<Scrape> {
    return Scrape.of(this.metrics.url);
  }

  /** Scrapes until a condition holds: the hub notices a closed connection with a delay. */
  async scrapeUntil(holds: (scrape: Scrape) => boolean): Promise<Scrape> {
    for (;;) {
      const scrape = await this.scrape();
      if (holds(scrape)) return scrape;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.hub.stop();
    await this.metrics.close();
  }
}

const TYPES = {
  riftchat_connections: "gauge",
  riftchat_tls_connections: "gauge",
  riftchat_tls_handshakes_failed_total: "counter",
  riftchat_tls_certificate_expiry_time_seconds: "gauge",
  riftchat_sessions: "gauge",
  riftchat_connections_accepted_total: "counter",
  riftchat_messages_received_total: "counter",
  riftchat_messages_sent_total: "counter",
  riftchat_deliveries_total: "counter",
  riftchat_received_bytes_total: "counter",
  riftchat_sent_bytes_total: "counter",
  riftchat_lag_bytes: "gauge",
  riftchat_lag_max_bytes: "gauge",
  riftchat_drops_total: "counter",
  riftchat_refusals_total: "counter",
  riftchat_flush_rounds_total: "counter",
  riftchat_connections_allowed: "gauge",
  riftchat_descriptors_scarce: "gauge",
  riftchat_descriptors_open: "gauge",
  riftchat_descriptors_allowed: "gauge",
  riftchat_messages_stored_total: "counter",
  riftchat_messages_not_stored_total: "counter",
  riftchat_http_requests_total: "counter",
  riftchat_http_websockets: "gauge",
  riftchat_http_streams: "gauge",
  riftchat_storage_paused: "gauge",
  riftchat_bans: "gauge",
  riftchat_mutes: "gauge",
  riftchat_journal_bytes: "gauge",
  riftchat_database_bytes: "gauge",
  riftchat_oldest_message_time_seconds: "gauge",
  riftchat_cluster_away: "gauge",
  riftchat_cluster_lag: "gauge",
  riftchat_cluster_in_flight: "gauge",
  riftchat_cluster_waiting_messages: "gauge",
  riftchat_cluster_rows_cut_off: "gauge",
  riftchat_cluster_rows_waiting: "gauge",
  riftchat_cluster_rows_lag: "gauge",
  riftchat_cluster_rows_late_seconds: "gauge",
  riftchat_cluster_hubs: "gauge",
  riftchat_cluster_remote_sessions: "gauge",
  riftchat_heap_used_bytes: "gauge",
  riftchat_external_memory_bytes: "gauge",
  process_resident_memory_bytes: "gauge",
  process_start_time_seconds: "gauge",
  riftchat_build_info: "gauge",
  riftchat_event_loop_delay_seconds: "histogram",
};

Deno.test("Metrics have these names and types, and each has a help text", async () => {
  await using measured = new MeasuredHub();
  const { types, help } = await measured.scrape();
  assertEquals(Object.fromEntries(types), TYPES);
  assertEquals([...help.keys()].sort(), Object.keys(TYPES).sort());
});

Deno.test("Every metric is in docs/hosting.md with its type", async () => {
  const text = await Deno.readTextFile(new URL("../../../docs/hosting.md", import.meta.url));
  const rows = text.matchAll(/^\| `(\w+)`(?:, by `\w+`)? +\| (gauge|counter|histogram) +\|/gm);
  assertEquals(Object.fromEntries([...rows].map(([, name, type]) => [name!, type!])), TYPES);
});

Deno.test("Metrics count connections, messages, deliveries and bytes", async () => {
  await using measured = new MeasuredHub();
  await using ana = await measured.join();
  await using bo = await measured.join();
  for (const text of ["one", "two", "three"]) {
    await ana.say(text);
    await Promise.all([ana.nextOf(200), bo.nextOf(200)]);
  }
  const scrape = await measured.scrapeUntil((scrape) => scrape.value("riftchat_lag_bytes") === 0);
  assertEquals(
    [
      scrape.value("riftchat_connections"),
      scrape.value("riftchat_sessions"),
      scrape.value("riftchat_connections_accepted_total"),
      scrape.value('riftchat_messages_received_total{code="100"}'),
      scrape.value('riftchat_messages_received_total{code="101"}'),
      scrape.value('riftchat_messages_sent_total{code="200"}'),
      scrape.value('riftchat_messages_sent_total{code="201"}'),
      scrape.value('riftchat_messages_sent_total{code="202"}'),
      // Three messages to two clients, two names to one each, and two joins: ana alone received her own.
      scrape.value("riftchat_deliveries_total"),
    ],
    [2, 2, 2, 3, 0, 3, 2, 2, 3 * 2 + 2 + 1 + 2],
  );
  const bytes = [...ana.received, ...bo.received].reduce(
    (sum, body) => sum + 8 + JSON.stringify(body).length,
    0,
  );
  assertEquals(scrape.value("riftchat_sent_bytes_total"), bytes);
  const said = ["one", "two", "three"].map((text) => 8 + `{"code": 100, "message": "${text}"}`.length);
  assertEquals(scrape.value("riftchat_received_bytes_total"), said.reduce((sum, length) => sum + length));
  assert(scrape.value("riftchat_flush_rounds_total") >= 4);
  assert(scrape.value("process_resident_memory_bytes") > 1e6);
  assert(Math.abs(scrape.value("process_start_time_seconds") - Date.now() / 1000) < 3600);
  await bo.close();
  await measured.scrapeUntil((scrape) => scrape.value("riftchat_connections") === 1);
  assertEquals((await measured.scrape()).value("riftchat_connections_accepted_total"), 2);
});

Deno.test("Metrics count refusals and drops, by word", async () => {
  await using measured = new MeasuredHub(1);
  const ana = await measured.join();
  await using refused = await OriginalClient.connect(measured.hub.address.port);
  await refused.nextOf(200);
  await ana.say("bell \u0007");
  await ana.nextOf(200);
  await ana.sendRaw(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  await ana.closed;
  await ana.close();
  const scrape = await measured.scrape();
  assertEquals(
    ["server_full", "bad_text", "bad_frame", "bad_name"].map((word) =>
      scrape.value(`riftchat_refusals_total{word="${word}"}`)
    ),
    [1, 1, 1, 0],
  );
  assertEquals(
    ["bad_frame", "slow_frame", "lag", "dead", "fault", "other"].map((reason) =>
      scrape.value(`riftchat_drops_total{reason="${reason}"}`)
    ),
    [1, 0, 0, 0, 0, 0],
  );
});

Deno.test("Metrics show the lag of a reader that has stopped, until it is dropped", async () => {
  await using measured = new MeasuredHub();
  await using ana = await measured.join();
  await using stopped = await measured.join();
  stopped.pause();
  // More than the kernel buffers for a reader that has stopped.
  for (let sent = 0; sent < 9_000_000; sent += 4000) await ana.say("x".repeat(4000));
  const scrape = await measured.scrapeUntil((scrape) => scrape.value("riftchat_lag_max_bytes") > 1_000_000);
  assert(scrape.value("riftchat_lag_bytes") >= scrape.value("riftchat_lag_max_bytes"));
  const drops = async () => (await measured.scrape()).value('riftchat_drops_total{reason="lag"}');
  assertEquals(await drops(), 0);
  while (await drops() === 0) {
    for (let sent = 0; sent < 1_000_000; sent += 4000) await ana.say("x".repeat(4000));
  }
  stopped.resume();
});

Deno.test(
  "Health is 200 while the hub accepts and 503 while it shuts down; other paths and methods are refused",
  async () => {
    await using measured = new MeasuredHub();
    await using ana = await measured.join();
    const url = (path: string) => new URL(path, measured.metrics.url);
    const get = async (path: string, method = "GET") => {
      const response = await fetch(url(path), { method });
      return [response.status, await response.text()];
    };
    assertEquals(await get("/healthz"), [200, "ok\n"]);
    assertEquals(await get("/healthz", "HEAD"), [200, ""]);
    assertEquals((await get("/"))[0], 404);
    assertEquals((await get("/metrics", "POST"))[0], 405);
    const stopped = measured.hub.stop();
    assertEquals((await get("/healthz"))[0], 503);
    await stopped;
    await ana.nextOf(205);
  },
);

Deno.test("Metrics are refused on a port in use", () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const stats = {} as HubStats;
  const error = assertThrows(() =>
    serveMetrics(`127.0.0.1:${taken.addr.port}`, { ...stats, counters: new Counters() })
  );
  assert(error instanceof Deno.errors.AddrInUse);
});

Deno.test("Metrics measure the delay of the event loop until they are stopped", async () => {
  let now = 0;
  let run: (() => void) | undefined;
  const time = {
    clock: { wall: () => 0, elapsed: () => now },
    timers: {
      soon: () => {},
      after: (_ms: number, next: () => void) => {
        run = next;
        return () => run = undefined;
      },
    },
  };
  const stats: HubStats = {
    counters: new Counters(),
    connections: 0,
    encrypted: 0,
    certificateExpiresAt: undefined,
    sessions: 0,
    writeRounds: 0,
    lags: [],
    accepting: true,
    connectionsAllowed: 0,
    descriptorsScarce: false,
    moderation: undefined,
    http: undefined,
    history: undefined,
    cluster: undefined,
  };
  const metrics = hubMetrics(stats, time);
  for (const lateMs of [0, 3, 70]) {
    now += LOOP_PROBE_MS + lateMs;
    run?.();
  }
  const scrape = new Scrape(await metrics.print());
  const below = (seconds: string) =>
    scrape.value(`riftchat_event_loop_delay_seconds_bucket{le="${seconds}"}`);
  assertEquals([below("0.001"), below("0.005"), below("0.05"), below("0.1"), below("+Inf")], [1, 2, 2, 3, 3]);
  assertEquals(scrape.value("riftchat_event_loop_delay_seconds_sum").toFixed(6), "0.073000");
  metrics.stop();
  assertEquals(run, undefined);
});

/**
 * Serves the metrics and the health of a hub over HTTP, for monitoring: `/metrics` and `/healthz`. There is no
 * password. The answers say nothing about users or messages; still, use an address that only the monitoring
 * system can reach.
 *
 * @module
 */
import { hostPort, splitHostPort, systemClock, systemTimers } from "../../runtime/mod.ts";
import { hubMetrics } from "./metrics.ts";
import type { HubStats } from "./hub_stats.ts";

/** A running metrics server. */
export interface MetricsServer {
  /** The URL of the metrics, with the actual port. */
  readonly url: string;
  /** Closes the server at once. */
  close(): Promise<void>;
}

/**
 * Serves the metrics of a hub.
 *
 * @param address the address to listen on, such as `127.0.0.1:9100`; port 0 picks a free one
 * @param stats the statistics of the hub
 * @returns the server, which is listening
 * @throws {Deno.errors.AddrInUse} and other errors of `Deno.serve` when it cannot listen
 */
export function serveMetrics(address: string, stats: HubStats): MetricsServer {
  const { host, port } = splitHostPort(address)!;
  const metrics = hubMetrics(stats, { clock: systemClock, timers: systemTimers });
  const answer = (path: string): Response => {
    switch (path) {
      case "/metrics":
        return new Response(metrics.print(), { headers: { "content-type": metrics.contentType } });
      case "/healthz":
        return stats.accepting
          ? new Response("ok\n")
          : new Response("the hub is shutting down\n", { status: 503 });
      default:
        return new Response("Not found. Use /metrics or /healthz.\n", { status: 404 });
    }
  };
  const stop = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({ hostname: host, port, signal: stop.signal, onListen: () => {} }, (request) => {
      if (request.method === "GET" || request.method === "HEAD") return answer(new URL(request.url).pathname);
      return new Response("Method not allowed. Use GET or HEAD.\n", {
        status: 405,
        headers: { allow: "GET, HEAD" },
      });
    });
  } catch (error) {
    metrics.stop();
    throw error;
  }
  return {
    url: `http://${hostPort(server.addr.hostname, server.addr.port)}/metrics`,
    async close() {
      metrics.stop();
      stop.abort();
      await server.finished;
    },
  };
}

/**
 * Serves the metrics and the health of a hub over HTTP, for monitoring: `/metrics`, `/healthz` and `/readyz`. There is
 * no password. The answers say nothing about users or messages; still, use an address that only the monitoring system
 * can reach.
 *
 * @module
 */
import { hostPort, splitHostPort, systemClock, systemTimers } from "../../runtime/mod.ts";
import { hubMetrics } from "./metrics.ts";
import { type Answer, HttpServer } from "./http_server.ts";
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
 * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listen` when it cannot listen
 */
export function serveMetrics(address: string, stats: HubStats): MetricsServer {
  const { host, port } = splitHostPort(address)!;
  const metrics = hubMetrics(stats, { clock: systemClock, timers: systemTimers });
  const answer = (path: string): Answer => {
    switch (path) {
      case "/metrics":
        return { status: 200, text: metrics.print(), contentType: metrics.contentType };
      case "/healthz":
        return health(stats);
      case "/readyz":
        return readiness(stats);
      default:
        return { status: 404, text: "Not found. Use /metrics, /healthz or /readyz.\n" };
    }
  };
  let server: HttpServer;
  try {
    server = new HttpServer({ hostname: host, port }, answer, systemTimers);
  } catch (error) {
    metrics.stop();
    throw error;
  }
  return {
    url: `http://${hostPort(server.address.hostname, server.address.port)}/metrics`,
    async close() {
      metrics.stop();
      await server.close();
    },
  };
}

const STOPPING = "the hub is shutting down\n";

/** Whether the hub runs: 503 only if a restart is under way, or would help. */
function health({ accepting, history }: HubStats): Answer {
  if (!accepting) return { status: 503, text: STOPPING };
  const error = history?.storingError;
  if (error === undefined) return { status: 200, text: "ok\n" };
  const why = `messages are not stored: ${error.message}`;
  return error.damaged
    ? { status: 503, text: `${why}; restart the hub\n` }
    : { status: 200, text: `ok, but ${why}\n` };
}

/** Whether the hub does all that it is there for: accepts connections, stores messages and reaches the other hubs. */
function readiness(
  { accepting, cluster, history, connections, connectionsAllowed, descriptorsScarce }: HubStats,
): Answer {
  const reasons: string[] = [];
  if (!accepting) reasons.push(STOPPING);
  else if (descriptorsScarce) reasons.push("no file descriptors are left; raise the limit (ulimit -n)\n");
  else if (connectionsAllowed > 0 && connections >= connectionsAllowed) reasons.push("the hub is full\n");
  const error = history?.storingError;
  if (error !== undefined) reasons.push(`messages are not stored: ${error.message}\n`);
  if (cluster?.notReady !== undefined) reasons.push(`${cluster.notReady}\n`);
  return reasons.length === 0 ? { status: 200, text: "ok\n" } : { status: 503, text: reasons.join("") };
}

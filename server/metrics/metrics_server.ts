/**
 * The metrics and the health of a hub over HTTP, for machines that watch it: `/metrics` and `/healthz`. No password
 * guards them, and they tell nothing of who is there or what is said; still, an address that only the watcher reaches
 * is
 * the right one.
 *
 * @module
 */
import { hostPort, splitHostPort, systemClock, systemTimers } from "../../runtime/mod.ts";
import { hubMetrics } from "./metrics.ts";
import type { Measures } from "./measures.ts";

/** Metrics that are being served. */
export interface MetricsServer {
  /** Where they are, with the port that was picked. */
  readonly url: string;
  /** Ends it at once. */
  close(): Promise<void>;
}

/**
 * Serves the metrics of a hub.
 *
 * @param address where to listen, such as `127.0.0.1:9100`; port 0 picks a free one
 * @param measures what can be measured of the hub
 * @returns the server, which listens
 * @throws {Deno.errors.AddrInUse} and other errors of `Deno.serve`, when it cannot listen there
 */
export function serveMetrics(address: string, measures: Measures): MetricsServer {
  const { host, port } = splitHostPort(address)!;
  const metrics = hubMetrics(measures, { clock: systemClock, timers: systemTimers });
  const answer = (path: string): Response => {
    switch (path) {
      case "/metrics":
        return new Response(metrics.print(), { headers: { "content-type": metrics.contentType } });
      case "/healthz":
        return measures.accepting
          ? new Response("ok\n")
          : new Response("the hub goes down\n", { status: 503 });
      default:
        return new Response("There are /metrics and /healthz here.\n", { status: 404 });
    }
  };
  const stop = new AbortController();
  let server: Deno.HttpServer<Deno.NetAddr>;
  try {
    server = Deno.serve({ hostname: host, port, signal: stop.signal, onListen: () => {} }, (request) => {
      if (request.method === "GET" || request.method === "HEAD") return answer(new URL(request.url).pathname);
      return new Response("Only GET is answered here.\n", { status: 405, headers: { allow: "GET, HEAD" } });
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

/**
 * Metrics for operators, in the text format of Prometheus, over HTTP.
 *
 * May import: `http`, `hub`.
 *
 * - `descriptors`: the number of open file descriptors
 * - `exposition`: formats metrics as text
 * - `http_server`: a small HTTP server
 * - `hub_stats`: the statistics of a running hub
 * - `metrics`: the metrics of a hub
 * - `metrics_server`: serves metrics and health over HTTP
 *
 * @module
 */
export type { HubStats } from "./hub_stats.ts";
export type { MetricsServer } from "./metrics_server.ts";

/** Loads the HTTP server of `--metrics`. */
export const loadMetricsServer = (): Promise<typeof import("./metrics_server.ts")> =>
  import("./metrics_server.ts");

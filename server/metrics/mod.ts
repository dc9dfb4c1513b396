/**
 * What an operator measures: metrics in the text format of Prometheus, over HTTP.
 *
 * May import: `hub`.
 *
 * - `exposition`: metrics as text, as Prometheus reads them (text exposition format 0.0.4)
 * - `measures`: what can be measured of a running hub
 * - `metrics`: what is measured of a hub, as Prometheus knows it
 * - `metrics_server`: the metrics and the health of a hub over HTTP, for machines that watch it
 *
 * @module
 */
export type { Measures } from "./measures.ts";
export type { MetricsServer } from "./metrics_server.ts";

/** Loads the HTTP server of `--metrics`. */
export const loadMetricsServer = (): Promise<typeof import("./metrics_server.ts")> =>
  import("./metrics_server.ts");

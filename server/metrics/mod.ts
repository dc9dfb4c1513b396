/**
 * server/metrics
 *
 * @module
 */
export type { Measures } from "./measures.ts";
export type { MetricsServer } from "./metrics_server.ts";

/** Loads the HTTP server of `--metrics`. */
export const loadMetricsServer = (): Promise<typeof import("./metrics_server.ts")> =>
  import("./metrics_server.ts");

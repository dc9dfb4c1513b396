/**
 * The statistics of a running hub.
 *
 * @module
 */
import type { Counters } from "../hub/mod.ts";

/** The statistics of a running hub. Values are computed only when they are read. */
export interface HubStats {
  /** Event counters. */
  readonly counters: Counters;
  /** The number of open connections. */
  readonly connections: number;
  /** How many of them use TLS. */
  readonly encrypted: number;
  /** When the certificate expires, in milliseconds since 1970; `undefined` without TLS. */
  readonly certificateExpiresAt: number | undefined;
  /** The number of sessions: connections that the hub has not ended. */
  readonly sessions: number;
  /** The number of write rounds. */
  readonly writeRounds: number;
  /** How many bytes are queued for each connection. */
  readonly lags: Iterable<number>;
  /** Whether new connections are accepted. */
  readonly accepting: boolean;
}

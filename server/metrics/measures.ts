/**
 * What can be measured of a running hub.
 *
 * @module
 */
import type { Counters } from "../hub/mod.ts";

/** What can be measured of a hub. Nothing is computed but when it is asked for. */
export interface Measures {
  /** How often what has happened. */
  readonly counters: Counters;
  /** How many connections there are. */
  readonly connections: number;
  /** How many of them speak TLS. */
  readonly encrypted: number;
  /** Until when the certificate is valid, in milliseconds since 1970; `undefined` without TLS. */
  readonly certificateExpiresAt: number | undefined;
  /** How many sessions there are: connections that have not been ended. */
  readonly sessions: number;
  /** How many rounds of writing there were. */
  readonly rounds: number;
  /** How many bytes wait for each connection. */
  readonly lags: Iterable<number>;
  /** Whether new connections are accepted. */
  readonly accepting: boolean;
}

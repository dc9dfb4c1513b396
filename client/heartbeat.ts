/**
 * Lets the hub hear from this client in any case: what a reader owes to a hub that would else take it for gone, however
 * much it is told. (Whether the hub is still there is `pulse.ts`'s business.)
 *
 * @module
 */
import type { Clock } from "./clock.ts";

/** What is promised to the hub, in milliseconds: to be heard that often. Three may be missing before it gives one up. */
export const HEARTBEAT_MS = 60_000;

/**
 * Beats every {@linkcode HEARTBEAT_MS} until it is stopped.
 *
 * @param clock the clock
 * @param beat lets the hub hear something
 * @returns stops it
 */
export function keepBeating(clock: Clock, beat: () => void): () => void {
  let cancel: () => void;
  const next = () => {
    cancel = clock.after(HEARTBEAT_MS, () => {
      beat();
      next();
    });
  };
  next();
  return () => cancel();
}

/**
 * The log of a cluster for a hub in a test that sends no messages through it.
 *
 * @module
 */
import type { HubCluster } from "../../../server/hub/mod.ts";
import type { HubStart } from "../../../server/sessions/mod.ts";

/**
 * Makes a log that takes nothing.
 *
 * @param from the hub
 * @param show called with what the members of a room at other hubs are shown; by default nothing is done
 * @returns the log
 */
export function silentLog(
  from: HubStart,
  show: HubCluster["log"]["show"] = () => {},
): HubCluster["log"] {
  return { ...from, refusal: undefined, send() {}, end() {}, order() {}, show, soon: queueMicrotask };
}

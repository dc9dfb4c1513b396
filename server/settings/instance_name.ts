/**
 * The actions of `--daemon` and the names of instances. A file of its own, so that `--help` does not load the code for
 * hubs in the background.
 *
 * PURE.
 *
 * @module
 */

/** An action on a hub in the background. */
export type DaemonAction = "start" | "stop" | "restart" | "status";

/** The values of `--daemon`; without a value it is the first one. */
export const DAEMON_ACTIONS: readonly DaemonAction[] = ["start", "stop", "restart", "status"];

/** The name of an instance if none is given. */
export const DEFAULT_INSTANCE = "default";

/** The rule for names of instances; completes "it must be …". */
export const INSTANCE_NAME_RULE = "1 to 32 of a-z, 0-9, - and _, with a letter or digit first";

/**
 * Tells whether a name is valid for an instance. Files are named after it, on disks that may not distinguish `a` from
 * `A`.
 *
 * @param name any text
 * @returns whether it follows {@linkcode INSTANCE_NAME_RULE}
 */
export function isInstanceName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,31}$/.test(name);
}

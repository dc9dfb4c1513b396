/**
 * What can be done with a hub in the background, and what it can be called; apart from doing it, so that `--help` need
 * not load that.
 *
 * PURE.
 *
 * @module
 */

/** What can be done with a hub in the background. */
export type DaemonAction = "start" | "stop" | "restart" | "status";

/** What `--daemon` can be followed by; the first one is meant where nothing follows. */
export const DAEMON_ACTIONS: readonly DaemonAction[] = ["start", "stop", "restart", "status"];

/** The name of the hub in the background where no other is given. */
export const DEFAULT_INSTANCE = "default";

/** What the name of an instance must be, as it goes into "it must be …". */
export const INSTANCE_NAME_RULE = "1 to 32 of a-z, 0-9, - and _, with a letter or digit first";

/**
 * Tells whether an instance can have a name. It becomes the name of files, on disks that may not know `a` from `A`.
 *
 * @param name anything
 * @returns whether it is as {@linkcode INSTANCE_NAME_RULE} says
 */
export function isInstanceName(name: string): boolean {
  return /^[a-z0-9][a-z0-9_-]{0,31}$/.test(name);
}

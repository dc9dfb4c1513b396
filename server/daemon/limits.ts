/**
 * How long anything may take around a hub in the background.
 *
 * @module
 */

/** How long a hub may take from being started until it listens, in milliseconds: a hundred times what it does take. */
export const START_MS = 20_000;

/**
 * How long a hub that was told to stop may take before it is killed, in milliseconds: twice what it takes for those who
 * are slow to hear that it goes down.
 */
export const STOP_MS = 10_000;

/** How long a killed process may take to be gone, in milliseconds; only a system in trouble lets one wait. */
export const KILL_MS = 5_000;

/** How long a hub that holds its lock may take to say who it is, in milliseconds: one may just be starting. */
export const ANSWER_MS = 5_000;

/** How long a hub that did not stop may take to say that it is there still, in milliseconds. */
export const PROOF_MS = 1_000;

/** How often one looks whether a hub that is starting or ending has got on, in milliseconds. */
export const POLL_MS = 25;

/** How long to wait while another command starts or stops the same instance, in milliseconds: longer than it may take. */
export const TURN_MS = 60_000;

/** How many lines are shown of what a hub wrote that could not be started. */
export const SHOWN_LINES = 20;

/** How long the hub waits before it accepts again on its control socket after that failed, in milliseconds. */
export const ACCEPT_RETRY_MS = 50;

/**
 * The longest path of a socket, in bytes: `sun_path` is 104 bytes on macOS and the BSDs, 108 on Linux, with a zero at the
 * end.
 */
export const MAX_SOCKET_PATH_BYTES = 103;

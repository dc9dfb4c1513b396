/**
 * Timeouts and limits for hubs in the background.
 *
 * @module
 */

/** How long a hub may take to start and listen, in milliseconds: a hundred times what it usually takes. */
export const START_MS = 20_000;

/**
 * How long a hub may take to stop before it is killed, in milliseconds: twice the time that it gives slow readers to
 * receive their final messages.
 */
export const STOP_MS = 10_000;

/** How long a killed process may take to end, in milliseconds; only an overloaded system needs so long. */
export const KILL_MS = 5_000;

/** How long a hub that holds its lock may take to answer, in milliseconds: it may still be starting. */
export const ANSWER_MS = 5_000;

/** How long a hub that did not stop may take to show that it still runs, in milliseconds. */
export const RECHECK_MS = 1_000;

/** The interval of checks while a hub starts or stops, in milliseconds. */
export const POLL_MS = 25;

/** How long to wait for another command on the same instance, in milliseconds: longer than it may take. */
export const COMMAND_LOCK_MS = 60_000;

/** How many lines of stderr are shown if a hub cannot start. */
export const SHOWN_LINES = 20;

/** How long the hub waits after a failed accept on its control socket, in milliseconds. */
export const ACCEPT_RETRY_MS = 50;

/**
 * The longest path of a socket, in bytes: `sun_path` has 104 bytes on macOS and the BSDs, 108 on Linux, including a
 * zero byte at the end.
 */
export const MAX_SOCKET_PATH_BYTES = 103;

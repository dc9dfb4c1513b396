/**
 * The hub's log, on stderr or in a file.
 *
 * May import: `settings`.
 *
 * - `log`: opens the log
 * - `log_file`: the log in a file that is rotated
 *
 * @module
 */
export { type Log, openLog } from "./log.ts";

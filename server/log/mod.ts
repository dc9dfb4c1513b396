/**
 * The log, on stderr or in a file.
 *
 * May import: `settings`.
 *
 * - `log`: the hub's log
 * - `log_file`: the log in a file that is put aside when it has grown
 *
 * @module
 */
export { type Log, openLog } from "./log.ts";

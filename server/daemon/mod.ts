/**
 * Hubs in the background: starts, stops, restarts and queries them. An instance is one named hub in the background.
 *
 * May import: `admission`, `control`, `moderation`, `ports`, `settings`, `tls`.
 *
 * - `command_line`: checks with `ps` whether a process is the hub of an instance
 * - `control`: the control socket, on which a hub reports its status
 * - `error`: the error of a command that fails
 * - `file_lock`: a lock between processes, on a file
 * - `instance`: the folders and files of an instance
 * - `instance_lock`: takes the lock of an instance, or finds the process that holds it
 * - `launch`: starts this program again, in the background
 * - `limits`: timeouts and limits of this room
 * - `manager`: the actions start, stop, restart and status
 * - `pid_file`: reads and writes the pidfile
 * - `preflight`: checks whether a hub can start, before a restart stops the running one
 * - `process`: the side of the hub: holds the lock, writes the pidfile, serves the control socket
 * - `record`: the data in the pidfile and on the control socket
 * - `start_arguments`: the flags and variables that start a hub again
 * - `status_text`: what the commands print
 *
 * @module
 */
export { DaemonError } from "./error.ts";
export { startArguments, type StartArgumentSources } from "./start_arguments.ts";
export type { HubRecord, StartArguments } from "./record.ts";
export { type DaemonHub, DaemonProcess } from "./process.ts";
export { manageDaemon, type ManagerOptions } from "./manager.ts";

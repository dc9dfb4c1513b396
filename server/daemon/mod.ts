/**
 * Hubs in the background: starts, stops, restarts and asks them.
 *
 * May import: `admission`, `net`, `settings`, `tls`.
 *
 * - `claim`: decides who runs an instance
 * - `command_line`: what a process was started as, which `ps` tells
 * - `control`: the control socket
 * - `error`: what keeps a hub in the background from being started, stopped or asked
 * - `instance`: the folders and files of one hub in the background; each instance has its own
 * - `launch`: starts this program once more, in the background
 * - `limits`: how long anything may take around a hub in the background
 * - `lock`: a lock between processes
 * - `manager`: starts, stops, restarts and asks hubs in the background
 * - `pid_file`: the pidfile
 * - `preflight`: tries out whether a hub would come up, before one that runs is taken down for it
 * - `process`: what a hub in the background does besides being a hub
 * - `record`: what is known of a hub in the background
 * - `start_arguments`: how a hub in the background is started
 * - `words`: what is told of hubs in the background, to people and to programs
 *
 * @module
 */
export { DaemonError } from "./error.ts";
export { startArguments, type StartArgumentSources } from "./start_arguments.ts";
export type { HubRecord, StartArguments } from "./record.ts";
export { type DaemonHub, DaemonProcess } from "./process.ts";
export { manageDaemon, type ManagerOptions } from "./manager.ts";

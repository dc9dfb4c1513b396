/**
 * Hubs in the background: `riftchat serve --daemon`. The only door into this folder.
 *
 * - `steward` starts, stops, restarts and asks them, with `launch` for starting the program once more, and `trial` to see
 *   before a restart whether that would go well;
 * - `resident` is what such a hub does besides being a hub;
 * - both find out with `claim` who runs an instance: by its `lock`, and over the `control` socket;
 * - `instance` has the names of its files, `record` what is known of a hub, `pid_file` and `origin` keep it.
 *
 * What `--help` needs is in `../daemon_options.ts`, which loads nothing.
 *
 * @module
 */
export { DaemonError } from "./error.ts";
export { startArguments, type StartArgumentSources } from "./start_arguments.ts";
export type { HubRecord, StartArguments } from "./record.ts";
export { type DaemonHub, DaemonProcess } from "./process.ts";
export { manageDaemon, type ManagerOptions } from "./manager.ts";

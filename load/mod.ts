/**
 * Load on a hub, and what it carries. The only door into this folder.
 *
 * `command` knows flags and help; `bench` finds the hub and shows what came of it; `load` shares it out among workers;
 * `load_worker` and `load_client` make it. `latency`, `load_plan`, `load_line` and `load_report` are PURE.
 *
 * @module
 */
export { type BenchCommand, benchCommand } from "./command.ts";

/**
 * `riftchat bench`: puts a load on a hub and measures what it carries.
 *
 * May import: `client`, `server`.
 *
 * - `bench`: finds or starts a hub, shows the progress and the result
 * - `command`: flags and help
 * - `latency`: a histogram of latencies
 * - `load`: splits a load among workers, and adds up their results
 * - `load_client`: one client of the load
 * - `load_line`: the text of a message of the load
 * - `load_plan`: who sends what, and how fast
 * - `load_report`: the result, for people and as JSON
 * - `load_worker`: the share of one worker
 *
 * @module
 */
export { type BenchCommand, benchCommand } from "./command.ts";

/**
 * `riftchat bench`: puts a load on a hub and measures how many messages it delivers.
 *
 * May import: `client`, `server`.
 *
 * - `bench`: finds or starts a hub, shows the progress and the result
 * - `command`: the flags and the help of `riftchat bench`
 * - `latency`: a histogram of latencies
 * - `load`: splits a load among workers, and adds up their results
 * - `load_client`: a client of a load test
 * - `load_message`: the text of a message of a load test
 * - `load_plan`: the load, and how it is split among workers
 * - `load_report`: the result, as text and as JSON
 * - `load_worker`: a worker, which runs one share of a load test
 * - `web_connection`: a connection through a WebSocket, as a browser has one
 *
 * @module
 */
export { type BenchCommand, benchCommand } from "./command.ts";

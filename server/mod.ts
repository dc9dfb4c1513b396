/**
 * The hub: `riftchat serve`. The only door into this folder.
 *
 * The layers, each of which knows only those below it:
 *
 * - `command`, `configuration` and `settings` know what a person wants;
 * - `run` and `serve` put things together; `listener` and `connection` know sockets;
 * - `flush` knows when to write, `hub` what to say, `backplane` in which order;
 * - `session`, `room`, `outbox` and `broadcast_log` hold what waits to be written;
 * - `protocol/` is below all of them.
 *
 * `hub` and everything below it are pure. Nothing here imports `client/`.
 *
 * @module
 */
export { type ServeCommand, serveCommand } from "./command.ts";

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
import type { Logger } from "@logtape/logtape";
import type { RunningHub, ServeOptions } from "./serve.ts";

export { type ServeCommand, serveCommand } from "./command.ts";
export type { RunningHub, ServeOptions };

/**
 * Starts a hub in this process. It is loaded only then.
 *
 * @param options where it listens and how many it takes
 * @param log where connects, refusals and ends are logged
 * @returns the hub, which listens
 * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listen`, when it cannot listen there
 */
export async function startHub(options: ServeOptions, log: Logger): Promise<RunningHub> {
  const { startHub } = await import("./serve.ts");
  return startHub(options, log);
}

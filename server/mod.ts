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
export {
  type ArchiveCommand,
  exportCommand,
  importCommand,
  logCommand,
  type ServeCommand,
  serveCommand,
} from "./cli/mod.ts";
import { loadServe } from "./serve/mod.ts";

/** A hub in this process. */
export interface LocalHub {
  /** Where it listens on 127.0.0.1. */
  port: number;
  /** Stops it, after telling everyone. */
  stop: () => Promise<void>;
}

/**
 * Starts a hub in this process, for this machine alone, without limits and without a log. It is loaded only then.
 *
 * @returns the hub, which listens on a port that was free
 */
export async function startLocalHub(): Promise<LocalHub> {
  const [{ getLogger }, { startHub }] = await Promise.all([
    import("@logtape/logtape"),
    loadServe(),
  ]);
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0 }, getLogger("local hub"));
  return { port: hub.address.port, stop: () => hub.stop() };
}

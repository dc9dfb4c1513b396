/**
 * The hub: `riftchat serve`, and the subcommands that read its history. The rooms below it, and what each is for, are in
 * `docs/architecture.md`.
 *
 * May import: `cli`, `serve`.
 *
 * - `limits`: every limit of a hub, with its unit and its reason; all rooms of the hub may import it
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

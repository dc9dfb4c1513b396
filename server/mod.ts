/**
 * The hub: `riftchat serve`, and the subcommands that read its history. `docs/architecture.md` describes its rooms.
 *
 * May import: `cli`, `serve`.
 *
 * - `limits`: all limits of a hub, with unit and reason; every room of the hub may import it
 *
 * @module
 */
export {
  type ArchiveCommand,
  type AuditCommand,
  auditCommand,
  type ClusterCommand,
  clusterCommand,
  exportCommand,
  importCommand,
  type InviteCommand,
  inviteCommand,
  type InvitesCommand,
  invitesCommand,
  logCommand,
  type NameCommand,
  nameCommand,
  type OpCommand,
  opCommand,
  type RevokeCommand,
  revokeCommand,
  type ServeCommand,
  serveCommand,
  type TokenCommand,
  tokenCommand,
} from "./cli/mod.ts";
import { loadServe } from "./serve/mod.ts";

/** A hub in this process. */
export interface LocalHub {
  /** Its port on 127.0.0.1. */
  port: number;
  /** Stops it after everyone was notified. */
  stop: () => Promise<void>;
}

/**
 * Starts a hub in this process, for this machine only, without limits and without a log. Its code is loaded only then.
 *
 * @returns the hub, which listens on a free port
 */
export async function startLocalHub(): Promise<LocalHub> {
  const [{ getLogger }, { startHub }] = await Promise.all([
    import("@logtape/logtape"),
    loadServe(),
  ]);
  const hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0 }, getLogger("local hub"));
  return { port: hub.address.port, stop: () => hub.stop() };
}

/**
 * A hub's part in a cluster: several hubs are one chat, over a log that they share on NATS.
 *
 * Rule: a hub outside of a cluster loads nothing of it; see {@linkcode loadCluster}.
 *
 * May import: `admission`, `archive`, `backplane`, `history`, `hub`, `invites`, `moderation`, `nats`, `registry`,
 * `replica`, `sessions`, `sqlite`, `tokens`.
 *
 * - `cluster`: connects, opens the copy of the log, and reads
 * - `cluster_commands`: `riftchat cluster`
 * - `cluster_log`: writes to the log, and passes on what is read
 * - `copy`: opens the copy once it is known whether it is one of the log
 * - `hub_id`: the id by which the hubs of a cluster know each other
 * - `import_history`: brings the messages of a hub of its own into the log
 * - `import_stores`: brings names, rooms, bans, operators, invites and tokens into a cluster
 * - `imported_log`: the log, as an import reads it
 * - `log_writer`: writes the messages of a folder to the log
 * - `numbers`: the last numbers of all conversations, from one hub to another
 * - `open_cluster`: what is loaded for a hub in a cluster
 * - `shared_rows`: names, rooms, bans, invites and tokens, which are the same at all hubs
 * - `status`: `riftchat cluster status`
 *
 * @module
 */
export type { Cluster, ClusterOptions } from "./cluster.ts";

/** Loads the code for a hub in a cluster. */
export const loadCluster = (): Promise<typeof import("./open_cluster.ts")> => import("./open_cluster.ts");

/** Loads the commands. */
export const loadClusterCommands = (): Promise<typeof import("./cluster_commands.ts")> =>
  import("./cluster_commands.ts");

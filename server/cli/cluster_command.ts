/**
 * The flags and the help of `riftchat cluster`. Its code is loaded only when it is needed.
 *
 * @module
 */
import type * as commander from "@commander-js/extra-typings";
import { loadClusterCommands } from "../cluster/mod.ts";
import { parseRetention } from "../settings/mod.ts";
import {
  folderOf,
  type FolderOptions,
  reportUsageError,
  settingAsServe,
  withFolder,
} from "./data_folder_flags.ts";

/** The exit status for an invalid command line. */
const USAGE = 2;

const EXAMPLES = `

Examples:
  riftchat cluster status --cluster nats://10.0.0.1:4222
  riftchat cluster import --cluster nats://10.0.0.1:4222
  riftchat cluster import --cluster nats://10.0.0.1:4222 --continue`;

const HELP = `
Actions:
  status  show the hubs with their leases, the streams and the version of NATS
  import  bring the messages of a hub of its own into the cluster, and its
          names, rooms, bans, operators, invites and tokens

status asks NATS, and needs neither a hub nor a data folder. A lease is renewed
every three seconds; after ten the hub is dead. The lag of a hub is how many
messages of the log it has not read.

import reads the data folder of a hub that does not run. Rooms, direct
conversations, numbers, times, edits and reactions stay as they are; clients
fetch the messages anew. Then the database of the folder is renamed, and the
hub can be started with --cluster. The cluster must have no messages yet; with
--without-messages it may. Names that belong to others there are left out. The
identity, by which clients and invites know the hub, becomes that of the
cluster, unless a hub has been there before. It waits while NATS is away. After
an interruption, --continue goes on where it was, also if the hub has run alone
meanwhile. Give it the flags of the hubs of the cluster; streams that exist keep
their settings.

The flags of the cluster are those of serve, and are found as serve finds them:
from the flag, the environment or the config file in RIFTCHAT_CONFIG.

Environment:
  RIFTCHAT_DATA     the data folder, if you give no --data
  RIFTCHAT_CLUSTER  the NATS servers, if you give no --cluster
  RIFTCHAT_CONFIG   the config file of the hub, for both otherwise

Exit status:
  0    success
  1    the folder cannot be used, NATS does not answer or refuses something, or
       it has no such cluster
  2    an invalid command line
  130  interrupted (SIGINT)`;

/**
 * The subcommand `cluster`.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type ClusterCommand = commander.Command<
  [string],
  FolderOptions & Partial<Record<ClusterFlag | "keep", string>> & {
    continue?: true;
    json?: true;
    withoutMessages?: true;
  }
>;

/** The flags of a cluster. */
const CLUSTER_FLAGS = ["cluster", "clusterName", "clusterCreds", "clusterCa", "clusterReplicas"] as const;
type ClusterFlag = typeof CLUSTER_FLAGS[number];

/**
 * Makes `cluster`.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before that
 * @returns the subcommand, to be added to the program
 */
export function clusterCommand(finish: (status: number) => void): ClusterCommand {
  return withFolder("cluster")
    .summary("show a cluster, and bring a hub into it")
    .description("Work with several hubs that are one chat on NATS." + EXAMPLES)
    .argument("<action>", "what to do: status or import")
    .option("--cluster <servers>", "NATS servers with JetStream, separated by commas")
    .option("--cluster-name <name>", "the name of the cluster")
    .option("--cluster-creds <path>", "a file with the credentials for NATS")
    .option(
      "--cluster-ca <path>",
      "a PEM file with authorities whose certificates NATS may show, besides the system's",
    )
    .option("--cluster-replicas <count>", "on how many NATS servers each stream is stored: 1 or 3")
    .option("--keep <limits>", "how long the log keeps messages, and in how much space, as for serve")
    .option("--continue", "go on with an import that was interrupted")
    .option("--without-messages", "import names, rooms, bans, operators, invites and tokens alone")
    .option("--json", "print the status as one line of JSON")
    .addHelpText("after", HELP)
    .action(async (action, options) => {
      const { data, instance, keep, continue: isContinued = false, withoutMessages = false, json = false } =
        options;
      const fail = (problem: string) => {
        reportUsageError(problem);
        finish(USAGE);
      };
      if (action !== "import" && action !== "status") {
        return fail(`cannot ${action} a cluster: it must be status or import`);
      }
      if (json && action !== "status") return fail("cannot take --json: it is for status only");
      for (
        const [flag, isGiven] of [["--continue", isContinued], [
          "--without-messages",
          withoutMessages,
        ]] as const
      ) {
        if (isGiven && action !== "import") return fail(`cannot take ${flag}: it is for import only`);
      }
      const values: Partial<Record<ClusterFlag, string>> = {};
      for (const flag of CLUSTER_FLAGS) {
        const found = await settingAsServe(flag, options[flag]);
        if (found === undefined) return finish(USAGE);
        values[flag] = found.value;
      }
      const { cluster, clusterName, clusterCreds, clusterCa, clusterReplicas } = values;
      if (!cluster) {
        const what = action === "import" ? "import" : "show the status";
        return fail(`cannot ${what}: the cluster is missing: give its NATS servers with --cluster`);
      }
      const where = {
        servers: cluster.split(",").map((server) => server.trim()),
        name: clusterName!,
        credsFile: clusterCreds || undefined,
        caFile: clusterCa || undefined,
      };
      if (action === "status") {
        const { printClusterStatus } = await loadClusterCommands();
        return finish(await printClusterStatus({ ...where, json }));
      }
      const folder = await folderOf({ ...data === undefined ? {} : { data }, ...instance && { instance } });
      const kept = await settingAsServe("keep", keep);
      if (folder === undefined || kept === undefined) return finish(USAGE);
      const { importHistoryIntoCluster } = await loadClusterCommands();
      finish(
        await importHistoryIntoCluster({
          ...where,
          folder,
          replicas: clusterReplicas === "3" ? 3 : 1,
          retention: parseRetention(kept.value)!,
          isContinued,
          withoutMessages,
        }),
      );
    }) as unknown as ClusterCommand;
}

/**
 * `riftchat cluster`: works with a cluster from the command line.
 *
 * @module
 */
import { loadExport } from "../archive/mod.ts";
import { HistoryError, StorageError } from "../history/mod.ts";
import { ModerationFileError } from "../moderation/mod.ts";
import { ClusterError, NatsError } from "../nats/mod.ts";
import { RegistryError } from "../registry/mod.ts";
import { afterPrefix, errorText, reasonOf, writeText } from "../../runtime/mod.ts";
import type { ClusterOptions } from "./cluster.ts";
import { clusterStatus, statusJson, statusText } from "./status.ts";
import { importIntoCluster, type ImportIntoClusterOptions } from "./import_history.ts";

/** The exit status of a program that SIGINT has ended, as shells count it. */
const INTERRUPTED = 130;

/**
 * Brings the messages of a data folder into the log of a cluster, and what else it stores. Says on stderr what was
 * done.
 *
 * @param options see {@linkcode ImportIntoClusterOptions}
 * @returns the exit status; errors were printed on stderr
 */
export async function importHistoryIntoCluster(
  options: Omit<ImportIntoClusterOptions, "progress" | "note">,
): Promise<number> {
  const { Progress } = await loadExport();
  const progress = new Progress("imported");
  const print = (text: string) => {
    progress.clear();
    Deno.stderr.writeSync(new TextEncoder().encode(errorText(text)));
  };
  const interrupted = () => {
    print("interrupted: what was imported stays in the cluster, and --continue goes on with the rest");
    Deno.exit(INTERRUPTED);
  };
  Deno.addSignalListener("SIGINT", interrupted);
  try {
    const { messages, changes, renamed, merged, refused, hasMessages } = await importIntoCluster({
      ...options,
      progress: (count) => progress.update(count),
      note: print,
    });
    if (merged.length > 0) {
      print(
        `${merged.join(", ")}: in the cluster these names belong to the same keys; their rooms came to them`,
      );
    }
    if (refused.length > 0) {
      print(
        `${
          refused.join(", ")
        }: in the cluster these names belong to others; they and their rooms were left out`,
      );
    }
    print("names, rooms, bans, operators, invites and tokens are in the cluster");
    if (options.withoutMessages) {
      if (hasMessages) {
        print(
          `the messages are in ${options.folder} alone, and a hub with --cluster does not start with them; give ` +
            "it another folder with --data",
        );
      }
      return 0;
    }
    print(
      `${counted(messages, "message")} and ${counted(changes, "change")} of messages are in the ` +
        `cluster ${options.name}; the database of the folder is now ${renamed}; start the hub with --cluster`,
    );
    return 0;
  } catch (error) {
    const isKnown = error instanceof HistoryError || error instanceof StorageError ||
      error instanceof ClusterError || error instanceof NatsError ||
      error instanceof RegistryError || error instanceof ModerationFileError;
    print(isKnown ? afterPrefix(error.message) : reasonOf(error));
    return 1;
  } finally {
    Deno.removeSignalListener("SIGINT", interrupted);
  }
}

/**
 * Prints the hubs and the streams of a cluster.
 *
 * @param options the servers, the name of the cluster and how to prove oneself; whether to print JSON
 * @returns the exit status; errors were printed on stderr
 */
export async function printClusterStatus(
  { json, ...options }: Pick<ClusterOptions, "servers" | "name" | "credsFile" | "caFile"> & { json: boolean },
): Promise<number> {
  try {
    const status = await clusterStatus(options);
    await writeText(Deno.stdout, json ? statusJson(status) : statusText(status));
    return 0;
  } catch (error) {
    if (!(error instanceof ClusterError || error instanceof NatsError)) throw error;
    Deno.stderr.writeSync(new TextEncoder().encode(errorText(afterPrefix(error.message))));
    return 1;
  }
}

/** Returns a count with its noun, such as `1 change` or `1,200 messages`. */
function counted(count: number, noun: string): string {
  return `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;
}

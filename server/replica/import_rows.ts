/**
 * Imports the rows of a hub on its own into a cluster: its names, rooms, bans, invites and tokens, with new ids. What
 * the cluster has already remains as it is there.
 *
 * @module
 */
import type { Clock, Timers } from "../../runtime/mod.ts";
import type { ReplicatedDatabase, RowTree } from "../sqlite/mod.ts";
import { mergeOwners } from "./joining.ts";
import { Replica } from "./replica.ts";
import type { StatePort } from "./state_port.ts";

/** Dependencies of {@linkcode importRows}. */
export interface ImportDependencies {
  /** The databases of the folder, which no hub uses; close and open them again afterwards. */
  databases: readonly ReplicatedDatabase[];
  /** The shared state. */
  port: StatePort;
  /** Used to try again. */
  timers: Timers;
  /** The time of day and a monotonic one. */
  clock: Clock;
  /** Called when rows cannot be stored or sent, with the reason; it is tried again. */
  failed: (error: unknown) => void;
}

/** What an import has done. */
export interface ImportResult {
  /** Names that belong to the same people in the cluster: what they own came to them. */
  merged: string[];
  /** Names that belong to other people in the cluster: they and what they own were not imported. */
  refused: string[];
}

/**
 * Imports the rows of a data folder. It may be repeated after it was interrupted.
 *
 * @param dependencies see {@linkcode ImportDependencies}
 * @returns what it has done; the folder belongs to the cluster then
 * @throws what the port throws
 */
export async function importRows({ databases, ...dependencies }: ImportDependencies): Promise<ImportResult> {
  const owners: { own: RowTree; other: RowTree }[] = [];
  const taking = databases.map((spec): ReplicatedDatabase => ({
    ...spec,
    taken(changes) {
      for (const { table, before: [own], after: other } of changes) {
        if (table !== "owners" || own === undefined || other === undefined) continue;
        if (own.row.id !== other.row.id) owners.push({ own, other });
      }
    },
  }));
  const replica = new Replica({ ...dependencies, databases: taking });
  let result: ImportResult = { merged: [], refused: [] };
  try {
    await replica.start({ mode: "import", beforeSending: () => result = mergeOwners(databases, owners) });
    await replica.settled();
  } finally {
    replica.close();
  }
  return result;
}

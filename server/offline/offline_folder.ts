/**
 * Opens the data folder of a hub that does not run. The lock of its history keeps a hub from starting meanwhile.
 *
 * @module
 */
import { join } from "node:path";
import { nameSkeletons } from "../../protocol/mod.ts";
import { reasonOf, systemClock } from "../../runtime/mod.ts";
import { OperatorError } from "../control/mod.ts";
import { type History, openHistory } from "../history/mod.ts";
import { type Moderation, openModeration } from "../moderation/mod.ts";
import { openRegistry, type Registry } from "../registry/mod.ts";
import { note } from "./command_result.ts";

/** What a command uses a folder for. */
export interface FolderUse {
  /** What it uses, for the error, such as `the tokens`. */
  what: string;
  /** The files of which a hub has made at least one. */
  files: readonly string[];
  /** Why there is none, for the error, such as `no hub stores anything there`. */
  missing: string;
}

/** An open folder. */
export interface OfflineFolder {
  /** Its history. */
  history: History;
  /** Its names and rooms. */
  registry: Registry;
  /** Its bans and operators. */
  moderation: Moderation;
  /** When it was opened, in milliseconds since 1970. */
  now: number;
}

/**
 * Opens a folder for a command.
 *
 * @param folder the data folder
 * @param use see {@linkcode FolderUse}
 * @param run uses it; it is closed afterwards
 * @returns what `run` returns
 * @throws {OperatorError} if no hub has used the folder
 * @throws the errors of the history, which a running hub has locked, of the registry and of the moderation
 */
export async function withOfflineFolder<Result>(
  folder: string,
  use: FolderUse,
  run: (open: OfflineFolder) => Result | Promise<Result>,
): Promise<Result> {
  await checkIsFolderOfHub(folder, use);
  const now = systemClock.wall();
  const opened: { close(): void }[] = [];
  const opening = <Part extends { close(): void }>(part: Part): Part => {
    opened.push(part);
    return part;
  };
  try {
    const history = opening(openHistory({
      folder,
      allowsCopy: true,
      retention: { ms: Infinity, bytes: Infinity },
      now,
      host: Deno.hostname(),
      elapsed: systemClock.elapsed,
      report: note,
    }));
    const registry = opening(openRegistry({
      folder,
      nameMs: Infinity,
      skeletons: nameSkeletons,
      now,
      report: note,
    }));
    const moderation = opening(openModeration({ folder, names: registry.names, now, report: note }));
    return await run({ history, registry, moderation, now });
  } finally {
    for (const part of opened.reverse()) part.close();
  }
}

/**
 * Checks that a hub has used a folder: opening it would create what is missing.
 *
 * @param folder the data folder
 * @param use see {@linkcode FolderUse}
 * @throws {OperatorError} if none has
 */
export async function checkIsFolderOfHub(folder: string, { what, files, missing }: FolderUse): Promise<void> {
  let reason = missing;
  for (const file of files) {
    try {
      await Deno.stat(join(folder, file));
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) reason = reasonOf(error);
    }
  }
  throw new OperatorError(
    `Cannot use ${what} in ${folder}: ${reason}; start the hub, or use --data to name another folder`,
  );
}

/**
 * The flags for the data folder of a hub, which several subcommands share.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";
import {
  CONFIG_VARIABLE,
  ConfigurationError,
  DEFAULT_INSTANCE,
  INSTANCE_NAME_RULE,
  isInstanceName,
  loadConfiguration,
  loadDataFolder,
} from "../settings/mod.ts";
import { afterPrefix, errorText } from "../../runtime/mod.ts";
import { readConfigFile } from "./config_source.ts";

/** The flags for the data folder. */
export type FolderOptions = {
  /** The folder. */
  data?: string;
  /** The name of the hub in the background whose folder it is. */
  instance?: string;
};

/**
 * A subcommand with the flags for the data folder.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type FolderCommand = commander.Command<[], FolderOptions>;

/**
 * Makes a subcommand with the flags for the data folder.
 *
 * @param name its name
 * @returns the subcommand, to be completed
 */
export function withFolder(name: string): FolderCommand {
  return new commander.Command(name)
    .option("--data <folder>", "the data folder of the hub (default: the same as for serve)")
    .option(
      "--instance <name>",
      `use the data folder of this hub in the background (default: ${DEFAULT_INSTANCE})`,
    );
}

/**
 * Finds the data folder.
 *
 * @param options the flags
 * @returns its path; `undefined` after an invalid flag was reported
 */
export async function folderOf({ data, instance }: FolderOptions): Promise<string | undefined> {
  if (instance !== undefined && !isInstanceName(instance)) {
    return reportUsageError(`cannot take --instance ${instance}: it must be ${INSTANCE_NAME_RULE}`);
  }
  if (data !== undefined && instance !== undefined) {
    return reportUsageError("cannot take both --data and --instance; give one of them");
  }
  if (data === "") {
    return reportUsageError("cannot take --data: it must be the path of a folder: it is empty");
  }
  if (data !== undefined) return data;
  if (instance === undefined) {
    const variable = Deno.env.get("RIFTCHAT_DATA") || undefined;
    if (variable !== undefined) return variable;
    const found = Deno.env.get(CONFIG_VARIABLE) ? await settingAsServe("data", undefined) : { value: "" };
    if (found === undefined || found.value !== "") return found?.value;
  }
  return (await loadDataFolder()).defaultDataFolder(instance);
}

/**
 * Reports an invalid command line on stderr.
 *
 * @param message why it is invalid
 */
export function reportUsageError(message: string): undefined {
  Deno.stderr.writeSync(new TextEncoder().encode(errorText(message)));
  return undefined;
}

/**
 * Finds a setting as `serve` does.
 *
 * @param name the setting
 * @param flag the value of its flag, if it was given
 * @returns the value and where it comes from; `undefined` after an invalid value or config file was reported
 */
export async function settingAsServe(
  name: "data" | "keep" | "cluster" | "clusterName" | "clusterCreds" | "clusterCa" | "clusterReplicas",
  flag: string | undefined,
): Promise<{ value: string; origin: string } | undefined> {
  const env = (name: string) => Deno.env.get(name);
  const path = env(CONFIG_VARIABLE) || undefined;
  try {
    const { findSetting } = await loadConfiguration();
    return findSetting(name, {
      flags: flag === undefined ? {} : { [name]: flag },
      env,
      // Stdin has an export, and no config file.
      file: path === undefined || path === "-" ? undefined : await readConfigFile(path),
      cwd: Deno.cwd,
    });
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return reportUsageError(afterPrefix(error.message));
  }
}

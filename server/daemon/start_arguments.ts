/**
 * The flags and environment variables that start a hub in the background. With them it can be started again in the same
 * way, from another folder and another shell.
 *
 * PURE.
 *
 * @module
 */
import { resolve } from "node:path";
import {
  CONFIG_VARIABLE,
  flagOf,
  SETTING_NAMES,
  type SettingName,
  settingOf,
  variablesOf,
} from "../settings/mod.ts";
import type { StartArguments } from "./record.ts";

/** The sources of start arguments. */
export interface StartArgumentSources {
  /** The settings given as flags, by name, as typed. */
  flags: { readonly [setting: string]: string };
  /** The value of `--config`, if it was given. */
  config: string | undefined;
  /**
   * Reads an environment variable.
   *
   * @param name its name
   * @returns its value; `undefined` if it is not set
   */
  env(name: string): string | undefined;
  /** The working directory. */
  cwd: string;
}

/** The variables of settings and of the config file, each with whether its value is a path. */
const PATHS = new Map<string, boolean>([
  ...SETTING_NAMES.flatMap((name) =>
    variablesOf(name).map((variable): [string, boolean] => [variable, isPath(name)])
  ),
  [CONFIG_VARIABLE, true],
]);

/** The environment variables of all settings, and the one of the config file. */
export const SETTING_VARIABLES: readonly string[] = [...PATHS.keys()];

/**
 * Collects the start arguments of a hub. Paths become absolute, since a hub in the background runs in the folder `/`.
 *
 * @param sources see {@linkcode StartArgumentSources}
 * @returns flags and variables that mean the same in every folder
 */
export function startArguments({ flags, config, env, cwd }: StartArgumentSources): StartArguments {
  // An empty path means no file.
  const absolute = (path: string) => path === "" ? path : resolve(cwd, path);
  const typed = config === undefined ? [] : [`--config=${absolute(config)}`];
  for (const name of SETTING_NAMES) {
    const text = flags[name];
    if (text !== undefined) typed.push(`${flagOf(name)}=${isPath(name) ? absolute(text) : text}`);
  }
  const variables: Record<string, string> = {};
  for (const [variable, path] of PATHS) {
    const text = env(variable) ?? "";
    if (text !== "") variables[variable] = path ? absolute(text) : text;
  }
  return { flags: typed, variables };
}

/**
 * Merges start arguments: new flags and variables replace earlier ones of the same name.
 *
 * @param last the earlier arguments
 * @param given the new arguments
 * @returns the merged arguments
 */
export function mergeStartArguments(last: StartArguments, given: StartArguments): StartArguments {
  const flags = new Map([...last.flags, ...given.flags].map((flag) => [flag.split("=", 1)[0]!, flag]));
  return { flags: [...flags.values()], variables: { ...last.variables, ...given.variables } };
}

function isPath(name: SettingName): boolean {
  return settingOf(name).kind.path === true;
}

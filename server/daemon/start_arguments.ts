/**
 * How a hub in the background is started: its settings as flags and variables, so that it can be started so again, from
 * another folder and another shell.
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

/** What a person typed, and where. */
export interface StartArgumentSources {
  /** The settings given as flags, by their names, as they were typed. */
  flags: { readonly [setting: string]: string };
  /** The config file that a flag names, if one does. */
  config: string | undefined;
  /**
   * Gives a variable of the environment.
   *
   * @param name its name
   * @returns its value; `undefined` where it is not set
   */
  env(name: string): string | undefined;
  /** The folder in which it was typed. */
  cwd: string;
}

/** Whether each variable that is a setting, or names the config file, is a path. */
const PATHS = new Map<string, boolean>([
  ...SETTING_NAMES.flatMap((name) =>
    variablesOf(name).map((variable): [string, boolean] => [variable, isPath(name)])
  ),
  [CONFIG_VARIABLE, true],
]);

/** The variables of the environment that are settings, and the one that names the config file. */
export const SETTING_VARIABLES: readonly string[] = [...PATHS.keys()];

/**
 * Takes down how a hub is to be started. Paths become absolute, as a hub in the background works in the folder `/`.
 *
 * @param sources what was typed, and where
 * @returns flags and variables that mean the same in every folder
 */
export function startArguments({ flags, config, env, cwd }: StartArgumentSources): StartArguments {
  // An empty path means no file, and stays so.
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
 * Puts together how a hub was started and what is given now: each flag and variable that is given replaces the one of
 * before, and the others stay.
 *
 * @param last how it was started
 * @param given what is given now
 * @returns how it is to be started
 */
export function mergeStartArguments(last: StartArguments, given: StartArguments): StartArguments {
  const flags = new Map([...last.flags, ...given.flags].map((flag) => [flag.split("=", 1)[0]!, flag]));
  return { flags: [...flags.values()], variables: { ...last.variables, ...given.variables } };
}

function isPath(name: SettingName): boolean {
  return settingOf(name).kind.path === true;
}

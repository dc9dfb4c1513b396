/**
 * The settings of a hub: one table, read from flags, variables, the config file and defaults.
 *
 * May import: nothing.
 *
 * - `config_file`: the config file, which is TOML
 * - `configuration`: which settings are in force
 * - `configuration_error`: what is wrong in the settings that a person gave
 * - `data_folder`: where what is said is kept unless another folder is named
 * - `instance_name`: what can be done with a hub in the background, and what it can be called; apart from doing it, so that `--help` need not load that
 * - `keep`: for how long lines are kept, and how much space they may take
 * - `log_options`: what the log may hold and how it may look; apart from the log itself, so that `--help` need not load it
 * - `setting_kind`: what a setting may be, apart from which setting it is
 * - `settings`: the settings of a hub
 *
 * @module
 */
export { ConfigurationError } from "./configuration_error.ts";
export {
  DAEMON_ACTIONS,
  type DaemonAction,
  DEFAULT_INSTANCE,
  INSTANCE_NAME_RULE,
  isInstanceName,
} from "./instance_name.ts";
export { DEFAULT_KEEP, type Keep, parseKeep } from "./keep.ts";
export type { LogOptions } from "./log_options.ts";
export { readRate } from "./setting_kind.ts";
export {
  CONFIG_VARIABLE,
  flagOf,
  SETTING_NAMES,
  type SettingName,
  settingOf,
  type Settings,
  variablesOf,
} from "./settings.ts";

/** Loads the parser of config files. */
export const loadConfigFile = (): Promise<typeof import("./config_file.ts")> => import("./config_file.ts");

/** Loads what merges flags, variables and the config file. */
export const loadConfiguration = (): Promise<typeof import("./configuration.ts")> =>
  import("./configuration.ts");

/** Loads the usual data folder. It takes 30 ms, as it needs several modules of Node. */
export const loadDataFolder = (): Promise<typeof import("./data_folder.ts")> => import("./data_folder.ts");

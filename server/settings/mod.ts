/**
 * The settings of a hub: one table. Values come from flags, environment variables, the config file and defaults.
 *
 * May import: nothing.
 *
 * - `config_file`: parses the config file
 * - `configuration`: finds the settings in force, checks and prints them
 * - `configuration_error`: the error for an invalid setting
 * - `data_folder`: the default folder for the history
 * - `instance_name`: the actions of `--daemon`, and the names of instances
 * - `log_options`: levels, formats and options of the log
 * - `public_address`: the address under which others reach a hub
 * - `retention`: how long messages are stored, and in how much space
 * - `setting_kind`: the kinds of settings, and how their values are parsed
 * - `settings`: the table of settings
 *
 * @module
 */
export type { ConfigFile } from "./config_file.ts";
export { ConfigurationError } from "./configuration_error.ts";
export {
  DAEMON_ACTIONS,
  type DaemonAction,
  DEFAULT_INSTANCE,
  INSTANCE_NAME_RULE,
  isInstanceName,
} from "./instance_name.ts";
export { PUBLIC_ADDRESS_RULE, type PublicAddress, readPeers, readPublicAddress } from "./public_address.ts";
export { DEFAULT_RETENTION, parseRetention, type Retention } from "./retention.ts";
export type { LogOptions } from "./log_options.ts";
export { readRate } from "./setting_kind.ts";
export {
  announceUpToOf,
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

/** Loads the code that merges flags, variables and the config file. */
export const loadConfiguration = (): Promise<typeof import("./configuration.ts")> =>
  import("./configuration.ts");

/** Loads the default data folder. That takes 30 ms, as it needs several modules of Node. */
export const loadDataFolder = (): Promise<typeof import("./data_folder.ts")> => import("./data_folder.ts");

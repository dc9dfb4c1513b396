/**
 * server/settings
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

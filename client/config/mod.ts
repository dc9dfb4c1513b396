/**
 * client/config
 *
 * @module
 */
export {
  ConfigError,
  type ConfigFolder,
  findConfigFolder,
  HISTORY_FILE,
  NO_CONFIG_FOLDER,
} from "./config_folder.ts";
export {
  isPreference,
  MEANINGS,
  PREFERENCE_NAMES,
  type PreferenceName,
  type Preferences,
  readPreference,
  wordOf,
  type WordPreferenceName,
} from "./preferences.ts";
export type { PreferencesFile } from "./preferences_file.ts";

/** Loads the preferences file, with its parser of TOML: only a conversation on a terminal needs it. */
export const loadPreferencesFile = (): Promise<typeof import("./preferences_file.ts")> =>
  import("./preferences_file.ts");

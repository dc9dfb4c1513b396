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
export { PreferencesFile } from "./preferences_file.ts";

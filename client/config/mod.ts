/**
 * Files of the client: the config folder and the preferences.
 *
 * May import: nothing.
 *
 * - `config_folder`: the config folder, and how its files are read and written
 * - `preferences`: the preferences, their values and defaults
 * - `preferences_file`: reads and saves the preferences file
 * - `preferences_text`: parses and formats the text of the preferences file (TOML)
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
  formatPreference,
  isPreference,
  parsePreference,
  PREFERENCE_NAMES,
  type PreferenceName,
  type Preferences,
  VALUE_DESCRIPTIONS,
  type WordPreferenceName,
} from "./preferences.ts";
export type { PreferencesFile } from "./preferences_file.ts";

/** Loads the preferences file and its TOML parser. Only a conversation on a terminal needs them. */
export const loadPreferencesFile = (): Promise<typeof import("./preferences_file.ts")> =>
  import("./preferences_file.ts");

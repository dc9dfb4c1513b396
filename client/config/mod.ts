/**
 * Files that the client keeps: the config folder and the preferences.
 *
 * May import: nothing.
 *
 * - `config_folder`: the folder in which this program keeps what is to be there the next time
 * - `preferences`: what people can have their way about
 * - `preferences_file`: the preferences as they are kept between runs
 * - `preferences_text`: the preferences as they stand in a file, which is TOML
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

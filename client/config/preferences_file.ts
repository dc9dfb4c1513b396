/**
 * Reads and saves the preferences file.
 *
 * Rules:
 * - Only changes are written, into the current file. So two processes keep the changes of each other.
 * - A file that cannot be read is never overwritten. It is renamed first.
 * - A change that could not be written is written with the next change.
 *
 * @module
 */
import { ConfigError, type ConfigFolder, PREFERENCES_FILE } from "./config_folder.ts";
import { DEFAULT_PREFERENCES, type Preferences } from "./preferences.ts";
import { type ParsedPreferences, parsePreferences, serializePreferences } from "./preferences_text.ts";

/** The preferences file in a config folder. */
export class PreferencesFile {
  readonly #folder: ConfigFolder;
  #unsaved: Partial<Preferences> = {};
  #saving: Promise<unknown> = Promise.resolve();
  /** The path of the renamed file that could not be read, until it is reported. */
  #renamedTo: string | undefined;

  /**
   * Does not read the file yet.
   *
   * @param folder the folder of the file; `NO_CONFIG_FOLDER` if nothing is stored
   */
  constructor(folder: ConfigFolder) {
    this.#folder = folder;
  }

  /**
   * Reads the preferences.
   *
   * @returns the preferences, with defaults for values that are absent or cannot be read; and the problem as one
   * line for the user, if there is one
   */
  async load(): Promise<{ preferences: Preferences; problem?: string }> {
    const { preferences, problem } = await this.#read();
    return problem === undefined ? { preferences } : { preferences, problem };
  }

  /**
   * Writes changes.
   *
   * @param changes the changes
   * @returns the new path of a file that could not be read and was renamed, if any
   * @throws {ConfigError} if the file cannot be written
   */
  save(changes: Partial<Preferences>): Promise<string | undefined> {
    this.#unsaved = { ...this.#unsaved, ...changes };
    const saved = this.#saving.then(() => this.#write());
    this.#saving = saved.catch(() => {});
    return saved;
  }

  async #write(): Promise<string | undefined> {
    const changes = this.#unsaved;
    const { preferences, unknown, problem } = await this.#read();
    if (problem !== undefined) this.#renamedTo = await this.#folder.setAside(PREFERENCES_FILE);
    await this.#folder.write(PREFERENCES_FILE, serializePreferences({ ...preferences, ...changes }, unknown));
    if (this.#unsaved === changes) this.#unsaved = {};
    const renamedTo = this.#renamedTo;
    this.#renamedTo = undefined;
    return renamedTo;
  }

  async #read(): Promise<ParsedPreferences> {
    try {
      const text = await this.#folder.read(PREFERENCES_FILE);
      return parsePreferences(text ?? "", this.#folder.pathOf(PREFERENCES_FILE));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { preferences: DEFAULT_PREFERENCES, unknown: {}, problem: error.message };
    }
  }
}

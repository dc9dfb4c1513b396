/**
 * The preferences as they are kept between runs.
 *
 * Rules: only what changes is written, into the file as it is by then, so that two programs that run at the same time
 * keep what the other one wrote; a file that cannot be read is never written over, but given another name first; what
 * could not be written is written with the next change.
 *
 * @module
 */
import { ConfigError, type ConfigFolder, PREFERENCES_FILE } from "./config_folder.ts";
import { DEFAULT_PREFERENCES, type Preferences } from "./preferences.ts";
import { parsePreferences, type ReadPreferences, serializePreferences } from "./preferences_text.ts";

/** Keeps the preferences in a folder. */
export class PreferencesFile {
  readonly #folder: ConfigFolder;
  #unsaved: Partial<Preferences> = {};
  #saving: Promise<unknown> = Promise.resolve();
  /** Where the file was put that could not be read, until that is told. */
  #aside: string | undefined;

  /**
   * Takes a folder; nothing is read yet.
   *
   * @param folder where the file is; `NO_CONFIG_FOLDER` where nothing is to be kept
   */
  constructor(folder: ConfigFolder) {
    this.#folder = folder;
  }

  /**
   * Reads the preferences.
   *
   * @returns the preferences, the defaults for what is not there or cannot be read; and what could not be read, if
   * anything, in one line for people
   */
  async load(): Promise<{ preferences: Preferences; problem?: string }> {
    const { preferences, problem } = await this.#read();
    return problem === undefined ? { preferences } : { preferences, problem };
  }

  /**
   * Writes what has changed.
   *
   * @param changes what has changed
   * @returns where the file was put that could not be read, if it was; nothing else is in it that was not before
   * @throws {ConfigError} where the file cannot be written
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
    if (problem !== undefined) this.#aside = await this.#folder.setAside(PREFERENCES_FILE);
    await this.#folder.write(PREFERENCES_FILE, serializePreferences({ ...preferences, ...changes }, unknown));
    if (this.#unsaved === changes) this.#unsaved = {};
    const aside = this.#aside;
    this.#aside = undefined;
    return aside;
  }

  async #read(): Promise<ReadPreferences> {
    try {
      const text = await this.#folder.read(PREFERENCES_FILE);
      return parsePreferences(text ?? "", this.#folder.pathOf(PREFERENCES_FILE));
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { preferences: DEFAULT_PREFERENCES, unknown: {}, problem: error.message };
    }
  }
}

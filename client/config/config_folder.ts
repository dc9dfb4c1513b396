/**
 * The folder in which this program keeps what is to be there the next time: preferences, and lines typed before.
 *
 * Rules: only its owner may read what is in it; a file that is written anew is whole at every moment, the old one or
 * the
 * new one; what one program adds to a file is not lost where another one writes it anew; nothing is there before it is
 * needed. What is in the files is for others to know.
 *
 * @module
 */
import { basename, dirname, join } from "node:path";

/** The file of the preferences. */
export const PREFERENCES_FILE = "preferences.toml";

/** The file of the lines typed before; see `input_history.ts` for its format. */
export const HISTORY_FILE = "history";

/** Read and written by its owner alone, as both can hold what is nobody else's business. */
const FILE_MODE = 0o600;
const FOLDER_MODE = 0o700;

/** Something could not be read or written. */
export class ConfigError extends Error {
  /** As for any `Error`. */
  override readonly name = "ConfigError";
}

/** A folder of a few small files. */
export interface ConfigFolder {
  /**
   * Tells where a file is, for people.
   *
   * @param file its name
   * @returns its path
   */
  pathOf(file: string): string;
  /**
   * Reads a file.
   *
   * @param file its name
   * @returns its text; nothing where there is no such file
   * @throws {ConfigError} where it cannot be read, or is not UTF-8
   */
  read(file: string): Promise<string | undefined>;
  /**
   * Writes a file anew.
   *
   * @param file its name
   * @param text what is to be in it
   * @throws {ConfigError} where it cannot be written; what was there is there still
   */
  write(file: string, text: string): Promise<void>;
  /**
   * Adds to a file, in one piece also where several programs do.
   *
   * @param file its name
   * @param text what to add
   * @throws {ConfigError} where it cannot be written
   */
  append(file: string, text: string): Promise<void>;
  /**
   * Writes a file anew from what is in it. Who adds to it waits meanwhile.
   *
   * @param file its name
   * @param change makes the new text of the old one, or nothing where it is to stay; not called where there is no file
   * @throws {ConfigError} where it cannot be read or written; what was there is there still
   */
  rewrite(file: string, change: (text: string) => string | undefined): Promise<void>;
  /**
   * Gives a file another name, one that is not taken.
   *
   * @param file its name
   * @returns the path that it has now; nothing where there is no such file
   * @throws {ConfigError} where that cannot be done
   */
  setAside(file: string): Promise<string | undefined>;
}

/** No folder at all: nothing is there, nothing is kept, and no file is touched. */
export const NO_CONFIG_FOLDER: ConfigFolder = {
  pathOf: (file) => file,
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
  append: () => Promise.resolve(),
  rewrite: () => Promise.resolve(),
  setAside: () => Promise.resolve(undefined),
};

/**
 * Finds the folder of this program where this system has such folders: `$XDG_CONFIG_HOME` or `~/.config` on Linux,
 * `~/Library/Preferences` on macOS, `%APPDATA%` on Windows. Nothing is made yet.
 *
 * @returns the folder
 * @throws {ConfigError} where the environment must not be asked
 */
export async function findConfigFolder(): Promise<ConfigFolder> {
  try {
    // Importing it asks for the home directory, which may not be allowed.
    const { default: envPaths } = await import("env-paths");
    return new DiskFolder(envPaths("riftchat", { suffix: "" }).config);
  } catch (error) {
    throw new ConfigError(`Cannot find the config folder: ${reason(error)}`, { cause: error });
  }
}

/** A folder on a disk; it is made when something is written. */
export class DiskFolder implements ConfigFolder {
  readonly #path: string;

  /**
   * Takes a folder, which need not be there yet.
   *
   * @param path its path
   */
  constructor(path: string) {
    this.#path = path;
  }

  /** As for any {@linkcode ConfigFolder}. */
  pathOf(file: string): string {
    return join(this.#path, file);
  }

  /** As for any {@linkcode ConfigFolder}. */
  async read(file: string): Promise<string | undefined> {
    const path = this.pathOf(file);
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(await Deno.readFile(path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      const why = error instanceof TypeError ? "it must be UTF-8" : reason(error);
      throw new ConfigError(`Cannot read ${path}: ${why}`, { cause: error });
    }
  }

  /** As for any {@linkcode ConfigFolder}. */
  async write(file: string, text: string): Promise<void> {
    await this.#change(file, (path) => replace(path, text));
  }

  /** As for any {@linkcode ConfigFolder}. */
  async append(file: string, text: string): Promise<void> {
    await this.#change(file, async (path) => {
      using handle = await openAlone(path, { append: true, create: true, mode: FILE_MODE });
      await writeAll(handle, text);
    });
  }

  /** As for any {@linkcode ConfigFolder}. */
  async rewrite(file: string, change: (text: string) => string | undefined): Promise<void> {
    if (!await exists(this.pathOf(file))) return;
    await this.#change(file, async (path) => {
      using _held = await openAlone(path, { read: true, append: true });
      const text = await this.read(file);
      const changed = text === undefined ? undefined : change(text);
      if (changed !== undefined) await replace(path, changed);
    });
  }

  /** As for any {@linkcode ConfigFolder}. */
  async setAside(file: string): Promise<string | undefined> {
    const path = this.pathOf(file);
    try {
      for (let number = 1;; number++) {
        const aside = number === 1 ? `${path}.broken` : `${path}.broken-${number}`;
        if (await exists(aside)) continue;
        await Deno.rename(path, aside);
        return aside;
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw new ConfigError(`Cannot rename ${path}: ${reason(error)}`, { cause: error });
    }
  }

  async #change(file: string, change: (path: string) => Promise<void>): Promise<void> {
    const path = this.pathOf(file);
    try {
      await Deno.mkdir(this.#path, { recursive: true, mode: FOLDER_MODE });
      await change(path);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      throw new ConfigError(`Cannot write ${path}: ${reason(error)}`, { cause: error });
    }
  }
}

/** Puts a new file in the place of the old one, in one step. */
async function replace(path: string, text: string): Promise<void> {
  // Where it is a link, as those who keep their settings elsewhere have it, it stays one.
  const target = await realPath(path);
  const draft = await Deno.makeTempFile({ dir: dirname(target), prefix: `.${basename(target)}.` });
  try {
    using handle = await Deno.open(draft, { write: true });
    await writeAll(handle, text);
    await handle.sync();
    if (Deno.build.os !== "windows") await Deno.chmod(draft, FILE_MODE);
    await Deno.rename(draft, target);
  } catch (error) {
    await Deno.remove(draft).catch(() => {});
    throw error;
  }
}

/**
 * Opens a file that no other program has open in this way: it waits, and what was put in its place meanwhile counts.
 */
async function openAlone(path: string, options: Deno.OpenOptions): Promise<Deno.FsFile> {
  for (;;) {
    const handle = await Deno.open(path, options);
    try {
      // Where a file system has no locks, one goes without.
      await handle.lock(true).catch(() => {});
      if ((await handle.stat()).ino === (await Deno.stat(path)).ino) return handle;
    } catch (error) {
      handle.close();
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      continue;
    }
    handle.close();
  }
}

async function writeAll(handle: Deno.FsFile, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += await handle.write(bytes.subarray(written));
}

async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** What went wrong, without the path, which is told anyway. */
function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(/ \(os error \d+\)/, "").replace(/: \w+ '.*$/s, "")
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

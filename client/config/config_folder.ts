/**
 * The config folder, with the preferences, the input history and other small files.
 *
 * Rules:
 * - Only the owner may read the files. A folder or file of another user is not used.
 * - A rewritten file is complete at every moment: it is the old or the new one.
 * - Text that one process appends is not lost when another process rewrites the file.
 * - A file or folder is created only when it is needed.
 * - This file does not know the formats of the files.
 *
 * @module
 */
import { join } from "node:path";
import {
  checkFileOwner,
  checkFolderOwner,
  createWhole,
  exists,
  openLocked,
  OwnerError,
  PRIVATE_FILE_MODE,
  replace,
  writeAll,
} from "../../runtime/mod.ts";

/** The file with the preferences. */
export const PREFERENCES_FILE = "preferences.toml";

/** The file with the input history; see `input_history.ts` for its format. */
export const HISTORY_FILE = "history";

/** Only the owner may enter it, because preferences and input history are private. */
const FOLDER_MODE = 0o700;

/** A file of the config folder could not be read or written. */
export class ConfigError extends Error {
  /** As for any `Error`. */
  override readonly name = "ConfigError";
  /** What could not be done, such as `Cannot write`. */
  readonly failed: string;
  /** Why, for the user. */
  readonly reason: string;

  /**
   * Makes an error.
   *
   * @param failed what could not be done, such as `Cannot write`
   * @param what the path of the file, or the folder
   * @param options why, for the user; and the cause
   */
  constructor(failed: string, what: string, { reason, cause }: { reason: string; cause?: unknown }) {
    super(`${failed} ${what}: ${reason}`, { cause });
    this.failed = failed;
    this.reason = reason;
  }
}

/** How a file is read. */
export interface ReadOptions {
  /**
   * Whether U+FFFD takes the place of what is not UTF-8, so that one bad byte does not cost the whole file; else such a
   * file is an error.
   */
  readonly lenient?: boolean;
}

/** A folder of a few small files. */
export interface ConfigFolder {
  /**
   * Returns the path of a file, for messages.
   *
   * @param file its name
   * @returns its path
   */
  pathOf(file: string): string;
  /**
   * Reads a file.
   *
   * @param file its name
   * @param options see {@linkcode ReadOptions}
   * @returns its text; `undefined` if there is no such file
   * @throws {ConfigError} if it cannot be read, or is not UTF-8
   */
  read(file: string, options?: ReadOptions): Promise<string | undefined>;
  /**
   * Replaces a file.
   *
   * @param file its name
   * @param text the new text
   * @throws {ConfigError} if it cannot be written; the old file stays
   */
  write(file: string, text: string): Promise<void>;
  /**
   * Creates a file, unless it is there. Of several processes that do it at once, one creates the file.
   *
   * @param file its name
   * @param text its text
   * @returns whether it was created; `false` if there is such a file
   * @throws {ConfigError} if it cannot be written
   */
  create(file: string, text: string): Promise<boolean>;
  /**
   * Appends to a file. The text stays in one piece if several processes append.
   *
   * @param file its name
   * @param text the text to append
   * @throws {ConfigError} if it cannot be written
   */
  append(file: string, text: string): Promise<void>;
  /**
   * Replaces a file by a text made from its old text. Another process that appends to it waits.
   *
   * @param file its name
   * @param change returns the new text, or `undefined` if the file stays as it is; not called if there is no file
   * @param options see {@linkcode ReadOptions}
   * @throws {ConfigError} if it cannot be read or written; the old file stays
   */
  rewrite(
    file: string,
    change: (text: string) => string | undefined,
    options?: ReadOptions,
  ): Promise<void>;
  /**
   * Renames a file to a free name.
   *
   * @param file its name
   * @param suffix what is appended to its name, with a number if such a file is there
   * @returns its new path; `undefined` if there is no such file
   * @throws {ConfigError} if it cannot be renamed
   */
  setAside(file: string, suffix?: string): Promise<string | undefined>;
}

/** No folder: reads find nothing, writes do nothing, and no file is touched. */
export const NO_CONFIG_FOLDER: ConfigFolder = {
  pathOf: (file) => file,
  read: () => Promise.resolve(undefined),
  write: () => Promise.resolve(),
  create: () => Promise.resolve(true),
  append: () => Promise.resolve(),
  rewrite: () => Promise.resolve(),
  setAside: () => Promise.resolve(undefined),
};

/**
 * Finds the config folder in the usual place of the system: `$XDG_CONFIG_HOME` or `~/.config` on Linux,
 * `~/Library/Preferences` on macOS, `%APPDATA%` on Windows. Does not create it.
 *
 * @returns the folder
 * @throws {ConfigError} if the environment may not be read
 */
export async function findConfigFolder(): Promise<ConfigFolder> {
  try {
    // The import itself reads the home directory, which may not be allowed.
    const { default: envPaths } = await import("env-paths");
    return new DiskFolder(envPaths("riftchat", { suffix: "" }).config);
  } catch (error) {
    throw new ConfigError("Cannot find", "the config folder", { reason: reasonOf(error), cause: error });
  }
}

/** A folder on disk, created at the first write. */
export class DiskFolder implements ConfigFolder {
  readonly #path: string;

  /**
   * Does not read or create the folder yet.
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
  async read(file: string, { lenient = false }: ReadOptions = {}): Promise<string | undefined> {
    const path = this.pathOf(file);
    try {
      this.#checkOwners(path);
      return new TextDecoder("utf-8", { fatal: !lenient }).decode(await Deno.readFile(path));
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      if (error instanceof ConfigError) throw error;
      const reason = error instanceof TypeError ? "it must be UTF-8" : reasonOf(error);
      throw new ConfigError("Cannot read", path, { reason, cause: error });
    }
  }

  /** As for any {@linkcode ConfigFolder}. */
  async write(file: string, text: string): Promise<void> {
    await this.#change(file, (path) => replace(path, text));
  }

  /** As for any {@linkcode ConfigFolder}. */
  async create(file: string, text: string): Promise<boolean> {
    let isCreated = false;
    await this.#change(file, async (path) => {
      isCreated = await createWhole(path, text);
    });
    return isCreated;
  }

  /** As for any {@linkcode ConfigFolder}. */
  async append(file: string, text: string): Promise<void> {
    await this.#change(file, async (path) => {
      using handle = await openLocked(path, { append: true, create: true, mode: PRIVATE_FILE_MODE });
      await writeAll(handle, text);
    });
  }

  /** As for any {@linkcode ConfigFolder}. */
  async rewrite(
    file: string,
    change: (text: string) => string | undefined,
    options: ReadOptions = {},
  ): Promise<void> {
    if (!await exists(this.pathOf(file))) return;
    await this.#change(file, async (path) => {
      using _lock = await openLocked(path, { read: true, append: true });
      const text = await this.read(file, options);
      const changed = text === undefined ? undefined : change(text);
      if (changed !== undefined) await replace(path, changed);
    });
  }

  /** As for any {@linkcode ConfigFolder}. */
  async setAside(file: string, suffix = "broken"): Promise<string | undefined> {
    const path = this.pathOf(file);
    try {
      this.#checkOwners(path);
      for (let number = 1;; number++) {
        const aside = number === 1 ? `${path}.${suffix}` : `${path}.${suffix}-${number}`;
        if (await exists(aside)) continue;
        await Deno.rename(path, aside);
        return aside;
      }
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      if (error instanceof ConfigError) throw error;
      throw new ConfigError("Cannot rename", path, { reason: reasonOf(error), cause: error });
    }
  }

  /** Throws if the folder or the file belongs to another user. */
  #checkOwners(path: string): void {
    for (const [what, check] of [[this.#path, checkFolderOwner], [path, checkFileOwner]] as const) {
      try {
        check(what);
      } catch (error) {
        if (error instanceof OwnerError) {
          throw new ConfigError("Cannot use", what, { reason: error.reason, cause: error });
        }
        throw error;
      }
    }
  }

  async #change(file: string, change: (path: string) => Promise<void>): Promise<void> {
    const path = this.pathOf(file);
    try {
      await Deno.mkdir(this.#path, { recursive: true, mode: FOLDER_MODE });
      this.#checkOwners(path);
      await change(path);
    } catch (error) {
      if (error instanceof ConfigError) throw error;
      throw new ConfigError("Cannot write", path, { reason: reasonOf(error), cause: error });
    }
  }
}

/** Returns the reason of an error without the path, which the message has anyway. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message.replace(/ \(os error \d+\)/, "").replace(/: \w+ '.*$/s, "")
    .replace(/^[A-Z](?=[a-z])/, (letter) => letter.toLowerCase());
}

/**
 * A lock between processes: `flock` on a file. The system releases it when the process ends, for whatever reason.
 *
 * Rules: the file is never removed, or two processes could lock two files of the same path. Waiting for a lock cannot
 * be cancelled (`Deno.FsFile.tryLock` is not available everywhere), so an abandoned lock is released as soon as it is
 * taken.
 *
 * @module
 */
import { reasonOf } from "../../runtime/mod.ts";
import { DaemonError } from "./error.ts";

/** Only the owner may open the file, so no other user can hold the lock. */
const MODE = 0o600;

/** Abandoned locks that are still waited for. */
const abandoned = new Set<Promise<void>>();

/**
 * Waits until every abandoned lock is taken and released. That happens when its current holder releases it.
 *
 * @returns resolves when no lock is waited for
 */
export async function abandonedLocksReleased(): Promise<void> {
  await Promise.all(abandoned);
}

/** A lock that this process holds. */
export class FileLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Waits for a lock and takes it.
   *
   * @param path the file, created if it does not exist
   * @param cancel resolves to stop waiting
   * @returns the lock; `undefined` after `cancel`
   * @throws {DaemonError} if the file cannot be opened or locked
   */
  static async acquire(path: string, cancel: Promise<unknown>): Promise<FileLock | undefined> {
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { read: true, write: true, create: true, mode: MODE });
    } catch (error) {
      throw new DaemonError(`Cannot open the lock ${path}: ${reasonOf(error)}`, { cause: error });
    }
    let state: "waiting" | "held" | "abandoned" = "waiting";
    const held = file.lock(true).then(() => {
      if (state === "abandoned") file.close();
      else state = "held";
    }, (error) => {
      file.close();
      throw new DaemonError(`Cannot lock ${path}: ${reasonOf(error)}`, { cause: error });
    });
    await Promise.race([held, cancel]);
    if (state as string === "held") return new FileLock(file);
    state = "abandoned";
    // The caller is gone, so an error is ignored.
    const released: Promise<void> = held.catch(() => {}).finally(() => abandoned.delete(released));
    abandoned.add(released);
    return undefined;
  }

  /**
   * Replaces the content of the file. The content stays there after the lock is released.
   *
   * @param text the new content
   * @throws {DaemonError} if it cannot be written
   */
  write(text: string): void {
    try {
      this.#file.truncateSync(0);
      this.#file.seekSync(0, Deno.SeekMode.Start);
      const bytes = new TextEncoder().encode(text);
      for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    } catch (error) {
      throw new DaemonError(`Cannot write the lock: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Releases the lock. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

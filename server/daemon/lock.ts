/**
 * A lock between processes: `flock` on a file. The system lets go of it when its process ends, however that ends.
 *
 * Rules: the file is never removed, or two could hold two locks of one path. Where nothing but waiting is offered
 * (`Deno.FsFile.tryLock` is not everywhere), giving up means to let go as soon as the lock is had.
 *
 * @module
 */
import { reasonOf } from "../../runtime/mod.ts";
import { DaemonError } from "./error.ts";

/** Its owner alone may as much as open it, and so nobody else can hold it. */
const MODE = 0o600;

/** Locks that were given up and are still waited for, as that cannot be called off. */
const givenUp = new Set<Promise<void>>();

/**
 * Waits until every lock that was given up has been had and let go of, which it is once its holder lets go of it.
 *
 * @returns when nothing is waited for any more
 */
export async function lettingGo(): Promise<void> {
  await Promise.all(givenUp);
}

/** A lock that is held. */
export class FileLock implements Disposable {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  /**
   * Waits for a lock.
   *
   * @param path its file, which is made where it is not there
   * @param giveUp resolves when there is no point in waiting any longer
   * @returns the lock, held; nothing where it was given up
   * @throws {DaemonError} where the file cannot be opened or locked
   */
  static async take(path: string, giveUp: Promise<unknown>): Promise<FileLock | undefined> {
    let file: Deno.FsFile;
    try {
      file = await Deno.open(path, { read: true, write: true, create: true, mode: MODE });
    } catch (error) {
      throw new DaemonError(`Cannot open the lock ${path}: ${reasonOf(error)}`, { cause: error });
    }
    let state: "waiting" | "held" | "given up" = "waiting";
    const held = file.lock(true).then(() => {
      if (state === "given up") file.close();
      else state = "held";
    }, (error) => {
      file.close();
      throw new DaemonError(`Cannot lock ${path}: ${reasonOf(error)}`, { cause: error });
    });
    await Promise.race([held, giveUp]);
    if (state as string === "held") return new FileLock(file);
    state = "given up";
    // Nobody is told any more how it went.
    const gone: Promise<void> = held.catch(() => {}).finally(() => givenUp.delete(gone));
    givenUp.add(gone);
    return undefined;
  }

  /**
   * Says in the file who holds it. That stays, as a hint, when it is let go of.
   *
   * @param text what to say
   * @throws {DaemonError} where it cannot be written
   */
  inscribe(text: string): void {
    try {
      this.#file.truncateSync(0);
      this.#file.seekSync(0, Deno.SeekMode.Start);
      const bytes = new TextEncoder().encode(text);
      for (let done = 0; done < bytes.length;) done += this.#file.writeSync(bytes.subarray(done));
    } catch (error) {
      throw new DaemonError(`Cannot write the lock: ${reasonOf(error)}`, { cause: error });
    }
  }

  /** Lets go of it. */
  [Symbol.dispose](): void {
    this.#file.close();
  }
}

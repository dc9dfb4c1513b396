/**
 * The parts of a running hub that SIGHUP reloads: the log file is reopened, and the files that the settings name are
 * read again. Code that reads a file at the start, and the file may change later, adds a part here.
 *
 * Rules: if a file is invalid, that is logged, its old content stays in use, and the other files are still reloaded.
 * Two reloads never run at once. A reload that is requested during another one runs after it, since a file may have
 * changed after it was read.
 *
 * @module
 */
import { type Logger, reasonOf } from "../../runtime/mod.ts";

/** The parts of a hub that can be reloaded. */
export class Reloads {
  readonly #parts = new Map<string, () => void | Promise<void>>();
  #running: Promise<void> | undefined;
  #again = false;

  /**
   * Adds a part. Parts are reloaded in the order in which they are added.
   *
   * @param name its name for the log, such as `message of the day`
   * @param reload reads it and puts it to use; if it fails, the old content must still be in use
   */
  add(name: string, reload: () => void | Promise<void>): void {
    this.#parts.set(name, reload);
  }

  /**
   * Reloads every part.
   *
   * @param log where the results are logged
   * @returns resolves when all are done; never rejects
   */
  run(log: Logger): Promise<void> {
    if (this.#running === undefined) this.#running = this.#runAll(log);
    else this.#again = true;
    return this.#running;
  }

  async #runAll(log: Logger): Promise<void> {
    do {
      this.#again = false;
      for (const [name, reload] of this.#parts) {
        try {
          await reload();
          log.info("reloaded: {what}", { what: name });
        } catch (error) {
          log.error("cannot reload: {what}; the old one stays in use: {reason}", {
            what: name,
            reason: reasonOf(error),
          });
        }
      }
    } while (this.#again);
    this.#running = undefined;
  }
}

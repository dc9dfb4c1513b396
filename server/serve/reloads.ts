/**
 * What a running hub reads anew when it is told to (SIGHUP): the log is opened anew, and the files that settings name are
 * read again. Whoever reads a file at the start that may change later adds itself here.
 *
 * Rules: a file that is broken is reported in the log, and what was read before stays; it keeps no other file from being
 * read. Two reloads never run at once; one that is asked for meanwhile follows, since a file may have changed after it
 * was read.
 *
 * @module
 */
import type { Logger } from "@logtape/logtape";
import { reasonOf } from "../../runtime/mod.ts";

/** The parts of a hub that can be read anew. */
export class Reloads {
  readonly #parts = new Map<string, () => Promise<void>>();
  #running: Promise<void> | undefined;
  #again = false;

  /**
   * Adds a part. Parts are read anew in the order in which they were added.
   *
   * @param what what it is, for the log, such as `message of the day`
   * @param reload reads it anew and puts it to use; where it rejects, what was in use must be so still
   */
  add(what: string, reload: () => Promise<void>): void {
    this.#parts.set(what, reload);
  }

  /**
   * Reads every part anew.
   *
   * @param log where it is told how that went
   * @returns when it is done; never rejects
   */
  run(log: Logger): Promise<void> {
    if (this.#running === undefined) this.#running = this.#runAll(log);
    else this.#again = true;
    return this.#running;
  }

  async #runAll(log: Logger): Promise<void> {
    do {
      this.#again = false;
      for (const [what, reload] of this.#parts) {
        try {
          await reload();
          log.info("read anew: {what}", { what });
        } catch (error) {
          log.error("cannot read anew: {what}; it stays as it was: {reason}", {
            what,
            reason: reasonOf(error),
          });
        }
      }
    } while (this.#again);
    this.#running = undefined;
  }
}

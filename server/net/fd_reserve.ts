/**
 * Some file descriptors that are held for bad times. How many a process may have, nobody tells it here (`/proc/self/limits`
 * and `getrlimit` are out of reach of a program with few permissions); it notices when there are no more. Then these are
 * let go, so that files can still be opened, and whoever comes can still be told that the hub is full.
 *
 * @module
 */

/** Descriptors that are held. */
export class FdReserve {
  #files: Deno.FsFile[] = [];

  /**
   * Takes as many as it can get.
   *
   * @param count how many
   */
  constructor(count: number) {
    try {
      while (this.#files.length < count) this.#files.push(Deno.openSync("/dev/null"));
    } catch {
      // There are so few that the hub will not come far, or none of that kind (Windows): it goes without.
    }
  }

  /**
   * Lets them go. Calling it again does nothing.
   *
   * @returns whether there were any
   */
  release(): boolean {
    const files = this.#files;
    this.#files = [];
    for (const file of files) file.close();
    return files.length > 0;
  }
}

/**
 * A reserve of file descriptors. A process with few permissions cannot read its limit (`/proc/self/limits` and
 * `getrlimit` are out of reach), so the hub only notices when there are none left. Then the reserve is released, so
 * that files can still be opened and new clients can still be told that the hub is full.
 *
 * @module
 */

/** File descriptors that are held open. */
export class FdReserve {
  #files: Deno.FsFile[] = [];

  /**
   * Opens as many descriptors as it can.
   *
   * @param count the number of descriptors
   */
  constructor(count: number) {
    try {
      while (this.#files.length < count) this.#files.push(Deno.openSync("/dev/null"));
    } catch {
      // Too few descriptors, or no such file (Windows): the hub runs without the full reserve.
    }
  }

  /**
   * Closes them. Calling it again does nothing.
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

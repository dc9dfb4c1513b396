/**
 * A reserve of file descriptors. A process with few permissions cannot read its limit (`/proc/self/limits` and
 * `getrlimit` are out of reach), so the hub only notices when there are none left. Then the reserve is released, so
 * that files can still be opened and new clients can still be told that the hub is full. It is filled again as soon as
 * twice as many are free, so that a hub at its limit does not go back and forth.
 *
 * @module
 */

/** File descriptors that are held open. */
export class FdReserve {
  readonly #count: number;
  #files: Deno.FsFile[];

  /**
   * Opens as many descriptors as it can.
   *
   * @param count the number of descriptors
   */
  constructor(count: number) {
    this.#count = count;
    // Too few descriptors, or no such file (Windows): the hub runs without the full reserve.
    this.#files = openAtMost(count);
  }

  /**
   * Closes them. Calling it again does nothing.
   *
   * @returns whether there were any
   */
  release(): boolean {
    const files = this.#files;
    this.#files = [];
    closeAll(files);
    return files.length > 0;
  }

  /**
   * Opens them again after {@linkcode FdReserve.release}, if as many others are free.
   *
   * @returns whether the reserve is full
   */
  restore(): boolean {
    if (this.#files.length > 0) return true;
    const files = openAtMost(2 * this.#count);
    if (files.length === 2 * this.#count) this.#files = files.splice(this.#count);
    closeAll(files);
    return this.#files.length > 0;
  }
}

function openAtMost(count: number): Deno.FsFile[] {
  const files: Deno.FsFile[] = [];
  try {
    while (files.length < count) files.push(Deno.openSync("/dev/null"));
  } catch {
    // As many as there are.
  }
  return files;
}

function closeAll(files: Deno.FsFile[]): void {
  for (const file of files) file.close();
}

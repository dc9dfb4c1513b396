/**
 * A small file system that can be full or read-only. It is a tmpfs, which only root may mount, and only on Linux.
 *
 * @module
 */

/** Why this machine cannot mount one; `undefined` if it can. */
export const NO_SMALL_DISK: string | undefined = await whyNot();

/** The file system, mounted until it is disposed of. */
export class SmallDisk implements AsyncDisposable {
  /** Its mount point. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Mounts a file system.
   *
   * @param kilobytes its size
   */
  static async mount(kilobytes: number): Promise<SmallDisk> {
    const path = await Deno.makeTempDir({ prefix: "riftchat-disk-" });
    await run("mount", "-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", path);
    return new SmallDisk(path);
  }

  /** Makes it read-only; no file on it may be open for writing. */
  async makeReadOnly(): Promise<void> {
    await run("mount", "-o", "remount,ro", this.path);
  }

  /** Fills it. */
  async fill(): Promise<void> {
    using file = await Deno.open(`${this.path}/ballast`, { write: true, create: true });
    try {
      for (;;) await file.write(new Uint8Array(4096));
    } catch {
      // It is full.
    }
  }

  /** Frees the space. */
  async empty(): Promise<void> {
    await Deno.remove(`${this.path}/ballast`);
  }

  /** Unmounts it; files that are open stay usable. */
  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", "--lazy", this.path);
    await Deno.remove(this.path);
  }
}

async function whyNot(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "only Linux has tmpfs";
  const path = await Deno.makeTempDir({ prefix: "riftchat-disk-" });
  try {
    await run("mount", "-t", "tmpfs", "tmpfs", path);
    await run("umount", path);
    return undefined;
  } catch {
    return "only root can mount a tmpfs";
  } finally {
    await Deno.remove(path);
  }
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

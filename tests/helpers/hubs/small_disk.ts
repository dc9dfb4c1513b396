/**
 * A disk of our own that can be full and read-only: a file system in memory, which only root may mount, and only on Linux.
 *
 * @module
 */

/** Why there is none here, in words; `undefined` where there is one. */
export const NO_SMALL_DISK: string | undefined = await whyNot();

/** A disk, mounted until it is disposed of. */
export class SmallDisk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /**
   * Mounts one.
   *
   * @param kilobytes how much it holds
   */
  static async mount(kilobytes: number): Promise<SmallDisk> {
    const path = await Deno.makeTempDir({ prefix: "riftchat-disk-" });
    await run("mount", "-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", path);
    return new SmallDisk(path);
  }

  /** Lets nothing be written on it any more; nobody may have a file open for that. */
  async makeReadOnly(): Promise<void> {
    await run("mount", "-o", "remount,ro", this.path);
  }

  /** Leaves no room on it. */
  async fill(): Promise<void> {
    using file = await Deno.open(`${this.path}/ballast`, { write: true, create: true });
    try {
      for (;;) await file.write(new Uint8Array(4096));
    } catch {
      // Not one more fits.
    }
  }

  /** Makes room again. */
  async empty(): Promise<void> {
    await Deno.remove(`${this.path}/ballast`);
  }

  /** Takes it away; whoever has files open on it keeps them. */
  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", "--lazy", this.path);
    await Deno.remove(this.path);
  }
}

async function whyNot(): Promise<string | undefined> {
  if (Deno.build.os !== "linux") return "only Linux has such disks";
  const path = await Deno.makeTempDir({ prefix: "riftchat-disk-" });
  try {
    await run("mount", "-t", "tmpfs", "tmpfs", path);
    await run("umount", path);
    return undefined;
  } catch {
    return "only root may mount them";
  } finally {
    await Deno.remove(path);
  }
}

async function run(command: string, ...args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) throw new Error(`${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}

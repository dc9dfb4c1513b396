/**
 * Files that are complete at every moment, and that only their owner may read.
 *
 * @module
 */
import { basename, dirname } from "node:path";

/** Only the owner may read and write. */
export const PRIVATE_FILE_MODE = 0o600;

/**
 * Replaces a file in one step.
 *
 * @param path its path; of a symbolic link, the target is replaced
 * @param text its new text
 */
export async function replace(path: string, text: string): Promise<void> {
  // A symbolic link stays a link, because some users keep their settings elsewhere.
  const target = await realPath(path);
  const temporary = await writeTemporary(target, text);
  try {
    await Deno.rename(temporary, target);
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/**
 * Creates a file with its whole text, in one step.
 *
 * @param path its path
 * @param text its text
 * @returns whether it was created; `false` if there is such a file
 */
export async function createWhole(path: string, text: string): Promise<boolean> {
  if (await exists(path)) return false;
  const temporary = await writeTemporary(path, text);
  try {
    await Deno.link(temporary, path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    // Some file systems have no hard links. There, another process may read the file before its text is complete.
    return await createInPlace(path, text);
  } finally {
    await Deno.remove(temporary).catch(() => {});
  }
}

async function createInPlace(path: string, text: string): Promise<boolean> {
  try {
    using handle = await Deno.open(path, { write: true, createNew: true, mode: PRIVATE_FILE_MODE });
    await writeAll(handle, text);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) return false;
    throw error;
  }
}

/** Writes a text to a new file beside another one, which only the owner may read. Returns its path. */
async function writeTemporary(target: string, text: string): Promise<string> {
  const temporary = await Deno.makeTempFile({ dir: dirname(target), prefix: `.${basename(target)}.` });
  try {
    using handle = await Deno.open(temporary, { write: true });
    await writeAll(handle, text);
    await handle.sync();
    if (Deno.build.os !== "windows") await Deno.chmod(temporary, PRIVATE_FILE_MODE);
    return temporary;
  } catch (error) {
    await Deno.remove(temporary).catch(() => {});
    throw error;
  }
}

/**
 * Opens a file and locks it. Waits while another process has the lock, and opens again if the file was replaced
 * meanwhile.
 *
 * @param path its path
 * @param options how it is opened
 * @returns the open file
 */
export async function openLocked(path: string, options: Deno.OpenOptions): Promise<Deno.FsFile> {
  for (;;) {
    const handle = await Deno.open(path, options);
    try {
      // Some file systems have no locks. Then the file is used without one.
      await handle.lock(true).catch(() => {});
      if ((await handle.stat()).ino === (await Deno.stat(path)).ino) return handle;
    } catch (error) {
      handle.close();
      if (!(error instanceof Deno.errors.NotFound)) throw error;
      continue;
    }
    handle.close();
  }
}

/**
 * Writes a whole text.
 *
 * @param handle an open file
 * @param text the text
 */
export async function writeAll(handle: Deno.FsFile, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length;) written += await handle.write(bytes.subarray(written));
}

async function realPath(path: string): Promise<string> {
  try {
    return await Deno.realPath(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return path;
    throw error;
  }
}

/**
 * Checks whether there is a file.
 *
 * @param path its path
 * @returns whether there is a file, a folder, or a link, also one that leads nowhere
 */
export async function exists(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

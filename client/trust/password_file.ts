/**
 * Reads the password of a hub from the file of `--password-file`.
 *
 * @module
 */
import { PASSWORD_FILE_BYTES, readPassword } from "../../protocol/mod.ts";
import { reasonOf } from "../../runtime/mod.ts";

/** The file cannot be used. The message says why and what to do. */
export class PasswordFileError extends Error {
  /** As for any `Error`. */
  override readonly name = "PasswordFileError";
}

/**
 * Reads a password: the first line of a file that only its owner may read.
 *
 * @param path the path of the file
 * @returns the password
 * @throws {PasswordFileError} if it cannot be read, others may read it, or it holds no password
 */
export async function readPasswordFile(path: string): Promise<string> {
  const wrong = (why: string, cause?: unknown) =>
    new PasswordFileError(`Cannot use the password file ${path}: ${why}`, { cause });
  const buffer = new Uint8Array(PASSWORD_FILE_BYTES);
  let length = 0;
  let mode: number | null;
  try {
    using file = await Deno.open(path);
    mode = Deno.build.os === "windows" ? null : (await file.stat()).mode;
    while (length < buffer.length) {
      const count = await file.read(buffer.subarray(length));
      if (count === null) break;
      length += count;
    }
  } catch (error) {
    throw wrong(`it must be a file that can be read: ${reasonOf(error)}`, error);
  }
  const read = readPassword(buffer.subarray(0, length), { mode, path });
  if ("why" in read) throw wrong(read.why);
  return read.password;
}

/**
 * The password of a hub: read from its file, held as a hash, compared in constant time.
 *
 * Rules: the password stands in a file only, never in a flag, an environment variable or a log, and no error message
 * repeats any of it. A file that other users of the system may read is refused.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { PASSWORD_FILE_BYTES, readPassword } from "../../protocol/mod.ts";
import { reasonOf } from "../../runtime/mod.ts";

/** The password file cannot be used; the message says why and what to do. */
export class PasswordError extends Error {
  /** As in every `Error`. */
  override readonly name = "PasswordError";
}

/**
 * Checks a password. The time it takes does not depend on how much of the password is right.
 *
 * @param given the password that a client gave
 * @returns whether it is the right one
 */
export type PasswordCheck = (given: string) => boolean;

/**
 * Reads the password of a hub: the first line of a file.
 *
 * @param path the path of the file
 * @returns checks passwords against it
 * @throws {PasswordError} if the file cannot be read, other users may read it, or there is no password in it
 */
export async function loadPassword(path: string): Promise<PasswordCheck> {
  const wrong = (why: string, cause?: unknown) =>
    new PasswordError(`Cannot use the password file ${path}: ${why}`, { cause });
  let bytes: Uint8Array;
  let mode: number | null;
  try {
    using file = await Deno.open(path);
    mode = (await file.stat()).mode;
    const buffer = new Uint8Array(PASSWORD_FILE_BYTES);
    bytes = buffer.subarray(0, await fill(file, buffer));
  } catch (error) {
    throw wrong(`it must be a file that can be read: ${reasonOf(error)}`, error);
  }
  const read = readPassword(bytes, { mode: Deno.build.os === "windows" ? null : mode, path });
  if ("why" in read) throw wrong(read.why);
  const wanted = hash(read.password);
  return (given) => timingSafeEqual(wanted, hash(given));
}

function hash(text: string): Uint8Array {
  return createHash("sha256").update(text, "utf8").digest();
}

async function fill(file: Deno.FsFile, buffer: Uint8Array): Promise<number> {
  let length = 0;
  while (length < buffer.length) {
    const count = await file.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
  }
  return length;
}

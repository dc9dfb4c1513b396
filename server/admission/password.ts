/**
 * The password of a hub, from its file, and who gave it: kept as a hash, compared in constant time.
 *
 * Rules: it stands in a file alone, never in a flag, a variable or a log, and no error repeats any of it; a file that
 * others may read is refused.
 *
 * @module
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { MAX_PASSWORD_BYTES, readPassword } from "../../protocol/mod.ts";
import { reasonOf } from "../../runtime/mod.ts";

/** The file cannot be used; the message says why and what to do. */
export class PasswordError extends Error {
  /** As for any `Error`. */
  override readonly name = "PasswordError";
}

/**
 * Says whether a password is the one that is wanted, in a time that does not depend on how much of it is right.
 *
 * @param given what somebody gave
 * @returns whether
 */
export type PasswordCheck = (given: string) => boolean;

/**
 * Reads the password of a hub: the first line of a file.
 *
 * @param path the file
 * @returns compares what is given with it
 * @throws {PasswordError} where the file cannot be read, others may read it, or there is no password in it
 */
export async function loadPassword(path: string): Promise<PasswordCheck> {
  const wrong = (why: string, cause?: unknown) =>
    new PasswordError(`Cannot use the password file ${path}: ${why}`, { cause });
  let bytes: Uint8Array;
  let mode: number | null;
  try {
    using file = await Deno.open(path);
    mode = (await file.stat()).mode;
    const buffer = new Uint8Array(MAX_PASSWORD_BYTES + 3);
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

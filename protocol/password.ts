/**
 * The check of a password file, the same for hub and client.
 *
 * @module
 */
import { MAX_PASSWORD_BYTES } from "./limits.ts";

/** How much of a password file must be read: a byte order mark, the longest password, its line ending, one more. */
export const PASSWORD_FILE_BYTES: number = 3 + MAX_PASSWORD_BYTES + 2 + 1;

/** The password; or the reason why the file cannot be used, to print after "Cannot use the password file …:". */
export type PasswordRead = { password: string } | { why: string };

/**
 * Reads the password from the first line of a password file. A byte order mark, with which some editors begin a file,
 * is not part of it.
 *
 * @param file the beginning of the file: at least {@linkcode PASSWORD_FILE_BYTES}, or all of it
 * @param about its `mode` as `stat` returns it, `null` on a system without modes; its `path`, for the message
 * @returns the password without its line ending, or why there is none
 */
export function readPassword(
  file: Uint8Array,
  about: { mode: number | null; path: string },
): PasswordRead {
  if (about.mode !== null && (about.mode & 0o077) !== 0) {
    const mode = (about.mode & 0o777).toString(8).padStart(4, "0");
    return { why: `only its owner may have access to it: its mode is ${mode}; run chmod 600 ${about.path}` };
  }
  if (startsWith(file, [0xff, 0xfe]) || startsWith(file, [0xfe, 0xff])) {
    return { why: "it must be UTF-8: it is UTF-16; save it as UTF-8" };
  }
  const bytes = startsWith(file, [0xef, 0xbb, 0xbf]) ? file.subarray(3) : file;
  let end = bytes.indexOf(0x0a);
  if (end < 0) end = bytes.length;
  if (bytes[end - 1] === 0x0d) end--;
  if (end === 0) return { why: "its first line must be the password: the line is empty" };
  if (end > MAX_PASSWORD_BYTES) {
    return { why: `the password must have at most ${MAX_PASSWORD_BYTES} bytes: it is longer` };
  }
  try {
    return {
      password: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, end)),
    };
  } catch {
    return { why: "it must be UTF-8: it is not" };
  }
}

function startsWith(bytes: Uint8Array, mark: readonly number[]): boolean {
  return mark.every((byte, index) => bytes[index] === byte);
}

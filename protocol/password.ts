/**
 * What a file with a password must be, for both ends alike.
 *
 * @module
 */
import { MAX_PASSWORD_BYTES } from "./limits.ts";

/** The password, or why there is none, in words that go behind "Cannot use the password file …:". */
export type PasswordRead = { password: string } | { why: string };

/**
 * Reads the first line of a file with a password.
 *
 * @param bytes the beginning of the file: at least `MAX_PASSWORD_BYTES` and three more, or all of it
 * @param file its `mode`, as the system has it, where it has one; its `path`, for the words
 * @returns the password, without the end of its line
 */
export function readPassword(bytes: Uint8Array, file: { mode: number | null; path: string }): PasswordRead {
  if (file.mode !== null && (file.mode & 0o077) !== 0) {
    const mode = (file.mode & 0o777).toString(8).padStart(4, "0");
    return { why: `it must be its owner's alone to read: its mode is ${mode}; chmod 600 ${file.path}` };
  }
  let end = bytes.indexOf(0x0a);
  if (end < 0) end = bytes.length;
  if (bytes[end - 1] === 0x0d) end--;
  if (end === 0) return { why: "its first line must be the password: it is empty" };
  if (end > MAX_PASSWORD_BYTES) {
    return { why: `the password must have at most ${MAX_PASSWORD_BYTES} bytes: it has more` };
  }
  try {
    return {
      password: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(0, end)),
    };
  } catch {
    return { why: "it must be UTF-8: it is something else" };
  }
}

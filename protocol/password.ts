/**
 * The check of a password file, the same for hub and client.
 *
 * @module
 */
import { MAX_PASSWORD_BYTES } from "./limits.ts";

/** The password; or the reason why the file cannot be used, to print after "Cannot use the password file …:". */
export type PasswordRead = { password: string } | { why: string };

/**
 * Reads the password from the first line of a password file.
 *
 * @param bytes the beginning of the file: at least `MAX_PASSWORD_BYTES` and three more, or all of it
 * @param file its `mode` as `stat` returns it, `null` on a system without modes; its `path`, for the message
 * @returns the password without its line ending, or why there is none
 */
export function readPassword(bytes: Uint8Array, file: { mode: number | null; path: string }): PasswordRead {
  if (file.mode !== null && (file.mode & 0o077) !== 0) {
    const mode = (file.mode & 0o777).toString(8).padStart(4, "0");
    return { why: `only its owner may have access to it: its mode is ${mode}; run chmod 600 ${file.path}` };
  }
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

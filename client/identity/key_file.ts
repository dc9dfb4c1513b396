/**
 * Reads files with keys. As with ssh, a private key that others may read is refused.
 *
 * @module
 */
import { KeyError, MAX_KEY_FILE_BYTES, parsePrivateKey, type PrivateKey } from "../../identity/mod.ts";
import { reasonOf } from "../../runtime/mod.ts";
import { IdentityError } from "./identity_error.ts";

/** The content of a file. */
export interface KeyFile {
  /** Its text; U+FFFD takes the place of what is not UTF-8. */
  readonly text: string;
  /** Its mode as `stat` returns it; `null` on a system without modes. */
  readonly mode: number | null;
}

/**
 * Reads a file with a key.
 *
 * @param path its path
 * @returns its content; `undefined` if there is no such file
 * @throws {IdentityError} if it cannot be read, or is too long for a key
 */
export async function readKeyFile(path: string): Promise<KeyFile | undefined> {
  const buffer = new Uint8Array(MAX_KEY_FILE_BYTES + 1);
  let length = 0;
  let mode: number | null;
  try {
    using file = await Deno.open(path);
    const { isDirectory, mode: itsMode } = await file.stat();
    if (isDirectory) throw new KeyError("it must be a file: it is a folder");
    mode = Deno.build.os === "windows" ? null : itsMode;
    while (length < buffer.length) {
      const count = await file.read(buffer.subarray(length));
      if (count === null) break;
      length += count;
    }
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw cannotUse(path, error);
  }
  if (length > MAX_KEY_FILE_BYTES) throw cannotUse(path, new KeyError("it is too long for a key"));
  return { text: new TextDecoder().decode(buffer.subarray(0, length)), mode };
}

/**
 * Reads the private key in a file.
 *
 * @param path the path of the file, for messages
 * @param file its content
 * @returns the key
 * @throws {IdentityError} if others may read the file, or it holds no key that can be used
 */
export function privateKeyIn(path: string, { text, mode }: KeyFile): PrivateKey {
  try {
    const privateKey = parsePrivateKey(text);
    if (mode !== null && (mode & 0o077) !== 0) {
      const octal = (mode & 0o777).toString(8).padStart(4, "0");
      throw new KeyError(
        `only its owner may have access to it: its mode is ${octal}; run chmod 600 ${path}`,
      );
    }
    return privateKey;
  } catch (error) {
    throw cannotUse(path, error);
  }
}

/**
 * Makes the error for a file that cannot be used.
 *
 * @param path the path of the file
 * @param error why
 * @returns the error, with the path in its message
 */
export function cannotUse(path: string, error: unknown): IdentityError {
  return new IdentityError(`Cannot use the key ${path}: ${reasonOf(error)}`, { cause: error });
}

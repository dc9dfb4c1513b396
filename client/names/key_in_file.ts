/**
 * Reads the key of a file, for the commands about keys where there are files.
 *
 * @module
 */
import { KeyError, parsePublicKey, publicKeyBlob, toBase64 } from "../../identity/mod.ts";
import { IdentityError, privateKeyIn, readKeyFile } from "../identity/mod.ts";
import { sanitize } from "../text/mod.ts";

/**
 * Reads the key of a file, which has a public or a private key.
 *
 * @param path the path of the file
 * @returns the public key, as the base64 of its blob
 * @throws {KeyError} if there is no such file, or no key in it, for the user
 */
export async function keyInFile(path: string): Promise<string> {
  try {
    const file = await readKeyFile(path);
    if (file === undefined) {
      throw new KeyError(
        `there is no file ${sanitize(path)}; a key begins with ssh-ed25519, and a code has six words`,
      );
    }
    const isPublic = /^\s*(?:ssh|ecdsa|sk)-/.test(file.text);
    const { key } = isPublic ? parsePublicKey(file.text) : privateKeyIn(path, file);
    return toBase64(publicKeyBlob(key));
  } catch (error) {
    if (error instanceof IdentityError) throw new KeyError(error.message.replace(/^Cannot /, "cannot "));
    throw error;
  }
}

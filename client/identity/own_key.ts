/**
 * The user's own key: the files `identity` and `identity.pub` in the config folder, in the format of OpenSSH.
 *
 * Rules:
 * - A file or folder of another user is not used.
 * - The key is made once. If two clients make it at the same time, both use the same one.
 * - `identity` is the key. `identity.pub` is for the user, and made again from it.
 * - A key is never deleted: one that is replaced stays under another name.
 *
 * @module
 */
import { dirname } from "node:path";
import {
  formatPrivateKey,
  formatPublicKey,
  generatePrivateKey,
  type PrivateKey,
  sameKey,
} from "../../identity/mod.ts";
import { checkFileOwner, checkFolderOwner, OwnerError } from "../../runtime/mod.ts";
import type { ConfigFolder } from "../config/mod.ts";
import { IdentityError } from "./identity_error.ts";
import { privateKeyIn, readKeyFile } from "./key_file.ts";

/** The name of the file with the private key. */
export const IDENTITY_FILE = "identity";

/** The name of the file with the public key. */
export const PUBLIC_FILE = "identity.pub";

/** The comment of keys that are made here. It is public, so it does not name the user or the machine. */
const COMMENT = "riftchat";

/** The own key, and where it is. */
export interface OwnKey {
  /** The key. */
  readonly privateKey: PrivateKey;
  /** The path of its file. */
  readonly path: string;
  /** Whether it was made just now. */
  readonly isNew: boolean;
}

/** What importing a key has done. */
export interface Imported {
  /** The path of the key's file. */
  readonly path: string;
  /** Whether the key was there already, so that nothing was written. */
  readonly isSame: boolean;
  /** The new path of the key that was replaced; absent if there was none. */
  readonly replacedAt?: string;
}

/**
 * Reads the own key.
 *
 * @param folder the config folder
 * @returns the key; `undefined` if there is none
 * @throws {IdentityError} if its file cannot be used
 */
export async function readOwnKey(folder: ConfigFolder): Promise<PrivateKey | undefined> {
  const path = folder.pathOf(IDENTITY_FILE);
  try {
    checkFolderOwner(dirname(path));
    checkFileOwner(path);
  } catch (error) {
    if (error instanceof OwnerError) throw new IdentityError(error.message);
    // Reading it fails with the same reason.
  }
  const file = await readKeyFile(path);
  return file && privateKeyIn(path, file);
}

/**
 * Reads the own key, and makes it if there is none.
 *
 * @param folder the config folder
 * @returns the key
 * @throws {IdentityError} if its file cannot be used
 * @throws {ConfigError} if it cannot be written
 */
export async function ensureOwnKey(folder: ConfigFolder): Promise<OwnKey> {
  const path = folder.pathOf(IDENTITY_FILE);
  const known = await readOwnKey(folder);
  if (known !== undefined) return { privateKey: known, path, isNew: false };
  const made = await generatePrivateKey(COMMENT);
  const isNew = await folder.create(IDENTITY_FILE, fileOf(made));
  const privateKey = isNew ? made : await readOwnKey(folder);
  // Another process has made it, and it is gone again, or a link leads nowhere.
  if (privateKey === undefined) throw new IdentityError(`Cannot use the key ${path}: it cannot be created`);
  if (isNew) await writePublicKey(folder, privateKey);
  return { privateKey, path, isNew };
}

/**
 * Writes the file with the public key, unless it is there.
 *
 * @param folder the config folder
 * @param privateKey the own key
 * @throws {ConfigError} if it cannot be written
 */
export async function writePublicKey(folder: ConfigFolder, privateKey: PrivateKey): Promise<void> {
  const text = `${formatPublicKey(privateKey)}\n`;
  if (await folder.read(PUBLIC_FILE, { lenient: true }) !== text) await folder.write(PUBLIC_FILE, text);
}

/**
 * Makes a key the own one.
 *
 * @param folder the config folder
 * @param privateKey the key
 * @param options `replace`: whether it may take the place of another key, which stays under another name
 * @returns what was done
 * @throws {IdentityError} if there is another key, or a file that cannot be used, and it may not be replaced
 * @throws {ConfigError} if it cannot be written
 */
export async function importOwnKey(
  folder: ConfigFolder,
  privateKey: PrivateKey,
  { replace }: { replace: boolean },
): Promise<Imported> {
  const path = folder.pathOf(IDENTITY_FILE);
  const known = await readOwnKey(folder).catch((error) => {
    if (!replace || !(error instanceof IdentityError)) throw error;
    return undefined;
  });
  if (known !== undefined && sameKey(known.key, privateKey.key)) {
    await writePublicKey(folder, known);
    return { path, isSame: true };
  }
  const replacedAt = replace ? await folder.setAside(IDENTITY_FILE, "replaced") : undefined;
  if (!await folder.create(IDENTITY_FILE, fileOf(privateKey))) {
    throw new IdentityError(
      `Cannot import the key: ${path} has another one, and whoever loses a key loses its names; give --replace to ` +
        "keep the other key under another name",
    );
  }
  await writePublicKey(folder, privateKey);
  return { path, isSame: false, ...replacedAt === undefined ? {} : { replacedAt } };
}

/**
 * Formats the content of a file with a private key.
 *
 * @param privateKey the key
 * @returns the text
 */
export function fileOf(privateKey: PrivateKey): string {
  return formatPrivateKey(privateKey, crypto.getRandomValues(new Uint32Array(1))[0]!);
}

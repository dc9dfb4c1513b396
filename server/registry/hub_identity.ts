/**
 * The key of a hub, by which clients recognize it. It is made at the first start, and stays the same for a hub that is
 * moved or restored from a backup.
 *
 * Rules: only the owner can read its file, which is complete or does not exist; a file of another user is not used.
 *
 * @module
 */
import { join } from "node:path";
import {
  formatPrivateKey,
  fromBase64,
  generatePrivateKey,
  HELLO_NAMESPACE,
  HUB_NAMESPACE,
  KeyError,
  loadSyncSigning,
  parsePrivateKey,
  type PrivateKey,
  publicKeyBlob,
  readPublicKeyBlob,
  toBase64,
} from "../../identity/mod.ts";
import {
  checkFileOwner,
  createWhole,
  deniedByOwner,
  OwnerError,
  reasonOf,
  replace,
} from "../../runtime/mod.ts";
import type { HubIdentity } from "./name_ownership.ts";
import { RegistryError } from "./registry_schema.ts";

/** The name of the file in the data folder. */
export const HUB_KEY_FILE = "hub_identity";

const utf8 = new TextEncoder();

/** What is appended to the name of the file of a key that was replaced by that of a cluster. */
const FORMER_SUFFIX = ".before-cluster";

/**
 * Gives the key of this hub to a cluster that has none.
 *
 * @param key the text of the file
 * @returns the text of the key that the hubs of the cluster use
 */
export type ShareKey = (key: string) => Promise<string>;

/**
 * Reads the key of a hub, and makes it if there is none.
 *
 * @param folder the data folder, which exists and only this process uses
 * @param share in a cluster, replaces the key by that of the cluster; the former one stays in the folder beside it
 * @returns the key, ready to sign
 * @throws {RegistryError} if its file cannot be used or written
 * @throws what `share` throws
 */
export async function loadHubIdentity(folder: string, share?: ShareKey): Promise<HubIdentity> {
  const path = join(folder, HUB_KEY_FILE);
  const key = readKey(path) ?? await makeKey(path, folder);
  return await hubIdentityOf(share === undefined ? key : await sharedKey(path, share));
}

/**
 * Gives the key of a hub that does not run to a cluster that has none. A folder without a key gets none.
 *
 * @param folder the data folder, which only this process uses
 * @param share gives the key to the cluster
 * @returns whether the cluster has another key
 * @throws {RegistryError} if the file of the key cannot be used
 * @throws what `share` throws
 */
export async function offerHubIdentity(folder: string, share: ShareKey): Promise<boolean> {
  const path = join(folder, HUB_KEY_FILE);
  if (readKey(path) === undefined) return false;
  const own = await Deno.readTextFile(path);
  return await share(own) !== own;
}

async function sharedKey(path: string, share: ShareKey): Promise<PrivateKey> {
  const own = await Deno.readTextFile(path);
  const text = await share(own);
  const key = parsePrivateKey(text);
  if (text === own) return key;
  try {
    // Of several former ones the first is that of the hub on its own.
    await createWhole(path + FORMER_SUFFIX, own);
    await replace(path, text);
  } catch (error) {
    throw new RegistryError(`Cannot store the key of the cluster in ${path}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
  return key;
}

/**
 * Makes the identity of a hub from its key.
 *
 * @param privateKey the key
 * @returns the identity
 */
export async function hubIdentityOf(privateKey: PrivateKey): Promise<HubIdentity> {
  const { fingerprintSync, syncSignerOf, verifyMessageSync } = await loadSyncSigning();
  const sign = syncSignerOf(privateKey);
  return {
    key: toBase64(publicKeyBlob(privateKey.key)),
    sign: (statement, namespace = HUB_NAMESPACE) =>
      toBase64(sign({ namespace, message: utf8.encode(statement) })),
    checkKey: (key) => {
      // Keys are compared as texts.
      if (toBase64(publicKeyBlob(readPublicKeyBlob(bytesOf(key)))) !== key) {
        throw new KeyError("it is no base64");
      }
    },
    fingerprint: (key) => fingerprintSync(bytesOf(key)),
    verify: (text, statement, namespace = HELLO_NAMESPACE) => {
      const signature = bytesOf(text);
      const message = utf8.encode(statement);
      return toBase64(publicKeyBlob(verifyMessageSync(signature, { namespace, message })));
    },
  };
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const bytes = fromBase64(base64);
  if (bytes === undefined) throw new KeyError("it is no base64");
  return bytes;
}

function readKey(path: string): PrivateKey | undefined {
  try {
    if (checkFileOwner(path) === undefined) return undefined;
    return parsePrivateKey(Deno.readTextFileSync(path));
  } catch (error) {
    if (error instanceof OwnerError) throw new RegistryError(error.message);
    const reason = error instanceof KeyError ? error.message : reasonOf(error);
    throw new RegistryError(
      `Cannot use the key of the hub ${path}: ${reason}; restore it from a backup, or move it away: then the hub ` +
        "gets another key, and clients ask whether that is right",
      { cause: error },
    );
  }
}

async function makeKey(path: string, folder: string): Promise<PrivateKey> {
  const privateKey = await generatePrivateKey("riftchat hub");
  const [check] = crypto.getRandomValues(new Uint32Array(1));
  const temporary = `${path}.new`;
  try {
    using file = await Deno.open(temporary, { write: true, create: true, truncate: true, mode: 0o600 });
    const bytes = utf8.encode(formatPrivateKey(privateKey, check!));
    for (let written = 0; written < bytes.length;) written += await file.write(bytes.subarray(written));
    await file.sync();
    await Deno.rename(temporary, path);
  } catch (error) {
    const reason = deniedByOwner(folder, error) ?? reasonOf(error);
    throw new RegistryError(`Cannot store the key of the hub in ${path}: ${reason}`, { cause: error });
  }
  return privateKey;
}

/**
 * The key of the user. It is made in the browser, and IndexedDB keeps it; no script can read its private half.
 *
 * @module
 */
import type { Signer } from "../../identity/mod.ts";

const ALGORITHM = "Ed25519";
const STORE = "keys";
const OWN = "own";

/**
 * Returns what signs with the key of the user; makes the key if there is none.
 *
 * @returns the signer; `undefined` if this browser cannot keep such a key, so that the user is a guest
 */
export async function ownSigner(): Promise<Signer | undefined> {
  try {
    const database = await open();
    let pair = await done<CryptoKeyPair | undefined>(
      database.transaction(STORE).objectStore(STORE).get(OWN),
    );
    if (pair === undefined) {
      pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]) as CryptoKeyPair;
      await done(database.transaction(STORE, "readwrite").objectStore(STORE).put(pair, OWN));
      await navigator.storage?.persist?.();
    }
    const { privateKey, publicKey } = pair;
    return {
      key: new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)),
      comment: "",
      sign: async (bytes) => new Uint8Array(await crypto.subtle.sign(ALGORITHM, privateKey, bytes)),
    };
  } catch {
    return undefined;
  }
}

function open(): Promise<IDBDatabase> {
  const request = indexedDB.open("riftchat", 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  return done(request);
}

function done<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

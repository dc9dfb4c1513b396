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
    const read = () =>
      done<CryptoKeyPair | undefined>(database.transaction(STORE).objectStore(STORE).get(OWN));
    let pair = await read();
    if (pair === undefined) {
      const made = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]) as CryptoKeyPair;
      // Another tab may have kept its key meanwhile: `add` then fails, and that key is the one of both.
      await done(database.transaction(STORE, "readwrite").objectStore(STORE).add(made, OWN)).catch(() => {});
      pair = await read();
      if (pair === undefined) return undefined;
      navigator.storage?.persist?.().catch(() => {});
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

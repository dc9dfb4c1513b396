/**
 * Fingerprints of keys, which are computed once each.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { fromBase64 } from "../../identity/mod.ts";

/** How many fingerprints are remembered, some 200 bytes each. */
const MAX_KNOWN = 20_000;

/**
 * Makes a function that computes fingerprints.
 *
 * @returns a function from the base64 of an OpenSSH blob to `SHA256:` and 43 characters of base64
 */
export function fingerprints(): (key: string) => string {
  const known = new Map<string, string>();
  return (key) => {
    let fingerprint = known.get(key);
    if (fingerprint === undefined) {
      const hash = createHash("sha256").update(fromBase64(key) ?? new Uint8Array()).digest("base64");
      fingerprint = `SHA256:${hash.replace(/=+$/, "")}`;
      if (known.size >= MAX_KNOWN) known.clear();
      known.set(key, fingerprint);
    }
    return fingerprint;
  };
}

/**
 * For whom a ban or a mute is: a name, a key, or an address or network.
 *
 * PURE.
 *
 * @module
 */
import {
  fromBase64,
  KeyError,
  parsePublicKey,
  readFingerprint,
  readPublicKeyBlob,
} from "../../identity/mod.ts";
import { checkName, nameKey, ProtocolError } from "../../protocol/mod.ts";
import { type BannedNetwork, networkOf } from "./networks.ts";
import { ModerationError } from "./sanction.ts";

/** For whom a ban or a mute is. `key` is the same for all texts that mean the same. */
export type Target =
  | { readonly kind: "name"; readonly key: string; readonly shown: string }
  | { readonly kind: "key"; readonly key: string; readonly shown: string; readonly fingerprint: string }
  | {
    readonly kind: "network";
    readonly key: string;
    readonly shown: string;
    readonly network: BannedNetwork;
  };

/**
 * Reads a target. A text that could be an address is one; `@` before it makes it a name.
 *
 * @param text a name; a public key, as a line or its base64; `SHA256:` and its fingerprint; an address; or a network
 * @param fingerprint computes the fingerprint of a key, which is given as the base64 of an OpenSSH blob
 * @returns the target
 * @throws {ModerationError} if it is none of these
 */
export function readTarget(text: string, fingerprint: (key: string) => string): Target {
  const trimmed = text.trim();
  const key = readKey(trimmed, fingerprint);
  if (key !== undefined) return { kind: "key", key: `key ${key}`, shown: key, fingerprint: key };
  let network: BannedNetwork | undefined;
  try {
    network = networkOf(trimmed);
  } catch (error) {
    throw new ModerationError(`Cannot use ${trimmed}: ${(error as Error).message}; :lockdown closes the hub`);
  }
  if (network !== undefined) {
    return { kind: "network", key: `network ${network.text}`, shown: network.text, network };
  }
  const name = trimmed.replace(/^@/, "");
  try {
    checkName(name);
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    if (error.word !== "name_reserved") {
      throw new ModerationError(
        `Cannot use ${JSON.stringify(trimmed)}: it must be a name, a key, SHA256: and a fingerprint, ` +
          "an address, or a network such as 192.0.2.0/24",
      );
    }
    throw new ModerationError(error.message);
  }
  return { kind: "name", key: `name ${nameKey(name)}`, shown: name };
}

/** Reads a key or a fingerprint; returns the fingerprint, or `undefined` if the text is neither. */
function readKey(text: string, fingerprint: (key: string) => string): string | undefined {
  const isLine = /^(?:ssh-|ecdsa-|sk-)\S+\s+\S/.test(text);
  if (!isLine && !/^AAAA[A-Za-z0-9+/]{60,}=*$/.test(text)) {
    return text.length > 40 ? readFingerprint(text) : undefined;
  }
  try {
    const blob = isLine ? text.split(/\s+/)[1]! : text;
    if (isLine) parsePublicKey(text);
    else readPublicKeyBlob(fromBase64(blob) ?? new Uint8Array());
    return fingerprint(blob);
  } catch (error) {
    if (!(error instanceof KeyError)) throw error;
    throw new ModerationError(`Cannot use that key: ${error.message}`);
  }
}

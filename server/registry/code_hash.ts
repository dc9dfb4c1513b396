/**
 * The hash of a code for another device, which the hub stores instead of the code.
 *
 * A code has 48 bits only, as somebody types it. So its hash costs 11 ms of a core and 4 MiB each time: who reads the
 * hash would need millions of processors to find the code within the ten minutes in which it is of use.
 *
 * @module
 */
import { scryptSync } from "node:crypto";
import { toBase64 } from "../../identity/mod.ts";

/** The parameters of scrypt: 4 MiB, and about 11 ms of a core. */
const COST = { N: 4096, r: 8, p: 1 };

/** The length of a hash, in bytes. */
const HASH_BYTES = 24;

/**
 * Computes the hash of a code.
 *
 * @param code the code
 * @param hubKey the public key of the hub, as text: the same code has another hash at another hub
 * @returns the hash, as base64
 */
export function codeHash(code: string, hubKey: string): string {
  return toBase64(scryptSync(code, hubKey, HASH_BYTES, COST));
}

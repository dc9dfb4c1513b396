/**
 * In place of `protocol/plain.ts`: only a hub reads requests, some of them on a fast path.
 *
 * @module
 */

/** Nothing takes the fast path. */
export const readPlainSay = (): boolean => false;

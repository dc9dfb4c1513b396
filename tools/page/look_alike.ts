/**
 * In place of `protocol/look_alike.ts`: the hub checks which names look alike.
 *
 * @module
 */

/** No name is refused before the hub refuses it. */
export const RESERVED: ReadonlySet<string> = new Set();

/** Nothing looks like signs. */
export const looksLikeSigns = (): boolean => false;

/** Nothing looks reserved. */
export const looksReserved = (): boolean => false;

/**
 * In place of `protocol/skeleton.ts`: the hub checks which names look alike.
 *
 * @module
 */

/** A name looks like no other. */
export const skeletonsOf = (): string[] => [];

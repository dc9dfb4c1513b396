/**
 * In place of `protocol/writing.ts`: only a hub writes a message for thousands of readers.
 *
 * @module
 */

/** Writes a message as JSON. */
export const serialize: (message: object) => string = JSON.stringify;

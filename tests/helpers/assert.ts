/**
 * The assertions of `@std/assert` with types. The package on npm is JavaScript without types, so those that the tests
 * use are declared here.
 *
 * @module
 */
import * as std from "@std/assert";

/** The class of an error, as `assertThrows` and `assertRejects` expect it. */
export type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

/** Throws unless the condition is truthy. */
export const assert: (condition: unknown, message?: string) => asserts condition = std.assert;

/** Throws unless both are equal in all their parts. */
export const assertEquals: <T>(actual: T, expected: T, message?: string) => void = std.assertEquals;

/** Throws unless both are the same value, as `Object.is` has it. */
export const assertStrictEquals: <T>(actual: unknown, expected: T, message?: string) => asserts actual is T =
  std.assertStrictEquals;

/** Throws unless the text contains the other one. */
export const assertStringIncludes: (actual: string, expected: string, message?: string) => void =
  std.assertStringIncludes;

/** Throws unless the text matches. */
export const assertMatch: (actual: string, expected: RegExp, message?: string) => void = std.assertMatch;

/** Throws unless the function throws an error of the class (with that text in its message); returns the error. */
export const assertThrows: <E extends Error = Error>(
  throwing: () => unknown,
  errorClass?: ErrorClass<E>,
  messageIncludes?: string,
) => E = std.assertThrows;

/**
 * Throws unless the promise is rejected with an error of the class (with that text in its message); returns the error.
 */
export const assertRejects: <E extends Error = Error>(
  rejecting: () => PromiseLike<unknown>,
  errorClass?: ErrorClass<E>,
  messageIncludes?: string,
) => Promise<E> = std.assertRejects;

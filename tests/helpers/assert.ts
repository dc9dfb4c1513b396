/**
 * The asserts of the tests, with types: the package that stands for `@std/assert` on npm comes without.
 *
 * @module
 */
import * as std from "@std/assert";

/** What an error is made by; also of abstract classes. */
type ErrorClass<E extends Error> = abstract new (...args: never[]) => E;

interface Asserts {
  assert(condition: unknown, message?: string): asserts condition;
  assertEquals<T>(actual: T, expected: T, message?: string): void;
  assertStrictEquals<T>(actual: unknown, expected: T, message?: string): asserts actual is T;
  assertThrows<E extends Error = Error>(
    action: () => unknown,
    kind?: ErrorClass<E>,
    includes?: string,
    message?: string,
  ): E;
  assertRejects<E extends Error = Error>(
    action: () => PromiseLike<unknown>,
    kind?: ErrorClass<E>,
    includes?: string,
    message?: string,
  ): Promise<E>;
  assertStringIncludes(actual: string, expected: string, message?: string): void;
  assertMatch(actual: string, expected: RegExp, message?: string): void;
}

const typed = std as unknown as Asserts;

/** Makes sure that a condition holds. */
export const assert: Asserts["assert"] = typed.assert;
/** Makes sure that two values are equal in all their parts. */
export const assertEquals: Asserts["assertEquals"] = typed.assertEquals;
/** Makes sure that two values are the same one. */
export const assertStrictEquals: Asserts["assertStrictEquals"] = typed.assertStrictEquals;
/** Makes sure that an action throws, and returns what. */
export const assertThrows: Asserts["assertThrows"] = typed.assertThrows;
/** Makes sure that a promise rejects, and resolves with why. */
export const assertRejects: Asserts["assertRejects"] = typed.assertRejects;
/** Makes sure that a text holds another. */
export const assertStringIncludes: Asserts["assertStringIncludes"] = typed.assertStringIncludes;
/** Makes sure that a text fits a pattern. */
export const assertMatch: Asserts["assertMatch"] = typed.assertMatch;

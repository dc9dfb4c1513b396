/**
 * The longest that a test waits for anything, so that one that fails says so and does not hang.
 *
 * @module
 */

/** In milliseconds: much longer than anything takes that works. */
export const DEADLINE_MS = 20_000;

/**
 * Waits for something, up to the deadline.
 *
 * @param promise what is waited for
 * @param story says what is waited for, and what there was instead
 * @param ms the deadline, in milliseconds, where it is another
 * @returns what the promise resolves with
 * @throws {Error} with the story, when it takes too long
 */
export async function withDeadline<T>(
  promise: Promise<T>,
  story: () => string,
  ms: number = DEADLINE_MS,
): Promise<T> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`it took too long: ${story()}`)), ms);
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

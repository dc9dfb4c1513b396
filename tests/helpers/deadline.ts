/**
 * The deadline of everything that a test waits for, so that a failing test reports what it waits for and does not hang.
 *
 * @module
 */

/** The deadline in milliseconds: much longer than a test needs that passes, on a busy machine too. */
export const DEADLINE_MS = 30_000;

/**
 * Waits for a promise, up to the deadline.
 *
 * @param promise the promise
 * @param story returns what the test waits for, and what happened instead
 * @param ms the deadline in milliseconds; {@linkcode DEADLINE_MS} if not given
 * @returns the value of the promise
 * @throws {Error} with the story, at the deadline
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

/**
 * A promise that resolves after a time.
 *
 * @module
 */

/** A time limit. Disposing it cancels the timer. */
export interface TimeLimit extends Disposable {
  /** Resolves when the time is over. */
  readonly over: Promise<undefined>;
}

/**
 * Starts a time limit.
 *
 * @param ms the time in milliseconds
 * @returns the limit
 */
export function timeLimit(ms: number): TimeLimit {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  return { over, [Symbol.dispose]: () => clearTimeout(timer) };
}

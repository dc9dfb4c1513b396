/**
 * How long one waits for something.
 *
 * @module
 */

/** A time that runs out, unless it is disposed of before. */
export interface TimeLimit extends Disposable {
  /** Resolves, with nothing, when it has run out. */
  readonly over: Promise<undefined>;
}

/**
 * Sets a limit.
 *
 * @param ms how long it is, in milliseconds
 * @returns the limit, which begins now
 */
export function timeLimit(ms: number): TimeLimit {
  const { promise: over, resolve } = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => resolve(undefined), ms);
  return { over, [Symbol.dispose]: () => clearTimeout(timer) };
}

/**
 * How many random cases a test tries: few in the gate, many with `deno task fuzz`.
 *
 * `RIFTCHAT_FUZZ` is the number of hostile sessions and messages; a property tries ten times as many cases. Without it
 * each test has its own number. `RIFTCHAT_SEED` repeats a run. Both are read here when this file is loaded, so that
 * tests without permissions can use them.
 *
 * @module
 */

const count = numberIn("RIFTCHAT_FUZZ");
const seed = numberIn("RIFTCHAT_SEED");

/**
 * The seed of random data that is sent over sockets or to a terminal: always the same in the gate, a new one in each
 * long run. The names of the tests contain it.
 */
export const SEED: number = seed ?? (count === undefined ? 1 : Date.now() % 2 ** 31);

/**
 * Returns how many sessions or messages to send.
 *
 * @param gate how many in the gate
 */
export function howMany(gate: number): number {
  return count ?? gate;
}

/**
 * Returns how many cases of a property to try, and the seed. When a case fails, fast-check prints the seed.
 *
 * @param gate how many in the gate
 * @param share the share of them in a long run, for a property with slow cases
 * @returns parameters of `fc.assert`
 */
export function cases(gate: number, share = 1): { numRuns: number; seed?: number } {
  const numRuns = count === undefined ? gate : Math.max(gate, Math.round(10 * count * share));
  return seed === undefined ? { numRuns } : { numRuns, seed };
}

function numberIn(name: string): number | undefined {
  const value = Deno.env.get(name);
  if (value === undefined || value === "") return undefined;
  if (!/^\d{1,10}$/.test(value)) throw new Error(`${name} must be a number, such as 1000: it is ${value}`);
  return Number(value);
}

/**
 * How much of what is random is tried: some of it in the gate, much more by `deno task fuzz`.
 *
 * `RIFTCHAT_FUZZ` is the number of hostile sessions and messages, and ten times that the number of cases of a property;
 * without it each test says how many it tries. `RIFTCHAT_SEED` makes a run happen again. Both are read here alone, and when
 * this file is loaded, so that tests which are permitted nothing may use it.
 *
 * @module
 */

const count = numberIn("RIFTCHAT_FUZZ");
const seed = numberIn("RIFTCHAT_SEED");

/**
 * Where everything random begins that is sent over sockets or to a terminal: the same in each run of the gate, another one
 * each time in a long run. The names of the tests say it.
 */
export const SEED: number = seed ?? (count === undefined ? 1 : Date.now() % 2 ** 31);

/**
 * Says how many sessions or messages to send.
 *
 * @param gate how many in the gate
 */
export function howMany(gate: number): number {
  return count ?? gate;
}

/**
 * Says how many cases of a property to try, and from which seed; fast-check tells the seed of what fails.
 *
 * @param gate how many in the gate
 * @param share the part of them in a long run, for a property whose cases take long
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

import { BackOff, MAX_RETRY_AFTER_MS, MAX_WAIT_MS, MIN_WAIT_MS } from "../../../client/link/back_off.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

/** The largest number below 1 that `random` gives. */
const ALMOST_ONE = 1 - Number.EPSILON / 2;

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

function waits(random: () => number, count: number): number[] {
  const backOff = new BackOff(random);
  return Array.from({ length: count }, () => backOff.next());
}

test("Back-off doubles its ceiling from 2 s to a minute, and its floor stays at 1 s", () => {
  assertEquals(waits(() => ALMOST_ONE, 8), [2000, 4000, 8000, 16_000, 32_000, 60_000, 60_000, 60_000]);
  assertEquals(waits(() => 0, 3), [1000, 1000, 1000]);
  assertEquals(waits(() => 0.5, 2), [1500, 2500]);
});

test("Back-off spreads over the whole range, so that many clients do not come back at once", () => {
  const backOffs = Array.from({ length: 1000 }, () => waits(Math.random, 6).at(-1)!);
  for (const wait of backOffs) assert(wait >= MIN_WAIT_MS && wait <= MAX_WAIT_MS && Number.isInteger(wait));
  for (let from = 1000; from < 60_000; from += 10_000) {
    assert(backOffs.some((wait) => wait >= from && wait < from + 10_000), `nobody comes after ${from} ms`);
  }
});

test("Back-off starts anew after a success, and never overflows", () => {
  const backOff = new BackOff(() => ALMOST_ONE);
  for (let i = 0; i < 2000; i++) backOff.next();
  assertEquals(backOff.next(), MAX_WAIT_MS);
  backOff.reset();
  assertEquals(backOff.next(), 2000);
});

test("Back-off waits as long as the hub asked, up to a limit, and spreads the clients after that", () => {
  const asked = (ms: number, random: number) => new BackOff(() => random).next(ms);
  assertEquals(asked(7000, 0), 7000);
  assertEquals(asked(7000, ALMOST_ONE), 8000);
  assertEquals(asked(0, 0), MIN_WAIT_MS);
  assertEquals(asked(20, 0), MIN_WAIT_MS);
  assertEquals(asked(1e300, 0), MAX_RETRY_AFTER_MS);
});

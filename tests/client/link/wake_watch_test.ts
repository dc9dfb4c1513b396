import { CHECK_INTERVAL_MS, watchWake } from "../../../client/link/wake_watch.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

/** A clock that is watched, and how often it woke. */
function watched(): { clock: ManualClock; stop: () => void; woken: () => number } {
  const clock = new ManualClock();
  let woken = 0;
  const stop = watchWake(clock, () => woken++);
  return { clock, stop, woken: () => woken };
}

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A machine that is awake has not slept, however long it goes on", () => {
  const { clock, stop, woken } = watched();
  clock.advance(3_600_000);
  assertEquals(woken(), 0);
  stop();
  assertEquals(clock.waiting, 0);
});

test("Sleep is noticed within five seconds of waking, each time once", () => {
  const { clock, stop, woken } = watched();
  for (let times = 1; times <= 3; times++) {
    clock.advance(12_345);
    clock.sleep(60_000);
    clock.advance(CHECK_INTERVAL_MS);
    assertEquals(woken(), times);
  }
  clock.advance(60_000);
  assertEquals(woken(), 3);
  stop();
});

test("A nap too short to lose anything is passed over, and so is a clock that is set back", () => {
  const { clock, stop, woken } = watched();
  clock.sleep(5000);
  clock.advance(CHECK_INTERVAL_MS);
  clock.sleep(-3_600_000);
  clock.advance(CHECK_INTERVAL_MS);
  assertEquals(woken(), 0);
  stop();
});

test("A program that was stopped while its clocks went on has slept too", () => {
  const { clock, stop, woken } = watched();
  clock.stop(30_000);
  assertEquals(woken(), 1);
  stop();
});

test("Who wakes may stop watching", () => {
  const clock = new ManualClock();
  const stop = watchWake(clock, () => stop());
  clock.sleep(60_000);
  clock.advance(CHECK_INTERVAL_MS);
  assertEquals(clock.waiting, 0);
});

import { CHECK_INTERVAL_MS, watchWake } from "../../../client/link/wake_watch.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

/** A watched clock, and how often `woke` was called. */
function watched(): { clock: ManualClock; stop: () => void; woken: () => number } {
  const clock = new ManualClock();
  let woken = 0;
  const stop = watchWake(clock, () => woken++);
  return { clock, stop, woken: () => woken };
}

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A machine that is awake never counts as having slept", () => {
  const { clock, stop, woken } = watched();
  clock.advance(3_600_000);
  assertEquals(woken(), 0);
  stop();
  assertEquals(clock.waiting, 0);
});

test("Sleep is detected within 5 s of waking, once each time", () => {
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

test("Short sleep is ignored, and so is a clock that is set back", () => {
  const { clock, stop, woken } = watched();
  clock.sleep(5000);
  clock.advance(CHECK_INTERVAL_MS);
  clock.sleep(-3_600_000);
  clock.advance(CHECK_INTERVAL_MS);
  assertEquals(woken(), 0);
  stop();
});

test("A program that was stopped while its clocks ran has slept too", () => {
  const { clock, stop, woken } = watched();
  clock.stop(30_000);
  assertEquals(woken(), 1);
  stop();
});

test("The watch can be stopped in its callback", () => {
  const clock = new ManualClock();
  const stop = watchWake(clock, () => stop());
  clock.sleep(60_000);
  clock.advance(CHECK_INTERVAL_MS);
  assertEquals(clock.waiting, 0);
});

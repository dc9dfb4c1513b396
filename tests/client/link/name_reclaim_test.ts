import { MAX_WAIT_MS } from "../../../client/link/back_off.ts";
import { MAX_RECLAIMS, NameReclaim } from "../../../client/link/name_reclaim.ts";
import type { Answer } from "../../../client/link/requests.ts";
import { Code } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

const LOST = { name: "ana", why: "ana is online already", taken: true };
const TAKEN: Answer = { code: Code.Refused, error: "name_taken", message: "ana is still here" };
const NAMED: Answer = { code: Code.YourName, new: "ana" };

/** A reclaim, and a hub that answers when the test says so. */
class ReclaimBench {
  readonly clock = new ManualClock();
  asked: string[] = [];
  answer: (answer: Answer | undefined) => void = () => {};
  changes = 0;
  had = 0;
  readonly reclaim: NameReclaim;

  constructor(lostName: typeof LOST = LOST) {
    this.reclaim = new NameReclaim({
      lostName,
      clock: this.clock,
      random: () => 0.5,
      ask: (name) => {
        this.asked.push(name);
        const { promise, resolve } = Promise.withResolvers<Answer | undefined>();
        this.answer = resolve;
        return promise;
      },
      changed: () => this.changes++,
      reclaimed: () => this.had++,
    });
  }

  /** Lets the hub answer, and waits until the answer is handled. */
  async says(answer: Answer | undefined): Promise<void> {
    this.answer(answer);
    await new Promise<void>((resolve) => setTimeout(resolve));
  }

  /** Lets time pass until the next request. */
  ask(): void {
    const { until } = this.reclaim.progress;
    assert(until !== undefined, "no request is scheduled");
    this.clock.advance(until - this.clock.elapsed());
  }
}

function test(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A reclaim requests the name after a while, and ends when it has it", async () => {
  const bench = new ReclaimBench();
  assertEquals(bench.reclaim.progress, {
    name: "ana",
    why: "ana is online already",
    tries: 0,
    gaveUp: false,
    until: 1500,
  });
  bench.clock.advance(1499);
  assertEquals(bench.asked, []);
  bench.clock.advance(1);
  assertEquals(bench.asked, ["ana"]);
  assertEquals(bench.reclaim.progress.tries, 1);
  assertEquals(bench.reclaim.progress.until, undefined);
  await bench.says(NAMED);
  assertEquals([bench.had, bench.clock.waiting], [1, 0]);
});

test("A refused reclaim is repeated less and less often, and reports its progress each time", async () => {
  const bench = new ReclaimBench();
  const waits: number[] = [];
  for (let i = 0; i < 7; i++) {
    bench.ask();
    const before = bench.changes;
    await bench.says(TAKEN);
    assertEquals(bench.changes, before + 1);
    waits.push(bench.reclaim.progress.until! - bench.clock.elapsed());
  }
  assertEquals(waits, [2500, 4500, 8500, 16_500, 30_500, 30_500, 30_500]);
  assertEquals(bench.reclaim.progress.why, "ana is still here");
  bench.reclaim.pause();
  assertEquals(bench.clock.waiting, 0);
});

test("A reclaim gives up after its last request, and when the hub refuses the name for ever", async () => {
  const bench = new ReclaimBench();
  for (let i = 1; i <= MAX_RECLAIMS; i++) {
    assertEquals(bench.reclaim.progress.gaveUp, false);
    bench.ask();
    await bench.says(TAKEN);
  }
  assertEquals([bench.asked.length, bench.reclaim.progress.gaveUp, bench.clock.waiting], [
    MAX_RECLAIMS,
    true,
    0,
  ]);
  // Long enough for TCP to detect a dead peer: see the constant.
  assert(bench.clock.elapsed() > 15 * MAX_WAIT_MS);

  const hopeless = new ReclaimBench();
  hopeless.ask();
  await hopeless.says({ code: Code.Refused, error: "name_reserved", message: "kept" });
  assertEquals(hopeless.reclaim.progress, { name: "ana", why: "kept", tries: 1, gaveUp: true });
  hopeless.reclaim.resume();
  assertEquals(hopeless.clock.waiting, 0);
});

test("A name that is refused for ever is reported and not requested", () => {
  const bench = new ReclaimBench({ ...LOST, taken: false });
  assertEquals([bench.reclaim.progress.gaveUp, bench.clock.waiting], [true, 0]);
});

test("A paused reclaim sends nothing, and a reclaim ends with its link", async () => {
  const bench = new ReclaimBench();
  bench.reclaim.pause();
  bench.clock.advance(600_000);
  assertEquals(bench.asked, []);
  bench.reclaim.resume();
  bench.ask();
  const before = bench.changes;
  await bench.says(undefined);
  assertEquals([bench.asked.length, bench.changes, bench.had, bench.clock.waiting], [1, before, 0, 0]);
});

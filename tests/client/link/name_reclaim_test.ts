import { MAX_WAIT_MS } from "../../../client/link/back_off.ts";
import { MAX_RECLAIMS, NameReclaim } from "../../../client/link/name_reclaim.ts";
import type { Answer } from "../../../client/link/requests.ts";
import { Code } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

const MISSED = { name: "ana", why: "ana is online already", taken: true };
const TAKEN: Answer = { code: Code.Refused, error: "name_taken", message: "ana is still here" };
const NAMED: Answer = { code: Code.YourName, new: "ana" };

/** A claim, and a hub that answers it when it is told to. */
class Court {
  readonly clock = new ManualClock();
  asked: string[] = [];
  answer: (answer: Answer | undefined) => void = () => {};
  changes = 0;
  had = 0;
  readonly claim: NameReclaim;

  constructor(lostName: typeof MISSED = MISSED) {
    this.claim = new NameReclaim({
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

  /** Lets the hub answer, and that be dealt with. */
  async says(answer: Answer | undefined): Promise<void> {
    this.answer(answer);
    await new Promise<void>((resolve) => setTimeout(resolve));
  }

  /** Lets time pass until the name is asked for again. */
  ask(): void {
    const { untilMs } = this.claim.progress;
    assert(untilMs !== undefined, "nothing is asked for");
    this.clock.advance(untilMs - this.clock.elapsed());
  }
}

function test(name: string, fn: () => Promise<void> | void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A claim asks after a while, and ends when it has the name", async () => {
  const court = new Court();
  assertEquals(court.claim.progress, {
    name: "ana",
    why: "ana is online already",
    tries: 0,
    gaveUp: false,
    untilMs: 1500,
  });
  court.clock.advance(1499);
  assertEquals(court.asked, []);
  court.clock.advance(1);
  assertEquals(court.asked, ["ana"]);
  assertEquals(court.claim.progress.tries, 1);
  assertEquals(court.claim.progress.untilMs, undefined);
  await court.says(NAMED);
  assertEquals([court.had, court.clock.waiting], [1, 0]);
});

test("A claim that is refused is made again, ever more rarely, and tells each time how it stands", async () => {
  const court = new Court();
  const waits: number[] = [];
  for (let i = 0; i < 7; i++) {
    court.ask();
    const before = court.changes;
    await court.says(TAKEN);
    assertEquals(court.changes, before + 1);
    waits.push(court.claim.progress.untilMs! - court.clock.elapsed());
  }
  assertEquals(waits, [2500, 4500, 8500, 16_500, 30_500, 30_500, 30_500]);
  assertEquals(court.claim.progress.why, "ana is still here");
  court.claim.pause();
  assertEquals(court.clock.waiting, 0);
});

test("A claim is given up after its last try, and when the hub says that it is hopeless", async () => {
  const patient = new Court();
  for (let i = 1; i <= MAX_RECLAIMS; i++) {
    assertEquals(patient.claim.progress.gaveUp, false);
    patient.ask();
    await patient.says(TAKEN);
  }
  assertEquals([patient.asked.length, patient.claim.progress.gaveUp, patient.clock.waiting], [
    MAX_RECLAIMS,
    true,
    0,
  ]);
  // Long enough for what sends into nothing to notice: see the constant.
  assert(patient.clock.elapsed() > 15 * MAX_WAIT_MS);

  const hopeless = new Court();
  hopeless.ask();
  await hopeless.says({ code: Code.Refused, error: "name_reserved", message: "kept" });
  assertEquals(hopeless.claim.progress, { name: "ana", why: "kept", tries: 1, gaveUp: true });
  hopeless.claim.resume();
  assertEquals(hopeless.clock.waiting, 0);
});

test("A name that is not to be had is only told of", () => {
  const court = new Court({ ...MISSED, taken: false });
  assertEquals([court.claim.progress.gaveUp, court.clock.waiting], [true, 0]);
});

test("A claim rests while it is paused, and ends with its link", async () => {
  const court = new Court();
  court.claim.pause();
  court.clock.advance(600_000);
  assertEquals(court.asked, []);
  court.claim.resume();
  court.ask();
  const before = court.changes;
  await court.says(undefined);
  assertEquals([court.asked.length, court.changes, court.had, court.clock.waiting], [1, before, 0, 0]);
});

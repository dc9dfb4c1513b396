import fc from "fast-check";
import { Latencies } from "../../load/latency.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

function of(...durations: number[]): Latencies {
  const latencies = new Latencies();
  for (const ms of durations) latencies.add(ms);
  return latencies;
}

const duration = fc.double({ min: 0.02, max: 100_000, noNaN: true });

test("A percentile is at most 6 % too high", () => {
  fc.assert(
    fc.property(
      fc.array(duration, { minLength: 1, maxLength: 300 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (
        durations,
        part,
      ) => {
        const sorted = durations.toSorted((a, b) => a - b);
        const exact = sorted[Math.max(1, Math.ceil(sorted.length * part)) - 1]!;
        const found = of(...durations).percentile(part);
        assert(found >= exact * (1 - 1e-9) && found <= exact * 1.06, `${found} for ${exact}`);
      },
    ),
  );
});

test("Adding histograms gives the same as counting in one", () => {
  fc.assert(
    fc.property(fc.array(duration), fc.array(duration), (some, others) => {
      const sum = of(...some);
      sum.addAll(new Latencies(of(...others).counts, of(...others).max));
      const whole = of(...some, ...others);
      assertEquals([sum.counts, sum.max, sum.count], [whole.counts, whole.max, some.length + others.length]);
    }),
  );
});

test("An empty histogram has no percentiles and no doublings", () => {
  assertEquals([of().count, of().max, of().percentile(0.5), of().doublings()], [0, 0, NaN, []]);
});

test("A negative duration and one of an hour are counted in the first and the last bucket", () => {
  const latencies = of(-5, 0, 3_600_000);
  assertEquals([latencies.count, latencies.max], [3, 3_600_000]);
  assertEquals(latencies.doublings().reduce((sum, { count }) => sum + count, 0), 3);
});

test("Doublings are contiguous and contain every duration once", () => {
  const rows = of(0.5, 1, 2, 3, 50).doublings();
  assertEquals(rows.reduce((sum, { count }) => sum + count, 0), 5);
  for (const [i, { fromMs }] of rows.entries()) if (i > 0) assertEquals(fromMs, rows[i - 1]!.toMs);
  assert(rows[0]!.count > 0 && rows.at(-1)!.count > 0);
});

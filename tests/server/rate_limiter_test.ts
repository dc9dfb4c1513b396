import fc from "fast-check";
import { RateLimiter } from "../../server/rate_limiter.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A burst may come at once, and each request after it when its time has come", () => {
  const limiter = new RateLimiter({ burst: 3, perSecond: 2 }, 100);
  assertEquals([1, 2, 3, 4, 5].map(() => limiter.spent(100)), [0, 0, 500, 1000, 1500]);
});

test("Who has been quiet may burst again, and no more than that", () => {
  const limiter = new RateLimiter({ burst: 2, perSecond: 1 }, 0);
  assertEquals([limiter.spent(0), limiter.spent(0)], [0, 1000]);
  assertEquals([limiter.spent(3_600_000), limiter.spent(3_600_000), limiter.spent(3_600_000)], [
    0,
    1000,
    2000,
  ]);
});

test("A clock that stands still or goes back gives nothing away and takes nothing", () => {
  const limiter = new RateLimiter({ burst: 1, perSecond: 10 }, 1000);
  assertEquals([limiter.spent(1000), limiter.spent(500), limiter.spent(1000)], [100, 200, 300]);
});

test("Whoever waits as told never gets ahead of the rate, and loses nothing of it", () => {
  const rates = fc.record({
    burst: fc.integer({ min: 1, max: 50 }),
    perSecond: fc.integer({ min: 1, max: 1000 }),
  });
  fc.assert(
    fc.property(rates, fc.array(fc.nat(3000), { minLength: 1, maxLength: 200 }), (rate, pauses) => {
      const limiter = new RateLimiter(rate, 0);
      let now = 0;
      const times: number[] = [];
      for (const pause of pauses) {
        now += pause;
        times.push(now);
        now += limiter.spent(now);
      }
      for (const [first, from] of times.entries()) {
        for (let last = first; last < times.length; last++) {
          const most = rate.burst + (times[last]! - from) * rate.perSecond / 1000;
          assert(last - first + 1 <= most + 1e-6, `${last - first + 1} requests, ${most} allowed`);
        }
      }
      // Without pauses the rate is used to the full, apart from waiting in whole milliseconds.
      if (pauses.every((pause) => pause === 0)) {
        assert(now <= Math.max(0, pauses.length - rate.burst) * 1000 / rate.perSecond + pauses.length);
      }
    }),
  );
});

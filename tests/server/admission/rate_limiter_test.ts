import fc from "fast-check";
import { Code } from "../../../protocol/mod.ts";
import { MAX_ROOMS_PER_SESSION } from "../../../server/limits.ts";
import { costOf, RateLimiter } from "../../../server/admission/rate_limiter.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A burst may come at once, and each request after it when its time has come", () => {
  const limiter = new RateLimiter({ burst: 3, perSecond: 2 }, 100);
  assertEquals([1, 2, 3, 4, 5].map(() => limiter.spend(1, 100)), [0, 0, 0, 500, 1000]);
});

test("Who has been quiet may burst again, and no more than that", () => {
  const limiter = new RateLimiter({ burst: 2, perSecond: 1 }, 0);
  assertEquals([limiter.spend(1, 0), limiter.spend(1, 0), limiter.spend(1, 0)], [0, 0, 1000]);
  assertEquals([limiter.spend(1, 3_600_000), limiter.spend(1, 3_600_000), limiter.spend(1, 3_600_000)], [
    0,
    0,
    1000,
  ]);
});

test("A clock that stands still or goes back gives nothing away and takes nothing", () => {
  const limiter = new RateLimiter({ burst: 1, perSecond: 10 }, 1000);
  assertEquals([limiter.spend(1, 1000), limiter.spend(1, 500), limiter.spend(1, 1000)], [0, 100, 200]);
});

test("Whoever waits as told never gets ahead of the rate", () => {
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
        now += limiter.spend(1, now);
        times.push(now);
      }
      for (const [first, from] of times.entries()) {
        for (let last = first; last < times.length; last++) {
          // Who has waited for whole milliseconds has waited up to one too long, and is not to lose that.
          const most = rate.burst + (times[last]! - from + 1) * rate.perSecond / 1000;
          assert(last - first + 1 <= most + 1e-6, `${last - first + 1} requests, ${most} allowed`);
        }
      }
    }),
  );
});

test("Whoever never pauses uses the rate to the full, apart from waiting in whole milliseconds", () => {
  const rates = fc.record({
    burst: fc.integer({ min: 1, max: 50 }),
    perSecond: fc.integer({ min: 1, max: 1000 }),
  });
  fc.assert(
    fc.property(rates, fc.integer({ min: 1, max: 200 }), (rate, requests) => {
      const limiter = new RateLimiter(rate, 0);
      let now = 0, last = 0;
      for (let i = 0; i < requests; i++) {
        now += limiter.spend(1, now);
        last = now;
      }
      assert(last <= Math.max(0, requests - rate.burst) * 1000 / rate.perSecond + requests);
    }),
  );
});

test("What costs more than one is carried out as soon as one is free, and what follows waits for the rest", () => {
  const limiter = new RateLimiter({ burst: 3, perSecond: 1 }, 0);
  assertEquals([limiter.spend(5, 0), limiter.spend(1, 0), limiter.spend(1, 0)], [0, 3000, 4000]);
});

test("What costs a tenth waits for no more than that", () => {
  const limiter = new RateLimiter({ burst: 1, perSecond: 1 }, 0);
  assertEquals([limiter.spend(1, 0), limiter.spend(0.1, 0), limiter.spend(0.1, 100)], [0, 100, 100]);
});

test("Waits are counted in a row, until a whole burst may come again", () => {
  const limiter = new RateLimiter({ burst: 2, perSecond: 1 }, 0);
  for (let i = 0; i < 5; i++) limiter.spend(1, 0);
  assertEquals(limiter.waits, 3);
  limiter.spend(1, 4000);
  assertEquals(limiter.waits, 3);
  limiter.spend(1, 60_000);
  assertEquals(limiter.waits, 0);
});

test("Every request costs something: each as much as a line, a ping a tenth, a hello more for each room", () => {
  const lone = [
    { code: Code.Say, message: "hi" },
    { code: Code.Rename, username: "ana" },
    { code: Code.Join, room: "dev" },
    { code: Code.Who },
    { code: Code.ListRooms },
    { code: Code.Hello, client: "test/1" },
  ];
  assertEquals(lone.map(costOf), lone.map(() => 1));
  assertEquals([costOf(undefined), costOf({ code: Code.Ping })], [1, 0.1]);
  const hello = (rooms: number) =>
    costOf({ code: Code.Hello, client: "test/1", rooms: Array(rooms).fill("dev") });
  assertEquals([hello(0), hello(5), hello(10_000)], [1, 6, 1 + MAX_ROOMS_PER_SESSION]);
});

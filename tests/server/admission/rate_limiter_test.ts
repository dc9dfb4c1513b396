import fc from "fast-check";
import { Code } from "../../../protocol/mod.ts";
import {
  MAX_ROOMS_PER_SESSION,
  MAX_SEARCH_MS,
  PAGE_BYTES,
  SEARCH_MS_PER_REQUEST,
} from "../../../server/limits.ts";
import { costOf, costOfHistory, costOfSearch, RateLimiter } from "../../../server/admission/rate_limiter.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A burst passes at once, and each later request after its wait", () => {
  const limiter = new RateLimiter({ burst: 3, perSecond: 2 }, 100);
  assertEquals([1, 2, 3, 4, 5].map(() => limiter.spend(1, 100)), [0, 0, 0, 500, 1000]);
});

test("A quiet client may send a burst again, and no more than that", () => {
  const limiter = new RateLimiter({ burst: 2, perSecond: 1 }, 0);
  assertEquals([limiter.spend(1, 0), limiter.spend(1, 0), limiter.spend(1, 0)], [0, 0, 1000]);
  assertEquals([limiter.spend(1, 3_600_000), limiter.spend(1, 3_600_000), limiter.spend(1, 3_600_000)], [
    0,
    0,
    1000,
  ]);
});

test("A clock that stops or goes back adds no tokens and takes none", () => {
  const limiter = new RateLimiter({ burst: 1, perSecond: 10 }, 1000);
  assertEquals([limiter.spend(1, 1000), limiter.spend(1, 500), limiter.spend(1, 1000)], [0, 100, 200]);
});

test("A client that waits as told never exceeds the rate", () => {
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
          // Waits are whole milliseconds, so a client waits up to one too long, and keeps that as credit.
          const most = rate.burst + (times[last]! - from + 1) * rate.perSecond / 1000;
          assert(last - first + 1 <= most + 1e-6, `${last - first + 1} requests, ${most} allowed`);
        }
      }
    }),
  );
});

test("A client that never pauses gets the full rate, except for rounding to whole milliseconds", () => {
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

test("A request that costs more than 1 passes once 1 is free, and the next ones wait for the remainder", () => {
  const limiter = new RateLimiter({ burst: 3, perSecond: 1 }, 0);
  assertEquals([limiter.spend(5, 0), limiter.spend(1, 0), limiter.spend(1, 0)], [0, 3000, 4000]);
});

test("A request that costs a tenth waits for no more than that", () => {
  const limiter = new RateLimiter({ burst: 1, perSecond: 1 }, 0);
  assertEquals([limiter.spend(1, 0), limiter.spend(0.1, 0), limiter.spend(0.1, 100)], [0, 100, 100]);
});

test("Waits are counted in a row, until a full burst is possible again", () => {
  const limiter = new RateLimiter({ burst: 2, perSecond: 1 }, 0);
  for (let i = 0; i < 5; i++) limiter.spend(1, 0);
  assertEquals(limiter.waits, 3);
  limiter.spend(1, 4000);
  assertEquals(limiter.waits, 3);
  limiter.spend(1, 60_000);
  assertEquals(limiter.waits, 0);
});

test("A request costs 1, like a message; a ping, and a question about a name or the history a tenth", () => {
  const lone = [
    { code: Code.Say, message: "hi" },
    { code: Code.Rename, username: "ana" },
    { code: Code.Join, room: "dev" },
    { code: Code.Who },
    { code: Code.ListRooms },
    { code: Code.Hello, client: "test/1" },
    { code: Code.Hello, client: "test/1", rooms: Array(MAX_ROOMS_PER_SESSION).fill("dev") },
  ];
  assertEquals(lone.map(costOf), lone.map(() => 1));
  const small = [
    { code: Code.Ping },
    { code: Code.AskPerson, username: "ana" },
    { code: Code.AskHistory, room: "dev" },
    { code: Code.AskHistory, room: "dev", match: "a" },
    { code: Code.AskChanges, after: 0 },
    { code: Code.AskMentions },
  ];
  assertEquals(small.map(costOf), small.map(() => 0.1));
  assertEquals(costOf(undefined), 1);
});

test("Earlier messages cost more the longer the hub has worked and the more bytes they take", () => {
  assertEquals([0, SEARCH_MS_PER_REQUEST / 10, 2 * SEARCH_MS_PER_REQUEST].map(costOfSearch), [0, 0, 1.9]);
  assertEquals([0, PAGE_BYTES / 2, PAGE_BYTES].map(costOfHistory), [0, 0.5, 1]);
  const limiter = new RateLimiter({ burst: 10, perSecond: 2 }, 0);
  assertEquals(limiter.spend(costOf({ code: Code.AskHistory, room: "dev", match: "a" }), 0), 0);
  limiter.charge(costOfSearch(MAX_SEARCH_MS), 0);
  assertEquals(limiter.spend(1, 0), 500, "the longest search costs a whole burst");
  limiter.charge(0, 500);
  assertEquals(limiter.spend(1, 500), 500);
});

test("A client that reads nothing but whole pages gets no more of them than messages", () => {
  const limiter = new RateLimiter({ burst: 10, perSecond: 2 }, 0);
  let now = 0;
  for (let pages = 0; pages < 100; pages++) {
    now += limiter.spend(costOf({ code: Code.AskHistory, room: "dev" }), now);
    limiter.charge(costOfHistory(PAGE_BYTES), now);
  }
  assert(now >= 45_000, `100 pages took ${now} ms`);
});

test("A limiter is full when nothing that was counted counts any more", () => {
  const limiter = new RateLimiter({ burst: 2, perSecond: 1 }, 0);
  assertEquals(limiter.isFull(0), true);
  limiter.spend(1, 0);
  assertEquals([limiter.isFull(500), limiter.isFull(1500)], [false, true]);
  limiter.charge(5, 1500);
  assertEquals([limiter.isFull(6000), limiter.isFull(7000)], [false, true]);
});

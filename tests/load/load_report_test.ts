import { Latencies } from "../../load/latency.ts";
import { type LoadResult, progressRow, reportJson, reportLines } from "../../load/load_report.ts";
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

function result(given: Partial<LoadResult> = {}): LoadResult {
  const latencies = new Latencies();
  for (let i = 1; i <= 100; i++) latencies.add(i);
  return {
    plan: { clients: 100, senders: 10, rate: 0, seconds: 2, size: 64 },
    address: "127.0.0.1:8000",
    connectMs: 12.3456,
    tookMs: 2000,
    lines: 5000,
    deliveries: 500_000,
    expected: 500_000,
    latencies,
    ended: [],
    ...given,
  };
}

test("The report says what was carried and how long it took", () => {
  const text = reportLines(result(), true).join("\n");
  assertMatch(text, /^100 clients, 10 of them senders, lines of 64 bytes, as many as the hub echoes$/m);
  assertMatch(text, /^5,000 lines in 2\.00 s: 2,500 lines and 250,000 deliveries a second$/m);
  assertMatch(text, /^every line reached every client: 500,000 deliveries$/m);
  assertMatch(text, /^latency {2}p50 5\d\.\d ms {2}p90 9\d\.\d ms {2}p99 .* {2}max 100 ms$/m);
  // deno-lint-ignore no-control-regex
  assert(!/[^\x0a\x20-\x7e]/.test(text));
  assert(Math.max(...text.split("\n").map((line) => line.length)) <= 100);
});

test("What is missing and who was ended is said", () => {
  const text = reportLines(result({ deliveries: 499_990, ended: ["the hub went down"] }), false).join("\n");
  assertMatch(text, /^10 of 500,000 deliveries are missing$/m);
  assertMatch(text, /^the hub ended clients: the hub went down$/m);
});

test("What came twice is said too", () => {
  const text = reportLines(result({ deliveries: 500_005 }), false).join("\n");
  assertMatch(text, /^5 deliveries more than the 500,000 that there should be$/m);
});

test("Where nothing was heard there are no percentiles", () => {
  const nothing = result({ latencies: new Latencies(), lines: 0, deliveries: 0, expected: 0 });
  assert(!reportLines(nothing, false).join("\n").includes("latency"));
  assertEquals(reportJson(nothing).latency_ms, null);
});

test("The report for programs has the same figures", () => {
  const json = reportJson(result({ deliveries: 499_990 }));
  assertEquals([json.lines, json.deliveries, json.missing, json.connect_ms, json.deliveries_per_second], [
    5000,
    499_990,
    10,
    12.346,
    249_995,
  ]);
  assertEquals(Object.keys(json.latency_ms as object), ["p50", "p90", "p99", "p99_9", "max"]);
});

test("The progress fits into the terminal, whatever its width and however far it is", () => {
  for (const columns of [1, 20, 80, 200]) {
    for (const done of [-1, 0, 0.5, 1, 2, NaN]) {
      assert(progressRow(done, "saying: 12 lines", columns, false).length < columns);
    }
  }
  assertEquals(progressRow(0.5, "half", 29, true), "##########..........  half");
});

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
    messages: 5000,
    deliveries: 500_000,
    expected: 500_000,
    latencies,
    throttled: false,
    ended: [],
    ...given,
  };
}

test("The report has the throughput and the latencies", () => {
  const text = reportLines(result(), true).join("\n");
  assertMatch(text, /^100 clients, 10 of them senders, messages of 64 bytes, as fast as the hub delivers$/m);
  assertMatch(text, /^5,000 messages in 2\.00 s: 2,500 messages and 250,000 deliveries per second$/m);
  assertMatch(text, /^every message reached every client: 500,000 deliveries$/m);
  assertMatch(text, /^latency {2}p50 5\d\.\d ms {2}p90 9\d\.\d ms {2}p99 .* {2}max 100 ms$/m);
  // deno-lint-ignore no-control-regex
  assert(!/[^\x0a\x20-\x7e]/.test(text));
  assert(Math.max(...text.split("\n").map((line) => line.length)) <= 100);
});

test("The report has missing deliveries and disconnected clients", () => {
  const text = reportLines(result({ deliveries: 499_990, ended: ["the hub shut down"] }), false).join("\n");
  assertMatch(text, /^10 of 500,000 deliveries are missing$/m);
  assertMatch(text, /^the hub disconnected clients: the hub shut down$/m);
});

test("The report says that the rate limit is part of the latencies", () => {
  const throttled = result({ throttled: true });
  assertMatch(
    reportLines(throttled, true).join("\n"),
    /^the rate limit of the hub delayed messages: the latencies contain that delay$/m,
  );
  assert(!reportLines(result(), true).join("\n").includes("rate limit"));
  assertEquals([reportJson(throttled).throttled, reportJson(result()).throttled], [true, false]);
});

test("The report has duplicate deliveries", () => {
  const text = reportLines(result({ deliveries: 500_005 }), false).join("\n");
  assertMatch(text, /^5 deliveries more than the expected 500,000$/m);
});

test("Without deliveries there are no percentiles", () => {
  const nothing = result({ latencies: new Latencies(), messages: 0, deliveries: 0, expected: 0 });
  assert(!reportLines(nothing, false).join("\n").includes("latency"));
  assertEquals(reportJson(nothing).latency_ms, null);
});

test("The JSON report has the same figures", () => {
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

test("The progress bar fits into a terminal of any width", () => {
  for (const columns of [1, 20, 80, 200]) {
    for (const done of [-1, 0, 0.5, 1, 2, NaN]) {
      assert(progressRow(done, "sending: 12 messages", columns, false).length < columns);
    }
  }
  assertEquals(progressRow(0.5, "half", 29, true), "##########..........  half");
});

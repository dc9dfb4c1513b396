/**
 * What came of a load, in lines for people and as JSON.
 *
 * PURE.
 *
 * @module
 */
import type { Latencies } from "./latency.ts";
import type { LoadPlan } from "./load_plan.ts";

/** What came of a load. */
export interface LoadResult {
  /** The load that was wanted. */
  plan: LoadPlan;
  /** Where the hub was. */
  address: string;
  /** How long it took until all were connected, in milliseconds. */
  connectMs: number;
  /** From the first line's being said to the last one's reaching somebody, in milliseconds. */
  tookMs: number;
  /** How many lines were said. */
  lines: number;
  /** How many times a line reached a client. */
  deliveries: number;
  /** How many times one should have: lines times clients. */
  expected: number;
  /** How long lines took. */
  latencies: Latencies;
  /** Why the hub ended clients, each reason once. */
  ended: string[];
}

const PERCENTILES = [["p50", 0.5], ["p90", 0.9], ["p99", 0.99], ["p99.9", 0.999]] as const;

/** How many columns the longest bar has. */
const BAR = 40;

/**
 * Says what came of a load.
 *
 * @param result what came of it
 * @param ascii whether bars are made of ASCII
 * @returns lines
 */
export function reportLines(result: LoadResult, ascii: boolean): string[] {
  const { plan, latencies, lines, deliveries, expected, tookMs } = result;
  const seconds = tookMs / 1000;
  const rows = [
    `${number(plan.clients)} clients, ${
      number(plan.senders)
    } of them senders, lines of ${plan.size} bytes, ` +
    (plan.rate === 0 ? "as many as the hub echoes" : `${number(plan.rate)} lines a second`),
    `connected in ${duration(result.connectMs)}`,
    `${number(lines)} lines in ${duration(tookMs)}: ${number(lines / seconds)} lines and ` +
    `${number(deliveries / seconds)} deliveries a second`,
    deliveries === expected
      ? `every line reached every client: ${number(deliveries)} deliveries`
      : deliveries < expected
      ? `${number(expected - deliveries)} of ${number(expected)} deliveries are missing`
      : `${number(deliveries - expected)} deliveries more than the ${number(expected)} that there should be`,
    ...result.ended.map((why) => `the hub ended clients: ${why}`),
  ];
  if (latencies.count === 0) return rows;
  rows.push(
    "",
    "latency  " + [
      ...PERCENTILES.map(([name, part]) => `${name} ${duration(latencies.percentile(part))}`),
      `max ${duration(latencies.max)}`,
    ].join("  "),
  );
  const doublings = latencies.doublings();
  const most = Math.max(...doublings.map(({ count }) => count));
  for (const { toMs, count } of doublings) {
    const share = `${(count / latencies.count * 100).toFixed(1)} %`;
    rows.push(
      `  up to ${duration(toMs).padStart(7)}  ${share.padStart(7)}  ${bar(count / most, ascii)}`.trimEnd(),
    );
  }
  return rows;
}

/**
 * Says what came of a load, for programs.
 *
 * @param result what came of it
 * @returns an object for JSON; durations in milliseconds
 */
export function reportJson(result: LoadResult): Record<string, unknown> {
  const { plan, latencies, lines, deliveries, expected, tookMs } = result;
  const percentiles = PERCENTILES.map((
    [name, part],
  ) => [name.replace(".", "_"), round(latencies.percentile(part))]);
  return {
    ...plan,
    address: result.address,
    connect_ms: round(result.connectMs),
    took_ms: round(tookMs),
    lines,
    deliveries,
    missing: expected - deliveries,
    lines_per_second: round(lines / tookMs * 1000),
    deliveries_per_second: round(deliveries / tookMs * 1000),
    latency_ms: latencies.count === 0
      ? null
      : { ...Object.fromEntries(percentiles), max: round(latencies.max) },
    ended: result.ended,
  };
}

/**
 * Draws how far a load has come.
 *
 * @param done from 0 to 1
 * @param text what to say beside it
 * @param columns how wide the terminal is
 * @param ascii whether it is made of ASCII
 * @returns one row, shorter than the terminal is wide
 */
export function progressRow(done: number, text: string, columns: number, ascii: boolean): string {
  const width = Math.max(0, Math.min(BAR, columns - text.length - 5));
  const filled = Math.round(Math.min(1, Math.max(0, done)) * width);
  const [full, empty] = ascii ? ["#", "."] : ["█", "░"];
  return `${full.repeat(filled)}${empty.repeat(width - filled)}  ${text}`.slice(0, Math.max(0, columns - 1));
}

function bar(part: number, ascii: boolean): string {
  if (part === 0) return "";
  return (ascii ? "#" : "█").repeat(Math.max(1, Math.round(part * BAR)));
}

/** With three digits that count, such as `0.12 ms`, `43 ms`, `1.2 s`. */
function duration(ms: number): string {
  if (ms < 1000) return `${digits(ms)} ms`;
  return `${digits(ms / 1000)} s`;
}

function digits(value: number): string {
  return value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

function number(value: number): string {
  return Math.round(value).toLocaleString("en");
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

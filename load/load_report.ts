/**
 * The result of a load test, as text and as JSON.
 *
 * PURE.
 *
 * @module
 */
import { sanitize } from "../runtime/mod.ts";
import type { Latencies } from "./latency.ts";
import type { LoadPlan } from "./load_plan.ts";

/** The result of a load test. */
export interface LoadResult {
  /** The plan of the load. */
  plan: LoadPlan;
  /** The address of the hub. */
  address: string;
  /** How long it took to connect all clients, in milliseconds. */
  connectMs: number;
  /** The time from the first message to the last delivery, in milliseconds. */
  tookMs: number;
  /** The number of messages sent. */
  messages: number;
  /** How many times a message reached a client. */
  deliveries: number;
  /** The expected number of deliveries: messages times clients. */
  expected: number;
  /** The latencies. */
  latencies: Latencies;
  /** Whether the hub delayed messages because of its rate limit. */
  throttled: boolean;
  /** Why the hub disconnected clients, each reason once. */
  ended: string[];
}

const PERCENTILES = [["p50", 0.5], ["p90", 0.9], ["p99", 0.99], ["p99.9", 0.999]] as const;

/** The length of the longest bar, in columns. */
const BAR = 40;

/**
 * Formats a result as text.
 *
 * @param result the result
 * @param ascii whether to use only ASCII
 * @returns lines of text
 */
export function reportLines(result: LoadResult, ascii: boolean): string[] {
  const { plan, latencies, messages, deliveries, expected, tookMs } = result;
  const seconds = tookMs / 1000;
  const rows = [
    `${number(plan.clients)} clients, ${
      number(plan.senders)
    } of them senders, messages of ${plan.size} bytes, ` +
    (plan.rate === 0 ? "as fast as the hub delivers" : `${number(plan.rate)} messages per second`),
    `connected in ${duration(result.connectMs)}`,
    `${number(messages)} messages in ${duration(tookMs)}: ${number(messages / seconds)} messages and ` +
    `${number(deliveries / seconds)} deliveries per second`,
    deliveries === expected
      ? `every message reached every client: ${number(deliveries)} deliveries`
      : deliveries < expected
      ? `${number(expected - deliveries)} of ${number(expected)} deliveries are missing`
      : `${number(deliveries - expected)} deliveries more than the expected ${number(expected)}`,
    ...result.throttled
      ? ["the rate limit of the hub delayed messages: the latencies contain that delay"]
      : [],
    ...result.ended.map((why) => `the hub disconnected clients: ${sanitize(why)}`),
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
  const maxCount = Math.max(...doublings.map(({ count }) => count));
  for (const { toMs, count } of doublings) {
    const share = `${(count / latencies.count * 100).toFixed(1)} %`;
    rows.push(
      `  up to ${duration(toMs).padStart(7)}  ${share.padStart(7)}  ${bar(count / maxCount, ascii)}`
        .trimEnd(),
    );
  }
  return rows;
}

/**
 * Converts a result to JSON.
 *
 * @param result the result
 * @returns an object for JSON; durations are in milliseconds
 */
export function reportJson(result: LoadResult): Record<string, unknown> {
  const { plan, latencies, messages, deliveries, expected, tookMs } = result;
  const percentiles = PERCENTILES.map((
    [name, part],
  ) => [name.replace(".", "_"), round(latencies.percentile(part))]);
  return {
    ...plan,
    address: result.address,
    connect_ms: round(result.connectMs),
    took_ms: round(tookMs),
    lines: messages,
    deliveries,
    missing: expected - deliveries,
    lines_per_second: round(messages / tookMs * 1000),
    deliveries_per_second: round(deliveries / tookMs * 1000),
    throttled: result.throttled,
    latency_ms: latencies.count === 0
      ? null
      : { ...Object.fromEntries(percentiles), max: round(latencies.max) },
    ended: result.ended,
  };
}

/**
 * Formats a progress bar.
 *
 * @param done from 0 to 1
 * @param text the text beside the bar
 * @param columns the width of the terminal, in columns
 * @param ascii whether to use only ASCII
 * @returns one row, shorter than the width of the terminal
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

/** Formats a duration with three significant digits, such as `0.12 ms`, `43 ms`, `1.2 s`. */
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

/** The limit of the log's lines that clients cause, with a log and a timer of the test. */
import type { Logger } from "../../../runtime/mod.ts";
import { LogLimit } from "../../../server/admission/log_limit.ts";
import {
  LOG_LIMIT_MS,
  MAX_LINES_OF_ADDRESS,
  MAX_LOGGED_ADDRESSES,
  MAX_LOGGED_LINES,
} from "../../../server/limits.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** A limit, its lines, and its timer. */
function logLimit() {
  const lines: string[] = [];
  const timers: { ms: number; run: () => void }[] = [];
  const at = (level: string) => (template: string, properties: Record<string, unknown>) =>
    void lines.push(`${level} ${template.replace(/\{(\w+)\}/g, (_, key) => String(properties[key]))}`);
  const log = { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
  const limit = new LogLimit({
    log: log as unknown as Logger,
    timers: {
      after(ms, run) {
        const timer = { ms, run };
        timers.push(timer);
        return () => void timers.splice(timers.indexOf(timer), 1);
      },
    },
  });
  return { limit, lines, timers };
}

const refuse = (limit: LogLimit, address: string) =>
  limit.write("refused", address, "refused {address}: {why}", { address, why: "full" });

test("A thousand refusals of an address are two lines a minute: the first with the reason, then the count", () => {
  const { limit, lines, timers } = logLimit();
  for (let minute = 0; minute < 2; minute++) {
    lines.length = 0;
    for (let i = 0; i < 1000; i++) refuse(limit, "192.0.2.1");
    assertEquals(lines, ["warn refused 192.0.2.1: full"]);
    assertEquals(timers.map(({ ms }) => ms), [LOG_LIMIT_MS]);
    timers[0]!.run();
    assertEquals(lines.slice(1), ["warn refused 192.0.2.1 999 more times within a minute"]);
    assertEquals(timers, []);
  }
});

test("A single refusal of an address has no second line", () => {
  const { limit, lines } = logLimit();
  refuse(limit, "192.0.2.1");
  refuse(limit, "192.0.2.2");
  limit.flush();
  assertEquals(lines.length, 2);
});

test("The IPv6 addresses of one /48 count as one, and so do those of 127.0.0.0/8", () => {
  const { limit, lines } = logLimit();
  for (let i = 1; i <= 500; i++) refuse(limit, `2001:db8:1:${i}::1`);
  for (let i = 1; i <= 250; i++) refuse(limit, `127.0.0.${i}`);
  limit.flush();
  assertEquals(lines, [
    "warn refused 2001:db8:1:1::1: full",
    "warn refused 127.0.0.1: full",
    "warn refused 2001:db8:1::/48 499 more times within a minute",
    "warn refused 127.0.0.0/8 249 more times within a minute",
  ]);
});

test("However many addresses there are, the memory and the lines are limited, and all are counted", () => {
  const { limit, lines } = logLimit();
  const rest = 20_000;
  for (let i = 0; i < MAX_LOGGED_ADDRESSES + rest; i++) {
    refuse(limit, `10.${i >> 16}.${i >> 8 & 255}.${i & 255}`);
  }
  assertEquals([limit.size, lines.length], [MAX_LOGGED_ADDRESSES, MAX_LOGGED_ADDRESSES]);
  limit.flush();
  assertEquals(limit.size, 0);
  assertEquals(lines.slice(MAX_LOGGED_ADDRESSES), [
    `warn refused other addresses ${rest} more times within a minute`,
  ]);
});

test("All connections within the default limit of an address have a line, those beyond are counted", () => {
  const { limit, lines } = logLimit();
  const connect = (id: number) => limit.write("connected", "192.0.2.1", "c{id} connected", { id });
  for (let i = 1; i <= MAX_LINES_OF_ADDRESS + 3; i++) connect(i);
  assertEquals(lines.length, MAX_LINES_OF_ADDRESS);
  // Lines of another kind have counts of their own.
  limit.write("ended", "192.0.2.1", "c1 ended", {});
  assertEquals(lines.at(-1), "info c1 ended");
  limit.flush();
  assertEquals(lines.at(-1), "info 3 more connections from 192.0.2.1 within a minute");
});

test("Connections from many addresses share a limit, and those without a line are counted", () => {
  const { limit, lines } = logLimit();
  const each = MAX_LOGGED_LINES / 2;
  assert(each > MAX_LINES_OF_ADDRESS);
  for (let a = 1; a <= 50; a++) {
    for (let i = 0; i < each; i++) limit.write("connected", `192.0.2.${a}`, "connected", {});
  }
  assertEquals(lines.length, MAX_LOGGED_LINES);
  limit.flush();
  const omitted = lines.slice(MAX_LOGGED_LINES).map((line) => Number(/^info (\d+) more/.exec(line)?.[1]));
  assertEquals(omitted.reduce((sum, count) => sum + count), 50 * each - MAX_LOGGED_LINES);
});

import { Heartbeat, IDLE_LIMIT_MS, PING_TIMEOUT_MS } from "../../../client/link/heartbeat.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

/** A heartbeat, and what it has called. */
class HeartbeatBench {
  readonly clock = new ManualClock();
  pings = 0;
  dead = 0;
  readonly heartbeat = new Heartbeat({
    clock: this.clock,
    ping: () => this.pings++,
    dead: () => this.dead++,
  });

  /** Receives a message and handles it at once. */
  receive(): void {
    this.heartbeat.deliveryStarted();
    this.heartbeat.deliveryEnded();
  }
}

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A hub that sends messages is never pinged", () => {
  const bench = new HeartbeatBench();
  for (let i = 0; i < 100; i++) {
    bench.clock.advance(IDLE_LIMIT_MS - 1);
    bench.receive();
  }
  assertEquals([bench.pings, bench.dead], [0, 0]);
  bench.heartbeat.stop();
  assertEquals(bench.clock.waiting, 0);
});

test("A silent hub is pinged after 45 s, and is alive if it answers, each time", () => {
  const bench = new HeartbeatBench();
  for (let times = 1; times <= 3; times++) {
    bench.clock.advance(IDLE_LIMIT_MS - 1);
    assertEquals(bench.pings, times - 1);
    bench.clock.advance(1);
    assertEquals(bench.pings, times);
    bench.receive();
  }
  bench.clock.advance(PING_TIMEOUT_MS);
  assertEquals(bench.dead, 0);
  bench.heartbeat.stop();
});

test("A hub that does not answer is dead 65 s after its last message, and that is reported once", () => {
  const bench = new HeartbeatBench();
  bench.clock.advance(10_000);
  bench.receive();
  bench.clock.advance(IDLE_LIMIT_MS + PING_TIMEOUT_MS - 1);
  assertEquals([bench.pings, bench.dead], [1, 0]);
  bench.clock.advance(1);
  assertEquals(bench.dead, 1);
  bench.clock.advance(1_000_000);
  assertEquals([bench.pings, bench.dead, bench.clock.waiting], [1, 1, 0]);
});

test("Any message after the ping is a sign of life; a message before it is not", () => {
  const alive = new HeartbeatBench();
  alive.heartbeat.check();
  alive.receive();
  alive.clock.advance(PING_TIMEOUT_MS);
  assertEquals(alive.dead, 0);
  alive.heartbeat.stop();
  const dead = new HeartbeatBench();
  dead.receive();
  dead.heartbeat.check();
  dead.clock.advance(PING_TIMEOUT_MS);
  assertEquals([dead.pings, dead.dead], [1, 1]);
});

test("check() pings at once, and another call starts the timeout anew", () => {
  const bench = new HeartbeatBench();
  bench.heartbeat.check();
  bench.clock.advance(PING_TIMEOUT_MS - 1);
  bench.heartbeat.check();
  bench.clock.advance(PING_TIMEOUT_MS - 1);
  assertEquals([bench.pings, bench.dead], [2, 0]);
  bench.clock.advance(1);
  assertEquals([bench.dead, bench.clock.waiting], [1, 0]);
});

test("The time in which a message is handled does not count", () => {
  const bench = new HeartbeatBench();
  bench.heartbeat.deliveryStarted();
  bench.clock.advance(600_000);
  assertEquals([bench.pings, bench.dead], [0, 0]);
  bench.heartbeat.deliveryEnded();
  bench.clock.advance(IDLE_LIMIT_MS - 1);
  assertEquals(bench.pings, 0);
  bench.clock.advance(1);
  assertEquals(bench.pings, 1);
  bench.heartbeat.deliveryStarted();
  bench.clock.advance(600_000);
  assertEquals([bench.pings, bench.dead], [1, 0]);
  bench.heartbeat.stop();
});

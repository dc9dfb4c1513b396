import { Heartbeat, IDLE_LIMIT_MS, PING_TIMEOUT_MS } from "../../../client/link/heartbeat.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

/** The pulse of a link, and what came of it. */
class Patient {
  readonly clock = new ManualClock();
  pings = 0;
  dead = 0;
  readonly heartbeat = new Heartbeat({
    clock: this.clock,
    ping: () => this.pings++,
    dead: () => this.dead++,
  });

  /** A message comes and is dealt with at once. */
  hears(): void {
    this.heartbeat.deliveryStarted();
    this.heartbeat.deliveryEnded();
  }
}

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

test("A hub that is heard is never asked", () => {
  const patient = new Patient();
  for (let i = 0; i < 100; i++) {
    patient.clock.advance(IDLE_LIMIT_MS - 1);
    patient.hears();
  }
  assertEquals([patient.pings, patient.dead], [0, 0]);
  patient.heartbeat.stop();
  assertEquals(patient.clock.waiting, 0);
});

test("A hub that is quiet is asked after 45 s, and lives where it answers, each time", () => {
  const patient = new Patient();
  for (let times = 1; times <= 3; times++) {
    patient.clock.advance(IDLE_LIMIT_MS - 1);
    assertEquals(patient.pings, times - 1);
    patient.clock.advance(1);
    assertEquals(patient.pings, times);
    patient.hears();
  }
  patient.clock.advance(PING_TIMEOUT_MS);
  assertEquals(patient.dead, 0);
  patient.heartbeat.stop();
});

test("A hub that does not answer is dead 65 s after it was heard last, and is told so once", () => {
  const patient = new Patient();
  patient.clock.advance(10_000);
  patient.hears();
  patient.clock.advance(IDLE_LIMIT_MS + PING_TIMEOUT_MS - 1);
  assertEquals([patient.pings, patient.dead], [1, 0]);
  patient.clock.advance(1);
  assertEquals(patient.dead, 1);
  patient.clock.advance(1_000_000);
  assertEquals([patient.pings, patient.dead, patient.clock.waiting], [1, 1, 0]);
});

test("Whatever is heard after the question is a sign of life, what was heard before is none", () => {
  const alive = new Patient();
  alive.heartbeat.check();
  alive.hears();
  alive.clock.advance(PING_TIMEOUT_MS);
  assertEquals(alive.dead, 0);
  alive.heartbeat.stop();
  const dead = new Patient();
  dead.hears();
  dead.heartbeat.check();
  dead.clock.advance(PING_TIMEOUT_MS);
  assertEquals([dead.pings, dead.dead], [1, 1]);
});

test("Who doubts may ask at once, and asking again begins anew", () => {
  const patient = new Patient();
  patient.heartbeat.check();
  patient.clock.advance(PING_TIMEOUT_MS - 1);
  patient.heartbeat.check();
  patient.clock.advance(PING_TIMEOUT_MS - 1);
  assertEquals([patient.pings, patient.dead], [2, 0]);
  patient.clock.advance(1);
  assertEquals([patient.dead, patient.clock.waiting], [1, 0]);
});

test("The time that a message takes here is not the hub's", () => {
  const patient = new Patient();
  patient.heartbeat.deliveryStarted();
  patient.clock.advance(600_000);
  assertEquals([patient.pings, patient.dead], [0, 0]);
  patient.heartbeat.deliveryEnded();
  patient.clock.advance(IDLE_LIMIT_MS - 1);
  assertEquals(patient.pings, 0);
  patient.clock.advance(1);
  assertEquals(patient.pings, 1);
  patient.heartbeat.deliveryStarted();
  patient.clock.advance(600_000);
  assertEquals([patient.pings, patient.dead], [1, 0]);
  patient.heartbeat.stop();
});

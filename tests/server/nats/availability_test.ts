import { Availability, AWAY_MS } from "../../../server/nats/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { ManualClock } from "../../helpers/terminal/console.ts";

function watched(): { availability: Availability; changes: boolean[]; clock: ManualClock } {
  const changes: boolean[] = [];
  const clock = new ManualClock();
  return { availability: new Availability(clock, (isAway) => changes.push(isAway)), changes, clock };
}

Deno.test("NATS is away when an answer is awaited for two seconds, and back when it comes", () => {
  const { availability, changes, clock } = watched();
  availability.expect("batch");
  clock.advance(AWAY_MS - 1);
  assertEquals([availability.isAway, availability.awaitedMs], [false, AWAY_MS - 1]);
  clock.advance(1);
  assertEquals([availability.isAway, changes], [true, [true]]);
  availability.met("batch");
  assertEquals([availability.isAway, changes, availability.awaitedMs], [false, [true, false], 0]);
});

Deno.test("Answers that come in time never make NATS away, however many are awaited", () => {
  const { availability, changes, clock } = watched();
  for (let batch = 0; batch < 100; batch++) {
    availability.expect(batch);
    clock.advance(AWAY_MS / 2 - 1);
    availability.met(batch - 1);
  }
  assertEquals(changes, []);
});

Deno.test("NATS stays away until the answers have come that are awaited for two seconds", () => {
  const { availability, changes, clock } = watched();
  availability.expect("first");
  availability.expect("second");
  clock.advance(AWAY_MS);
  availability.expect("third");
  availability.met("first");
  assertEquals(availability.isAway, true);
  availability.met("second");
  assertEquals([availability.isAway, changes], [false, [true, false]]);
  clock.advance(AWAY_MS);
  assertEquals([availability.isAway, changes], [true, [true, false, true]]);
});

Deno.test("An answer that is awaited already counts from the first time", () => {
  const { availability, clock } = watched();
  availability.expect("batch");
  clock.advance(AWAY_MS - 1);
  availability.expect("batch");
  clock.advance(1);
  assertEquals(availability.isAway, true);
});

Deno.test("A watch that is closed reports nothing", () => {
  const { availability, changes, clock } = watched();
  availability.expect("batch");
  availability.close();
  clock.advance(2 * AWAY_MS);
  assertEquals(changes, []);
});

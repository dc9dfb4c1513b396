/**
 * Whatever three hubs change at the same time, and whenever writes arrive, answers are lost and hubs crash: in the end
 * all have the same rows, which a hub that comes later gets as well, and a change that nobody else contradicts is kept.
 *
 * @module
 */
import fc from "fast-check";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { cases } from "../../helpers/fuzz.ts";
import { MemoryState, turns } from "../../helpers/replica/memory_state.ts";
import { ReplicaHub, settle } from "../../helpers/replica/replica_hub.ts";

type Step =
  & { hub: number }
  & (
    | { does: "claim"; name: string; key: string }
    | { does: "free" | "respell" | "addKey" | "takeRoom"; pick: number }
    | { does: "note" | "turn" | "crash" | "fire" }
    | { does: "answer"; arrives: boolean; told: boolean }
    | { does: "deliver"; count: number }
    | { does: "careless"; on: boolean }
    | { does: "lose"; count: number }
    | { does: "recreate" | "reconnect" }
  );

const HUBS = 3;
const hub = fc.nat(HUBS - 1);
const change: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    hub,
    does: fc.constant("claim" as const),
    name: fc.constantFrom("ana", "Ana", "bo"),
    key: fc.constantFrom("k1", "k2"),
  }),
  fc.record({ hub, does: fc.constantFrom("free", "respell", "addKey", "takeRoom"), pick: fc.nat(3) }),
  fc.record({ hub, does: fc.constant("note" as const) }),
);
const timing: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ hub, does: fc.constant("turn" as const) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      hub,
      does: fc.constant("answer" as const),
      arrives: fc.boolean(),
      told: fc.boolean(),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      hub,
      does: fc.constant("deliver" as const),
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  fc.record({ hub, does: fc.constantFrom("crash" as const, "fire" as const) }),
  fc.record({ hub, does: fc.constant("careless" as const), on: fc.boolean() }),
);
const loss: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ hub, does: fc.constant("lose" as const), count: fc.integer({ min: 1, max: 3 }) }),
  fc.record({ hub, does: fc.constant("recreate" as const) }),
  fc.record({ hub, does: fc.constant("reconnect" as const) }),
);

let nextId = 100;

/** Makes a change as a hub does, which looks at its rows first. */
function make(at: ReplicaHub, step: Step): void {
  const owners = at.db.prepare("SELECT id, name FROM owners ORDER BY name").all();
  const owner = "pick" in step ? owners[step.pick % (owners.length || 1)] : undefined;
  const id = Number(owner?.id);
  switch (step.does) {
    case "claim":
      if (owners.every(({ name }) => String(name).toLowerCase() !== step.name.toLowerCase())) {
        at.claim(nextId++, step.name, step.key);
      }
      return;
    case "free":
      if (owner === undefined) return;
      at.run("DELETE FROM rooms WHERE owner = ?", id);
      return at.run("DELETE FROM owners WHERE id = ?", id);
    case "respell":
      return at.run("UPDATE owners SET name = upper(name) WHERE id = ?", owner === undefined ? -1 : id);
    case "addKey":
      return void (owner && at.run("INSERT OR IGNORE INTO keys VALUES (?, ?)", id, `k${nextId++ % 5}`));
    case "takeRoom":
      return void (owner && at.run("INSERT OR REPLACE INTO rooms VALUES ('den', ?)", id));
    case "note":
      return at.run("INSERT INTO notes VALUES (?, 'note')", nextId++);
  }
}

async function run(steps: readonly Step[]): Promise<void> {
  const state = new MemoryState();
  const all: ReplicaHub[] = [];
  for (let made = 0; made < HUBS; made++) all.push(await new ReplicaHub(state).start());
  for (const { port } of all) port.isPrompt = false;
  const notes = new Set<number>();
  for (const step of steps) {
    const at = all[step.hub]!;
    try {
      make(at, step);
    } catch (error) {
      // As it is cut off.
      assert(String(error).includes("cut off"), String(error));
    }
    for (const { id } of at.db.prepare("SELECT id FROM notes").all()) notes.add(Number(id));
    if (step.does === "turn") await turns();
    else if (step.does === "crash") await at.crash();
    else if (step.does === "fire") at.timers.fire();
    else if (step.does === "answer") at.port.answer(step);
    else if (step.does === "deliver") at.port.deliver(step.count);
    else if (step.does === "careless") state.careless = step.on;
    else if (step.does === "lose") {
      state.lose(step.count);
      // Each hub is connected again at some time; what is written before that looks like what was lost.
      for (const { port } of all) port.disconnect();
    } else if (step.does === "reconnect") at.port.connect();
    else if (step.does === "recreate") state.recreate();
  }
  state.careless = false;
  for (const { port } of all) port.connect();
  await settle(all);
  for (const other of all) {
    assertEquals(other.rows, all[0]!.rows);
    assertEquals([other.recorded, other.replica.waiting, other.replica.isCutOff], [0, 0, false]);
  }
  const late = await new ReplicaHub(state).start();
  await settle([late]);
  assertEquals(late.rows, all[0]!.rows);
  const names = late.db.prepare("SELECT lower(name) AS name FROM owners").all().map(({ name }) => name);
  assertEquals(new Set(names).size, names.length);
  const kept = late.db.prepare("SELECT id FROM notes").all().map(({ id }) => Number(id));
  assertEquals(kept, [...notes].sort((one, other) => one - other));
}

Deno.test("Hubs that change rows at the same time end with the same rows", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(change, timing), { maxLength: 60 }), run),
    cases(60, 0.2),
  );
});

Deno.test("They do so when the state loses writes or is made anew, too", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 5, arbitrary: change }, { weight: 8, arbitrary: timing }, loss), {
        maxLength: 60,
      }),
      run,
    ),
    cases(40, 0.2),
  );
});

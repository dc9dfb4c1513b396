/**
 * The schedule of the background work of a history.
 *
 * @module
 */
import { JUMP_MS } from "../../../server/history/store.ts";
import { changeFrame, Maintenance } from "../../../server/history/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { DataFolder, lineIn } from "../../helpers/hubs/history.ts";

/** Timers that the test advances. */
class TestTimers {
  now = 0;
  #waiting: { at: number; run: () => void }[] = [];

  readonly timers = {
    soon: (run: () => void) => void this.timers.after(0, run),
    after: (ms: number, run: () => void) => {
      const timer = { at: this.now + ms, run };
      this.#waiting.push(timer);
      return () => {
        this.#waiting = this.#waiting.filter((other) => other !== timer);
      };
    },
  };

  /** The number of pending timers. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Advances the time by milliseconds. */
  pass(ms: number): void {
    const end = this.now + ms;
    for (;;) {
      const next = this.#waiting.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.now = next.at;
      this.#waiting = this.#waiting.filter((timer) => timer !== next);
      next.run();
    }
    this.now = end;
  }
}

function setUp(folder: DataFolder, keep: string) {
  const timers = new TestTimers();
  const clock = { aheadMs: 0 };
  const store = folder.open({ keep, elapsed: () => timers.now });
  const emptied: string[] = [];
  const failures: string[] = [];
  const pruned: [expired: number, oversize: number][] = [];
  const jumps: number[] = [];
  const atStart: boolean[] = [];
  const maintenance = new Maintenance(store, {
    timers: timers.timers,
    wall: () => START + timers.now + clock.aheadMs,
    elapsed: () => timers.now,
    emptied: (keys) => emptied.push(...keys),
    pruned: (...counts) => pruned.push(counts),
    jumped(ms, isAtStart) {
      jumps.push(ms);
      atStart.push(isAtStart);
    },
    failed: (error) => failures.push(String(error)),
  });
  return { timers, clock, store, maintenance, emptied, failures, pruned, jumps, atStart };
}

Deno.test("Messages are indexed once no more arrive, and then nothing happens until the next one", () => {
  using folder = new DataFolder();
  const { timers, store, maintenance, failures } = setUp(folder, "forever");
  timers.pass(1000);
  assertEquals(timers.waiting, 1);
  store.insert(Array.from({ length: 300 }, () => lineIn(store, "main", "hi")));
  maintenance.noteActivity();
  timers.pass(1000);
  assertEquals([timers.waiting, store.work(0), failures], [1, false, []]);
  assertEquals(folder.query("SELECT indexed FROM state"), [{ __proto__: null, indexed: 300 }]);
  maintenance.stop();
  assertEquals(timers.waiting, 0);
  store.close();
});

Deno.test("A deleted text is purged within eleven seconds, and the others are indexed again", () => {
  using folder = new DataFolder();
  const { timers, store, maintenance, failures } = setUp(folder, "forever");
  store.insert(["secret", "harmless"].map((text) => lineIn(store, "main", text)));
  maintenance.noteActivity();
  timers.pass(1000);
  const change = {
    place: "main",
    change: store.nextChange(),
    sequence: 1,
    kind: "delete",
    at: START,
    by: "ana",
  } as const;
  store.append([changeFrame(change)]);
  maintenance.noteActivity();
  timers.pass(11_000);
  for (const [name, bytes] of Object.entries(folder.files())) {
    assert(!bytes.includes("secret"), `${name} has the text`);
  }
  timers.pass(1000);
  assertEquals([timers.waiting, store.work(0), failures], [1, false, []]);
  assertEquals(folder.query("SELECT indexed, purge FROM state"), [
    { __proto__: null, indexed: 2, purge: 0 },
  ] as unknown[]);
  maintenance.stop();
  store.close();
});

Deno.test("A deleted text is purged on a hub where messages never stop", () => {
  using folder = new DataFolder();
  const { timers, store, maintenance, failures } = setUp(folder, "forever");
  store.insert([lineIn(store, "main", "secret")]);
  const change = store.nextChange();
  store.append([changeFrame({ place: "main", change, sequence: 1, kind: "delete", at: START, by: "ana" })]);
  for (let passed = 0; passed < 75_000; passed += 200) {
    store.insert([lineIn(store, "main", "goes on")]);
    maintenance.noteActivity();
    timers.pass(200);
  }
  const withText = Object.entries(folder.files()).filter(([, bytes]) => bytes.includes("secret"));
  assertEquals([withText.map(([name]) => name), failures], [[], []]);
  maintenance.stop();
  store.close();
});

Deno.test("Old messages are deleted in the background, and rooms without any left are reported", () => {
  using folder = new DataFolder();
  const { timers, store, maintenance, emptied } = setUp(folder, "1h");
  store.insert(Array.from({ length: 500 }, () => lineIn(store, "dev", "hi")));
  maintenance.noteActivity();
  timers.pass(3_500_000);
  assertEquals([store.rooms().length, emptied], [1, []]);
  timers.pass(200_000);
  assertEquals([store.rooms(), emptied], [[], ["dev"]]);
  maintenance.stop();
  store.close();
});

Deno.test("A step that fails is reported and tried again later", () => {
  using folder = new DataFolder();
  const { timers, store, maintenance, failures } = setUp(folder, "1h");
  folder.change("DROP TABLE receipts");
  timers.pass(1000);
  assertEquals(failures, ["StorageError: no such table: receipts"]);
  timers.pass(70_000);
  assert(failures.length === 2 && timers.waiting > 0);
  maintenance.stop();
  store.close();
});

Deno.test("A clock that is ahead for a while deletes nothing, and is reported once", () => {
  using folder = new DataFolder();
  const { timers, clock, store, maintenance, pruned, jumps } = setUp(folder, "30d");
  store.insert(Array.from({ length: 300 }, () => lineIn(store, "main", "hi")));
  timers.pass(120_000);
  const month = 31 * 24 * 3_600_000;
  clock.aheadMs = month;
  timers.pass(JUMP_MS - 120_000);
  assertEquals([pruned, jumps.map((ms) => Math.round(ms / 1000))], [[], [month / 1000]]);
  clock.aheadMs = 0;
  timers.pass(2 * JUMP_MS);
  assertEquals([pruned, jumps.length, store.rooms().length], [[], 1, 1]);
  // A jump that lasts is the right time.
  clock.aheadMs = month;
  timers.pass(JUMP_MS + 180_000);
  assertEquals([pruned, jumps.length, store.rooms()], [[[300, 0]], 2, []]);
  maintenance.stop();
  store.close();
});

Deno.test("A clock that is ahead at the start deletes nothing for an hour", () => {
  using folder = new DataFolder();
  const before = folder.open();
  before.insert([lineIn(before, "main", "hi")]);
  before.close();
  const { timers, clock, store, maintenance, pruned, atStart } = setUp(folder, "30d");
  clock.aheadMs = 31 * 24 * 3_600_000;
  timers.pass(JUMP_MS - 1000);
  assertEquals([pruned, atStart], [[], [true]]);
  timers.pass(120_000);
  assertEquals(pruned, [[1, 0]]);
  maintenance.stop();
  store.close();
});

Deno.test("A clock that is ahead deletes nothing after a restart either, though it has dated messages", () => {
  using folder = new DataFolder();
  const month = 31 * 24 * 3_600_000;
  const before = folder.open();
  const receipt = { author: "ana", id: "x", sequence: 1, stored: true, timestamp: START };
  before.insert([lineIn(before, "main", "hi", { receipt })]);
  before.insert([lineIn(before, "main", "from the future", { timestamp: START + month })]);
  before.insert([lineIn(before, "main", "too", { timestamp: START + month + 60_000 })]);
  before.close();
  const { timers, clock, store, maintenance, pruned, jumps } = setUp(folder, "30d");
  clock.aheadMs = month + 120_000;
  timers.pass(JUMP_MS / 2);
  assertEquals([pruned, jumps.length, store.receipt("ana", "x")], [[], 1, receipt]);
  clock.aheadMs = 0;
  timers.pass(2 * JUMP_MS);
  assertEquals([pruned, jumps.length], [[], 1]);
  maintenance.stop();
  store.close();
});

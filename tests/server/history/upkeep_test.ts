/**
 * When what a history does besides is done.
 *
 * @module
 */
import { Upkeep } from "../../../server/history/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import { DataFolder, lineIn } from "../../helpers/hubs/history.ts";

/** Timers that the test lets pass. */
class Days {
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

  /** How many things are to happen. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Lets time pass, in milliseconds. */
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

function scene(folder: DataFolder, keep: string) {
  const days = new Days();
  const store = folder.open({ keep });
  const emptied: string[] = [];
  const failures: string[] = [];
  const upkeep = new Upkeep(store, {
    timers: days.timers,
    wall: () => START + days.now,
    elapsed: () => days.now,
    emptied: (keys) => emptied.push(...keys),
    failed: (error) => failures.push(String(error)),
  });
  return { days, store, upkeep, emptied, failures };
}

Deno.test("Lines are made to be found when nobody talks any more, and then nothing is done until somebody does", () => {
  using folder = new DataFolder();
  const { days, store, upkeep, failures } = scene(folder, "forever");
  days.pass(1000);
  assertEquals(days.waiting, 1);
  store.keep(Array.from({ length: 300 }, () => lineIn(store, "main", "hi")));
  upkeep.kept();
  days.pass(1000);
  assertEquals([days.waiting, store.work(0), failures], [1, false, []]);
  assertEquals(folder.query("SELECT indexed FROM state"), [{ __proto__: null, indexed: 300 }]);
  upkeep.stop();
  assertEquals(days.waiting, 0);
  store.close();
});

Deno.test("What is too old is thrown away by itself, and the rooms that are empty then are named", () => {
  using folder = new DataFolder();
  const { days, store, upkeep, emptied } = scene(folder, "1h");
  store.keep(Array.from({ length: 500 }, () => lineIn(store, "dev", "hi")));
  upkeep.kept();
  days.pass(3_500_000);
  assertEquals([store.rooms().length, emptied], [1, []]);
  days.pass(200_000);
  assertEquals([store.rooms(), emptied], [[], ["dev"]]);
  upkeep.stop();
  store.close();
});

Deno.test("A step that fails is reported and tried again later", () => {
  using folder = new DataFolder();
  const { days, store, upkeep, failures } = scene(folder, "1h");
  folder.change("DROP TABLE receipts");
  days.pass(1000);
  assertEquals(failures, ["StorageError: no such table: receipts"]);
  days.pass(70_000);
  assert(failures.length === 2 && days.waiting > 0);
  upkeep.stop();
  store.close();
});

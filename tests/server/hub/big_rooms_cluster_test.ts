/**
 * Big rooms of two hubs: whatever people do, and however late a hub reads what the other one tells, in the end the
 * clients of both know who is in each room that is not big, and how many are in the others.
 *
 * @module
 */
import fc from "fast-check";
import type { Shown } from "../../../server/backplane/mod.ts";
import type { History } from "../../../server/history/mod.ts";
import type { HubCluster } from "../../../server/hub/mod.ts";
import { BIG_ROOM_COUNT_MS, DEFAULT_ROOM_LIMITS } from "../../../server/limits.ts";
import type { HubStart, PeopleEvent } from "../../../server/sessions/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { PeopleFollower } from "../../helpers/clients/people_follower.ts";
import { cases } from "../../helpers/fuzz.ts";
import { silentLog } from "../../helpers/hubs/silent_log.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { TestHub } from "../../helpers/hubs/test_hub.ts";

/** What the hubs have told, in the order of the log, which ends a group where one of them can be interrupted. */
type Told = { from: HubStart; event: PeopleEvent } | { from: HubStart; shown: Shown };

/** A hub that reads the log when the test wants it. */
class LateHub extends TestHub {
  readonly here: PeopleFollower[] = [];
  readonly #from: HubStart;
  readonly #log: Told[];
  #read = 0;

  constructor(id: string, history: History, log: Told[], announceUpTo: number) {
    const from: HubStart = { hub: id, epoch: "1" };
    const cluster: HubCluster = {
      log: silentLog(from, (shown) => void log.push({ from, shown: structuredClone(shown) })),
      tell: (event) => log.push({ from, event: structuredClone(event) }) > 0,
      announce() {},
    };
    super(history, undefined, undefined, undefined, () => ({
      cluster,
      rooms: { ...DEFAULT_ROOM_LIMITS, announceUpTo },
    }));
    this.#from = from;
    this.#log = log;
  }

  /** Reads on, at most so far. */
  readTo(end: number): void {
    for (; this.#read < Math.min(end, this.#log.length); this.#read++) {
      const told = this.#log[this.#read]!;
      if ("event" in told) this.hub.tellPeople(told.event, told.from);
      else if (told.from.hub !== this.#from.hub) this.hub.clustered!.shown(told.shown);
      // At once, as each room has its own order.
      this.receives();
    }
  }

  /** Reads some more. */
  readMore(count: number): void {
    this.readTo(this.#read + count);
  }

  receives(): void {
    for (const one of this.here) one.receives();
  }
}

/** Lets what a hub does in tasks of their own happen. */
async function otherTasks(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

const ROOMS = ["dev", "ops"];

/** What somebody does at a hub; `who` is an index into the users there. */
type Step =
  | { hub: number; does: "come"; rooms: string[] }
  | { hub: number; does: "go" | "rename"; who: number }
  | { hub: number; does: "join" | "leave"; who: number; room: string }
  | { hub: number; does: "wait" }
  | { hub: number; does: "read"; count: number };

const hub = fc.nat(1), who = fc.nat(20);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ hub, does: fc.constant("come" as const), rooms: fc.subarray(ROOMS) }) },
  { weight: 4, arbitrary: fc.record({ hub, does: fc.constant("go" as const), who }) },
  fc.record({ hub, does: fc.constant("rename" as const), who }),
  {
    weight: 3,
    arbitrary: fc.record({
      hub,
      does: fc.constantFrom("join" as const, "leave" as const),
      who,
      room: fc.constantFrom(...ROOMS),
    }),
  },
  { weight: 2, arbitrary: fc.record({ hub, does: fc.constant("wait" as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ hub, does: fc.constant("read" as const), count: fc.integer({ min: 1, max: 5 }) }),
  },
);

/** Lets somebody do something at a hub. */
async function take(one: LateHub, log: readonly Told[], step: Step, name: string): Promise<void> {
  if (step.does === "wait") return one.advance(BIG_ROOM_COUNT_MS);
  if (step.does === "read") return one.readMore(step.count);
  // What a hub tells of one session at once is read by others at once before they are asked for a list.
  if (step.does === "come" || step.does === "join") one.readTo(log.length);
  if (step.does === "come") {
    const follower = new PeopleFollower(one.connect());
    follower.comes(name, step.rooms);
    await otherTasks();
    one.readTo(log.length);
    await otherTasks();
    follower.asks();
    one.here.push(follower);
    return;
  }
  const follower = one.here[step.who % one.here.length];
  if (follower === undefined) return;
  switch (step.does) {
    case "go":
      follower.user.disconnects();
      one.here.splice(one.here.indexOf(follower), 1);
      return;
    case "rename":
      follower.user.sends({ code: 101, username: name });
      await otherTasks();
      one.readTo(log.length);
      return;
    case "join":
      follower.joins(step.room);
      return follower.asks(step.room);
    case "leave":
      return follower.leaves(step.room);
  }
}

/** The histories of two hubs. Nothing is said in these tests, so they stay empty. */
class TwoHistories implements Disposable {
  readonly #folders = [new DataFolder(), new DataFolder()];
  readonly histories = this.#folders.map((folder) => folder.open()) as [History, History];

  [Symbol.dispose](): void {
    for (const history of this.histories) history.close();
    for (const folder of this.#folders) folder[Symbol.dispose]();
  }
}

for (const does of ["comes", "goes"] as const) {
  Deno.test(`Names in a room that is small again are right while somebody ${does}`, async () => {
    using stored = new TwoHistories();
    const log: Told[] = [];
    const a = new LateHub("a", stored.histories[0], log, 5);
    const b = new LateHub("b", stored.histories[1], log, 5);
    const come = (hub: LateHub, name: string) => take(hub, log, { hub: 0, does: "come", rooms: [] }, name);
    await come(b, "b0");
    await otherTasks();
    for (const name of ["a0", "a1", "a2", "a3", "a4"]) await come(a, name);
    const [watcher] = a.here;
    a.receives();
    assertEquals(watcher!.people.countIn("main"), 6);
    for (const one of a.here.splice(3)) one.user.disconnects();
    if (does === "comes") await come(b, "b1");
    else b.here.pop()!.user.disconnects();
    await otherTasks();
    // What comes at the end, too: that members see somebody come, or what the hub tells of a session that has gone.
    a.readTo(log.length - (does === "comes" ? 2 : 1));
    a.advance(BIG_ROOM_COUNT_MS);
    a.receives();
    assertEquals(watcher!.people.countIn("main"), undefined);
    a.readTo(log.length);
    a.receives();
    watcher!.knows([...a.here, ...b.here], 5);
  });
}

Deno.test("In the end clients of two hubs know who is in each room that is not big, whatever people do", async () => {
  using stored = new TwoHistories();
  const [historyA, historyB] = stored.histories;
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 5 }),
      fc.array(step, { maxLength: 60 }),
      async (limit, steps) => {
        const log: Told[] = [];
        const a = new LateHub("a", historyA, log, limit);
        const b = new LateHub("b", historyB, log, limit);
        const both = [a, b];
        for (const [i, step] of steps.entries()) {
          await take(both[step.hub]!, log, step, `n${i}`);
          await otherTasks();
          for (const one of both) one.receives();
        }
        for (let round = 0; round < 2; round++) {
          for (const one of both) one.readTo(log.length);
          await otherTasks();
          for (const one of both) one.advance(BIG_ROOM_COUNT_MS);
        }
        const here = [...a.here, ...b.here];
        for (const one of here) {
          one.receives();
          one.knows(here, limit);
          assertEquals(
            one.people.countIn("main") ?? here.length,
            here.length,
            `in main for ${one.user.name}`,
          );
        }
      },
    ),
    cases(200),
  );
});

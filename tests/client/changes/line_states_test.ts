/** The last known state of changed messages, whatever the order of messages and changes. */
import { LineStates, MAX_STATE_UNITS, MAX_STATES } from "../../../client/changes/line_states.ts";
import type { LineChange, PastLine } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import fc from "fast-check";

const ROOM = "#main";
const said = (sequence: number, message = `text ${sequence}`): PastLine => ({
  timestamp: 0,
  username: "bo",
  message,
  sequence,
});
const change = (change: number, sequence: number, what: Partial<LineChange>): LineChange => ({
  room: "main",
  username: "bo",
  change,
  sequence,
  ...what,
});
const isSelf = (name: string) => name === "ana";

Deno.test("A change also applies to a message that is shown after it", () => {
  const states = new LineStates();
  assert(states.apply(ROOM, change(1, 5, { message: "new", edited: 9 }), { isSelf }));
  assertEquals(states.current(ROOM, said(5)), { ...said(5), message: "new", edited: 9 });
  assertEquals(states.current(ROOM, said(6)), said(6));
  assertEquals(states.current("#dev", said(5)), said(5));
  assert(states.apply(ROOM, change(2, 5, { deleted: true }), { isSelf }));
  assertEquals(states.current(ROOM, said(5)), { ...said(5), message: "", deleted: true });
});

Deno.test("A change that is older than what is known changes nothing", () => {
  const states = new LineStates();
  states.apply(ROOM, change(7, 1, { message: "second", edited: 2 }), { isSelf, isListed: true });
  states.listed(9);
  assert(!states.apply(ROOM, change(6, 1, { message: "first", edited: 1 }), { isSelf }));
  assert(!states.apply(ROOM, change(8, 2, { message: "x", edited: 1 }), { isSelf }), "the list has told it");
  assert(states.apply(ROOM, change(10, 1, { message: "third", edited: 3 }), { isSelf }));
  assertEquals(states.current(ROOM, said(1)).message, "third");
  states.apply(ROOM, change(11, 1, { deleted: true }), { isSelf });
  assert(!states.apply(ROOM, change(12, 1, { message: "fourth", edited: 4 }), { isSelf }), "it is deleted");
});

Deno.test("A page of the history replaces what was known when it arrived", () => {
  const states = new LineStates();
  states.apply(ROOM, change(1, 1, { message: "old", edited: 1 }), { isSelf });
  // The page overtakes the changes 2 and 3.
  states.observe(ROOM, [{ ...said(1, "newest"), edited: 3 }, said(2)]);
  assertEquals(states.current(ROOM, said(1)).message, "newest");
  assert(states.apply(ROOM, change(3, 1, { message: "newest", edited: 3 }), { isSelf }));
  assertEquals(states.current(ROOM, said(1)).message, "newest");
  states.observe(ROOM, [{ ...said(1, ""), deleted: true }]);
  assertEquals(states.current(ROOM, said(1)).deleted, true);
});

Deno.test("When the hub counts changes anew, its first ones apply", () => {
  const states = new LineStates();
  states.apply(ROOM, change(50, 1, { deleted: true }), { isSelf });
  states.listed(60);
  states.restart();
  assert(states.apply(ROOM, change(1, 1, { message: "again", edited: 1 }), { isSelf }));
  assertEquals(states.current(ROOM, said(1)), { ...said(1), message: "again", edited: 1 });
});

Deno.test("The user's own reactions are known, although a change for everyone does not mark them", () => {
  const states = new LineStates();
  const reactions = (counts: Record<string, number>) =>
    Object.entries(counts).map(([reaction, count]) => ({ reaction, count }));
  const mine = () =>
    states.current(ROOM, said(1)).reactions?.filter((one) => one.mine).map((one) => one.reaction);
  const before = { ...said(1), reactions: [{ reaction: "ok", count: 1, mine: true }] };
  const react = (
    number: number,
    by: string,
    reaction: string,
    removed: boolean,
    counts: Record<string, number>,
  ) =>
    states.apply(
      ROOM,
      change(number, 1, { by, reaction, ...(removed ? { removed } : {}), reactions: reactions(counts) }),
      { before, isSelf },
    );
  react(1, "bo", "+1", false, { ok: 1, "+1": 1 });
  assertEquals(mine(), ["ok"]);
  react(2, "ana", "+1", false, { ok: 1, "+1": 2 });
  assertEquals(mine(), ["ok", "+1"]);
  react(3, "ana", "ok", true, { "+1": 2 });
  assertEquals(mine(), ["+1"]);
  react(4, "bo", "+1", true, { "+1": 1 });
  assertEquals(states.current(ROOM, said(1)).reactions, [{ reaction: "+1", count: 1, mine: true }]);
  states.apply(ROOM, change(5, 1, { by: "ana", reaction: "+1", removed: true, reactions: [] }), { isSelf });
  assertEquals(states.current(ROOM, said(1)), said(1));
});

Deno.test("What is kept is limited in number and size, and the newest is kept", () => {
  const states = new LineStates();
  for (let i = 1; i <= MAX_STATES + 1; i++) states.apply(ROOM, change(i, i, { deleted: true }), { isSelf });
  assertEquals(states.current(ROOM, said(1)), said(1));
  assertEquals(states.current(ROOM, said(2)).deleted, true);
  const text = "x".repeat(MAX_STATE_UNITS / 2);
  for (let i = 1; i <= 3; i++) {
    states.apply(ROOM, change(10_000 + i, 10_000 + i, { message: text, edited: 1 }), { isSelf });
  }
  assertEquals(states.current(ROOM, said(10_001)), said(10_001));
  assertEquals(states.current(ROOM, said(10_003)).message, text);
});

Deno.test("Every client ends with the hub's view, in whatever order pages, lists and changes arrive", () => {
  const what = fc.oneof(
    fc.record({ kind: fc.constant("edit" as const), text: fc.string({ minLength: 1 }) }),
    fc.record({ kind: fc.constant("delete" as const) }),
    fc.record({ kind: fc.constant("page" as const) }),
    fc.record({ kind: fc.constant("list" as const) }),
  );
  const steps = fc.array(
    fc.record({ sequence: fc.integer({ min: 1, max: 3 }), what, late: fc.nat({ max: 4 }) }),
  );
  fc.assert(fc.property(steps, (steps) => {
    const hub = new Map([1, 2, 3].map((sequence) => [sequence, said(sequence)]));
    const changedAt = new Map<number, number>();
    const states = new LineStates();
    // Changes wait on their way, in order; answers overtake them.
    const onTheirWay: LineChange[] = [];
    const arrive = (count: number) => {
      for (const one of onTheirWay.splice(0, count)) states.apply(ROOM, one, { isSelf });
    };
    let number = 0;
    let shown = [...hub.values()];
    for (const { sequence, what, late } of steps) {
      const line = hub.get(sequence)!;
      if (what.kind === "page") {
        shown = [...hub.values()];
        states.observe(ROOM, shown);
      } else if (what.kind === "list") {
        for (const [sequence, at] of [...changedAt].sort((a, b) => a[1] - b[1])) {
          const { deleted, message, edited } = hub.get(sequence)!;
          const state = deleted ? { deleted } : { message, edited: edited! };
          states.apply(ROOM, change(at, sequence, state), { isSelf, isListed: true });
        }
        states.listed(number);
      } else if (!line.deleted) {
        changedAt.set(sequence, ++number);
        const state = what.kind === "delete" ? { deleted: true } : { message: what.text, edited: number };
        hub.set(sequence, { ...said(sequence, ""), ...state });
        onTheirWay.push(change(number, sequence, state));
      }
      arrive(Math.max(0, onTheirWay.length - late));
    }
    arrive(Infinity);
    assertEquals(shown.map((line) => states.current(ROOM, line)), [...hub.values()]);
  }));
});

/**
 * Changes of messages by hubs that do not know the latest ones yet: what is told of them is what one after the other
 * would be.
 *
 * @module
 */
import fc from "fast-check";
import { Code, type LineChanged } from "../../../protocol/mod.ts";
import type { Line } from "../../../server/backplane/mod.ts";
import { ConcurrentChanges, type Superseded } from "../../../server/backplane/concurrent_changes.ts";
import type { StoredChange } from "../../../server/history/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { cases } from "../../helpers/fuzz.ts";

/** A message. */
interface State {
  isDeleted: boolean;
  text: string;
  reactions: Map<string, Set<string>>;
}

/** What somebody does to one of two messages, at a hub that has not read the last changes. */
type Attempt = Pick<StoredChange, "sequence" | "kind" | "by" | "message" | "reaction"> & { lag: number };

const attempt: fc.Arbitrary<Attempt> = fc.tuple(
  fc.record({
    sequence: fc.constantFrom(1, 2),
    by: fc.constantFrom("ana", "bo", "cy"),
    lag: fc.oneof(fc.constant(0), fc.nat(6)),
  }),
  fc.oneof(
    { weight: 1, arbitrary: fc.constant({ kind: "delete" as const }) },
    {
      weight: 4,
      arbitrary: fc.constantFrom("one", "two").map((message) => ({ kind: "edit" as const, message })),
    },
    {
      weight: 12,
      arbitrary: fc.record({
        kind: fc.constantFrom("react" as const, "unreact" as const),
        reaction: fc.constantFrom("+1", "-1", "ok"),
      }),
    },
  ),
).map(([who, what]) => ({ ...who, ...what }));

/** Makes a change; returns the message after it, or why that is as before. */
function after(state: State, { kind, by, message = "", reaction = "" }: Attempt): State | Superseded {
  if (state.isDeleted) return kind === "delete" ? "same" : "deleted";
  if (kind === "delete") return { ...state, isDeleted: true };
  if (kind === "edit") return state.text === message ? "same" : { ...state, text: message };
  const before = state.reactions.get(reaction) ?? new Set();
  if (before.has(by) === (kind === "react")) return "same";
  const now = kind === "react" ? before.union(new Set([by])) : before.difference(new Set([by]));
  return { ...state, reactions: new Map([...state.reactions, [reaction, now]]) };
}

function countsOf({ reactions }: State): NonNullable<LineChanged["reactions"]> {
  return [...reactions].map(([reaction, { size: count }]) => ({ reaction, count })).filter(({ count }) =>
    count > 0
  )
    .sort((a, b) => b.count - a.count || (a.reaction < b.reaction ? -1 : 1));
}

/** The change as its hub publishes it. */
function lineOf({ lag: _, ...change }: Attempt, state: State, base: number): Line {
  const { kind, by, sequence } = change;
  const isReaction = kind === "react" || kind === "unreact";
  return {
    room: "dev",
    from: undefined,
    message: {
      code: Code.LineChanged,
      room: "dev",
      change: 0,
      sequence,
      username: "ana",
      by,
      ...isReaction ? { reactions: countsOf(state) } : {},
    },
    change: { ...change, at: 1 },
    base,
  };
}

Deno.test("A change that others have made before is superseded, and reactions are those of all", () => {
  fc.assert(
    fc.property(fc.array(attempt, { maxLength: 60 }), (attempts) => {
      const concurrent = new ConcurrentChanges();
      const unchanged = { isDeleted: false, text: "none", reactions: new Map() };
      // The messages after each change of the log.
      const states: Map<number, State>[] = [new Map([[1, unchanged], [2, unchanged]])];
      for (const one of attempts) {
        const { sequence } = one;
        const base = Math.max(0, states.length - 1 - one.lag);
        const decided = after(states[base]!.get(sequence)!, one);
        // The hub refuses it, or says that it changes nothing.
        if (typeof decided === "string") continue;
        const line = lineOf(one, decided, base);
        const last = states.at(-1)!;
        const now = after(last.get(sequence)!, one);
        const superseded = concurrent.take(line, states.length);
        assertEquals(superseded, typeof now === "string" ? now : undefined);
        states.push(typeof now === "string" ? last : new Map([...last, [sequence, now]]));
        const { reactions } = line.message as LineChanged;
        if (typeof now !== "string" && reactions !== undefined) assertEquals(reactions, countsOf(now));
      }
    }),
    cases(500),
  );
});

Deno.test("Changes of long ago are forgotten", () => {
  const concurrent = new ConcurrentChanges();
  const state = { isDeleted: true, text: "", reactions: new Map() };
  const deletion = (sequence: number): Attempt => ({ sequence, kind: "delete", by: "ana", lag: 0 });
  for (let number = 1; number <= 5000; number++) {
    assertEquals(concurrent.take(lineOf(deletion(number), state, number - 1), number), undefined);
  }
  assertEquals(concurrent.take(lineOf(deletion(4999), state, 0), 5001), "same");
  assertEquals(concurrent.take(lineOf(deletion(1), state, 0), 5002), undefined);
});

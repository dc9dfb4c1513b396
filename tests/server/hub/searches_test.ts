/**
 * Searches that run in turns.
 *
 * @module
 */
import { Searches } from "../../../server/hub/searches.ts";
import type { Session } from "../../../server/hub/session.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test("However many searches run at once, one step runs in a turn, and each search gets its result", () => {
  const turns: (() => void)[] = [];
  const searches = new Searches((run) => void turns.push(run));
  const found: unknown[] = [];
  let steps = 0;
  function* search(name: string, count: number): Generator<void, string> {
    for (; count > 1; count--) {
      steps++;
      yield;
    }
    steps++;
    return name;
  }
  const sessions = ["a", "b", "c"].map((name, index) => {
    const session = { closed: false, busy: undefined } as Session;
    searches.add(session, search(name, index + 1), (result) => found.push(result));
    return session;
  });
  assertEquals([found, steps], [["a"], 1]);
  for (let turn = 1; turns.length > 0; turn++) {
    turns.shift()!();
    assertEquals(steps, Math.min(1 + turn, 6));
  }
  assertEquals([found, sessions.map(({ busy }) => busy)], [["a", "b", "c"], [
    undefined,
    undefined,
    undefined,
  ]]);
  searches.add(sessions[0]!, search("again", 1), (result) => found.push(result));
  assertEquals(found.at(-1), "again", "at once where no other search runs");
});

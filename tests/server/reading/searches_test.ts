/**
 * Searches that run in turns.
 *
 * @module
 */
import { MAX_SEARCH_MS, SEARCH_SLICE_MS } from "../../../server/limits.ts";
import type { Enough } from "../../../server/history/mod.ts";
import { Searches } from "../../../server/reading/searches.ts";
import { Session } from "../../../server/sessions/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

/** Searches whose steps take as long as the test says, and a pause that the test ends. */
class TestSearches {
  now = 0;
  /** The lengths of all pauses so far, in milliseconds. */
  readonly pauses: number[] = [];
  /** The names of the searches, in the order of their steps. */
  readonly steps: string[] = [];
  /** What was found. */
  readonly found: unknown[] = [];
  /** How long each finished search has worked, in milliseconds. */
  readonly used: number[] = [];
  #resume: (() => void) | undefined;
  readonly #searches = new Searches({
    elapsed: () => this.now,
    pause: (ms, run) => {
      this.pauses.push(ms);
      this.#resume = run;
    },
  });

  /** Starts a search of some steps, which all take that long. */
  add(name: string, count: number, ms: number, address?: string): Session {
    const session = new Session(name, name, {
      address,
      flush: () => false,
      repliesQueued() {},
      authorSpoke() {},
      sessionEnded() {},
      historySent: () => {},
      searched: (used) => void this.used.push(used),
    }, 0);
    this.#searches.add(session, this.#run(name, count, ms), (found) => this.found.push(found));
    return session;
  }

  *#run(name: string, count: number, ms: number): Generator<void, string, Enough> {
    for (let step = 1;; step++) {
      this.steps.push(name);
      this.now += ms;
      if (step === count) return name;
      if ((yield) === true) return `${name}, ended after ${step}`;
    }
  }

  /** Ends the pause; returns false if there is none. */
  resume(): boolean {
    const run = this.#resume;
    this.#resume = undefined;
    run?.();
    return run !== undefined;
  }

  /** Ends pauses until there is none. */
  finish(): void {
    while (this.resume());
  }
}

Deno.test("However many searches run at once, one long step runs before each pause, and each gets its result", () => {
  const searches = new TestSearches();
  const sessions = ["a", "b", "c"].map((name, index) => searches.add(name, index + 1, SEARCH_SLICE_MS));
  assertEquals([searches.found, searches.steps.length], [["a"], 1]);
  for (let turn = 1; searches.resume(); turn++) assertEquals(searches.steps.length, Math.min(1 + turn, 6));
  assertEquals(searches.found, ["a", "b", "c"]);
  assertEquals(sessions.map(({ busy }) => busy), [undefined, undefined, undefined]);
  searches.add("again", 1, 1);
  assertEquals(searches.found.at(-1), "again", "at once where no other search runs");
});

Deno.test("A pause is as long as the steps before it", () => {
  const searches = new TestSearches();
  searches.add("a", 3, 7.5);
  assertEquals(searches.pauses, [8]);
  searches.finish();
  assertEquals(searches.pauses, [8, 8, 8]);
});

Deno.test("Many short requests share the time before one pause", () => {
  const searches = new TestSearches();
  for (let i = 0; i < 8; i++) searches.add(String(i), 1, SEARCH_SLICE_MS / 4);
  assertEquals([searches.found.length, searches.pauses.length], [4, 1]);
  searches.resume();
  assertEquals([searches.found.length, searches.pauses.length], [8, 2]);
});

Deno.test("Addresses take turns, however many searches each has; an IPv6 /48 and 127.0.0.0/8 count as one", () => {
  const searches = new TestSearches();
  searches.add("first", 1, 5, "192.0.2.9");
  for (const name of ["a", "b", "c"]) searches.add(name, 2, 5, `2001:db8:0:${name}::1`);
  searches.add("one", 3, 5, "192.0.2.1");
  searches.finish();
  assertEquals(searches.steps, ["first", "a", "one", "b", "one", "c", "one", "a", "b", "c"]);

  const local = new TestSearches();
  local.add("first", 1, 5, "192.0.2.9");
  for (const name of ["1", "2", "3"]) local.add(name, 2, 5, `127.0.0.${name}`);
  local.add("one", 3, 5, "192.0.2.1");
  local.finish();
  assertEquals(local.steps, ["first", "1", "one", "2", "one", "3", "one", "1", "2", "3"]);
});

Deno.test("A search that has worked for MAX_SEARCH_MS ends with what it found, and its client pays", () => {
  const searches = new TestSearches();
  searches.add("a", 1000, MAX_SEARCH_MS / 4);
  searches.finish();
  assertEquals(searches.found, ["a, ended after 4"]);
  assertEquals(searches.used, [MAX_SEARCH_MS]);
});

Deno.test("The search of a closed session does no more steps", () => {
  const searches = new TestSearches();
  const session = searches.add("a", 5, 5);
  session.closed = true;
  searches.finish();
  assertEquals([searches.steps, session.busy], [["a"], undefined]);
});

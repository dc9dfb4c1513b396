/**
 * Word boundaries, shown by a mark at every stop in a text.
 *
 * @module
 */
import { nextWordEnd, previousSpacedStart, previousWordStart } from "../../../client/editor/word.ts";
import { assertEquals } from "../../helpers/assert.ts";

/** Registers a test without permissions. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Marks with `|` every stop of moving forwards from the beginning. */
function forwards(text: string): string {
  const stops = [0];
  while (stops.at(-1)! < text.length) stops.push(nextWordEnd(text, stops.at(-1)!));
  return stops.map((stop, i) => text.slice(stops[i - 1] ?? 0, stop)).join("|").slice(1);
}

/** Marks with `|` every stop of moving backwards from the end. */
function backwards(text: string, step: (text: string, at: number) => number): string {
  const stops = [text.length];
  while (stops[0]! > 0) stops.unshift(step(text, stops[0]!));
  return stops.map((stop, i) => text.slice(stop, stops[i + 1])).join("|").slice(0, -1);
}

pure("Moving forwards stops at the ends of words", () => {
  assertEquals(forwards("hello, big  world!"), "hello|, big|  world|!");
  assertEquals(forwards("https://a.example/x_1?y=ž"), "https|://a|.example|/x_1|?y|=ž");
  assertEquals(forwards("one\ntwo"), "one|\ntwo");
  assertEquals(forwards("x".repeat(300)), "x".repeat(300));
  assertEquals(backwards("x".repeat(300), previousWordStart), "x".repeat(300));
  assertEquals(forwards("hi 👩‍👩‍👧 e\u0301t𝒜"), "hi| 👩‍👩‍👧 e\u0301t𝒜");
});

pure("Moving backwards stops at the beginnings of words", () => {
  assertEquals(backwards("hello, big  world!", previousWordStart), "hello, |big  |world!");
  assertEquals(backwards("  👍🏽 one\ntwo 𝒜b", previousWordStart), "  👍🏽 |one\n|two |𝒜b");
});

pure("In a script without spaces, a dictionary finds the words", () => {
  assertEquals(forwards("我喜欢北京。"), "我|喜欢|北京|。");
  assertEquals(backwards("我喜欢北京", previousWordStart), "我|喜欢|北京");
  assertEquals(forwards("漢字".repeat(300)).split("|").length, 300);
});

pure("Moving backwards by white space stops only after white space", () => {
  assertEquals(
    backwards("see https://a.example/x  ok?\n!", previousSpacedStart),
    "see |https://a.example/x  |ok?\n|!",
  );
});

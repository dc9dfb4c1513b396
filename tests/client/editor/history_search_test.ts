/**
 * The search in the input history with Ctrl-R: each test types keys and checks what the editor shows.
 *
 * @module
 */
import { viewOf } from "../../../client/editor/mod.ts";
import { loadWidths } from "../../../client/text/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { Typist } from "../../helpers/terminal/typist.ts";

await loadWidths();

/** Registers a test without permissions. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

const LINES = ["old words", "see you", "Words again", "see you", "other"];

pure("Ctrl-R finds the newest entry with a text, then older ones", () => {
  const typist = new Typist({ history: LINES }).type("draft").key("ctrl-r");
  assertEquals(typist.shows, "search '': draft|");
  assertEquals(typist.type("wor").shows, "search 'wor': Wor|ds again");
  assertEquals(viewOf(typist.state, "").match, { start: 0, end: 3 });
  assertEquals(typist.key("ctrl-r").shows, "search 'wor': old wor|ds");
  assertEquals(typist.key("ctrl-s").shows, "search 'wor': Wor|ds again");
  assertEquals(typist.takeOutcomes(), "");
});

pure("A longer query searches on from the match, a shorter one searches again from the newest entry", () => {
  const typist = new Typist({ history: LINES }).key("ctrl-r").type("e");
  assertEquals(typist.shows, "search 'e': othe|r");
  assertEquals(typist.type("e ").shows, "search 'ee ': see |you");
  assertEquals(typist.key("backspace backspace").shows, "search 'e': othe|r");
  assertEquals(typist.key("backspace backspace").shows, "search '': |");
});

pure("A search skips entries that are equal to the match", () => {
  const typist = new Typist({ history: ["see me", ...LINES] }).key("ctrl-r").type("see");
  assertEquals(typist.key("ctrl-r").shows, "search 'see': see| me");
});

pure("A query with a capital is case-sensitive, and special characters have no meaning in it", () => {
  assertEquals(new Typist({ history: LINES }).key("ctrl-r").type("W").shows, "search 'W': W|ords again");
  assertEquals(new Typist({ history: ["a.b", "axb"] }).key("ctrl-r").type("a.b").shows, "search 'a.b': a.b|");
  assertEquals(
    new Typist({ history: ["x(/-]^"] }).key("ctrl-r").type("(/-]^").shows,
    "search '(/-]^': x(/-]^|",
  );
});

pure("A search that finds nothing reports it and keeps its match", () => {
  const typist = new Typist({ history: LINES }).key("ctrl-r").type("wordx");
  assertEquals([typist.shows, typist.takeOutcomes()], ["not found 'wordx': Word|s again", "refused"]);
  assertEquals(typist.key("backspace").shows, "search 'word': Word|s again");
  assertEquals(typist.key("ctrl-r ctrl-r").shows, "not found 'word': old word|s");
  assertEquals(typist.takeOutcomes(), "refused");
});

pure("Enter submits the match, and the draft comes back", () => {
  const typist = new Typist({ history: LINES }).type("draft").key("ctrl-r").type("old").key("enter");
  assertEquals([typist.takeOutcomes(), typist.shows], ['submit "old words"', "draft|"]);
});

pure("Escape, Ctrl-G and Ctrl-C restore the text from before the search", () => {
  for (const key of ["escape", "ctrl-g", "ctrl-c"]) {
    const typist = new Typist({ history: LINES }).type("draft").key("left ctrl-r").type("old").key(key);
    assertEquals([typist.shows, typist.takeOutcomes()], ["draf|t", ""]);
  }
});

pure("Any other key accepts the match and edits it", () => {
  assertEquals(
    new Typist({ history: LINES }).key("ctrl-r").type("old").key("ctrl-e").type("!").shows,
    "old words!|",
  );
  assertEquals(new Typist({ history: LINES }).key("ctrl-r").type("old").key("left").shows, "ol|d words");
  assertEquals(new Typist({ history: LINES }).key("ctrl-r").type("old").paste("er").shows, "older| words");
  assertEquals(
    new Typist({ history: LINES }).type("x").key("ctrl-r").type("old").key("up down").shows,
    "see you|",
  );
  const typist = new Typist({ history: LINES }).type("draft").key("ctrl-r").type("old").key("right ctrl-_");
  assertEquals(typist.shows, "draft|");
});

pure("Ctrl-R in an empty search repeats the last query", () => {
  const typist = new Typist({ history: LINES }).key("ctrl-r").type("old").key("escape ctrl-r ctrl-r");
  assertEquals(typist.shows, "search 'old': old| words");
  assertEquals(typist.key("enter ctrl-r ctrl-r").shows, "search 'old': old| words");
});

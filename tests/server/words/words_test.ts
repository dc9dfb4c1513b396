/**
 * What a search finds: words of all scripts, by {@linkcode matches} and by the terms of an index.
 *
 * @module
 */
import fc from "fast-check";
import { indexTerms, matches, readSearch } from "../../../server/words/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { cases } from "../../helpers/fuzz.ts";
import { FOUND, NOT_FOUND } from "../../helpers/searches.ts";

function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Whether an index that splits as the tokenizer `ascii` of FTS5 has all terms. */
function hasTerms(match: string, message: string): boolean {
  const terms = new Set(indexTerms(message).toLowerCase().split(/(?:[^a-z0-9](?<=[\p{ASCII}]))+/u));
  return readSearch(match).terms.every((term) => terms.has(term));
}

for (const [what, message, match] of FOUND) {
  pure(`A search finds: ${what}`, () => {
    assert(matches(readSearch(match), message));
    assert(hasTerms(match, message), `${indexTerms(message)} has ${readSearch(match).terms}`);
    assert(matches(readSearch(message), message), "the message itself");
  });
}

for (const [what, message, match] of NOT_FOUND) {
  pure(`A search does not find: ${what}`, () => assert(!matches(readSearch(match), message)));
}

pure("A text without letters and digits has nothing to search for", () => {
  for (const text of ["", " ", "... -- !?", "\u{1f600}", "\u0640", "\u0301"]) {
    assertEquals(readSearch(text), { words: [], parts: [], terms: [] });
  }
});

pure("Repeated words count, so that their number is that of what was typed", () => {
  assertEquals(
    readSearch("a a \u6f22 \u6f22").words.length + readSearch("a a \u6f22 \u6f22").parts.length,
    4,
  );
});

const texts = fc.oneof(
  fc.string({ unit: "grapheme", maxLength: 40 }),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...FOUND.flatMap(([, message]) => [...message])), maxLength: 40 }),
);

pure("What matches has all terms, so that an index finds it; and every message matches its own text", () => {
  fc.assert(
    fc.property(texts, fc.nat(39), fc.nat(39), (text, from, length) => {
      const part = [...text].slice(from, from + length).join("");
      for (const match of [text, part]) {
        if (matches(readSearch(match), text)) assert(hasTerms(match, text), `${match} in ${text}`);
      }
      assert(matches(readSearch(text), text));
    }),
    cases(2000),
  );
});

pure("Any case and Unicode form finds the same", () => {
  fc.assert(
    fc.property(texts, (text) => {
      // An iota below a Greek vowel becomes a letter of its own in upper case.
      const capitals = /\u0345/.test(text.normalize("NFD")) ? text : text.toUpperCase();
      for (const other of [text.normalize("NFD"), text.normalize("NFC"), capitals]) {
        assert(matches(readSearch(other), text), `${other} in ${text}`);
        assert(matches(readSearch(text), other), `${text} in ${other}`);
      }
    }),
    cases(2000),
  );
});

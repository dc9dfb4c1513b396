/** What the page gets in place of libraries does the same as they do. */
import fc from "fast-check";
import { distance } from "fastest-levenshtein";
import * as valibot from "valibot";
import { distance as ownDistance } from "../../../tools/page/levenshtein.ts";
import * as own from "../../../tools/page/valibot.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

/** The functions of a library for schemas. */
// deno-lint-ignore no-explicit-any
type Library = Record<string, any>;

/** Makes a schema with all that the messages of a hub use. */
function schemaWith(v: Library) {
  const text = v.string("a string");
  const count = v.pipe(v.number("a count"), v.safeInteger("a count"), v.minValue(1, "a count"));
  const base = v.object({ text, count: v.exactOptional(count) }, "an object");
  return v.object({
    code: v.literal(7),
    ...base.entries,
    base: v.exactOptional(base),
    flag: v.exactOptional(v.boolean("true or false")),
    mode: v.exactOptional(v.picklist(["open", "private"], "open or private")),
    small: v.exactOptional(v.pipe(v.number("small"), v.finite("small"), v.maxValue(9, "small"))),
    name: v.exactOptional(v.pipe(v.string("a name"), v.minLength(1, "a name"), v.maxLength(3, "a name"))),
    even: v.exactOptional(v.pipe(v.number("even"), v.check((n: number) => n % 2 === 0, "even"))),
    list: v.exactOptional(v.array(v.object({ text, bases: v.array(base, "bases") }, "an item"), "a list")),
  });
}

/** Reads a value, and returns the value without unknown fields, or what is wrong and where. */
function read(v: Library, value: unknown): unknown {
  const result = v.safeParse(schemaWith(v), value, { abortEarly: true });
  if (result.success) return { output: result.output };
  const [issue] = result.issues;
  const expected = issue.input === undefined ? "given" : issue.message;
  return { expected, input: issue.input, at: v.getDotPath(issue) };
}

Deno.test("The page checks messages as valibot does, and says the same of what is wrong", () => {
  const values = fc.constantFrom<unknown>(
    null,
    true,
    7,
    0,
    -1,
    1.5,
    10,
    2 ** 53,
    "",
    "open",
    "longer",
    [],
    {},
    { text: "a" },
    { text: "a", count: 0 },
    { text: 1, unknown: 2 },
    [{ text: "a", bases: [{ text: "b", count: 3 }, { count: 1 }] }],
    [{ text: "a", bases: [] }, { text: "b", bases: [{ text: "c", more: 1 }] }],
  );
  const keys = ["base", "flag", "mode", "small", "name", "even", "list", "count", "text", "other"];
  const bodies = fc.tuple(
    // The code is right: it is what a schema is chosen by.
    fc.constantFrom({ code: 7, text: "a" }, { code: 7 }, {}),
    fc.dictionary(fc.constantFrom(...keys), values, { maxKeys: 4, noNullPrototype: true }),
  ).map(([base, more]) => ({ ...base, ...more }));
  let taken = 0;
  fc.assert(
    fc.property(bodies, (body) => {
      const result = read(own, body);
      assertEquals(result, read(valibot, body));
      taken += Number("output" in (result as object));
    }),
    { numRuns: 3000, seed: 1 },
  );
  assert(taken > 100 && taken < 2900, `${taken} of 3000 were taken`);
});

Deno.test("The page finds the edit distance of words as fastest-levenshtein does", () => {
  const words = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 8 });
  fc.assert(fc.property(words, words, (a, b) => {
    assertEquals(ownDistance(a, b), distance(a, b));
  }));
});

/**
 * Rows travel as JSON, and every value comes back as it was.
 *
 * @module
 */
import fc from "fast-check";
import { decodeState, encodeState } from "../../../server/replica/row_codec.ts";
import type { SqlRow, SqlValue } from "../../../server/sqlite/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";
import { cases } from "../../helpers/fuzz.ts";

const value: fc.Arbitrary<SqlValue> = fc.oneof(
  fc.constant(null),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.bigInt({ min: -3n, max: 3n }),
  fc.double({ noNaN: true }),
  fc.integer(),
  fc.string({ unit: "grapheme" }),
  fc.uint8Array(),
);
const row: fc.Arbitrary<SqlRow> = fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), value);

Deno.test("Every row comes back as it was, with what belongs to it and who wrote it", () => {
  fc.assert(
    fc.property(row, fc.array(row), fc.uuid(), fc.nat(), (row, keys, writer, write) => {
      const state = {
        writer,
        write,
        tree: { row: { ...row }, parts: { keys: keys.map((key) => ({ ...key })) } },
      };
      assertEquals(decodeState(encodeState(state)), state);
      assertEquals(decodeState(encodeState({ ...state, tree: undefined })), { ...state, tree: undefined });
    }),
    cases(300),
  );
});

Deno.test("What is no row is passed over, whoever wrote it", () => {
  for (
    const text of [
      "",
      "null",
      "[]",
      "{}",
      '{"by":1,"n":1}',
      '{"by":"x","n":1.5}',
      '{"by":"x","n":1,"row":{"a":{}}}',
      "\0",
    ]
  ) {
    assertEquals(decodeState(text), undefined, text);
  }
  fc.assert(fc.property(fc.json(), (text) => void decodeState(text)), cases(200));
});

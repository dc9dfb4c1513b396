/**
 * Rows travel as JSON, and every value comes back as it was.
 *
 * @module
 */
import fc from "fast-check";
import { decodeState, encodeState, unknownOf, withUnknown } from "../../../server/replica/row_codec.ts";
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

Deno.test("What a version does not know of a row is there again once that is added to what it knows", () => {
  const columns = fc.uniqueArray(fc.stringMatching(/^[a-z]$/), { maxLength: 6 });
  const withColumns = fc.record({ known: columns, all: columns });
  const only = (row: SqlRow, columns: readonly string[]): SqlRow =>
    Object.fromEntries(Object.entries(row).filter(([column]) => columns.includes(column)));
  fc.assert(
    fc.property(withColumns, fc.infiniteStream(value), fc.nat(4), (columns, values, count) => {
      const { known } = columns, all = [...new Set([...known, ...columns.all])];
      const make = () => Object.fromEntries(all.map((column) => [column, values.next().value!]));
      const part = Array.from({ length: count }, (_, id): SqlRow => ({ ...make(), id: BigInt(id) }));
      const whole = { row: make(), parts: { part, other: part } };
      const version = { row: known, parts: { part: { columns: [...known, "id"], key: ["id"] } } };
      const stored = {
        row: only(whole.row, known),
        parts: { part: part.map((row) => only(row, version.parts.part.columns)) },
      };
      const unknown = unknownOf(whole, version);
      const more = withUnknown(stored, unknown, version);
      assertEquals(more, count === 0 ? { ...whole, parts: { part, ...unknown && { other: [] } } } : whole);
      assertEquals(unknown === undefined, count === 0 && all.length === known.length);
      // A row that was removed here does not come back.
      assertEquals(withUnknown({ ...stored, parts: { part: [] } }, unknown, version).parts.part, []);
    }),
    cases(200),
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

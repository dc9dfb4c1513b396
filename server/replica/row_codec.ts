/**
 * Rows as JSON, with all values kept exactly: integers beyond 2^53, bytes, and real numbers that look like integers.
 *
 * A newer version may write more columns, and more rows that belong to a row. A hub keeps them beside the row, and
 * writes them again with its own changes of the row.
 *
 * A value of the state is a {@linkcode StateValue} as JSON: who wrote it, and the row, or none if it is removed.
 *
 * PURE.
 *
 * @module
 */
import { fromBase64, toBase64 } from "../../identity/mod.ts";
import type { RowTree, SqlRow, SqlValue } from "../sqlite/mod.ts";

/** A write of a row. */
export interface StateValue {
  /** The database of the hub that wrote it, by a random name that it keeps. */
  writer: string;
  /** The number of the write there. */
  write: number;
  /** The row; `undefined` if it is removed. */
  tree: RowTree | undefined;
}

/**
 * Encodes a write.
 *
 * @param value the write
 * @returns it as JSON
 */
export function encodeState({ writer, write, tree }: StateValue): string {
  const row = tree && encodeRow(tree.row);
  const parts = tree && encodeParts(tree.parts);
  return JSON.stringify({ by: writer, n: write, row, parts });
}

/**
 * Decodes a write.
 *
 * @param text the result of {@linkcode encodeState}; another version may have added fields
 * @returns the write; `undefined` if it is none
 */
export function decodeState(text: string): StateValue | undefined {
  try {
    const { by, n, row, parts = {} } = JSON.parse(text);
    if (typeof by !== "string" || !Number.isSafeInteger(n)) return undefined;
    if (row === undefined) return { writer: by, write: n, tree: undefined };
    return { writer: by, write: n, tree: { row: decodeRow(row), parts: decodeParts(parts) } };
  } catch {
    return undefined;
  }
}

/**
 * Names a write.
 *
 * @param value what was written
 * @returns a text that no other write has
 */
export function stampOf(value: string): string | undefined {
  const decoded = decodeState(value);
  return decoded && `${decoded.writer} ${decoded.write}`;
}

/** The columns of a table that a version knows. */
export interface KnownColumns {
  /** Those of its rows. */
  readonly row: readonly string[];
  /** Those of the rows in other tables that belong to a row, with those of their primary keys. */
  readonly parts: Readonly<Record<string, { columns: readonly string[]; key: readonly string[] }>>;
}

/**
 * Finds what a row has that a version does not know.
 *
 * @param tree the row
 * @param known what that version knows
 * @returns it as JSON; `undefined` if there is nothing
 */
export function unknownOf({ row, parts }: RowTree, known: KnownColumns): string | undefined {
  const rows: Record<string, SqlRow[]> = {}, tables: Record<string, readonly SqlRow[]> = {};
  for (const [table, all] of Object.entries(parts)) {
    const { columns, key } = known.parts[table] ?? {};
    if (columns === undefined) {
      tables[table] = all;
      continue;
    }
    rows[table] = all.filter((row) => hasMore(row, columns))
      .map((row) => pick(row, (column) => key!.includes(column) || !columns.includes(column)));
  }
  const isNothing = !hasMore(row, known.row) &&
    [...Object.values(rows), ...Object.values(tables)].every(({ length }) => length === 0);
  if (isNothing) return undefined;
  const more = pick(row, (column) => !known.row.includes(column));
  return JSON.stringify({ row: encodeRow(more), rows: encodeParts(rows), tables: encodeParts(tables) });
}

/**
 * Adds to a row what a version did not know of it.
 *
 * @param tree the row
 * @param unknown the result of {@linkcode unknownOf}
 * @param known what the version knows that has read the row
 * @returns the whole row
 */
export function withUnknown(
  { row, parts }: RowTree,
  unknown: string | undefined,
  known: KnownColumns,
): RowTree {
  if (unknown === undefined) return { row, parts };
  const more = JSON.parse(unknown);
  const rows = decodeParts(more.rows);
  const merged = Object.entries(parts).map(([table, all]) => {
    const key = known.parts[table]?.key ?? [];
    const nameOf = (row: SqlRow) => JSON.stringify(key.map((column) => encodeValue(row[column]!)));
    const byKey = new Map(rows[table]?.map((row) => [nameOf(row), row]));
    return [table, all.map((row) => ({ ...row, ...byKey.get(nameOf(row)) }))];
  });
  return {
    row: { ...row, ...decodeRow(more.row) },
    parts: { ...Object.fromEntries(merged), ...decodeParts(more.tables) },
  };
}

function hasMore(row: SqlRow, columns: readonly string[]): boolean {
  return Object.keys(row).some((column) => !columns.includes(column));
}

function pick(row: SqlRow, isPicked: (column: string) => boolean): SqlRow {
  return Object.fromEntries(Object.entries(row).filter(([column]) => isPicked(column)));
}

function encodeParts(parts: RowTree["parts"]): Record<string, Record<string, unknown>[]> {
  return Object.fromEntries(Object.entries(parts).map(([table, rows]) => [table, rows.map(encodeRow)]));
}

function decodeParts(parts: Record<string, Record<string, unknown>[]>): Record<string, SqlRow[]> {
  return Object.fromEntries(Object.entries(parts).map(([table, rows]) => [table, rows.map(decodeRow)]));
}

function encodeRow(row: SqlRow): Record<string, unknown> {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, encodeValue(value)]));
}

function decodeRow(row: Record<string, unknown>): SqlRow {
  return Object.fromEntries(Object.entries(row).map(([column, value]) => [column, decodeValue(value)]));
}

function encodeValue(value: SqlValue): unknown {
  if (typeof value === "bigint") {
    const number = Number(value);
    return Number.isSafeInteger(number) ? number : { int: String(value) };
  }
  if (typeof value === "number") {
    return Number.isFinite(value) && !Number.isInteger(value) ? value : { real: realText(value) };
  }
  return value instanceof Uint8Array ? { bytes: toBase64(value) } : value;
}

function decodeValue(value: unknown): SqlValue {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number") return Number.isInteger(value) ? BigInt(value) : value;
  if (typeof value === "object") {
    const { int, real, bytes } = value as { int?: string; real?: string; bytes?: string };
    if (typeof int === "string") return BigInt(int);
    if (typeof real === "string") return Number(real);
    const decoded = typeof bytes === "string" ? fromBase64(bytes) : undefined;
    if (decoded !== undefined) return decoded;
  }
  throw new TypeError("no value of a database");
}

function realText(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

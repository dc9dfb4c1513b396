/**
 * Rows as JSON, with all values kept exactly: integers beyond 2^53, bytes, and real numbers that look like integers.
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
  const parts = tree &&
    Object.fromEntries(Object.entries(tree.parts).map(([table, rows]) => [table, rows.map(encodeRow)]));
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
    const decoded = Object.entries(parts as Record<string, Record<string, unknown>[]>)
      .map(([table, rows]) => [table, rows.map(decodeRow)]);
    return { writer: by, write: n, tree: { row: decodeRow(row), parts: Object.fromEntries(decoded) } };
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

/**
 * Finds texts in the unused space of a database file: bytes that belong to no row, and are still there.
 *
 * With `PRAGMA secure_delete` SQLite overwrites rows that are deleted and pages that become free. But when rows move to
 * another page, as its neighbours have much space, the old page may keep a copy of them between its pointers and its
 * rows. Nothing in SQL shows that space, so the file is read, by the format of the pages of tables
 * (sqlite.org/fileformat2.html, 1.6).
 *
 * PURE.
 *
 * @module
 */

/** The first byte of a page that has rows of a table. */
const TABLE_LEAF = 0x0d;
/** The size of the header of such a page, in bytes, and of a pointer to a row. */
const LEAF_HEADER_BYTES = 8, POINTER_BYTES = 2;
/** The offsets in the header: the first free block, the number of rows, where the rows begin. */
const FREE_BLOCK_AT = 1, ROWS_AT = 3, CONTENT_AT = 5, FRAGMENTS_AT = 7;
/** The size of the link and the length at the beginning of a free block, in bytes. */
const BLOCK_HEADER_BYTES = 4;
/**
 * The lowest byte that counts as text. A pointer that is not used any more begins with a lower one, so two such bytes
 * in a row are no pointer.
 */
const MIN_TEXT_BYTE = 0x10;
/** How much of a row may be in its page, in bytes: the size of the page without this; the rest is elsewhere. */
const RESERVED_BYTES = 35;
/** The most bytes of an integer in a row. */
const MAX_VARINT_BYTES = 9;

/** A page with text in its unused space. */
export interface UncleanPage {
  /** The rowid of a row in the page that is there as a whole, the smallest one. */
  rowid: number;
  /** The bytes of that row. */
  row: Uint8Array;
  /** How many bytes of the page are unused. */
  unused: number;
}

/**
 * Finds the pages with text in their unused space.
 *
 * @param bytes whole pages of a database file, the first of which is not the first of the file
 * @param pageSize the size of a page, in bytes
 * @returns the pages that have a row by which they can be changed
 */
export function uncleanPages(bytes: Uint8Array, pageSize: number): UncleanPage[] {
  const found: UncleanPage[] = [];
  for (let start = 0; start + pageSize <= bytes.length; start += pageSize) {
    if (bytes[start] !== TABLE_LEAF) continue;
    const page = bytes.subarray(start, start + pageSize);
    const unused = textInUnusedSpace(page);
    const row = unused === undefined ? undefined : smallestRow(page);
    if (row !== undefined) found.push({ ...row, unused: unused! });
  }
  return found;
}

/** Returns how much of a page is unused if there is text in that; `undefined` if there is none. */
function textInUnusedSpace(page: Uint8Array): number | undefined {
  const from = LEAF_HEADER_BYTES + POINTER_BYTES * uint16(page, ROWS_AT);
  const to = uint16(page, CONTENT_AT) || 65_536;
  let hasText = isText(page, from, Math.min(to, page.length));
  let unused = to - from + page[FRAGMENTS_AT]!;
  for (let block = uint16(page, FREE_BLOCK_AT); block > 0;) {
    const size = uint16(page, block + 2);
    const next = uint16(page, block);
    hasText ||= isText(page, block + BLOCK_HEADER_BYTES, Math.min(block + size, page.length));
    unused += size;
    // The blocks are in ascending order; a page that is no page of a table may have anything.
    if (next <= block) break;
    block = next;
  }
  return hasText ? unused : undefined;
}

function isText(page: Uint8Array, from: number, to: number): boolean {
  for (let i = from + 1; i < to; i++) {
    if (page[i]! >= MIN_TEXT_BYTE && page[i - 1]! >= MIN_TEXT_BYTE) return true;
  }
  return false;
}

function smallestRow(page: Uint8Array): Pick<UncleanPage, "rowid" | "row"> | undefined {
  let smallest: Pick<UncleanPage, "rowid" | "row"> | undefined;
  for (let i = 0; i < uint16(page, ROWS_AT); i++) {
    const at = uint16(page, LEAF_HEADER_BYTES + POINTER_BYTES * i);
    const length = varint(page, at);
    const rowid = varint(page, length.next);
    const row = page.subarray(rowid.next, rowid.next + length.value);
    const isWhole = length.value <= page.length - RESERVED_BYTES && row.length === length.value;
    if (isWhole && row.length < (smallest?.row.length ?? Infinity)) smallest = { rowid: rowid.value, row };
  }
  return smallest;
}

function uint16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) << 8 | (bytes[at + 1] ?? 0);
}

/** Reads an integer of variable length; one above 2⁵³ loses precision. */
function varint(bytes: Uint8Array, at: number): { value: number; next: number } {
  let value = 0;
  for (let i = 0; i < MAX_VARINT_BYTES - 1; i++) {
    const byte = bytes[at + i] ?? 0;
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  return { value: value * 256 + (bytes[at + MAX_VARINT_BYTES - 1] ?? 0), next: at + MAX_VARINT_BYTES };
}

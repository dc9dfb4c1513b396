/**
 * For how long lines are kept, and how much space they may take: what `--keep` says.
 *
 * PURE, and without packages: it is loaded for `--help`.
 *
 * @module
 */

/** For how long and how much. */
export interface Keep {
  /** For how long a line is kept, in milliseconds; `Infinity` for ever. */
  readonly ms: number;
  /** How much space all of them may take, in bytes; `Infinity` for any. */
  readonly bytes: number;
}

/** What is kept unless anything else is said: what people look back for, on less than any disk has. */
export const DEFAULT_KEEP = "30d,1GiB";

/** What `--keep` must be, as it goes into "it must be …". */
export const KEEP_WANTED =
  'a time, a size or both, such as "30d,1GiB", "12h" or "500MiB" (w, d, h, m; KiB, MiB, GiB, TiB), or "forever"';

const UNITS: Record<string, { field: keyof Keep; size: number }> = {
  m: { field: "ms", size: 60_000 },
  h: { field: "ms", size: 3_600_000 },
  d: { field: "ms", size: 86_400_000 },
  w: { field: "ms", size: 604_800_000 },
  kib: { field: "bytes", size: 2 ** 10 },
  mib: { field: "bytes", size: 2 ** 20 },
  gib: { field: "bytes", size: 2 ** 30 },
  tib: { field: "bytes", size: 2 ** 40 },
};

/**
 * Reads what `--keep` says. What it does not name has no limit.
 *
 * @param text such as `30d,1GiB`
 * @returns for how long and how much; `undefined` where the text says nothing of the kind
 */
export function parseKeep(text: string): Keep | undefined {
  const keep: { -readonly [Field in keyof Keep]: number } = { ms: Infinity, bytes: Infinity };
  if (text.trim().toLowerCase() === "forever") return keep;
  for (const part of text.split(",")) {
    const [, digits, letters] = /^(\d{1,6})(\w{1,3})$/.exec(part.trim().toLowerCase()) ?? [];
    const unit = UNITS[letters ?? ""];
    const amount = Number(digits);
    if (unit === undefined || amount === 0 || keep[unit.field] !== Infinity) return undefined;
    keep[unit.field] = amount * unit.size;
  }
  return keep;
}

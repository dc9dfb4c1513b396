/**
 * The retention of the history: how long messages are stored, and in how much space. The value of `--keep`.
 *
 * PURE, and without packages: it is loaded for `--help`.
 *
 * @module
 */

/** The retention of the history. */
export interface Retention {
  /** How long a message is stored, in milliseconds; `Infinity` forever. */
  readonly ms: number;
  /** The maximum size of all messages, in bytes; `Infinity` for no limit. */
  readonly bytes: number;
}

/** The default: as far back as users look, and less space than any disk has. */
export const DEFAULT_RETENTION = "30d,1GiB";

/** The rule for `--keep`; completes "it must be …". */
export const RETENTION_RULE: string =
  'a time, a size of at least 1MiB, or both, such as "30d,1GiB", "12h" or "500MiB" (w, d, h, m; KiB, MiB, GiB, TiB), ' +
  'or "forever"';

/** The smallest size: an empty database with its indexes takes a sixth of it. */
const MIN_BYTES = 2 ** 20;

const UNITS: Record<string, { field: keyof Retention; size: number }> = {
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
 * Parses the value of `--keep`. A part that is not given has no limit.
 *
 * @param text such as `30d,1GiB`
 * @returns the retention; `undefined` if the text is invalid
 */
export function parseRetention(text: string): Retention | undefined {
  const retention: { -readonly [Field in keyof Retention]: number } = { ms: Infinity, bytes: Infinity };
  if (text.trim().toLowerCase() === "forever") return retention;
  for (const part of text.split(",")) {
    const [, digits, letters] = /^(\d{1,6})(\w{1,3})$/.exec(part.trim().toLowerCase()) ?? [];
    const unit = UNITS[letters ?? ""];
    const amount = Number(digits);
    if (unit === undefined || amount === 0 || retention[unit.field] !== Infinity) return undefined;
    retention[unit.field] = amount * unit.size;
    if (retention.bytes < MIN_BYTES) return undefined;
  }
  return retention;
}

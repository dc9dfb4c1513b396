/**
 * Parses durations such as `90s`, `5m` or `2h`.
 *
 * PURE.
 *
 * @module
 */

/** A text is not a valid duration. */
export class DurationError extends Error {
  /** As for any `Error`. */
  override readonly name = "DurationError";
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** The longest time that a timer can wait, in milliseconds. */
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Reads a duration that must have an end, such as that of an invite.
 *
 * @param text a number and `s`, `m`, `h` or `d`
 * @returns milliseconds, more than 0; `undefined` if the text is something else
 */
export function readSpan(text: string): number | undefined {
  const [, digits, unit] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const ms = Number(digits) * UNIT_MS[unit ?? ""]!;
  return ms > 0 && Number.isSafeInteger(ms) ? ms : undefined;
}

/**
 * Parses a duration.
 *
 * @param text a number of seconds, or a number and `s`, `m`, `h` or `d`
 * @param flag the flag whose value it is, for the error
 * @returns milliseconds; `Infinity` for `forever`
 * @throws {DurationError} if the text is not a valid duration
 */
export function parseDuration(text: string, flag: string): number {
  if (text === "forever") return Infinity;
  const [, digits, unit] = /^(\d{1,9})([smhd]?)$/.exec(text) ?? [];
  const ms = Number(digits) * UNIT_MS[unit || "s"]!;
  if (ms <= LONGEST_MS) return ms;
  throw new DurationError(
    `Cannot take ${flag} ${text}: it must be a time of at most 24d, such as 90s, 5m or 2h, or 0, or forever`,
  );
}

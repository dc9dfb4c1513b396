/**
 * Days, times of day, ages and durations as text.
 *
 * PURE. The texts are in English, whatever the locale. A hub may send any number as a time; a number outside the
 * calendar has no day.
 *
 * @module
 */
/** Returns the minutes that local time is ahead of UTC at a time in milliseconds since 1970. */
export type OffsetMinutes = (timestamp: number) => number;

const WEEKDAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];

/**
 * Formats the local day of a time.
 *
 * @param timestamp milliseconds since 1970, UTC
 * @param offsetMinutes the minutes that local time is ahead of UTC at a time
 * @returns such as `Tuesday 24 November 2026`; `undefined` for a time outside the calendar
 */
export function formatDay(timestamp: number, offsetMinutes: OffsetMinutes): string | undefined {
  const local = new Date(timestamp + offsetMinutes(timestamp) * 60_000);
  if (Number.isNaN(local.getTime())) return undefined;
  const weekday = WEEKDAYS[local.getUTCDay()];
  return `${weekday} ${local.getUTCDate()} ${MONTHS[local.getUTCMonth()]} ${local.getUTCFullYear()}`;
}

/**
 * Formats the local time of day.
 *
 * @param timestamp milliseconds since 1970, UTC
 * @param offsetMinutes the minutes that local time is ahead of UTC at a time
 * @returns such as `14:03`; `--:--` for a time outside the calendar
 */
export function formatTimeOfDay(timestamp: number, offsetMinutes: OffsetMinutes): string {
  const local = new Date(timestamp + offsetMinutes(timestamp) * 60_000);
  return Number.isNaN(local.getTime()) ? "--:--" : local.toISOString().match(/T(\d\d:\d\d)/)?.[1] ?? "--:--";
}

/**
 * Formats a time as the hub's log does.
 *
 * @param timestamp milliseconds since 1970, UTC
 * @returns such as `2026-11-23T14:03:07.000Z`; as wide, without digits, for a time outside the calendar
 */
export function formatIsoTime(timestamp: number): string {
  const time = new Date(timestamp);
  return Number.isNaN(time.getTime()) ? "----------T--:--:--.---Z" : time.toISOString();
}

const AGE_UNITS: readonly [ms: number, sign: string][] = [
  [365 * 86_400_000, "y"],
  [86_400_000, "d"],
  [3_600_000, "h"],
  [60_000, "m"],
];

/**
 * Formats an age in its largest unit.
 *
 * @param ms the age in milliseconds
 * @returns such as `2m`, `3h`, `4d` or `5y`; `now` for less than a minute and for a time in the future
 */
export function formatAge(ms: number): string {
  for (const [unit, sign] of AGE_UNITS) {
    if (ms >= unit) return `${Math.floor(ms / unit)}${sign}`;
  }
  return "now";
}

const DURATION_UNITS: readonly [ms: number, one: string][] = [
  [86_400_000, "day"],
  [3_600_000, "hour"],
  [60_000, "minute"],
  [1000, "second"],
];

/**
 * Formats a duration. Uses the largest unit of which it is a multiple, or of which it has at least 3 (then rounded).
 *
 * @param ms the duration in milliseconds
 * @returns such as `30 days`, `36 hours` or `1 minute`
 */
export function formatDuration(ms: number): string {
  const [unit, one] = DURATION_UNITS.find(([unit]) => ms >= unit && (ms % unit === 0 || ms >= 3 * unit)) ??
    [1000, "second"];
  const count = Math.max(1, Math.round(ms / unit));
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}

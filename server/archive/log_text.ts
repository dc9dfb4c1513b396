/**
 * Reads the value of `--since` and formats messages for `riftchat log`. PURE.
 *
 * @module
 */
import type { LineRecord } from "./record.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

/**
 * Reads the value of `--since`.
 *
 * @param text a duration, such as `2h`, or a day or time, such as `2026-11-23` or `2026-11-23T14:00`
 * @param now the time of day, in milliseconds since 1970
 * @returns the time, in milliseconds since 1970; `undefined` if the text is not valid
 */
export function readSince(text: string, now: number): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (unit !== undefined) return now - Number(amount) * UNIT_MS[unit]!;
  if (!/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)) return undefined;
  // A day without a time would be read as UTC.
  const moment = Date.parse(text.length === 10 ? `${text}T00:00` : text.replace(" ", "T"));
  return Number.isNaN(moment) ? undefined : moment;
}

/**
 * Control characters and invisible ones. A hub stores none, but another program may have changed the database.
 */
// deno-lint-ignore no-control-regex
const UNSAFE = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * Formats a message.
 *
 * @param line the message
 * @param offsetMinutes how far local time is ahead of UTC, in minutes
 * @returns a text such as `2026-11-23 14:03:07 #dev ana  hello`; further lines of the message are indented
 */
export function logText(
  { conversation, timestamp, username, to, message }: LineRecord,
  offsetMinutes: number,
): string {
  const local = new Date(timestamp + offsetMinutes * 60_000);
  const time = Number.isNaN(local.getTime())
    ? "---- -- --"
    : local.toISOString().slice(0, 19).replace("T", " ");
  const where = to === undefined ? `#${conversation} ${username}` : `@ ${username} > ${to}`;
  const [first = "", ...rest] = message.split("\n");
  return [`${time} ${where}  ${first}`, ...rest.map((text) => `${" ".repeat(19)} │ ${text}`)]
    .map((text) => text.replace(UNSAFE, "\ufffd") + "\n").join("");
}

/**
 * Reads the value of `--since` and formats messages for `riftchat log`. PURE.
 *
 * @module
 */
import { sanitize, sanitizeLines } from "../../runtime/mod.ts";
import type { LineRecord } from "./record.ts";

const UNIT_MS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const DAY = String.raw`(\d{4}-\d\d-\d\d)`;
const TIME = String.raw`(?:[01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,9})?)?`;
const ZONE = String.raw`(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)`;
const MOMENT = new RegExp(`^${DAY}(?:[T ](${TIME})(${ZONE}?))?$`);

/**
 * Reads the value of `--since` or `--until`.
 *
 * @param text a duration before now, such as `2h`; a day, such as `2026-11-23`; a local time, such as
 * `2026-11-23T14:00`; or a time as in the log of the hub, such as `2026-11-23T14:00:00.000Z`
 * @param now the time of day, in milliseconds since 1970
 * @returns the time, in milliseconds since 1970; `undefined` if the text is not valid, or there is no such day
 */
export function readTime(text: string, now: number): number | undefined {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  if (unit !== undefined) return now - Number(amount) * UNIT_MS[unit]!;
  const [, day, time = "00:00", zone = ""] = MOMENT.exec(text) ?? [];
  // `Date.parse` reads 30 February as 2 March.
  if (day === undefined || !new Date(`${day}T00:00Z`).toJSON()?.startsWith(day)) return undefined;
  const moment = Date.parse(`${day}T${time}${zone}`);
  return Number.isNaN(moment) ? undefined : moment;
}

/** A part of a line, and what it is. Its text is sanitized. */
export interface LogSpan {
  /** The text. */
  text: string;
  /** What it is: a time of day, a room, a name, or the text of a message. */
  style: "time" | "faint" | "name" | "plain";
}

/** How messages are formatted. */
export interface LogTextOptions {
  /** Whether the time is as in the log of the hub, such as `2026-11-23T14:03:07.000Z`. The default is `false`. */
  iso?: boolean;
  /** Whether a `~` is before the name of an author to whom it did not belong. The default is `false`. */
  marks?: boolean;
}

/**
 * Returns the start of every row of a message except the first.
 *
 * @param iso as in {@linkcode LogTextOptions}
 * @returns the gutter, with a space at its end
 */
export function logGutter(iso: boolean): string {
  return `${" ".repeat(iso ? 24 : 19)} │ `;
}

/**
 * Formats a message as lines: the first begins with the time, the others with the gutter.
 *
 * @param line the message
 * @param offsetMinutes how far local time is ahead of UTC, in minutes
 * @param options how it is formatted
 * @returns the lines, at least one
 */
export function logLines(
  line: LineRecord,
  offsetMinutes: number,
  { iso = false, marks = false }: LogTextOptions = {},
): LogSpan[][] {
  const { timestamp, username, to, verified, replyTo } = line;
  return textAfter(
    [
      ...placeSpans(line, timestamp, offsetMinutes, iso),
      ...(marks && !verified ? [{ text: "~", style: "faint" } as const] : []),
      nameSpan(username),
      ...(to === undefined ? [] : [{ text: " > ", style: "faint" } as const, nameSpan(to)]),
      ...(replyTo === undefined ? [] : [{ text: ` (reply to ${replyTo})`, style: "faint" } as const]),
    ],
    line,
    iso,
  );
}

/**
 * Formats what has become of a message, as {@linkcode logLines} formats messages.
 *
 * @param line the message in its last form
 * @param at when it was changed, in milliseconds since 1970
 * @param offsetMinutes how far local time is ahead of UTC, in minutes
 * @param options how it is formatted
 * @returns the lines, at least one
 */
export function changeLines(
  line: LineRecord,
  at: number,
  offsetMinutes: number,
  { iso = false }: LogTextOptions = {},
): LogSpan[][] {
  const { sequence, username, to, changedBy, deleted } = line;
  const star: LogSpan = { text: "* ", style: "plain" };
  const place = placeSpans(line, at, offsetMinutes, iso);
  const author = [
    nameSpan(username),
    ...to === undefined ? [] : [{ text: " > ", style: "faint" } as const, nameSpan(to)],
  ];
  if (deleted) {
    const who = changedBy === undefined ? { text: "the hub", style: "plain" } as const : nameSpan(changedBy);
    return [[...place, star, who, { text: ` deleted message ${sequence} of `, style: "plain" }, ...author]];
  }
  return textAfter(
    [...place, star, { text: `message ${sequence} of `, style: "plain" }, ...author, {
      text: " is now:",
      style: "plain",
    }],
    line,
    iso,
  );
}

/** The time, and the room or the sign of a direct message. */
function placeSpans(
  { conversation, to }: LineRecord,
  timestamp: number,
  offsetMinutes: number,
  iso: boolean,
): LogSpan[] {
  const local = new Date(iso ? timestamp : timestamp + offsetMinutes * 60_000);
  const time = Number.isNaN(local.getTime())
    ? "---- -- --"
    : iso
    ? local.toISOString()
    : local.toISOString().slice(0, 19).replace("T", " ");
  const room = to === undefined ? `#${conversation} ` : "@ ";
  return [{ text: `${time} `, style: "time" }, { text: sanitize(room), style: "faint" }];
}

/** A name. A hub stores no control characters, but another program may have changed the database. */
function nameSpan(name: string): LogSpan {
  return { text: sanitize(name), style: "name" };
}

/** Adds the text of a message to the start of its first line. */
function textAfter(start: readonly LogSpan[], line: LineRecord, iso: boolean): LogSpan[][] {
  const { message } = line;
  const [first = "", ...rest] = sanitizeLines(message);
  const lines: LogSpan[][] = [
    [...start, { text: `  ${first}`, style: "plain" }],
    ...rest.map((text): LogSpan[] => [{ text: logGutter(iso), style: "faint" }, { text, style: "plain" }]),
  ];
  const note = changeNote(line);
  if (note !== "") lines.at(-1)!.push({ text: message === "" ? note : ` ${note}`, style: "faint" });
  return lines;
}

/** Describes what was changed of a message, such as `(edited, +1: 3)`; empty if nothing was. */
function changeNote({ edited, deleted, reactions = [] }: LineRecord): string {
  const notes = [
    ...(deleted ? ["deleted"] : []),
    ...(edited === undefined ? [] : ["edited"]),
    ...reactions.map(({ reaction, by }) => `${sanitize(reaction)}: ${by.length}`),
  ];
  return notes.length === 0 ? "" : `(${notes.join(", ")})`;
}

/**
 * Formats lines as text without styles.
 *
 * @param lines the lines, such as of `2026-11-23 14:03:07 #dev ana  hello`
 * @returns the text, each line with its end
 */
export function plainText(lines: readonly LogSpan[][]): string {
  return lines.map((spans) => spans.map(({ text }) => text).join("") + "\n").join("");
}

/**
 * Formats a message for a terminal: time, name and text, or an action.
 *
 * PURE. A message that starts with `/me` is an action: `* ana waves`. A direct message names both users, whoever wrote
 * it: `ana → bo  hi`. No name has a space, so no other message looks like that. A number is in brackets, with which no
 * name starts: `[412] ana  hi`. After the text stands what has become of it: `(edited)`. The other lines have a gutter
 * below the name. A `~` is before the name of an author to whom it does not belong. A name with an unusual first
 * character is in `<>`, so no name makes a message look like a line of another kind.
 *
 * @module
 */
import { looksLikeSigns, type PastLine } from "../../protocol/mod.ts";
import {
  asciiName,
  expandTabs,
  findMentions,
  formatAge,
  formatTimeOfDay,
  type OffsetMinutes,
  sanitizeLines,
  sanitizeName,
  type Span,
  type StyledLine,
  widthOf,
} from "../text/mod.ts";
import type { Preferences } from "../config/mod.ts";
import { marksText } from "../changes/mod.ts";
import { UNOWNED } from "./hub_event.ts";

/** Below this width the gutter is at the left edge instead of below the name, to leave space for the text. */
const NARROW_COLUMNS = 40;

/** The minimum width of an age, so that names are aligned. */
const AGE_COLUMNS = 3;

/** How a message is formatted. */
export interface ChatLineOptions {
  /** What is shown before it: its time of day, its age or nothing. */
  readonly time: Preferences["time"];
  /** The time, in milliseconds since 1970. */
  readonly now: number;
  /** Returns the minutes that local time is ahead of UTC at a time. */
  readonly offsetMinutes: OffsetMinutes;
  /** The user's own name, whose mentions are highlighted. */
  readonly name: string;
  /** Whether the user wrote it. */
  readonly own: boolean;
  /** Whether the author is marked as one to whom the name does not belong. The default is `false`. */
  readonly unowned?: boolean | undefined;
  /** The width of the terminal in columns. */
  readonly columns: number;
  /** Whether the terminal shows ASCII only. */
  readonly ascii: boolean;
  /** The label of its target, shown before the author; `undefined` if it is not shown. */
  readonly target?: string | undefined;
  /** The addressee, if it is a direct message. */
  readonly to?: string | undefined;
  /** The width that names are padded to, in columns; 0 for no padding. */
  readonly nameColumns?: number | undefined;
  /** Whether its number is shown, if it has one. The default is `false`. */
  readonly numbered?: boolean | undefined;
}

/** A formatted message. */
export interface FormattedChatLine {
  /** Its lines, with their gutters. */
  readonly lines: readonly StyledLine[];
  /** The start of every further row, if a line is broken into rows. */
  readonly gutter: StyledLine;
  /** Whether it mentions the user; false for the user's own messages. */
  readonly mentioned: boolean;
}

/**
 * Formats a message.
 *
 * @param line a message of the hub
 * @param options see {@linkcode ChatLineOptions}
 * @returns see {@linkcode FormattedChatLine}
 */
export function formatChatLine(line: PastLine, options: ChatLineOptions): FormattedChatLine {
  const { name, own, columns, ascii } = options;
  const time = timeColumn(line.timestamp, options);
  const gutter: StyledLine = [{
    text: " ".repeat(columns < NARROW_COLUMNS ? 0 : time.length) + "│ ",
    style: "faint",
  }];
  const action = /^\/me (?=[^]*\S)/.test(line.message);
  const author: Span = { ...formatName(line.username, ascii), style: own ? "self" : "name" };
  const head: StyledLine = [
    { text: time, style: "time" },
    ...(options.numbered && line.sequence !== undefined ? [faint(`[${line.sequence}] `)] : []),
    ...(options.target === undefined ? [] : [faint(`${options.target} `)]),
    ...(action ? [plain("* ")] : []),
    ...(options.unowned ? [UNOWNED] : []),
    author,
    ...addresseeOf(options),
    plain(action ? " " : " ".repeat(2 + paddingOf(author.text, options))),
  ];
  const texts = sanitizeLines(action ? line.message.slice("/me ".length) : line.message).map(expandTabs);
  const bodies = texts.map((text) => own ? [plain(text)] : highlightMentions(text, name));
  const marks = marksText(line);
  if (marks !== "") bodies.at(-1)!.push(faint(line.deleted ? marks : ` ${marks}`));
  return {
    lines: bodies.map((body, i) => [...(i === 0 ? head : gutter), ...body]),
    gutter,
    mentioned: bodies.flat().some(({ style }) => style === "mention"),
  };
}

/**
 * Formats a name as one word that starts unlike any line of another kind.
 *
 * @param name a name from the hub
 * @param ascii whether the terminal shows ASCII only
 * @returns the text to write, and the name itself for its colour
 */
export function formatName(name: string, ascii: boolean): { text: string; name: string } {
  const shown = sanitizeName(name);
  const isWord = /^[\p{L}\p{N}_]/u.test(shown) && !looksLikeSigns(shown);
  const word = name === "" || isWord ? shown : `<${shown}>`;
  return { text: ascii ? asciiName(word) : word, name };
}

/** Formats the time by preference, with the space after it. */
function timeColumn(timestamp: number, { time, now, offsetMinutes }: ChatLineOptions): string {
  switch (time) {
    case "on":
      return formatTimeOfDay(timestamp, offsetMinutes) + " ";
    case "relative":
      return formatAge(now - timestamp).padStart(AGE_COLUMNS) + " ";
    case "off":
      return "";
  }
}

/** The addressee of a direct message, after its author. */
function addresseeOf({ to, ascii }: ChatLineOptions): Span[] {
  if (to === undefined) return [];
  return [{ text: " → ", style: "direct" }, { ...formatName(to, ascii), style: "name" }];
}

/** The number of spaces after a name, so that texts begin in a common column. */
function paddingOf(author: string, { to, nameColumns = 0, columns, unowned }: ChatLineOptions): number {
  if (to !== undefined || columns < NARROW_COLUMNS) return 0;
  return Math.max(0, nameColumns - widthOf(author) - (unowned ? UNOWNED.text.length : 0));
}

/** Splits a text into spans and highlights the mentions of a name. */
function highlightMentions(text: string, name: string): Span[] {
  const spans: Span[] = [];
  let at = 0;
  for (const { start, end } of findMentions(text, name)) {
    spans.push(plain(text.slice(at, start)), { text: text.slice(start, end), style: "mention" });
    at = end;
  }
  return [...spans, plain(text.slice(at))];
}

function faint(text: string): Span {
  return { text, style: "faint" };
}

function plain(text: string): Span {
  return { text, style: "plain" };
}

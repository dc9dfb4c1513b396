/**
 * What somebody says, as styled lines: time, name and text, or what somebody does.
 *
 * PURE. A message that begins with `/me` is an action: `* ana waves`. The further lines of a message stand behind a
 * gutter below the name. A name that does not begin as names do stands in `<>`, so that nobody can be called so that a
 * line looks like one of another kind.
 *
 * @module
 */
import type { ChatLine } from "../../protocol/mod.ts";
import {
  asciiName,
  expandTabs,
  findMentions,
  formatAge,
  type OffsetMinutes,
  sanitizeLines,
  sanitizeName,
  type Span,
  type StyledLine,
} from "../text/mod.ts";
import type { Preferences } from "../config/mod.ts";
import { timeOfDay } from "./transcript.ts";

/** Below this width the gutter stands at the left edge instead of under the name, so that there is room for words. */
const NARROW_COLUMNS = 40;

/** How wide an age is at least, so that names stand below each other. */
const AGE_COLUMNS = 3;

/** How a line is to be shown. */
export interface ChatLineOptions {
  /** What stands before it. */
  readonly time: Preferences["time"];
  /** The time, in milliseconds since 1970. */
  readonly now: number;
  /** Tells how the clocks of this place differ from UTC. */
  readonly offsetMinutes: OffsetMinutes;
  /** Whose mentions are set off. */
  readonly name: string;
  /** Whether it was said by oneself. */
  readonly own: boolean;
  /** How wide the terminal is, in columns. */
  readonly columns: number;
  /** Whether the terminal can show ASCII alone. */
  readonly ascii: boolean;
  /** Where it was said, before the author; nothing where that needs no word. */
  readonly target?: string | undefined;
  /** To whom it was said, where it was to one person and is shown among other lines. */
  readonly to?: string | undefined;
}

/** A line as it is to be shown. */
export interface ShownChatLine {
  /** Its lines, gutters included. */
  readonly lines: readonly StyledLine[];
  /** What stands before rows into which these are broken. */
  readonly gutter: StyledLine;
  /** Whether one is mentioned in it; nobody mentions oneself. */
  readonly mentioned: boolean;
}

/**
 * Shows what somebody says.
 *
 * @param line a line of a hub
 * @param options see {@linkcode ChatLineOptions}
 * @returns see {@linkcode ShownChatLine}
 */
export function showChatLine(line: ChatLine, options: ChatLineOptions): ShownChatLine {
  const { name, own, columns, ascii } = options;
  const time = timeColumn(line.timestamp, options);
  const gutter: StyledLine = [{
    text: " ".repeat(columns < NARROW_COLUMNS ? 0 : time.length) + "│ ",
    style: "faint",
  }];
  const action = /^\/me (?=[^]*\S)/.test(line.message);
  const author: Span = { ...showName(line.username, ascii), style: own ? "self" : "name" };
  const head: StyledLine = [
    { text: time, style: "time" },
    ...(options.target === undefined ? [] : [faint(`${options.target} `)]),
    ...(action
      ? [plain("* "), author, ...whom(options), plain(" ")]
      : [author, ...whom(options), plain("  ")]),
  ];
  const texts = sanitizeLines(action ? line.message.slice("/me ".length) : line.message).map(expandTabs);
  const bodies = texts.map((text) => own ? [plain(text)] : setOff(text, name));
  return {
    lines: bodies.map((body, i) => [...(i === 0 ? head : gutter), ...body]),
    gutter,
    mentioned: bodies.flat().some(({ style }) => style === "mention"),
  };
}

/**
 * Shows a name as one word that begins as no line of another kind does.
 *
 * @param name a name of a hub
 * @param ascii whether the terminal can show ASCII alone
 * @returns what is to be written, and the name itself for its colour
 */
export function showName(name: string, ascii: boolean): { text: string; name: string } {
  const shown = sanitizeName(name);
  const word = name === "" || /^[\p{L}\p{N}_]/u.test(shown) ? shown : `<${shown}>`;
  return { text: ascii ? asciiName(word) : word, name };
}

/** The time of a line as one wants it, with the space after it. */
function timeColumn(timestamp: number, { time, now, offsetMinutes }: ChatLineOptions): string {
  switch (time) {
    case "on":
      return timeOfDay(timestamp, offsetMinutes) + " ";
    case "relative":
      return formatAge(now - timestamp).padStart(AGE_COLUMNS) + " ";
    case "off":
      return "";
  }
}

/** Says that a line is for one person: by oneself to whom, to oneself that it is. */
function whom({ to, own, ascii }: ChatLineOptions): Span[] {
  if (to === undefined) return [];
  return own ? [faint(" → "), { ...showName(to, ascii), style: "name" }] : [faint(" (direct)")];
}

/** Sets mentions of a name off from the rest. */
function setOff(text: string, name: string): Span[] {
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

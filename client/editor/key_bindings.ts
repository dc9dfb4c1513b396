/**
 * The key bindings while the user types: which key runs which action.
 *
 * The bindings are data. `line_editor.ts` carries an action out.
 *
 * @module
 */
import { type CharacterKey, chordOf, type NamedKey } from "../keyboard/mod.ts";
import {
  clearOrRestore,
  type EditBuffer,
  erase,
  kill,
  moveTo,
  transpose,
  type,
  undo,
  yank,
  yankOlder,
} from "./edit_buffer.ts";
import { nextBoundary, previousBoundary } from "../text/mod.ts";
import { lineEnd, lineStart } from "./text_line.ts";
import { nextWordEnd, previousSpacedStart, previousWordStart } from "./word.ts";

/**
 * Actions that do not concern the line: `nextUnread` goes to the next room with unread messages, `back` to the room
 * before, `pageUp` shows older messages and `pageDown` the newest, `editMessage` changes a message that was sent.
 */
export type CallerAction = "nextUnread" | "back" | "pageUp" | "pageDown" | "editMessage";

/** What a key does while the user types. */
export type Action =
  /** Changes the text or moves the cursor. */
  | { readonly kind: "change"; readonly apply: (buffer: EditBuffer) => EditBuffer }
  /** Up and Down: to the row above (-1) or below (1), then to the older or newer entry of the history. */
  | { readonly kind: "vertical"; readonly step: 1 | -1 }
  /** Tab and Shift-Tab: to the next (1) or the previous (-1) candidate. */
  | { readonly kind: "complete"; readonly step: 1 | -1 }
  /** Alt and a digit: to the buffer with this number. */
  | { readonly kind: "goTo"; readonly number: number }
  /** Keys about rooms and earlier messages, which the caller handles. */
  | { readonly kind: CallerAction }
  /** The actions that need no parameter: `deleteOrEnd` is Ctrl-D, `clearOrInterrupt` is Ctrl-C. */
  | { readonly kind: "search" | "submit" | "clearOrInterrupt" | "deleteOrEnd" | "clearScreen" | "suspend" };

/** The bindings: one or more keys, with spaces between them, and their action. `key_help.ts` describes each. */
export const BINDINGS: readonly (readonly [chords: string, action: Action])[] = [
  ["left ctrl-b", move(previousBoundary)],
  ["right ctrl-f", move(nextBoundary)],
  ["home ctrl-a", move(lineStart)],
  ["end ctrl-e", move(lineEnd)],
  ["ctrl-home", move(() => 0)],
  ["ctrl-end", move((text) => text.length)],
  ["ctrl-left alt-left alt-b", move(previousWordStart)],
  ["ctrl-right alt-right alt-f", move(nextWordEnd)],
  ["up ctrl-p", { kind: "vertical", step: -1 }],
  ["down ctrl-n", { kind: "vertical", step: 1 }],

  ["backspace ctrl-h", eraseTo(previousBoundary)],
  ["delete", eraseTo(nextBoundary)],
  ["ctrl-w", killTo(previousSpacedStart)],
  ["alt-backspace ctrl-backspace ctrl-alt-h", killTo(previousWordStart)],
  ["alt-d ctrl-delete alt-delete", killTo(nextWordEnd)],
  ["ctrl-u", killTo((text, at) => edgeOrBeyond(lineStart(text, at), at, Math.max(at - 1, 0)))],
  ["ctrl-k", killTo((text, at) => edgeOrBeyond(lineEnd(text, at), at, Math.min(at + 1, text.length)))],
  ["ctrl-y", change(yank)],
  ["alt-y", change(yankOlder)],
  ["ctrl-t", change(transpose)],
  ["ctrl-_ ctrl-/", change(undo)],
  ["alt-enter shift-enter ctrl-enter ctrl-j ctrl-alt-j", change((buffer) => type(buffer, "\n"))],
  ["escape ctrl-[", change(clearOrRestore)],

  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((
    number,
  ): [string, Action] => [`alt-${number}`, { kind: "goTo", number }]),
  ["alt-a", { kind: "nextUnread" }],
  ["alt-0", { kind: "back" }],
  ["page-up", { kind: "pageUp" }],
  ["page-down", { kind: "pageDown" }],
  ["alt-e", { kind: "editMessage" }],
  ["tab ctrl-i", { kind: "complete", step: 1 }],
  ["shift-tab ctrl-shift-i", { kind: "complete", step: -1 }],
  ["ctrl-r", { kind: "search" }],
  ["enter ctrl-m", { kind: "submit" }],
  ["ctrl-c", { kind: "clearOrInterrupt" }],
  ["ctrl-d", { kind: "deleteOrEnd" }],
  ["ctrl-l", { kind: "clearScreen" }],
  ["ctrl-z", { kind: "suspend" }],
];

const ACTIONS: Readonly<Record<string, Action>> = Object.fromEntries(
  BINDINGS.flatMap(([chords, action]) => chords.split(" ").map((chord) => [chord, action] as const)),
);

/**
 * Finds the action of a key. A key with Shift that has no binding of its own does what it does without Shift.
 *
 * @param key a named key, or a character with a modifier
 * @returns the action, or `undefined` when the key has none
 */
export function actionFor(key: NamedKey | CharacterKey): Action | undefined {
  return ACTIONS[chordOf(key)] ?? ACTIONS[chordOf({ ...key, shift: false })];
}

/** From a position in a text to another. */
type Motion = (text: string, at: number) => number;

function move(motion: Motion): Action {
  return change((buffer) => moveTo(buffer, motion(buffer.text, buffer.cursor)));
}

function eraseTo(motion: Motion): Action {
  return change((buffer) => erase(buffer, ...ordered(buffer.cursor, motion(buffer.text, buffer.cursor))));
}

function killTo(motion: Motion): Action {
  return change((buffer) => kill(buffer, ...ordered(buffer.cursor, motion(buffer.text, buffer.cursor))));
}

function change(apply: (buffer: EditBuffer) => EditBuffer): Action {
  return { kind: "change", apply };
}

function ordered(one: number, other: number): [start: number, end: number] {
  return one < other ? [one, other] : [other, one];
}

/** At the edge of a line, a cut to the edge takes the line end beyond it. */
function edgeOrBeyond(edge: number, at: number, beyond: number): number {
  return edge === at ? beyond : edge;
}

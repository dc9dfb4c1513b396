/**
 * A text being edited: the text, where the cursor is, what can be undone and what was cut.
 *
 * Rules: a buffer never changes, every function returns another; the cursor is always between graphemes; every change
 * to the text can be undone; a run of typing, of deleting or of cutting counts as one where a person would say so.
 * Which key does what is for `line_editor.ts`. Positions are UTF-16 indices.
 *
 * @module
 */
import { boundaryAtOrAfter, nextBoundary, previousBoundary } from "../text/mod.ts";

/** How many changes can be undone; each holds only the characters it changed. */
export const MAX_UNDOS = 500;

/** How many cut texts are kept for pasting back. */
export const MAX_KILLS = 30;

/** One change of the text, with all that is needed to take it back. */
export interface Change {
  /** Where the text changed. */
  readonly at: number;
  /** What stood there before. */
  readonly removed: string;
  /** What stands there since. */
  readonly inserted: string;
  /** Where the cursor was before. */
  readonly cursor: number;
}

/** What the last key did, as far as the next one may go on with it. */
export type LastAction =
  | { readonly kind: "other" | "typed" | "erased" | "killed" }
  /** Pasted back the cut text number `index`, from `start` to the cursor. */
  | { readonly kind: "yanked"; readonly start: number; readonly index: number }
  /** Moved up or down, aiming for this column. */
  | { readonly kind: "vertical"; readonly column: number };

/** A text being edited. */
export interface EditBuffer {
  /** The text; its line ends are `\n`. */
  readonly text: string;
  /** Where the next character goes, from 0 to the length of the text. */
  readonly cursor: number;
  /** The changes that can be undone, oldest first. */
  readonly changes: readonly Change[];
  /** The texts that were cut, newest first. */
  readonly kills: readonly string[];
  /** What the last key did. */
  readonly last: LastAction;
}

const OTHER: LastAction = { kind: "other" };

/** Nothing typed, nothing to undo, nothing cut. */
export const EMPTY_BUFFER: EditBuffer = { text: "", cursor: 0, changes: [], kills: [], last: OTHER };

/**
 * Puts another text in, with nothing to undo; what was cut stays.
 *
 * @param buffer what was edited before
 * @param text the text; line ends of any kind
 * @returns the buffer with that text, the cursor at its end
 */
export function withText(buffer: EditBuffer, text: string): EditBuffer {
  const clean = withPlainLineEnds(text);
  return { text: clean, cursor: clean.length, changes: [], kills: buffer.kills, last: OTHER };
}

/**
 * Moves the cursor.
 *
 * @param buffer what is edited
 * @param cursor where to, from 0 to the length of the text; inside a grapheme counts as behind it
 * @param last what a following move up or down needs to know
 * @returns the buffer with its cursor there
 */
export function moveTo(buffer: EditBuffer, cursor: number, last: LastAction = OTHER): EditBuffer {
  return { ...buffer, cursor: boundaryAtOrAfter(buffer.text, cursor), last };
}

/**
 * Puts typed characters in at the cursor. A word and the white space after it are undone together.
 *
 * @param buffer what is edited
 * @param typed the characters
 * @returns the buffer with them, the cursor behind
 */
export function type(buffer: EditBuffer, typed: string): EditBuffer {
  const previous = buffer.changes.at(-1);
  const goesOn = buffer.last.kind === "typed" && previous !== undefined &&
    previous.at + previous.inserted.length === buffer.cursor &&
    !(/\s$/.test(previous.inserted) && /^\S/.test(typed));
  const changed = replace(buffer, buffer.cursor, buffer.cursor, typed, { kind: "typed" });
  if (!goesOn) return changed;
  const joined = { ...previous, inserted: previous.inserted + typed };
  return { ...changed, changes: [...buffer.changes.slice(0, -1), joined] };
}

/**
 * Puts other characters in the place of a part of the text, as one change.
 *
 * @param buffer what is edited
 * @param start where the part begins
 * @param end where the part ends; the same as `start` to only put something in
 * @param inserted what to put there; line ends of any kind
 * @param last what the next key may go on with
 * @returns the buffer, the cursor behind what was put in
 */
export function replace(
  buffer: EditBuffer,
  start: number,
  end: number,
  inserted: string,
  last: LastAction = OTHER,
): EditBuffer {
  const clean = withPlainLineEnds(inserted);
  if (start === end && clean === "") return { ...buffer, last };
  const change = {
    at: start,
    removed: buffer.text.slice(start, end),
    inserted: clean,
    cursor: buffer.cursor,
  };
  const text = buffer.text.slice(0, start) + clean + buffer.text.slice(end);
  return {
    text,
    cursor: boundaryAtOrAfter(text, start + clean.length),
    changes: [...buffer.changes.slice(1 - MAX_UNDOS), change],
    kills: buffer.kills,
    last,
  };
}

/**
 * Deletes a part of the text that begins or ends at the cursor. A run of deleting is undone together.
 *
 * @param buffer what is edited
 * @param start where the part begins
 * @param end where the part ends
 * @returns the buffer without it, the cursor where it was
 */
export function erase(buffer: EditBuffer, start: number, end: number): EditBuffer {
  if (start === end) return { ...buffer, last: OTHER };
  const changed = replace(buffer, start, end, "", { kind: "erased" });
  const previous = buffer.changes.at(-1);
  if (buffer.last.kind !== "erased" || previous === undefined) return changed;
  const removed = buffer.text.slice(start, end);
  let joined: Change;
  if (end === previous.at) joined = { ...previous, at: start, removed: removed + previous.removed };
  else if (start === previous.at) joined = { ...previous, removed: previous.removed + removed };
  else return changed;
  return { ...changed, changes: [...buffer.changes.slice(0, -1), joined] };
}

/**
 * Cuts a part of the text that begins or ends at the cursor. Parts that are cut one after the other come back as one.
 *
 * @param buffer what is edited
 * @param start where the part begins
 * @param end where the part ends
 * @returns the buffer without it, the part among its cut texts
 */
export function kill(buffer: EditBuffer, start: number, end: number): EditBuffer {
  if (start === end) return buffer;
  const cut = buffer.text.slice(start, end);
  let kills: readonly string[];
  if (buffer.last.kind === "killed") {
    const [before = "", ...older] = buffer.kills;
    kills = [start < buffer.cursor ? cut + before : before + cut, ...older];
  } else {
    kills = withKill(buffer, cut).kills;
  }
  return { ...replace(buffer, start, end, "", { kind: "killed" }), kills };
}

/**
 * Keeps a text as if it had been cut.
 *
 * @param buffer what is edited
 * @param text what to keep
 * @returns the buffer with the text as the newest of those cut
 */
export function withKill(buffer: EditBuffer, text: string): EditBuffer {
  return { ...buffer, kills: [text, ...buffer.kills].slice(0, MAX_KILLS) };
}

/**
 * Pastes the text back that was cut last.
 *
 * @param buffer what is edited
 * @returns the buffer with it at the cursor; the same where nothing was cut
 */
export function yank(buffer: EditBuffer): EditBuffer {
  return yankAt(buffer, buffer.cursor, 0);
}

/**
 * Takes the cut text that was just pasted back for the one cut before it.
 *
 * @param buffer what is edited
 * @returns the buffer with the older text; the same where the last key did not paste a cut text back
 */
export function yankOlder(buffer: EditBuffer): EditBuffer {
  if (buffer.last.kind !== "yanked") return buffer;
  const { start, index } = buffer.last;
  return yankAt(undo(buffer), start, (index + 1) % buffer.kills.length);
}

function yankAt(buffer: EditBuffer, start: number, index: number): EditBuffer {
  const text = buffer.kills[index];
  return text === undefined ? buffer : replace(buffer, start, start, text, { kind: "yanked", start, index });
}

/**
 * Swaps the graphemes on both sides of the cursor and steps over them; at the end of a line, the two before it.
 *
 * @param buffer what is edited
 * @returns the buffer; the same where there are no two on this line
 */
export function transpose(buffer: EditBuffer): EditBuffer {
  const { text, cursor } = buffer;
  const atEnd = cursor === text.length || text[cursor] === "\n";
  const middle = atEnd ? previousBoundary(text, cursor) : cursor;
  if (middle === 0 || text[middle] === "\n") return buffer;
  const start = previousBoundary(text, middle);
  const end = nextBoundary(text, middle);
  if (text[start] === "\n") return buffer;
  return replace(buffer, start, end, text.slice(middle, end) + text.slice(start, middle));
}

/**
 * Takes the last change back.
 *
 * @param buffer what is edited
 * @returns the buffer as it was before, but for what was cut; the same where there is nothing to undo
 */
export function undo(buffer: EditBuffer): EditBuffer {
  const change = buffer.changes.at(-1);
  if (change === undefined) return buffer;
  const { at, removed, inserted, cursor } = change;
  return {
    text: buffer.text.slice(0, at) + removed + buffer.text.slice(at + inserted.length),
    cursor,
    changes: buffer.changes.slice(0, -1),
    kills: buffer.kills,
    last: OTHER,
  };
}

function withPlainLineEnds(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

/**
 * The edit buffer: a text with its cursor, its changes for undo, and the cut texts.
 *
 * Rules:
 * - A buffer is immutable; every function returns a new one.
 * - The cursor is always between graphemes.
 * - Every change of the text can be undone. Undo treats a typed word, a run of deletions or a run of cuts as one
 *   change.
 *
 * Positions are UTF-16 indices. The keys are in `key_bindings.ts`.
 *
 * @module
 */
import { boundaryAtOrAfter, nextBoundary, previousBoundary } from "../text/mod.ts";

/** The most changes to undo; each stores only the characters it changed. */
export const MAX_UNDOS = 500;

/** The most cut texts to store for pasting. */
export const MAX_KILLS = 30;

/** One change of the text, with everything that undo needs. */
export interface Change {
  /** Position of the change. */
  readonly at: number;
  /** The text there before the change. */
  readonly removed: string;
  /** The text there after the change. */
  readonly inserted: string;
  /** Position of the cursor before the change. */
  readonly cursor: number;
}

/** What the last key did, when the next key may continue it. */
export type LastAction =
  | { readonly kind: "other" | "typed" | "erased" | "killed" }
  /** Pasted the cut text number `index`, from `start` to the cursor. */
  | { readonly kind: "yanked"; readonly start: number; readonly index: number }
  /** Cleared the text with Escape or Ctrl-C; the next Escape brings it back. */
  | { readonly kind: "cleared" }
  /** A text came back whole; what is typed next replaces it. */
  | { readonly kind: "returned" }
  /** Moved up or down, towards this column. */
  | { readonly kind: "vertical"; readonly column: number };

/** A text being edited. */
export interface EditBuffer {
  /** The text; its line ends are `\n`. */
  readonly text: string;
  /** Position of the cursor, from 0 to the length of the text. */
  readonly cursor: number;
  /** The changes that can be undone, oldest first. */
  readonly changes: readonly Change[];
  /** The cut texts, newest first. */
  readonly kills: readonly string[];
  /** What the last key did. */
  readonly last: LastAction;
}

const OTHER: LastAction = { kind: "other" };

/** An empty buffer: no text, nothing to undo, nothing cut. */
export const EMPTY_BUFFER: EditBuffer = { text: "", cursor: 0, changes: [], kills: [], last: OTHER };

/**
 * Replaces the whole text, with nothing to undo. The cut texts stay.
 *
 * @param buffer the previous buffer
 * @param text the new text, with line ends of any kind
 * @returns the buffer with this text, and the cursor at its end
 */
export function withText(buffer: EditBuffer, text: string): EditBuffer {
  const clean = withNormalizedLineEnds(text);
  return { text: clean, cursor: clean.length, changes: [], kills: buffer.kills, last: OTHER };
}

/**
 * Moves the cursor.
 *
 * @param buffer the buffer
 * @param cursor the new position, from 0 to the length of the text; a position inside a grapheme becomes its end
 * @param last what a following move up or down needs
 * @returns the buffer with the cursor there
 */
export function moveTo(buffer: EditBuffer, cursor: number, last: LastAction = OTHER): EditBuffer {
  return { ...buffer, cursor: boundaryAtOrAfter(buffer.text, cursor), last };
}

/**
 * Puts a text that comes back in place of the whole text. What is typed or pasted next replaces it.
 *
 * @param buffer the buffer
 * @param text the text
 * @returns the buffer with this text, and the cursor at its end
 */
export function withReturned(buffer: EditBuffer, text: string): EditBuffer {
  return replace(buffer, 0, buffer.text.length, text, { kind: "returned" });
}

/**
 * Inserts typed characters at the cursor, or in place of a text that has just come back. Undo removes a word together
 * with the white space after it.
 *
 * @param buffer the buffer
 * @param typed the characters
 * @returns the buffer with the characters, and the cursor after them
 */
export function type(buffer: EditBuffer, typed: string): EditBuffer {
  if (buffer.last.kind === "returned") {
    return replace(buffer, 0, buffer.text.length, typed, { kind: "typed" });
  }
  const previous = buffer.changes.at(-1);
  const continues = buffer.last.kind === "typed" && previous !== undefined &&
    previous.at + previous.inserted.length === buffer.cursor &&
    !(/\s$/.test(previous.inserted) && /^\S/.test(typed));
  const changed = replace(buffer, buffer.cursor, buffer.cursor, typed, { kind: "typed" });
  if (!continues) return changed;
  const joined = { ...previous, inserted: previous.inserted + typed };
  return { ...changed, changes: [...buffer.changes.slice(0, -1), joined] };
}

/**
 * Replaces a part of the text, as one change.
 *
 * @param buffer the buffer
 * @param start where the part begins
 * @param end where the part ends; equal to `start` to insert only
 * @param inserted the new text, with line ends of any kind
 * @param last what the next key may continue
 * @returns the buffer, with the cursor after the new text
 */
export function replace(
  buffer: EditBuffer,
  start: number,
  end: number,
  inserted: string,
  last: LastAction = OTHER,
): EditBuffer {
  const clean = withNormalizedLineEnds(inserted);
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
 * Deletes a part of the text that begins or ends at the cursor. Undo restores a run of deletions together.
 *
 * @param buffer the buffer
 * @param start where the part begins
 * @param end where the part ends
 * @returns the buffer without the part, and the cursor in its place
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
 * Cuts a part of the text that begins or ends at the cursor. Parts that are cut in a row become one cut text.
 *
 * @param buffer the buffer
 * @param start where the part begins
 * @param end where the part ends
 * @returns the buffer without the part, and the part in its cut texts
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
 * Adds a text to the cut texts, as if it had been cut.
 *
 * @param buffer the buffer
 * @param text the text to add
 * @returns the buffer with the text as its newest cut text
 */
export function withKill(buffer: EditBuffer, text: string): EditBuffer {
  return { ...buffer, kills: [text, ...buffer.kills].slice(0, MAX_KILLS) };
}

/**
 * Pastes the newest cut text.
 *
 * @param buffer the buffer
 * @returns the buffer with the text at the cursor; unchanged when nothing was cut
 */
export function yank(buffer: EditBuffer): EditBuffer {
  return yankAt(buffer, buffer.cursor, 0);
}

/**
 * Replaces the cut text that was just pasted by the one cut before it.
 *
 * @param buffer the buffer
 * @returns the buffer with the older text; unchanged when the last key did not paste a cut text
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
 * Swaps the graphemes before and after the cursor and moves past them. At the end of a line it swaps the two before it.
 *
 * @param buffer the buffer
 * @returns the buffer; unchanged when the line has no two graphemes there
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
 * Clears the text, or brings back what was just cleared.
 *
 * @param buffer the buffer
 * @returns the buffer without its text; with the text again when the last key cleared it
 */
export function clearOrRestore(buffer: EditBuffer): EditBuffer {
  return buffer.text === "" && buffer.last.kind === "cleared" ? undo(buffer) : clear(buffer);
}

/**
 * Clears the text.
 *
 * @param buffer the buffer
 * @returns the buffer without its text
 */
export function clear(buffer: EditBuffer): EditBuffer {
  return buffer.text === "" ? buffer : replace(buffer, 0, buffer.text.length, "", { kind: "cleared" });
}

/**
 * Undoes the last change.
 *
 * @param buffer the buffer
 * @returns the buffer before the change, with the present cut texts; unchanged when there is nothing to undo
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

function withNormalizedLineEnds(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

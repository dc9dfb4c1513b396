/**
 * The line editor: (state, key) → state, and an outcome where the key asks for more than editing.
 *
 * Rules: a state never changes, {@linkcode step} returns another; the cost of a key does not grow with the length of
 * the text, but for copying it; nothing typed is lost without a way back: what Escape and Ctrl-C clear can be undone,
 * what a paste question discards can be pasted back with Ctrl-Y, and drafts stay while one looks through the history.
 * Screen, files, clock and what can be completed are the owner's.
 *
 * Longer than most files, as it holds every key there is; what the keys do to the text is in `edit_buffer.ts`.
 *
 * @module
 */
import { complete, type Completer, type Completion, type CompletionCycle, cycleHint } from "./completion.ts";
import {
  type EditBuffer,
  EMPTY_BUFFER,
  erase,
  kill,
  moveTo,
  replace,
  transpose,
  type,
  undo,
  withKill,
  withText,
  yank,
  yankOlder,
} from "./edit_buffer.ts";
import { boundariesAfter, nextBoundary, previousBoundary } from "../text/mod.ts";
import { type HistoryMatch, searchHistory, withEntry } from "./input_history.ts";
import type { InputView } from "./input_view.ts";
import { type CharacterKey, chordOf, type Key, type NamedKey } from "../keyboard/mod.ts";
import { asksBeforeSending, pasteQuestion } from "./paste_question.ts";
import { columnOf, lineEnd, lineStart, positionAt } from "./text_line.ts";
import { nextWordEnd, previousSpacedStart, previousWordStart } from "./word.ts";

/** Typing, and going round among candidates of a completion. */
export interface EditMode {
  /** Tells this from the other modes. */
  readonly kind: "edit";
  /** The choice that the next Tab goes on with. */
  readonly cycle?: CompletionCycle;
}

/** Looking for a line typed before, with Ctrl-R. */
export interface SearchMode {
  /** Tells this from the other modes. */
  readonly kind: "search";
  /** What is looked for. */
  readonly query: string;
  /** What is shown; the text from before the search where it is missing. */
  readonly match?: HistoryMatch;
  /** Whether the last key found nothing more. */
  readonly failed: boolean;
}

/** Asking what to do with a long paste. */
export interface AskMode {
  /** Tells this from the other modes. */
  readonly kind: "ask";
  /** The paste, which is not in the text yet. */
  readonly paste: string;
}

/** Everything the editor knows. */
export interface EditorState {
  /** The text being edited; in a search, the text from before it. */
  readonly buffer: EditBuffer;
  /** Lines typed before, oldest first. */
  readonly history: readonly string[];
  /** Which of them is being edited, as an index; the length of the history for a new line. */
  readonly target: number;
  /** Texts of other places that were changed or begun and not submitted: among them the draft of the new line. */
  readonly drafts: ReadonlyMap<number, string>;
  /** What keys mean just now. */
  readonly mode: EditMode | SearchMode | AskMode;
  /** What was looked for last; an empty search looks for it again. */
  readonly lastQuery: string;
  /** Whether this is a password: shown as stars, in no history, not completed. */
  readonly secret: boolean;
}

/** What a key asks of the owner. */
export type Outcome =
  /** The person is done with this text; the editor holds a new, empty line. */
  | { readonly kind: "submit"; readonly text: string }
  /** Ctrl-C with nothing to clear. */
  | { readonly kind: "interrupt" }
  /** Ctrl-D with nothing to delete. */
  | { readonly kind: "end" }
  /** Ctrl-Z: stop the program until it is continued. */
  | { readonly kind: "suspend" }
  /** Ctrl-L: leave nothing on the screen but the input. */
  | { readonly kind: "clearScreen" }
  /** A long paste came; the editor asks by itself and takes the answer. */
  | { readonly kind: "askPaste"; readonly text: string }
  /** Alt and a digit, or Tab on a number: go to the place of that number. */
  | { readonly kind: "goTo"; readonly number: number }
  /** The key could do nothing, as there is nothing to complete or nothing found. */
  | { readonly kind: "refused" };

/** What a key led to. */
export interface Step {
  /** The editor from now on. */
  readonly state: EditorState;
  /** What the owner has to do, if anything. */
  readonly outcome?: Outcome;
}

/** What the editor is told from outside. */
export interface EditorOptions {
  /** Says what can be completed; nothing can if not given. */
  readonly complete?: Completer;
  /** How many places there are to go to, numbered from 1; none if not given. */
  readonly buffers?: number;
  /** Whether to ask before a paste goes into the text; if not given, for more than 3 lines or 1 KiB. */
  readonly asksForPaste?: (text: string) => boolean;
  /** Whether a submitted line goes into the history; if not given, every one does. */
  readonly remembers?: (text: string) => boolean;
}

const EDIT: EditMode = { kind: "edit" };

/**
 * Makes an editor with an empty line.
 *
 * @param options `history`: the lines typed before, oldest first; `secret`: whether a password is typed
 * @returns its first state
 */
export function newEditor(
  options: { readonly history?: readonly string[]; readonly secret?: boolean } = {},
): EditorState {
  const { history = [], secret = false } = options;
  return {
    buffer: EMPTY_BUFFER,
    history,
    target: history.length,
    drafts: new Map(),
    mode: EDIT,
    lastQuery: "",
    secret,
  };
}

/**
 * Puts a text on a new line, such as one that could not be sent.
 *
 * @param state the editor
 * @param text the text to edit
 * @returns the editor with it, the cursor at its end; what stood there before can be undone
 */
export function withDraft(state: EditorState, text: string): EditorState {
  return { ...freshLine(state), buffer: replace(state.buffer, 0, state.buffer.text.length, text) };
}

/**
 * Does what a key says.
 *
 * @param state the editor
 * @param key the key; focus and unknown ones change nothing
 * @param options what the editor is told from outside
 * @returns the editor from now on, and what the owner has to do
 * @example
 * ```ts
 * const { state, outcome } = step(newEditor(), { kind: "text", text: "hello" });
 * // state.buffer.text === "hello", outcome === undefined
 * ```
 */
export function step(state: EditorState, key: Key, options: EditorOptions = {}): Step {
  if (key.kind === "focus" || key.kind === "unknown") return { state };
  switch (state.mode.kind) {
    case "edit":
      return edit(state, key, options);
    case "search":
      return search(state, state.mode, key, options);
    case "ask":
      return answer(state, state.mode, key, options);
  }
}

/**
 * Says what is to be seen.
 *
 * @param state the editor
 * @param prompt what stands before a line; a search and a question have their own
 * @returns the input
 */
export function viewOf(state: EditorState, prompt: string): InputView {
  const { buffer, mode } = state;
  switch (mode.kind) {
    case "ask":
      return { ...pasteQuestion(mode.paste, messageWith(buffer, mode.paste)), text: "", cursor: 0 };
    case "search": {
      const shown = `${mode.failed ? "not found" : "search"} '${mode.query}': `;
      if (mode.match === undefined) return { prompt: shown, text: buffer.text, cursor: buffer.cursor };
      const { index, start, end } = mode.match;
      return { prompt: shown, text: state.history[index]!, cursor: end, match: { start, end } };
    }
  }
  if (state.secret) {
    const stars = starsFor(buffer.text.slice(0, buffer.cursor));
    return { prompt, text: stars + starsFor(buffer.text.slice(buffer.cursor)), cursor: stars.length };
  }
  const view = { prompt, text: buffer.text, cursor: buffer.cursor };
  return mode.cycle === undefined ? view : { ...view, hint: cycleHint(mode.cycle) };
}

/** One for each grapheme. */
function starsFor(text: string): string {
  return "*".repeat([...boundariesAfter(text, 0)].length);
}

function edit(state: EditorState, key: Key, options: EditorOptions): Step {
  switch (key.kind) {
    case "text":
      return edited(state, type(state.buffer, key.text));
    case "paste":
      return paste(state, key.text, options);
    case "named":
    case "character": {
      const command = commandFor(key);
      return command === undefined ? { state } : command(state, options);
    }
    default:
      return { state };
  }
}

/** What a key does while typing. */
type Command = (state: EditorState, options: EditorOptions) => Step;

/** The keys by name; one with Shift that is not here does the same as without. */
const COMMANDS: Readonly<Record<string, Command>> = byChord([
  ["left ctrl-b", moving(previousBoundary)],
  ["right ctrl-f", moving(nextBoundary)],
  ["home ctrl-a", moving(lineStart)],
  ["end ctrl-e", moving(lineEnd)],
  ["ctrl-home", moving(() => 0)],
  ["ctrl-end", moving((text) => text.length)],
  ["ctrl-left alt-left alt-b", moving(previousWordStart)],
  ["ctrl-right alt-right alt-f", moving(nextWordEnd)],
  ["up ctrl-p", (state) => vertical(state, -1)],
  ["down ctrl-n", (state) => vertical(state, 1)],

  ["backspace ctrl-h", erasing(previousBoundary)],
  ["delete", erasing(nextBoundary)],
  ["ctrl-w", killing(previousSpacedStart)],
  ["alt-backspace ctrl-backspace ctrl-alt-h", killing(previousWordStart)],
  ["alt-d ctrl-delete alt-delete", killing(nextWordEnd)],
  ["ctrl-u", killing((text, at) => toLineEdge(lineStart(text, at), at, Math.max(at - 1, 0)))],
  ["ctrl-k", killing((text, at) => toLineEdge(lineEnd(text, at), at, Math.min(at + 1, text.length)))],
  ["ctrl-y", changing(yank)],
  ["alt-y", changing(yankOlder)],
  ["ctrl-t", changing(transpose)],
  ["ctrl-_ ctrl-/", changing(undo)],
  ["alt-enter shift-enter ctrl-enter ctrl-j ctrl-alt-j", changing((buffer) => type(buffer, "\n"))],
  ["escape ctrl-[", changing((buffer) => replace(buffer, 0, buffer.text.length, ""))],

  ...[1, 2, 3, 4, 5, 6, 7, 8, 9].map((number): [string, Command] => [
    `alt-${number}`,
    (state, options) => goTo(edited(state, state.buffer).state, number, options),
  ]),
  ["tab ctrl-i", (state, options) => cycle(state, options, 1)],
  ["shift-tab ctrl-shift-i", (state, options) => cycle(state, options, -1)],
  ["ctrl-r", beginSearch],
  ["enter ctrl-m", (state, options) => submit(state, state.buffer.text, options)],
  ["ctrl-c", (state) => {
    if (state.buffer.text === "") return { state, outcome: { kind: "interrupt" } };
    const cleared = replace(state.buffer, 0, state.buffer.text.length, "");
    return { state: { ...freshLine(state), buffer: cleared } };
  }],
  ["ctrl-d", (state) => {
    const { text, cursor } = state.buffer;
    if (text === "") return { state, outcome: { kind: "end" } };
    return edited(state, erase(state.buffer, cursor, nextBoundary(text, cursor)));
  }],
  ["ctrl-l", (state) => ({ ...edited(state, state.buffer), outcome: { kind: "clearScreen" } })],
  ["ctrl-z", (state) => ({ ...edited(state, state.buffer), outcome: { kind: "suspend" } })],
]);

function byChord(table: readonly (readonly [chords: string, command: Command])[]): Record<string, Command> {
  return Object.fromEntries(
    table.flatMap(([chords, command]) => chords.split(" ").map((chord) => [chord, command] as const)),
  );
}

function commandFor(key: NamedKey | CharacterKey): Command | undefined {
  return COMMANDS[chordOf(key)] ?? COMMANDS[chordOf({ ...key, shift: false })];
}

/** From a position in a text to another. */
type Motion = (text: string, at: number) => number;

function moving(motion: Motion): Command {
  return changing((buffer) => moveTo(buffer, motion(buffer.text, buffer.cursor)));
}

function erasing(motion: Motion): Command {
  return changing((buffer) => erase(buffer, ...ordered(buffer.cursor, motion(buffer.text, buffer.cursor))));
}

function killing(motion: Motion): Command {
  return changing((buffer) => kill(buffer, ...ordered(buffer.cursor, motion(buffer.text, buffer.cursor))));
}

function changing(change: (buffer: EditBuffer) => EditBuffer): Command {
  return (state) => edited(state, change(state.buffer));
}

function ordered(one: number, other: number): [start: number, end: number] {
  return one < other ? [one, other] : [other, one];
}

/** Cutting to the edge of a line where one is already takes the line end beyond it. */
function toLineEdge(edge: number, at: number, beyond: number): number {
  return edge === at ? beyond : edge;
}

/** The text or the cursor changed, so that no completion goes on. */
function edited(state: EditorState, buffer: EditBuffer): Step {
  return { state: { ...state, buffer, mode: EDIT } };
}

function freshLine(state: EditorState): EditorState {
  return { ...state, target: state.history.length, drafts: new Map(), mode: EDIT };
}

function submit(state: EditorState, text: string, options: EditorOptions): Step {
  if (text === "" && !state.secret) return edited(state, state.buffer);
  const remembered = !state.secret && (options.remembers?.(text) ?? true);
  const history = remembered ? withEntry(state.history, text) : state.history;
  const buffer = withText(state.secret ? EMPTY_BUFFER : state.buffer, "");
  return { state: { ...freshLine({ ...state, history }), buffer }, outcome: { kind: "submit", text } };
}

/** Up and Down go through the lines of the text first, then through the history. */
function vertical(state: EditorState, step: 1 | -1): Step {
  const { buffer } = state;
  const { text, cursor, last } = buffer;
  const edge = step < 0 ? lineStart(text, cursor) : lineEnd(text, cursor);
  if (edge === (step < 0 ? 0 : text.length)) return recall(state, state.target + step);
  const column = last.kind === "vertical" ? last.column : columnOf(text, cursor);
  const start = step < 0 ? lineStart(text, edge - 1) : edge + 1;
  return edited(state, moveTo(buffer, positionAt(text, start, column), { kind: "vertical", column }));
}

function recall(state: EditorState, target: number): Step {
  if (state.secret || target < 0 || target > state.history.length) return edited(state, state.buffer);
  const { text, drafts } = textAt(state, target);
  return { state: { ...state, buffer: withText(state.buffer, text), target, drafts, mode: EDIT } };
}

/** The text of another place, and the drafts with that of the place that is left. */
function textAt(state: EditorState, target: number): { text: string; drafts: ReadonlyMap<number, string> } {
  const drafts = new Map(state.drafts);
  const { text } = state.buffer;
  if (text === (state.history[state.target] ?? "")) drafts.delete(state.target);
  else drafts.set(state.target, text);
  return { text: drafts.get(target) ?? state.history[target] ?? "", drafts };
}

function cycle(state: EditorState, options: EditorOptions, step: 1 | -1): Step {
  const { buffer, mode } = state;
  if (mode.kind === "edit" && mode.cycle !== undefined) {
    return completed(state, mode.cycle.before, mode.cycle.completion, mode.cycle.index + step);
  }
  const number = state.secret || !/^[1-9]\d?$/.test(buffer.text) ? 0 : Number(buffer.text);
  if (number > 0 && number <= (options.buffers ?? 0)) {
    return goTo(edited(state, replace(buffer, 0, buffer.text.length, "")).state, number, options);
  }
  const completion = state.secret ? undefined : options.complete?.(buffer.text, buffer.cursor);
  if (completion === undefined || completion.candidates.length === 0) {
    return { ...edited(state, buffer), outcome: { kind: "refused" } };
  }
  return completed(state, buffer, completion, step > 0 ? 0 : -1);
}

function goTo(state: EditorState, number: number, options: EditorOptions): Step {
  const there = number <= (options.buffers ?? 0);
  return { state, outcome: there ? { kind: "goTo", number } : { kind: "refused" } };
}

function completed(state: EditorState, before: EditBuffer, completion: Completion, index: number): Step {
  const { buffer, cycle } = complete(before, completion, index);
  return { state: { ...state, buffer, mode: cycle === undefined ? EDIT : { kind: "edit", cycle } } };
}

function beginSearch(state: EditorState): Step {
  if (state.secret) return edited(state, state.buffer);
  return { state: { ...state, mode: { kind: "search", query: "", failed: false } } };
}

function search(state: EditorState, mode: SearchMode, key: Key, options: EditorOptions): Step {
  if (key.kind === "text") return find(state, mode, mode.query + key.text);
  const chord = key.kind === "named" || key.kind === "character" ? chordOf(key) : "";
  switch (chord) {
    case "backspace":
    case "ctrl-h": {
      const { query } = mode;
      const shorter = query.slice(0, previousBoundary(query, query.length));
      return find(state, { kind: "search", query: "", failed: false }, shorter);
    }
    case "ctrl-r":
      return mode.query === "" ? find(state, mode, state.lastQuery) : findNext(state, mode, -1);
    case "ctrl-s":
      return findNext(state, mode, 1);
    case "escape":
    case "ctrl-[":
    case "ctrl-g":
    case "ctrl-c":
      return edited({ ...state, lastQuery: mode.query || state.lastQuery }, state.buffer);
  }
  return edit(accepted(state, mode), key, options);
}

/** Looks for a longer or another text: at the line that is shown first, then on to older ones. */
function find(state: EditorState, mode: SearchMode, query: string): Step {
  const from = mode.match?.index ?? state.history.length - 1;
  const match = searchHistory(state.history, query, from, -1);
  return searched(state, mode, query, match);
}

/** Looks for the same text in another line, one that is not the same over again. */
function findNext(state: EditorState, mode: SearchMode, step: 1 | -1): Step {
  const shown = mode.match?.index ?? state.history.length;
  let match = searchHistory(state.history, mode.query, shown + step, step);
  while (match !== undefined && state.history[match.index] === state.history[shown]) {
    match = searchHistory(state.history, mode.query, match.index + step, step);
  }
  return searched(state, mode, mode.query, match);
}

function searched(
  state: EditorState,
  mode: SearchMode,
  query: string,
  match: HistoryMatch | undefined,
): Step {
  const failed = match === undefined && query !== "";
  const shown = match ?? (query === "" ? undefined : mode.match);
  const next: SearchMode = {
    kind: "search",
    query,
    failed,
    ...(shown === undefined ? {} : { match: shown }),
  };
  return failed
    ? { state: { ...state, mode: next }, outcome: { kind: "refused" } }
    : { state: { ...state, mode: next } };
}

/** The line that was found is edited from here on, in its place. */
function accepted(state: EditorState, mode: SearchMode): EditorState {
  const found: EditorState = { ...state, mode: EDIT, lastQuery: mode.query || state.lastQuery };
  if (mode.match === undefined) return found;
  const { index, end } = mode.match;
  const { drafts } = textAt(state, index);
  const buffer = replace(state.buffer, 0, state.buffer.text.length, state.history[index]!);
  return { ...found, buffer: moveTo(buffer, end), target: index, drafts };
}

function paste(state: EditorState, text: string, options: EditorOptions): Step {
  const asks = !state.secret && (options.asksForPaste ?? asksBeforeSending)(text);
  if (!asks) return edited(state, replace(state.buffer, state.buffer.cursor, state.buffer.cursor, text));
  return { state: { ...state, mode: { kind: "ask", paste: text } }, outcome: { kind: "askPaste", text } };
}

function messageWith(buffer: EditBuffer, paste: string): string {
  return buffer.text.slice(0, buffer.cursor) + paste + buffer.text.slice(buffer.cursor);
}

/** Takes the answer to a paste question: y sends, e edits, n or Enter or Escape discards. */
function answer(state: EditorState, mode: AskMode, key: Key, options: EditorOptions): Step {
  const { buffer } = state;
  if (key.kind === "paste") {
    const text = mode.paste + key.text;
    return { state: { ...state, mode: { kind: "ask", paste: text } }, outcome: { kind: "askPaste", text } };
  }
  let next: Step;
  switch (key.kind === "text" ? key.text.charAt(0).toLowerCase() : saidBy(key)) {
    case "y":
      next = submit(state, messageWith(buffer, mode.paste), options);
      break;
    case "e":
      next = edited(state, replace(buffer, buffer.cursor, buffer.cursor, mode.paste));
      break;
    case "n":
      next = edited(state, withKill(buffer, mode.paste));
      break;
    case "clear":
      return { state, outcome: { kind: "clearScreen" } };
    case "stop":
      return { state, outcome: { kind: "suspend" } };
    default:
      return { state, outcome: { kind: "refused" } };
  }
  // What was typed in the same breath behind the answer belongs to the line.
  if (key.kind !== "text" || key.text.length === 1) return next;
  return { ...next, state: edited(next.state, type(next.state.buffer, key.text.slice(1))).state };
}

/** What a key without text says to a question: no, or something that has nothing to do with it. */
function saidBy(key: Key): "n" | "clear" | "stop" | undefined {
  switch (key.kind === "named" || key.kind === "character" ? chordOf(key) : "") {
    case "enter":
    case "escape":
    case "ctrl-[":
    case "ctrl-c":
    case "ctrl-d":
    case "ctrl-g":
      return "n";
    case "ctrl-l":
      return "clear";
    case "ctrl-z":
      return "stop";
  }
}

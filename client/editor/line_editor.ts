/**
 * The line editor: (state, key) → state, and an outcome when a key asks the caller for something.
 *
 * Rules:
 * - A state is immutable; {@linkcode step} returns a new one.
 * - Apart from copying the text, the cost of a key does not grow with the length of the text.
 * - The user can get back everything typed: Escape again or undo restores what Escape and Ctrl-C clear, Ctrl-Y pastes
 *   what a paste question discards, drafts stay while the user goes through the history, and come back when an entry of
 *   it is submitted.
 * - The caller owns the screen, the files, the clock and the list of completions.
 *
 * The keys are in `key_bindings.ts`, the changes to the text in `edit_buffer.ts`, the search in `history_search.ts`.
 * This file is long because typing, searching and the paste question share one state and return one kind of step.
 *
 * @module
 */
import { complete, type Completer, type Completion, type CompletionCycle, cycleHint } from "./completion.ts";
import {
  clear,
  type EditBuffer,
  EMPTY_BUFFER,
  erase,
  moveTo,
  replace,
  type,
  withKill,
  withReturned,
  withText,
} from "./edit_buffer.ts";
import { type HistorySearch, NEW_SEARCH, searchStep } from "./history_search.ts";
import { withEntry } from "./input_history.ts";
import type { InputView } from "./input_view.ts";
import { type Action, actionFor, type CallerAction } from "./key_bindings.ts";
import { chordOf, type Key, type PasteKey } from "../keyboard/mod.ts";
import { messagesOf, withoutControls, withoutFinalLineEnds } from "./pasted_text.ts";
import { needsConfirmation, pasteQuestion } from "./paste_question.ts";
import { boundariesAfter, nextBoundary } from "../text/mod.ts";
import { columnOf, lineEnd, lineStart, positionAt } from "./text_line.ts";

/** Typing, and cycling through completion candidates. */
export interface EditMode {
  /** Tells this from the other modes. */
  readonly kind: "edit";
  /** The completion that the next Tab continues. */
  readonly cycle?: CompletionCycle;
}

/** Searching the input history, with Ctrl-R. */
export interface SearchMode extends HistorySearch {
  /** Tells this from the other modes. */
  readonly kind: "search";
}

/** Asking the user what to do with a long paste. */
export interface AskMode {
  /** Tells this from the other modes. */
  readonly kind: "ask";
  /** The paste, which is not in the text yet. */
  readonly paste: string;
  /** Whether it may be sent as several messages. */
  readonly mayCut: boolean;
}

/** The state of the editor. */
export interface EditorState {
  /** The text being edited; during a search, the text from before the search. */
  readonly buffer: EditBuffer;
  /** The input history, oldest entry first. */
  readonly history: readonly string[];
  /** Index of the history entry being edited; the length of the history for a new line. */
  readonly historyIndex: number;
  /** Edited but not submitted texts, by history index; the draft of the new line is among them. */
  readonly drafts: ReadonlyMap<number, string>;
  /** The mode, which decides what a key does. */
  readonly mode: EditMode | SearchMode | AskMode;
  /** The last search query; Ctrl-R in an empty search repeats it. */
  readonly lastQuery: string;
  /** The buffer and the mode before the last key, if that was Escape; before the first of several in a row. */
  readonly escaped?: Pick<EditorState, "buffer" | "mode"> | undefined;
  /** Whether the text is a password: shown as stars, never in the history, not completed. */
  readonly secret: boolean;
}

/** What a key asks of the caller. */
export type Outcome =
  /**
   * The user submitted this text; the editor holds the next line. `messages` are the parts of a long paste, to be sent
   * one by one.
   */
  | { readonly kind: "submit"; readonly text: string; readonly messages?: readonly string[] }
  /** Ctrl-C with nothing to clear. */
  | { readonly kind: "interrupt" }
  /** Ctrl-D with nothing to delete. */
  | { readonly kind: "end" }
  /** Ctrl-Z: stop the program until it is continued. */
  | { readonly kind: "suspend" }
  /** Ctrl-L: clear the screen except for the input. */
  | { readonly kind: "clearScreen" }
  /** A long paste came. The editor shows the question and handles the answer itself. */
  | { readonly kind: "askPaste"; readonly text: string }
  /** Alt and a digit, or Tab after a number: show the buffer with this number. */
  | { readonly kind: "goTo"; readonly number: number }
  /** A key about rooms or messages. */
  | { readonly kind: CallerAction }
  /** The key had no effect: nothing to complete, no match, no such buffer, or not an answer to the question. */
  | { readonly kind: "refused" };

/** The result of a key. */
export interface Step {
  /** The new state. */
  readonly state: EditorState;
  /** What the caller has to do, if anything. */
  readonly outcome?: Outcome;
}

/** A move of the cursor to the row above or below. */
export interface RowMove {
  /** The text. */
  readonly text: string;
  /** The position of the cursor in it. */
  readonly cursor: number;
  /** -1 for the row above, 1 for the one below. */
  readonly step: 1 | -1;
  /** The column to move towards, after another such move. */
  readonly column: number | undefined;
}

/** Options of the editor. */
export interface EditorOptions {
  /** Finds completions; without it, Tab completes nothing. */
  readonly complete?: Completer;
  /** Number of open buffers, which are numbered from 1; 0 if not given. */
  readonly bufferCount?: number;
  /** Whether to ask before a paste is inserted; by default for more than 3 lines or 1 KiB. */
  readonly confirmsPaste?: (text: string) => boolean;
  /**
   * Moves to the row above or below on the screen, and returns the position and the column to move towards next, or
   * `undefined` if there is no such row; without it, Up and Down move by lines.
   */
  readonly moveByRow?: (move: RowMove) => { readonly cursor: number; readonly column: number } | undefined;
  /**
   * Replaces a line above or below which no row is, such as by one with another message; `undefined` to go through the
   * history, which is what happens without it.
   */
  readonly pick?: (text: string, step: 1 | -1) => string | undefined;
  /** Whether a text that is too long may be sent as several messages; by default every text may. */
  readonly mayCut?: (text: string) => boolean;
  /** Whether a submitted text goes into the history; by default every text does. */
  readonly storesInHistory?: (text: string) => boolean;
}

const EDIT: EditMode = { kind: "edit" };

/**
 * Makes an editor with an empty line.
 *
 * @param options `history`: the input history, oldest entry first; `secret`: whether the text is a password
 * @returns the initial state
 */
export function newEditor(
  options: { readonly history?: readonly string[]; readonly secret?: boolean } = {},
): EditorState {
  const { history = [], secret = false } = options;
  return {
    buffer: EMPTY_BUFFER,
    history,
    historyIndex: history.length,
    drafts: new Map(),
    mode: EDIT,
    lastQuery: "",
    secret,
  };
}

/**
 * Puts a submitted line back, such as an unknown command or a refused message. It is highlighted, and the next
 * printable key or paste replaces it; any other key edits it.
 *
 * @param state the editor
 * @param text the line
 * @returns the new state, with the cursor at the end of the text; undo brings the previous text back
 */
export function withReturnedText(state: EditorState, text: string): EditorState {
  return { ...freshLine(state), buffer: withReturned(state.buffer, text) };
}

/**
 * Puts a text into the line, for the user to edit.
 *
 * @param state the editor
 * @param text the text
 * @returns the new state, with the cursor at the end of the text; undo brings the previous text back
 */
export function withLineText(state: EditorState, text: string): EditorState {
  return { ...freshLine(state), buffer: replace(state.buffer, 0, state.buffer.text.length, text) };
}

/**
 * Whether the line is an entry of the input history as it is there.
 *
 * @param state the editor
 * @returns whether the user has recalled it and changed nothing
 */
export function isRecalled({ buffer, history, historyIndex, mode }: EditorState): boolean {
  return mode.kind === "edit" && historyIndex < history.length && buffer.text === history[historyIndex];
}

/**
 * Handles a key.
 *
 * @param state the editor
 * @param key the key; focus keys and unknown keys change nothing
 * @param options the options of the editor
 * @returns the new state, and what the caller has to do
 * @example
 * ```ts
 * const { state, outcome } = step(newEditor(), { kind: "text", text: "hello" });
 * // state.buffer.text === "hello", outcome === undefined
 * ```
 */
export function step(state: EditorState, key: Key, options: EditorOptions = {}): Step {
  if (key.kind === "focus" || key.kind === "unknown") return { state };
  const { escaped } = state;
  if (key.kind === "retract") return { state: { ...state, ...escaped, escaped: undefined } };
  const next = handle(state, key, options);
  const isEscape = key.kind === "named" && chordOf(key) === "escape";
  if (!isEscape && escaped === undefined) return next;
  const { buffer, mode } = state;
  return { ...next, state: { ...next.state, escaped: isEscape ? escaped ?? { buffer, mode } : undefined } };
}

function handle(state: EditorState, key: Key, options: EditorOptions): Step {
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
 * Builds what the screen shows of the editor.
 *
 * @param state the editor
 * @param prompt the text before the input; a search and a paste question have their own
 * @returns the view of the input
 */
export function viewOf(state: EditorState, prompt: string): InputView {
  const { buffer, mode } = state;
  switch (mode.kind) {
    case "ask":
      return { ...questionOf(buffer, mode), text: "", cursor: 0 };
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
  const view: InputView = {
    prompt,
    text: buffer.text,
    cursor: buffer.cursor,
    ...(buffer.last.kind === "returned" ? { match: { start: 0, end: buffer.text.length } } : {}),
  };
  return mode.cycle === undefined ? view : { ...view, hint: cycleHint(mode.cycle) };
}

/** One star for each grapheme. */
function starsFor(text: string): string {
  return "*".repeat([...boundariesAfter(text, 0)].length);
}

function edit(state: EditorState, key: Key, options: EditorOptions): Step {
  switch (key.kind) {
    case "text":
      return edited(state, type(state.buffer, key.text));
    case "paste":
      return paste(state, key, options);
    case "named":
    case "character": {
      const action = actionFor(key);
      return action === undefined ? { state } : run(state, action, options);
    }
    default:
      return { state };
  }
}

function run(state: EditorState, action: Action, options: EditorOptions): Step {
  const { buffer } = state;
  const { text, cursor } = buffer;
  switch (action.kind) {
    case "change":
      return edited(state, action.apply(buffer));
    case "vertical":
      return state.secret ? vertical(state, action.step, {}) : vertical(state, action.step, options);
    case "complete":
      return cycle(state, options, action.step);
    case "goTo":
      return goTo(edited(state, buffer).state, action.number, options);
    case "search":
      return beginSearch(state);
    case "submit":
      return submit(state, text, options);
    case "clearOrInterrupt":
      if (text === "") return { state, outcome: { kind: "interrupt" } };
      return { state: { ...freshLine(state), buffer: clear(withDraftBefore(state)) } };
    case "deleteOrEnd":
      if (text === "") return { state, outcome: { kind: "end" } };
      return edited(state, erase(buffer, cursor, nextBoundary(text, cursor)));
    case "clearScreen":
    case "suspend":
    case "nextUnread":
    case "back":
    case "pageUp":
    case "pageDown":
    case "editMessage":
      return { ...edited(state, buffer), outcome: { kind: action.kind } };
  }
}

/** Sets the buffer and returns to edit mode, which ends a completion. */
function edited(state: EditorState, buffer: EditBuffer): Step {
  return { state: { ...state, buffer, mode: EDIT } };
}

function freshLine(state: EditorState): EditorState {
  return { ...state, historyIndex: state.history.length, drafts: new Map(), mode: EDIT, escaped: undefined };
}

/** The draft of the new line, while an entry of the history is shown. */
function draftOf({ historyIndex, history, drafts }: EditorState): string {
  return historyIndex === history.length ? "" : drafts.get(history.length) ?? "";
}

/** The buffer, with the draft of the new line as the text before an undo. */
function withDraftBefore(state: EditorState): EditBuffer {
  const { buffer } = state;
  const draft = draftOf(state);
  if (draft === "") return buffer;
  const { text } = buffer;
  return replace(replace(buffer, 0, text.length, ""), 0, 0, draft);
}

function submit(
  state: EditorState,
  text: string,
  options: EditorOptions,
  messages: readonly string[] = [text],
): Step {
  if (text === "" && !state.secret) return edited(state, state.buffer);
  const stored = !state.secret && (options.storesInHistory?.(text) ?? true);
  const history = stored ? withEntry(state.history, text) : state.history;
  const buffer = withText(state.secret ? EMPTY_BUFFER : state.buffer, draftOf(state));
  const outcome = { kind: "submit", text, ...(messages.length > 1 ? { messages } : {}) } as const;
  return { state: { ...freshLine({ ...state, history }), buffer }, outcome };
}

/** Up and Down move through the rows of the text first, then pick a message, or go through the history. */
function vertical(
  state: EditorState,
  step: 1 | -1,
  { moveByRow: move = moveByLine, pick }: Pick<EditorOptions, "moveByRow" | "pick">,
): Step {
  const { buffer } = state;
  const { text, cursor, last } = buffer;
  const moved = move({ text, cursor, step, column: last.kind === "vertical" ? last.column : undefined });
  if (moved === undefined) {
    const picked = pick?.(text, step);
    if (picked === undefined) return recall(state, state.historyIndex + step);
    return edited(state, picked === text ? buffer : replace(buffer, 0, text.length, picked));
  }
  return edited(state, moveTo(buffer, moved.cursor, { kind: "vertical", column: moved.column }));
}

function moveByLine({ text, cursor, step, column }: RowMove): { cursor: number; column: number } | undefined {
  const edge = step < 0 ? lineStart(text, cursor) : lineEnd(text, cursor);
  if (edge === (step < 0 ? 0 : text.length)) return undefined;
  const towards = column ?? columnOf(text, cursor);
  const start = step < 0 ? lineStart(text, edge - 1) : edge + 1;
  return { cursor: positionAt(text, start, towards), column: towards };
}

function recall(state: EditorState, historyIndex: number): Step {
  if (state.secret || historyIndex < 0 || historyIndex > state.history.length) {
    return edited(state, state.buffer);
  }
  const { text, drafts } = textAt(state, historyIndex);
  return { state: { ...state, buffer: withText(state.buffer, text), historyIndex, drafts, mode: EDIT } };
}

/** Returns the text at another history index, and the drafts with the text of the current index added. */
function textAt(
  state: EditorState,
  historyIndex: number,
): { text: string; drafts: ReadonlyMap<number, string> } {
  const drafts = new Map(state.drafts);
  const { text } = state.buffer;
  if (text === (state.history[state.historyIndex] ?? "")) drafts.delete(state.historyIndex);
  else drafts.set(state.historyIndex, text);
  return { text: drafts.get(historyIndex) ?? state.history[historyIndex] ?? "", drafts };
}

function cycle(state: EditorState, options: EditorOptions, step: 1 | -1): Step {
  const { buffer, mode } = state;
  if (mode.kind === "edit" && mode.cycle !== undefined) {
    return completed(state, mode.cycle.before, mode.cycle.completion, mode.cycle.index + step);
  }
  if (!state.secret && buffer.text === "0") {
    return { ...edited(state, replace(buffer, 0, 1, "")), outcome: { kind: "back" } };
  }
  const number = state.secret || !/^[1-9]\d?$/.test(buffer.text) ? 0 : Number(buffer.text);
  if (number > 0 && number <= (options.bufferCount ?? 0)) {
    return goTo(edited(state, replace(buffer, 0, buffer.text.length, "")).state, number, options);
  }
  const completion = state.secret ? undefined : options.complete?.(buffer.text, buffer.cursor);
  if (completion === undefined || completion.candidates.length === 0) {
    return { ...edited(state, buffer), outcome: { kind: "refused" } };
  }
  return completed(state, buffer, completion, step > 0 ? 0 : -1);
}

function goTo(state: EditorState, number: number, options: EditorOptions): Step {
  const exists = number <= (options.bufferCount ?? 0);
  return { state, outcome: exists ? { kind: "goTo", number } : { kind: "refused" } };
}

function completed(state: EditorState, before: EditBuffer, completion: Completion, index: number): Step {
  const { buffer, cycle } = complete(before, completion, index);
  return { state: { ...state, buffer, mode: cycle === undefined ? EDIT : { kind: "edit", cycle } } };
}

function beginSearch(state: EditorState): Step {
  if (state.secret) return edited(state, state.buffer);
  return { state: { ...state, mode: { kind: "search", ...NEW_SEARCH } } };
}

function search(state: EditorState, mode: SearchMode, key: Key, options: EditorOptions): Step {
  const next = searchStep(mode, key, { entries: state.history, lastQuery: state.lastQuery });
  if (next === "cancel") return edited({ ...state, lastQuery: mode.query || state.lastQuery }, state.buffer);
  if (next === "accept") return edit(accepted(state, mode), key, options);
  const searching = { ...state, mode: { kind: "search", ...next } } as const;
  return next.failed ? { state: searching, outcome: { kind: "refused" } } : { state: searching };
}

/** Continues editing with the entry that was found, at its index in the history. */
function accepted(state: EditorState, mode: SearchMode): EditorState {
  const found: EditorState = { ...state, mode: EDIT, lastQuery: mode.query || state.lastQuery };
  if (mode.match === undefined) return found;
  const { index, end } = mode.match;
  const { drafts } = textAt(state, index);
  const buffer = replace(state.buffer, 0, state.buffer.text.length, state.history[index]!);
  return { ...found, buffer: moveTo(buffer, end), historyIndex: index, drafts };
}

function paste(state: EditorState, { text, partial }: PasteKey, options: EditorOptions): Step {
  const { buffer } = state;
  const isReplaced = buffer.last.kind === "returned";
  const clean = state.secret ? text : withoutControls(text);
  // What is pasted in parts has its final line end in the last one.
  const inserted = partial ? clean : withoutFinalLineEnds(clean);
  const whole = textWithPaste(isReplaced ? EMPTY_BUFFER : buffer, inserted);
  const asks = !state.secret && ((options.confirmsPaste ?? needsConfirmation)(inserted));
  if (!asks) {
    const [start, end] = isReplaced ? [0, buffer.text.length] : [buffer.cursor, buffer.cursor];
    return edited(state, replace(buffer, start, end, inserted));
  }
  return {
    state: {
      ...state,
      buffer: isReplaced ? replace(buffer, 0, buffer.text.length, "") : buffer,
      mode: { kind: "ask", paste: clean, mayCut: options.mayCut?.(whole) ?? true },
    },
    outcome: { kind: "askPaste", text: clean },
  };
}

function textWithPaste(buffer: EditBuffer, paste: string): string {
  return buffer.text.slice(0, buffer.cursor) + withoutFinalLineEnds(paste) + buffer.text.slice(buffer.cursor);
}

/** The messages that a text with a paste makes; `undefined` if it cannot be sent. */
function messagesWithPaste(text: string, mayCut: boolean): readonly string[] | undefined {
  const messages = messagesOf(text);
  return mayCut || messages?.length === 1 ? messages : undefined;
}

function questionOf(buffer: EditBuffer, { paste, mayCut }: AskMode): { prompt: string; hint: string } {
  const text = textWithPaste(buffer, paste);
  return pasteQuestion(paste, text, messagesWithPaste(text, mayCut)?.length);
}

/** Handles the answer to a paste question: y sends, e edits; n, Enter and Escape discard. */
function answer(state: EditorState, mode: AskMode, key: Key, options: EditorOptions): Step {
  const { buffer } = state;
  if (key.kind === "paste") {
    const text = mode.paste + withoutControls(key.text);
    return { state: { ...state, mode: { ...mode, paste: text } }, outcome: { kind: "askPaste", text } };
  }
  const pasted = withoutFinalLineEnds(mode.paste);
  let next: Step;
  switch (key.kind === "text" ? key.text.charAt(0).toLowerCase() : answerOf(key)) {
    case "y": {
      const text = textWithPaste(buffer, mode.paste);
      const messages = messagesWithPaste(text, mode.mayCut);
      if (messages === undefined) return { state, outcome: { kind: "refused" } };
      next = submit(state, text, options, messages);
      break;
    }
    case "e":
      next = edited(state, replace(buffer, buffer.cursor, buffer.cursor, pasted));
      break;
    case "n":
      next = edited(state, withKill(buffer, pasted));
      break;
    case "clear":
      return { state, outcome: { kind: "clearScreen" } };
    case "stop":
      return { state, outcome: { kind: "suspend" } };
    default:
      return { state, outcome: { kind: "refused" } };
  }
  // Characters that arrive together with the answer, after it, belong to the line.
  if (key.kind !== "text" || key.text.length === 1) return next;
  return { ...next, state: edited(next.state, type(next.state.buffer, key.text.slice(1))).state };
}

/** What a key without text means at a question. */
function answerOf(key: Key): "n" | "clear" | "stop" | undefined {
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

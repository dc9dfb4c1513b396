/**
 * Picks a message while one of the commands is typed: Up takes the message before, Down the one after it. `:edit` and
 * `:delete` pick the user's own messages, `:reply-to` and `:react` those of others. In an empty line Up recalls what
 * was sent, as in a shell; a message that is recalled can be changed instead of being sent again.
 *
 * PURE.
 *
 * @module
 */
import type { PastLine } from "../../protocol/mod.ts";
import { type LabelOptions, messageLabel, quoteOf } from "../changes/mod.ts";

/** What picking needs to know. */
export interface PickOptions extends Omit<LabelOptions, "where"> {
  /** Returns the messages of the current target that were shown, in the order of their numbers. */
  readonly shown: () => readonly PastLine[];
  /** Returns whether the user may delete the messages of others there. */
  readonly moderates: () => boolean;
}

/** A line with one of the commands. */
interface Typed {
  readonly word: "edit" | "delete" | "reply-to" | "react";
  /** The line up to the number. */
  readonly head: string;
  /** The number of the message, if it is there. */
  readonly sequence: number | undefined;
  /** What follows the number. */
  readonly text: string | undefined;
}

const COMMAND = /^([:/](edit|delete|reply-to|react\s+(?!\d+\s*$)\S+))(?:\s+(\d{1,15})(?:\s([^]*))?)?\s*$/;

/**
 * Picks another message.
 *
 * @param text the line
 * @param step -1 for the message before, 1 for the one after it
 * @param options see {@linkcode PickOptions}
 * @returns the new line; `undefined` if the line is none with which a message is picked
 */
export function pickMessage(text: string, step: 1 | -1, options: PickOptions): string | undefined {
  const typed = parse(text);
  if (typed === undefined) return undefined;
  const { head, sequence, word } = typed;
  const lines = candidates(typed, options);
  const at = lines.findIndex((line) => line.sequence === sequence);
  // What the user has changed must not be lost.
  if (word === "edit" && typed.text !== undefined && typed.text !== lines[at]?.message) return undefined;
  const next = sequence === undefined
    ? (step < 0 ? lines.length - 1 : lines.length)
    : nearest(lines, sequence, step);
  if (next < 0) return text;
  const picked = lines[next];
  if (picked === undefined) return `${head} `;
  const rest = word === "edit" ? ` ${picked.message}` : word === "reply-to" ? ` ${typed.text ?? ""}` : "";
  return `${head} ${picked.sequence}${rest}`;
}

/**
 * Says what Enter does with a line, or how a message is picked.
 *
 * @param text the line
 * @param options see {@linkcode PickOptions}
 * @returns one line, sanitized; `undefined` if the line has none of the commands, or a number that is not known
 */
export function pickHint(text: string, options: PickOptions): string | undefined {
  const typed = parse(text);
  if (typed === undefined) return undefined;
  const { sequence, word } = typed;
  if (sequence === undefined) {
    return candidates(typed, options).length === 0
      ? undefined
      : `Up picks ${isOwn(typed, options) ? "one of your messages" : "a message"}`;
  }
  const line = options.shown().find((line) => line.sequence === sequence);
  if (line === undefined) return undefined;
  const label = messageLabel(line, options);
  if (line.deleted) return `${label} was deleted`;
  const quoted = `${label}: ${quoteOf(line.message)}`;
  switch (word) {
    case "edit":
      return typed.text === undefined ? `Enter puts ${label} here, to change it` : `Enter changes ${quoted}`;
    case "delete":
      return `Enter deletes ${quoted}`;
    case "reply-to":
      return `reply to ${quoted}`;
    case "react":
      return `reaction to ${quoted}`;
  }
}

/**
 * Finds the user's own message that a line repeats.
 *
 * @param text the line; for an empty one it is the user's last message
 * @param options see {@linkcode PickOptions}
 * @returns the last such message; `undefined` if there is none
 */
export function repeatedMessage(text: string, options: PickOptions): PastLine | undefined {
  return options.shown().findLast(({ username, message, deleted }) =>
    !deleted && (text === "" || message === text) && options.isSelf(username)
  );
}

/**
 * Says how a message that was recalled is changed.
 *
 * @param text the line, which the user has recalled
 * @param options see {@linkcode PickOptions}
 * @returns one line, sanitized; `undefined` if it is no message of the user
 */
export function recallHint(text: string, options: PickOptions): string | undefined {
  const line = text === "" ? undefined : repeatedMessage(text, options);
  return line && `Alt-E changes ${messageLabel(line, options)}; Enter sends it again`;
}

function parse(text: string): Typed | undefined {
  const [, head, command, number, rest] = COMMAND.exec(text) ?? [];
  if (head === undefined || command === undefined) return undefined;
  const word = WORDS[command.split(/\s/)[0]!]!;
  if ((word === "delete" || word === "react") && rest?.trim()) return undefined;
  return { word, head, sequence: number === undefined ? undefined : Number(number), text: rest };
}

const WORDS: Readonly<Record<string, Typed["word"]>> = {
  edit: "edit",
  delete: "delete",
  "reply-to": "reply-to",
  react: "react",
};

function candidates(typed: Typed, options: PickOptions): PastLine[] {
  const own = isOwn(typed, options);
  const all = typed.word === "delete" && !own;
  return options.shown().filter(({ username, deleted }) =>
    !deleted && (all || options.isSelf(username) === own)
  );
}

/** Whether only the user's own messages are picked. */
function isOwn({ word }: Typed, options: PickOptions): boolean {
  return word === "edit" || (word === "delete" && !options.moderates());
}

/** The index of the message before or after a number; the length of the list if there is none after it. */
function nearest(lines: readonly PastLine[], sequence: number, step: 1 | -1): number {
  if (step < 0) return lines.findLastIndex((line) => line.sequence! < sequence);
  const next = lines.findIndex((line) => line.sequence! > sequence);
  return next < 0 ? lines.length : next;
}

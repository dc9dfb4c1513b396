/**
 * Completions for the Tab key: commands and their operands, names and rooms.
 *
 * PURE. A name at the start of a line addresses that user and gets a colon. Elsewhere it gets a space. Names match
 * in upper and lower case.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";
import type { Command, KnownWords } from "./action.ts";
import { findCommand } from "./lookup.ts";
import { TERMINAL_COMMANDS } from "./table.ts";

/** The possible replacements of a part of a text, in the form that the line editor takes. */
export interface Candidates {
  /** The UTF-16 index of the start of the part. */
  readonly start: number;
  /** The UTF-16 index after the part. */
  readonly end: number;
  /** The replacements, the most likely first, each with the space or colon after it. */
  readonly candidates: readonly string[];
}

/**
 * Finds the candidates at the cursor.
 *
 * @param text the whole text
 * @param cursor the position of the cursor, as a UTF-16 index
 * @param known the words that completion can offer
 * @returns the candidates, or `undefined` if there are none
 */
export function findCandidates(text: string, cursor: number, known: KnownWords): Candidates | undefined {
  const before = text.slice(0, cursor);
  const [word = ""] = before.match(/\S*$/) ?? [];
  const start = cursor - word.length;
  const candidates = candidatesFor(before.slice(0, start), word, known);
  if (candidates.length === 0) return undefined;
  // A space that is already there is replaced, not doubled.
  const spaced = text[cursor] === " " && candidates.every((candidate) => candidate.endsWith(" "));
  return { start, end: spaced ? cursor + 1 : cursor, candidates };
}

/** @param before the text before the word */
function candidatesFor(before: string, word: string, known: KnownWords): string[] {
  const [, sigil, command, rest] = before.match(/^([:/])(\S+)\s+([^]*)$/) ?? [];
  if (before === "" && /^[:/](?![:/])/.test(word)) return commands(word[0]!, word.slice(1));
  const typed = sigil === undefined || command!.startsWith(sigil)
    ? undefined
    : findCommand(TERMINAL_COMMANDS, sigil, command!);
  if (typed !== undefined && !isMessageText(typed, rest!)) return operands(typed, rest!, word, known);
  if (word.startsWith("#")) return startingWith(known.rooms, word.slice(1)).map((room) => `#${room} `);
  if (word.startsWith("@")) return startingWith(known.names, word.slice(1)).map((name) => `@${name} `);
  const addressed = typed === undefined && /(^|\n)$/.test(before);
  return startingWith(known.names, word).map((name) => addressed ? `${name}: ` : `${name} `);
}

/** Whether the next operand of a command is the text of a message. */
function isMessageText({ operands }: Command, rest: string): boolean {
  const index = Math.min(wordsIn(rest).length, operands.length - 1);
  const operand = operands[index];
  return operand?.rest === true && operand.choices === undefined;
}

function wordsIn(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** The main words of the commands. Other words are offered only if no main word matches. */
function commands(sigil: string, typed: string): string[] {
  const available = TERMINAL_COMMANDS.filter((command) =>
    command.sigil === undefined || command.sigil === sigil
  );
  const matching = (command: Command, words: readonly string[]) =>
    words.filter((word) => word.startsWith(typed.toLowerCase()))
      .map((word) => sigil + word + (command.operands.length > 0 ? " " : ""));
  const mainWords = available.flatMap((command) => matching(command, command.words.slice(0, 1)));
  const found = mainWords.length > 0
    ? mainWords
    : available.flatMap((command) => matching(command, command.words.slice(1)));
  return found.sort();
}

function operands(command: Command, rest: string, word: string, known: KnownWords): string[] {
  const before = wordsIn(rest);
  const operand = command.operands[before.length];
  const choices = operand?.choices?.(known, before) ?? [];
  const last = before.length === command.operands.length - 1;
  return startingWith(choices, word).map((choice) => last ? choice : `${choice} `);
}

/** The sign before the name of a room or person may be left out. */
function startingWith(words: readonly string[], typed: string): string[] {
  const key = nameKey(typed);
  return words.filter((word) =>
    nameKey(word).startsWith(key) || (/^[#@]/.test(word) && nameKey(word.slice(1)).startsWith(key))
  );
}

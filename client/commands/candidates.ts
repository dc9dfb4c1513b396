/**
 * Completions for the Tab key: commands and their operands, names and rooms.
 *
 * PURE. A name at the start of a line addresses that user and gets a colon. Elsewhere it gets a space. Names match
 * in upper and lower case. Users of the current room come first, ignored ones last. The word may begin behind
 * punctuation, as in `(jo`.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";
import { type Command, type KnownWords, worksWith } from "./action.ts";
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
  const [run = ""] = before.match(/\S*$/) ?? [];
  let start = cursor - run.length;
  let candidates = candidatesFor(before.slice(0, start), run, known);
  const isCommand = start === 0 && /^[:/]/.test(run);
  for (const { index } of isCommand ? [] : run.matchAll(PUNCTUATION)) {
    const at = cursor - run.length + index + 1;
    if (candidates.length > 0 || at === cursor) break;
    start = at;
    candidates = candidatesFor(before.slice(0, start), before.slice(start), known);
  }
  if (candidates.length === 0) return undefined;
  // A space that is already there is replaced, not doubled.
  const spaced = text[cursor] === " " && candidates.every((candidate) => candidate.endsWith(" "));
  return { start, end: spaced ? cursor + 1 : cursor, candidates };
}

/** Characters behind which a word may begin: those that no name has. */
const PUNCTUATION = /[^\p{L}\p{M}\p{N}_.#@-]/gu;

/** @param before the text before the word */
function candidatesFor(before: string, word: string, known: KnownWords): string[] {
  const [, sigil, command, rest] = before.match(/^([:/])(\S+)\s+([^]*)$/) ?? [];
  if (before === "" && /^[:/](?![:/])/.test(word)) return commands(word[0]!, word.slice(1), known);
  const typed = sigil === undefined || command!.startsWith(sigil)
    ? undefined
    : findCommand(TERMINAL_COMMANDS, sigil, command!);
  if (typed !== undefined && !isMessageText(typed, rest!)) return operands(typed, rest!, word, known);
  if (word.startsWith("#")) return startingWith(known.rooms, word.slice(1), known).map((room) => `#${room} `);
  if (word.startsWith("@")) return startingWith(known.names, word.slice(1), known).map((name) => `@${name} `);
  const addressed = typed === undefined && /(^|\n)$/.test(before);
  return startingWith(known.names, word, known).map((name) => addressed ? `${name}: ` : `${name} `);
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
function commands(sigil: string, typed: string, { features, powers }: KnownWords): string[] {
  const available = TERMINAL_COMMANDS.filter((command) =>
    (command.sigil === undefined || command.sigil === sigil) && worksWith(command, features, powers)
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
  return startingWith(choices, word, known).map((choice) => last ? choice : `${choice} `);
}

/**
 * The words that begin with what is typed, the most likely first: ignored users last, an exact match first, users of
 * the current room before others, and `jo` before `john`. The sign before the name of a room or person may be left out.
 */
function startingWith(words: readonly string[], typed: string, { here, ignored }: KnownWords): string[] {
  const key = nameKey(typed);
  const present = new Set(here.map(nameKey));
  const hidden = new Set(ignored.map(nameKey));
  const rankOf = (word: string): number => {
    if (hidden.has(word)) return 3;
    if (word === key) return 0;
    return present.size === 0 || present.has(word) ? 1 : 2;
  };
  const ranks: { word: string; key: string }[][] = [[], [], [], []];
  for (const word of words) {
    const full = nameKey(word);
    const bare = /^[#@]/.test(word) ? nameKey(word.slice(1)) : full;
    if (!full.startsWith(key) && !bare.startsWith(key)) continue;
    const equals = ranks[rankOf(bare)]!;
    const longer = equals.findIndex((other) => other.key.startsWith(bare));
    equals.splice(longer < 0 ? equals.length : longer, 0, { word, key: bare });
  }
  return ranks.flat().map(({ word }) => word);
}

/**
 * What can stand where somebody presses Tab: commands and what follows them, names and rooms.
 *
 * PURE. A name at the beginning of a line is for who is spoken to and gets a colon; elsewhere it gets a space. Names
 * are
 * matched as they are compared: in whatever case they are written.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";
import { type Command, findCommand, type KnownWords, TERMINAL_COMMANDS } from "./parse.ts";

/** What could stand in the place of a part of a text; in the shape that the line editor takes. */
export interface Candidates {
  /** Where the part begins, as a UTF-16 index. */
  readonly start: number;
  /** Where the part ends. */
  readonly end: number;
  /** What could stand there, the likeliest first, each with what belongs behind it. */
  readonly candidates: readonly string[];
}

/**
 * Says what could stand at the cursor.
 *
 * @param text the whole text
 * @param cursor where the cursor is, as a UTF-16 index
 * @param known what can be typed
 * @returns the candidates, or `undefined` where there are none
 */
export function findCandidates(text: string, cursor: number, known: KnownWords): Candidates | undefined {
  const before = text.slice(0, cursor);
  const [word = ""] = before.match(/\S*$/) ?? [];
  const start = cursor - word.length;
  const candidates = candidatesFor(before.slice(0, start), word, known);
  if (candidates.length === 0) return undefined;
  // A space that is there already is as good as another one.
  const spaced = text[cursor] === " " && candidates.every((candidate) => candidate.endsWith(" "));
  return { start, end: spaced ? cursor + 1 : cursor, candidates };
}

/** @param before what stands before the word */
function candidatesFor(before: string, word: string, known: KnownWords): string[] {
  const [, sigil, command, rest] = before.match(/^([:/])(\S+)\s+([^]*)$/) ?? [];
  if (before === "" && /^[:/](?![:/])/.test(word)) return commands(word[0]!, word.slice(1));
  const meant = sigil === undefined || command!.startsWith(sigil)
    ? undefined
    : findCommand(TERMINAL_COMMANDS, sigil, command!);
  if (meant !== undefined && !isSpeech(meant, rest!)) return operands(meant, rest!, word, known);
  if (word.startsWith("#")) return beginningWith(known.rooms, word.slice(1)).map((room) => `#${room} `);
  if (word.startsWith("@")) return beginningWith(known.names, word.slice(1)).map((name) => `@${name} `);
  const addressed = meant === undefined && /(^|\n)$/.test(before);
  return beginningWith(known.names, word).map((name) => addressed ? `${name}: ` : `${name} `);
}

/** Whether what is being typed behind a command is said. */
function isSpeech({ operands }: Command, rest: string): boolean {
  const target = Math.min(wordsIn(rest).length, operands.length - 1);
  const operand = operands[target];
  return operand?.rest === true && operand.choices === undefined;
}

function wordsIn(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

/** The usual words first; the others only where no usual one begins like that. */
function commands(sigil: string, begun: string): string[] {
  const able = TERMINAL_COMMANDS.filter((command) => command.sigil === undefined || command.sigil === sigil);
  const matching = (command: Command, words: readonly string[]) =>
    words.filter((word) => word.startsWith(begun.toLowerCase()))
      .map((word) => sigil + word + (command.operands.length > 0 ? " " : ""));
  const usual = able.flatMap((command) => matching(command, command.words.slice(0, 1)));
  const found = usual.length > 0
    ? usual
    : able.flatMap((command) => matching(command, command.words.slice(1)));
  return found.sort();
}

function operands(command: Command, rest: string, word: string, known: KnownWords): string[] {
  const before = wordsIn(rest);
  const operand = command.operands[before.length];
  const choices = operand?.choices?.(known, before) ?? [];
  const last = before.length === command.operands.length - 1;
  return beginningWith(choices, word).map((choice) => last ? choice : `${choice} `);
}

/** The sign before the name of a place need not be typed. */
function beginningWith(words: readonly string[], begun: string): string[] {
  const key = nameKey(begun);
  return words.filter((word) =>
    nameKey(word).startsWith(key) || (/^[#@]/.test(word) && nameKey(word.slice(1)).startsWith(key))
  );
}

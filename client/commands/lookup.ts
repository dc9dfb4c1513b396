/**
 * Finds a command by its word, formats its usage, and suggests a command for an unknown word.
 *
 * PURE.
 *
 * @module
 */
import { distance } from "fastest-levenshtein";
import { sanitize } from "../text/mod.ts";
import type { Command, CommandOf, Operand, TerminalCommand, TerminalInput } from "./action.ts";

/** Words of IRC clients and other chats, and the words of the commands that do the same here. */
const OTHER_WORDS: Readonly<Record<string, string>> = {
  nick: "username",
  name: "username",
  rename: "username",
  names: "who",
  users: "who",
  list: "rooms",
  channels: "rooms",
  tell: "msg",
  whisper: "msg",
  notice: "msg",
  channel: "switch",
  del: "delete",
  erase: "delete",
  redact: "delete",
  correct: "edit",
  answer: "reply-to",
  thread: "reply-to",
  emoji: "react",
  refresh: "redraw",
  bye: "quit",
  logout: "quit",
  disconnect: "quit",
  log: "history",
  scrollback: "history",
  find: "search",
  grep: "search",
  block: "ignore",
  cls: "clear",
  config: "set",
  settings: "set",
  commands: "help",
};

/**
 * Finds a command.
 *
 * @param commands the commands to search
 * @param sigil `:` or `/`
 * @param word the word after the sigil
 * @returns the command; `undefined` if there is none
 */
export function findCommand<C extends CommandOf<unknown, unknown>>(
  commands: readonly C[],
  sigil: string,
  word: string,
): C | undefined {
  const found = commands.filter(({ words }) => words.includes(word));
  return found.find((command) => command.sigil === sigil) ??
    found.find((command) => command.sigil === undefined);
}

/**
 * Returns the meaning of `:help` with a command.
 *
 * @param commands the commands to search
 * @param name what was typed: the sigil of the command may be left out
 * @returns the help for the command, or the error for an unknown one
 */
export function explained(commands: readonly TerminalCommand[], name: string): TerminalInput {
  const [, sigil = ":", word = ""] = name.match(/^([:/])?(.*)$/s) ?? [];
  const command = findCommand(commands, sigil, word);
  return command === undefined
    ? { kind: "error", message: unknownCommandText(commands, sigil, word) }
    : { kind: "help", command };
}

/**
 * Formats the usage of a command.
 *
 * @param command the command
 * @returns its words and operands, such as `:username, :un, :me NAME`
 */
export function usageOf(command: Command): string {
  const { words, sigil = ":", operands } = command;
  return [words.map((word) => sigil + word).join(", "), ...operands.map(operandLabel)].join(" ");
}

/**
 * Formats an operand for the usage.
 *
 * @param operand the operand
 * @returns its label, in brackets if it is optional
 */
export function operandLabel({ label, optional }: Operand): string {
  return optional ? `[${label}]` : label;
}

/**
 * Formats the error for an unknown command. It suggests the command that has this word in other chats, or the most
 * similar command if at most half of the letters differ, as in `:quti`.
 *
 * @param commands the available commands
 * @param sigil `:` or `/`
 * @param word the word after the sigil
 * @returns the message for the user
 */
export function unknownCommandText(
  commands: readonly CommandOf<unknown, unknown>[],
  sigil: string,
  word: string,
): string {
  const typed = word.toLowerCase();
  const available = (known: string) => commands.some(({ words }) => words.includes(known));
  const same = Object.hasOwn(OTHER_WORDS, typed) ? OTHER_WORDS[typed]! : undefined;
  if (same !== undefined && available(same)) {
    return `no such command ${sanitize(sigil + word)}; use ${sigil}${same}`;
  }
  const [nearest] = commands.flatMap(({ words }) => words)
    .map((known) => ({ known, edits: distance(typed, known) }))
    .filter(({ known, edits }) => 2 * edits <= Math.max(typed.length, known.length))
    .sort((a, b) => a.edits - b.edits);
  const advice = nearest === undefined
    ? `:help lists the commands, and ${sigil}${sigil}${sanitize(word)} sends it as a message`
    : `did you mean ${sigil}${nearest.known}?`;
  return `no such command ${sanitize(sigil + word)}; ${advice}`;
}

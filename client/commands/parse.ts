/**
 * Parses a typed line: a message, a command or an error.
 *
 * PURE. A line that starts with a colon is never sent as a message, so a mistyped command stays private; `::text`
 * sends `:text`. On a terminal and in the page a slash works like a colon, except in `/me text`,
 * which is sent. What nobody types as a
 * command is sent there, too: `:)`, `:-(`, `:tada: done`. Names and texts are checked here, so the user sees an error
 * at once.
 *
 * @module
 */
import { checkText, Code, ProtocolError } from "../../protocol/mod.ts";
import type {
  Command,
  CommandOf,
  CommonInput,
  Input,
  Operand,
  TerminalCommand,
  TerminalInput,
} from "./action.ts";
import { findCommand, operandLabel, unknownCommandText } from "./lookup.ts";
import { sanitize } from "../text/mod.ts";
import { PAGE_COMMANDS } from "./page_table.ts";
import { PIPE_COMMANDS, TERMINAL_COMMANDS } from "./table.ts";

/**
 * Parses a line from a pipe or a plain terminal.
 *
 * @param line the line without its end; it may have several lines
 * @returns its meaning
 */
export function parseInput(line: string): Input {
  return parse(line, ":", PIPE_COMMANDS);
}

/**
 * Parses a line that is typed on a terminal.
 *
 * @param line the line without its end; it may have several lines
 * @returns its meaning
 */
export function parseTerminalInput(line: string): TerminalInput {
  return parseTyped(line, TERMINAL_COMMANDS);
}

/**
 * Parses a text that is typed into the page for browsers.
 *
 * @param text the text; it may have several lines
 * @returns its meaning
 */
export function parsePageInput(text: string): TerminalInput {
  return parseTyped(text, PAGE_COMMANDS);
}

function parseTyped(line: string, commands: readonly TerminalCommand[]): TerminalInput {
  const me = line.match(/^:me(?:\s+([^]*))?$/);
  if (me !== null) return askAboutMe(me[1]?.trim() ?? "");
  return isNoCommand(line, commands) ? said(line) : parse(line, ":/", commands);
}

/** The most of an operand to repeat in a question, in UTF-16 units. */
const MAX_REPEATED_LENGTH = 40;

/** `:me` renames in the original client and is an action in many others. */
function askAboutMe(operand: string): CommonInput {
  if (operand === "") {
    return { kind: "error", message: "usage: /me TEXT for an action, :username NAME to change your name" };
  }
  const isShort = operand.length <= MAX_REPEATED_LENGTH && !operand.includes("\n");
  const action = isShort ? `/me ${sanitize(operand)}` : "/me TEXT";
  const name = /^\S+$/.test(operand) && isShort ? sanitize(operand) : "NAME";
  return {
    kind: "error",
    message:
      `:me could mean two things: Enter sends the action ${action}; :username ${name} changes your name`,
    instead: `/me ${operand}`,
  };
}

/**
 * Whether a line begins like a command but cannot be one: a smiley such as `:)`, or an emoji's name such as `:tada:`.
 * After a colon and a space a command may follow, and so may a command's word with a colon after it.
 */
function isNoCommand(line: string, commands: readonly TerminalCommand[]): boolean {
  if (/^[:/][^\p{L}\s:/]/u.test(line) || /^(?::\/|\/:)/.test(line)) return true;
  const [, word] = line.match(/^:([^\s:]+):(?![\p{L}\p{N}@#])/u) ?? [];
  return word !== undefined && findCommand(commands, ":", word) === undefined;
}

function parse<Meaning>(
  line: string,
  sigils: string,
  commands: readonly CommandOf<Command["scope"], Meaning>[],
): Meaning | CommonInput {
  if (line.trim() === "") return { kind: "empty" };
  const sigil = line[0]!;
  try {
    if (!sigils.includes(sigil)) return say(line);
    if (line[1] === sigil) return say(line.slice(1));
    const [word = ""] = line.slice(1).match(/^\S+/) ?? [];
    const { command, isSure } = commandFor(commands, sigil, word);
    if (command === undefined) {
      return { kind: "error", message: unknownCommandText(commands, sigil, word) };
    }
    const operands = splitOperands(line.slice(1 + word.length).trim(), command.operands);
    const required = command.operands.filter(({ optional }) => !optional).length;
    if (operands.length < required || operands.length > command.operands.length) {
      const usage = [sigil + word, ...command.operands.map(operandLabel)].join(" ");
      return { kind: "error", message: `usage: ${usage}` };
    }
    const meaning = command.interpret(...operands);
    return isSure ? sure(meaning) : meaning;
  } catch (error) {
    if (error instanceof ProtocolError) return { kind: "error", message: error.message };
    throw error;
  }
}

/** Finds a command. With an exclamation mark after its word, one that may ask does not. */
function commandFor<Meaning>(
  commands: readonly CommandOf<Command["scope"], Meaning>[],
  sigil: string,
  word: string,
): { command: CommandOf<Command["scope"], Meaning> | undefined; isSure: boolean } {
  const isSure = word.endsWith("!");
  const command = findCommand(commands, sigil, isSure ? word.slice(0, -1) : word);
  return { command: isSure && !command?.asks ? undefined : command, isSure };
}

function sure<Meaning>(meaning: Meaning): Meaning {
  const mayAsk = typeof meaning === "object" && meaning !== null && "kind" in meaning &&
    (meaning.kind === "moderation" || meaning.kind === "message");
  return mayAsk ? { ...meaning, sure: true } : meaning;
}

/** Splits a text at spaces. The last operand may be the whole rest of the line. */
function splitOperands(text: string, operands: readonly Operand[]): string[] {
  const words: string[] = [];
  let rest = text;
  while (rest !== "") {
    const [all, word] = operands[words.length]?.rest ? [rest, rest] : rest.match(/^(\S+)\s*/)!;
    words.push(word!);
    rest = rest.slice(all.length);
  }
  return words;
}

function said(line: string): CommonInput {
  try {
    return say(line);
  } catch (error) {
    if (error instanceof ProtocolError) return { kind: "error", message: error.message };
    throw error;
  }
}

function say(text: string): CommonInput {
  checkText(text);
  return { kind: "request", request: { code: Code.Say, message: text } };
}

/**
 * What a typed line means: something to ask of the hub, or something to do here.
 *
 * PURE. The commands stand in one table, from which `:help` is made. A line that begins with a colon is never sent as
 * chat, so that a mistyped command stays private; `::text` says `:text`. Names and lines are checked here already, so
 * that who types hears of a mistake at once.
 *
 * @module
 */
import { distance } from "fastest-levenshtein";
import {
  checkName,
  checkText,
  Code,
  ProtocolError,
  type Rename,
  type Say,
  type Who,
} from "../protocol/mod.ts";
import { visible } from "./visible.ts";

/** What a typed line means. */
export type Input =
  /** A blank line: nothing happens. */
  | { kind: "nothing" }
  /** Ask the hub. */
  | { kind: "ask"; request: Say | Rename | Who }
  /** Leave the chat. */
  | { kind: "leave" }
  /** Show the commands. */
  | { kind: "help" }
  /** A mistake, and what to tell who made it. */
  | { kind: "mistake"; message: string };

/** Something to type after a colon. */
export interface Command {
  /** The words that mean it, the usual one first. */
  readonly words: readonly [string, ...string[]];
  /** What has to follow, as help shows it. */
  readonly operands: readonly string[];
  /** What it does, in a few words. */
  readonly help: string;
  /** Makes its meaning of what follows the word; there are as many as `operands`. */
  readonly mean: (...operands: string[]) => Input;
}

/** Every command there is. */
export const COMMANDS: readonly Command[] = [
  {
    words: ["quit", "q", "exit"],
    operands: [],
    help: "leave",
    mean: () => ({ kind: "leave" }),
  },
  {
    words: ["username", "un", "me"],
    operands: ["NAME"],
    help: "take another name",
    mean: (name = "") => ask({ code: Code.Rename, username: readName(name) }),
  },
  {
    words: ["who"],
    operands: [],
    help: "list who is here",
    mean: () => ask({ code: Code.Who }),
  },
  {
    words: ["help"],
    operands: [],
    help: "list the commands",
    mean: () => ({ kind: "help" }),
  },
];

/**
 * Reads a typed line.
 *
 * @param line what was typed, without its end; it may have several lines
 * @returns what it means
 */
export function readInput(line: string): Input {
  if (line.trim() === "") return { kind: "nothing" };
  try {
    if (line.startsWith("::")) return say(line.slice(1));
    if (line.startsWith(":")) return readCommand(line.slice(1));
    return say(line);
  } catch (error) {
    if (error instanceof ProtocolError) return mistake(error.message);
    throw error;
  }
}

/**
 * Makes a name of what was typed, in the form in which it is sent.
 *
 * @param text what was typed
 * @returns the name in Unicode form NFC
 * @throws {ProtocolError} as `checkName` does
 */
export function readName(text: string): string {
  const name = text.normalize("NFC");
  checkName(name);
  return name;
}

/**
 * Explains the commands.
 *
 * @returns lines, one a command
 */
export function helpLines(): string[] {
  const rows: [string, string][] = COMMANDS.map(({ words, operands, help }) => [
    [words.map((word) => `:${word}`).join(", "), ...operands].join(" "),
    help,
  ]);
  rows.push(["::TEXT", "say :TEXT, with its colon"]);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, help]) => `${usage.padEnd(width)}  ${help}`);
}

function readCommand(text: string): Input {
  const [word = "", ...operands] = text.trimEnd().split(/\s+/);
  const command = COMMANDS.find(({ words }) => words.includes(word));
  if (command === undefined) return mistake(`no such command ${visible(`:${word}`)}; ${advice(word)}`);
  if (operands.length !== command.operands.length) {
    return mistake(`usage: ${[`:${word}`, ...command.operands].join(" ")}`);
  }
  return command.mean(...operands);
}

/** At most half of the letters may be wrong, as in `:quti`, so that only what is close is suggested. */
function advice(word: string): string {
  const typed = word.toLowerCase();
  const [nearest] = COMMANDS.flatMap(({ words }) => words)
    .map((known) => ({ known, far: distance(typed, known) }))
    .filter(({ known, far }) => 2 * far <= Math.max(typed.length, known.length))
    .sort((a, b) => a.far - b.far);
  return nearest === undefined
    ? `:help lists them, and ::${visible(word)} says it`
    : `did you mean :${nearest.known}?`;
}

function say(text: string): Input {
  checkText(text);
  return ask({ code: Code.Say, message: text });
}

function ask(request: Say | Rename | Who): Input {
  return { kind: "ask", request };
}

function mistake(message: string): Input {
  return { kind: "mistake", message };
}

/**
 * What a typed line means: something to ask of the hub, or something to do here.
 *
 * PURE. The commands stand in one table, from which help and completion are made; each says whether it holds
 * everywhere,
 * on a terminal or in a pipe. A line that begins with a colon is never sent as chat, so that a mistyped command stays
 * private; `::text` says `:text`. On a terminal a slash is as good as a colon, but for `/me text`, which is said. Names
 * and lines are checked here already, so that who types hears of a mistake at once.
 *
 * Longer than most files, as it holds every command there is.
 *
 * It is long because the table of commands, its types and its parser still stand together.
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
} from "../../protocol/mod.ts";
import { parsePersonName, parseRoomName, personOf, roomOf, type Target } from "../model/mod.ts";
import {
  isPreference,
  PREFERENCE_NAMES,
  VALUE_DESCRIPTIONS,
  type WordPreferenceName,
} from "../config/mod.ts";
import { readSetting, type Setting } from "./setting.ts";
import { sanitize } from "../text/mod.ts";

/** What a typed line means wherever it is typed. */
export type CommonInput =
  /** A blank line: nothing happens. */
  | { kind: "nothing" }
  /** Ask the hub. */
  | { kind: "ask"; request: Say | Rename | Who }
  /** Leave the chat. */
  | { kind: "leave" }
  /** A mistake, and what to tell who made it. */
  | { kind: "mistake"; message: string };

/** What a line means that is piped in, or typed where lines are written one after the other. */
export type Input =
  | CommonInput
  /** Show the commands. */
  | { kind: "help" };

/** What a line means that is typed on a terminal. */
export type TerminalInput =
  | CommonInput
  /** Explain a command, or all of them. */
  | { kind: "explain"; command?: Command }
  /** Go to, leave, list or write to places. */
  | { kind: "places"; action: TargetAction }
  /** Show what was said before. */
  | { kind: "archive"; action: HistoryAction }
  /** Show or change how one wants it. */
  | { kind: "setting"; setting: Setting }
  /** Leave nothing in sight but the input. */
  | { kind: "clear" }
  /** Connect again now. */
  | { kind: "reconnect" };

/** What can be done about rooms, and conversations with one person. */
export type TargetAction =
  /** Join a room and go there. */
  | { kind: "join"; room: Target }
  /** Leave a place; the one where one is if not given. */
  | { kind: "leave"; target?: WantedTarget }
  /** List the rooms. */
  | { kind: "list" }
  /** Go to a place one is in. */
  | { kind: "switch"; target: WantedTarget }
  /** Say something to one person. */
  | { kind: "tell"; person: Target; text: string }
  /** Say something to who did so last. */
  | { kind: "reply"; text: string }
  /** Begin a conversation with one person, and go there. */
  | { kind: "query"; person: Target }
  /** List who is in a room; in the one where one is if not given. */
  | { kind: "who"; room?: Target };

/** What can be done about what was said before, in the place one is in. */
export type HistoryAction =
  /** Show the newest lines: so many, or those of the last so many milliseconds; a screen full without either. */
  | { kind: "history"; lines?: number; ms?: number }
  /** Show the lines with some words in them. */
  | { kind: "search"; words: string }
  /** Show what did not fit. */
  | { kind: "more" };

/** A place one is in, as it was typed: its number, or what it can be, the likeliest first. */
export type WantedTarget = { readonly number: number } | { readonly buffers: readonly Target[] };

/** What can be typed, as far as it is known. */
export interface KnownWords {
  /** The names of those who are here, the most recent speaker first. */
  readonly names: readonly string[];
  /** The rooms there are, without `#`. */
  readonly rooms: readonly string[];
  /** The places one is in, as they are written: `#dev`, `@bo`. */
  readonly buffers: readonly string[];
  /** The names of those who are ignored. */
  readonly ignored: readonly string[];
}

/** What follows the word of a command. */
export interface Operand {
  /** How help calls it. */
  readonly label: string;
  /** Whether it may be left out. */
  readonly optional?: true;
  /** Whether it is all of the rest of the line. */
  readonly rest?: true;
  /**
   * Tells what it can be, for completion; anything if not given.
   *
   * @param known what can be typed
   * @param before the operands before it
   */
  readonly choices?: (known: KnownWords, before: readonly string[]) => readonly string[];
}

/** The headings under which help lists the commands, in that order. */
export const GROUPS = ["Talking", "Rooms", "People", "Reading", "Program"] as const;

/** Something to type after a colon, or on a terminal after a slash; `Meaning` is what it can mean. */
export interface CommandOf<Where, Meaning> {
  /** The words that mean it, the usual one first. */
  readonly words: readonly [string, ...string[]];
  /** Whether it holds in a pipe, on a terminal or on both. */
  readonly where: Where;
  /** Set where it has to be a slash that stands before it. */
  readonly sigil?: "/";
  /** Under which heading help lists it. */
  readonly group: typeof GROUPS[number];
  /** What has to follow. */
  readonly operands: readonly Operand[];
  /** What it does, in a few words. */
  readonly help: string;
  /** What each of the words means that can follow, where there are only so many. */
  readonly meanings?: Readonly<Record<string, string>>;
  /** Makes its meaning of what follows the word. */
  readonly mean: (...operands: string[]) => Meaning;
}

/** Something to type after a colon, or on a terminal after a slash. */
export type Command =
  | CommandOf<"everywhere", CommonInput>
  | CommandOf<"pipe", Input>
  | CommandOf<"terminal", TerminalInput>;

/** A command that holds in a pipe. */
export type PipeCommand = Exclude<Command, { where: "terminal" }>;

/** A command that holds on a terminal. */
export type TerminalCommand = Exclude<Command, { where: "pipe" }>;

const NAME: Operand = { label: "NAME", choices: ({ names }) => names };
const ROOM: Operand = { label: "ROOM", choices: ({ rooms }) => rooms.map((room) => `#${room}`) };
const PLACE: Operand = { label: "ROOM", choices: ({ buffers }) => buffers };
const TEXT: Operand = { label: "TEXT", rest: true };

/** Every command there is. */
export const COMMANDS: readonly Command[] = [
  {
    words: ["me"],
    where: "terminal",
    sigil: "/",
    group: "Talking",
    operands: [TEXT],
    help: "say what you do, as in * ana waves",
    mean: (text = "") => say(`/me ${text}`),
  },
  {
    words: ["msg", "m"],
    where: "terminal",
    group: "Talking",
    operands: [NAME, TEXT],
    help: "say it to one person alone",
    mean: (name = "", text = "") => {
      const person = personOf(parsePersonName(name));
      checkText(text);
      return buffers({ kind: "tell", person, text });
    },
  },
  {
    words: ["reply", "r"],
    where: "terminal",
    group: "Talking",
    operands: [TEXT],
    help: "say it to whoever wrote to you alone last",
    mean: (text = "") => {
      checkText(text);
      return buffers({ kind: "reply", text });
    },
  },
  {
    words: ["join", "j"],
    where: "terminal",
    group: "Rooms",
    operands: [ROOM],
    help: "join a room and go there; one that is not there is made",
    mean: (room = "") => buffers({ kind: "join", room: roomOf(parseRoomName(room)) }),
  },
  {
    words: ["leave", "part"],
    where: "terminal",
    group: "Rooms",
    operands: [{ ...PLACE, optional: true }],
    help: "leave it; without ROOM the one you are in",
    mean: (target) =>
      buffers(target === undefined ? { kind: "leave" } : { kind: "leave", target: readWanted(target) }),
  },
  {
    words: ["switch", "s"],
    where: "terminal",
    group: "Rooms",
    operands: [PLACE],
    help: "go to one you are in; Alt-1 to Alt-9 do too",
    mean: (target = "") => buffers({ kind: "switch", target: readWanted(target) }),
  },
  {
    words: ["rooms"],
    where: "terminal",
    group: "Rooms",
    operands: [],
    help: "list the rooms there are; yours have numbers",
    mean: () => buffers({ kind: "list" }),
  },
  {
    words: ["query", "dm"],
    where: "terminal",
    group: "Rooms",
    operands: [NAME],
    help: "begin a conversation with one person, like a room for two",
    mean: (name = "") => buffers({ kind: "query", person: personOf(parsePersonName(name)) }),
  },
  {
    words: ["quit", "q", "exit"],
    where: "everywhere",
    group: "Program",
    operands: [],
    help: "leave",
    mean: () => ({ kind: "leave" }),
  },
  {
    words: ["username", "un", "me"],
    where: "everywhere",
    group: "People",
    operands: [{ label: "NAME" }],
    help: "take another name",
    mean: (name = "") => ask({ code: Code.Rename, username: readName(name) }),
  },
  {
    words: ["who"],
    where: "pipe",
    group: "People",
    operands: [],
    help: "list who is here",
    mean: () => ask({ code: Code.Who }),
  },
  {
    words: ["who"],
    where: "terminal",
    group: "People",
    operands: [{ ...ROOM, optional: true }],
    help: "list who is in a room; without ROOM in the one you are in",
    mean: (room) =>
      buffers(room === undefined ? { kind: "who" } : { kind: "who", room: roomOf(parseRoomName(room)) }),
  },
  {
    words: ["ignore"],
    where: "terminal",
    group: "People",
    operands: [{ ...NAME, optional: true, rest: true }],
    help: "hide what somebody says; without a name list who is ignored",
    mean: (name) => setting(name === undefined ? { kind: "ignored" } : { kind: "ignore", name }),
  },
  {
    words: ["unignore"],
    where: "terminal",
    group: "People",
    operands: [{ label: "NAME", rest: true, choices: ({ ignored }) => ignored }],
    help: "show it again",
    mean: (name = "") => setting({ kind: "unignore", name }),
  },
  {
    words: ["history"],
    where: "terminal",
    group: "Reading",
    operands: [{ label: "COUNT|TIME", optional: true }],
    help: "show what was said before: 200 lines, or of the last 2h",
    mean: (amount) => historyCommands(readAmount(amount)),
  },
  {
    words: ["search"],
    where: "terminal",
    group: "Reading",
    operands: [{ label: "WORDS", rest: true, choices: () => [] }],
    help: "show the lines with all these words in them",
    mean: (words = "") => {
      checkText(words);
      return historyCommands({ kind: "search", words });
    },
  },
  {
    words: ["more"],
    where: "terminal",
    group: "Reading",
    operands: [],
    help: "go on with these two where they stopped",
    mean: () => historyCommands({ kind: "more" }),
  },
  word("bell", "when to ring"),
  word("time", "what stands before each line"),
  {
    ...word("quiet", "hide or show joins, leaves and changes of name"),
    mean: (to) => to === undefined ? setting({ kind: "toggle", name: "quiet" }) : set("quiet", to),
  },
  word("show", "which lines to show while you are in several rooms"),
  {
    words: ["clear"],
    where: "terminal",
    group: "Reading",
    operands: [],
    help: "clear the screen; what was there can be scrolled back to",
    mean: () => ({ kind: "clear" }),
  },
  {
    words: ["set"],
    where: "terminal",
    group: "Reading",
    operands: [
      { label: "NAME", optional: true, choices: () => PREFERENCE_NAMES },
      { label: "VALUE", optional: true, choices: (_, [name = ""]) => valuesOf(name) },
    ],
    help: "list the settings, or change one",
    mean: (name, value) => name === undefined ? show() : set(name, value),
  },
  {
    words: ["reconnect"],
    where: "terminal",
    group: "Program",
    operands: [],
    help: "connect again now",
    mean: () => ({ kind: "reconnect" }),
  },
  {
    words: ["help"],
    where: "pipe",
    group: "Program",
    operands: [],
    help: "list the commands",
    mean: () => ({ kind: "help" }),
  },
  {
    words: ["help"],
    where: "terminal",
    group: "Program",
    operands: [{
      label: "COMMAND",
      optional: true,
      choices: () => TERMINAL_COMMANDS.map(({ words }) => words[0]),
    }],
    help: "list the commands, or explain one",
    mean: (name) => explain(name),
  },
];

/** The commands that hold in a pipe. */
export const PIPE_COMMANDS: readonly PipeCommand[] = COMMANDS.filter((command) =>
  command.where !== "terminal"
);

/** The commands that hold on a terminal. */
export const TERMINAL_COMMANDS: readonly TerminalCommand[] = COMMANDS.filter(({ where }) =>
  where !== "pipe"
) as TerminalCommand[];

/**
 * Reads a line that is piped in, or typed where lines are written one after the other.
 *
 * @param line the line, without its end; it may have several lines
 * @returns what it means
 */
export function parseInput(line: string): Input {
  return read(line, ":", PIPE_COMMANDS);
}

/**
 * Reads a line that is typed on a terminal.
 *
 * @param line the line, without its end; it may have several lines
 * @returns what it means
 */
export function parseTerminalInput(line: string): TerminalInput {
  return read(line, ":/", TERMINAL_COMMANDS);
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
 * Explains the commands that hold in a pipe.
 *
 * @returns lines, one a command
 */
export function helpLines(): string[] {
  const rows = PIPE_COMMANDS.map((command): [string, string] => [usageOf(command), command.help]);
  rows.push(["::TEXT", "say :TEXT, with its colon"]);
  const width = Math.max(...rows.map(([usage]) => usage.length));
  return rows.map(([usage, help]) => `${usage.padEnd(width)}  ${help}`);
}

/**
 * Tells how a command is typed.
 *
 * @param command the command
 * @returns its words and what follows them, such as `:username, :un, :me NAME`
 */
export function usageOf(command: Command): string {
  const { words, sigil = ":", operands } = command;
  return [words.map((word) => sigil + word).join(", "), ...operands.map(labelOf)].join(" ");
}

/**
 * Finds a command.
 *
 * @param commands where to look
 * @param sigil `:` or `/`
 * @param word what stands behind it
 * @returns the command; nothing where there is none
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

function labelOf({ label, optional }: Operand): string {
  return optional ? `[${label}]` : label;
}

function read<Meaning>(
  line: string,
  sigils: string,
  commands: readonly CommandOf<Command["where"], Meaning>[],
): Meaning | CommonInput {
  if (line.trim() === "") return { kind: "nothing" };
  const sigil = line[0]!;
  try {
    if (!sigils.includes(sigil)) return say(line);
    if (line[1] === sigil) return say(line.slice(1));
    const [word = ""] = line.slice(1).match(/^\S+/) ?? [];
    const command = findCommand(commands, sigil, word);
    if (command === undefined) return mistake(noCommand(commands, sigil, word));
    const operands = split(line.slice(1 + word.length).trim(), command.operands);
    const least = command.operands.filter(({ optional }) => !optional).length;
    if (operands.length < least || operands.length > command.operands.length) {
      return mistake(`usage: ${[sigil + word, ...command.operands.map(labelOf)].join(" ")}`);
    }
    return command.mean(...operands);
  } catch (error) {
    if (error instanceof ProtocolError) return mistake(error.message);
    throw error;
  }
}

/** What stands between spaces; the last operand may be all of the rest of the line. */
function split(text: string, operands: readonly Operand[]): string[] {
  const words: string[] = [];
  let rest = text;
  while (rest !== "") {
    const [all, word] = operands[words.length]?.rest ? [rest, rest] : rest.match(/^(\S+)\s*/)!;
    words.push(word!);
    rest = rest.slice(all.length);
  }
  return words;
}

/** Reads which place is meant: one with a sign, a number, or the name of a room or else of a person. */
function readWanted(text: string): WantedTarget {
  if (text.startsWith("#")) return { buffers: [roomOf(parseRoomName(text))] };
  if (text.startsWith("@")) return { buffers: [personOf(parsePersonName(text))] };
  if (/^[1-9]\d?$/.test(text)) return { number: Number(text) };
  return { buffers: [roomOf(parseRoomName(text)), personOf(parsePersonName(text))] };
}

/** How many lines `:history` shows at most: as many as are read in an hour. */
export const MAX_REQUESTED_LINES = 5000;

const TIME_UNITS: Readonly<Record<string, number>> = {
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};

function readAmount(amount: string | undefined): HistoryAction {
  if (amount === undefined) return { kind: "history" };
  const [, digits = "", unit] = amount.match(/^([1-9]\d{0,5})([smhdw]?)$/i) ?? [];
  const number = Number(digits);
  if (number > 0 && unit !== undefined && unit !== "") {
    return { kind: "history", ms: number * TIME_UNITS[unit.toLowerCase()]! };
  }
  if (number > 0 && number <= MAX_REQUESTED_LINES) return { kind: "history", lines: number };
  throw new ProtocolError(
    "bad_message",
    `Cannot show so much: it must be 1 to ${MAX_REQUESTED_LINES} lines, or a time such as 30m, 2h or 3d: ` +
      `it is ${sanitize(amount)}`,
  );
}

function historyCommands(action: HistoryAction): TerminalInput {
  return { kind: "archive", action };
}

function buffers(action: TargetAction): TerminalInput {
  return { kind: "places", action };
}

/** At most half of the letters may be wrong, as in `:quti`, so that only what is close is suggested. */
function noCommand(commands: readonly CommandOf<unknown, unknown>[], sigil: string, word: string): string {
  const typed = word.toLowerCase();
  const [nearest] = commands.flatMap(({ words }) => words)
    .map((known) => ({ known, far: distance(typed, known) }))
    .filter(({ known, far }) => 2 * far <= Math.max(typed.length, known.length))
    .sort((a, b) => a.far - b.far);
  const advice = nearest === undefined
    ? `:help lists them, and ${sigil}${sigil}${sanitize(word)} says it`
    : `did you mean ${sigil}${nearest.known}?`;
  return `no such command ${sanitize(sigil + word)}; ${advice}`;
}

/** A command that sets a preference to a word. */
function word(name: WordPreferenceName, help: string): CommandOf<"terminal", TerminalInput> {
  return {
    words: [name],
    where: "terminal",
    group: "Reading",
    operands: [{
      label: Object.keys(VALUE_DESCRIPTIONS[name]).join("|"),
      optional: true,
      choices: () => valuesOf(name),
    }],
    help,
    meanings: VALUE_DESCRIPTIONS[name],
    mean: (to) => set(name, to),
  };
}

function valuesOf(name: string): string[] {
  return isPreference(name) && name !== "ignore" ? Object.keys(VALUE_DESCRIPTIONS[name]) : [];
}

function explain(name: string | undefined): TerminalInput {
  if (name === undefined) return { kind: "explain" };
  const [, sigil = ":", word = ""] = name.match(/^([:/])?(.*)$/s) ?? [];
  const command = findCommand(TERMINAL_COMMANDS, sigil, word);
  return command === undefined
    ? mistake(noCommand(TERMINAL_COMMANDS, sigil, word))
    : { kind: "explain", command };
}

function set(name: string, value: string | undefined): TerminalInput {
  const read = readSetting(name, value);
  return "problem" in read ? mistake(read.problem) : setting(read.setting);
}

function show(): TerminalInput {
  return setting({ kind: "show", names: PREFERENCE_NAMES });
}

function setting(setting: Setting): TerminalInput {
  return { kind: "setting", setting };
}

function say(text: string): CommonInput {
  checkText(text);
  return ask({ code: Code.Say, message: text });
}

function ask(request: Say | Rename | Who): CommonInput {
  return { kind: "ask", request };
}

function mistake(message: string): CommonInput & { kind: "mistake" } {
  return { kind: "mistake", message };
}

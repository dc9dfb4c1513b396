/**
 * The table of commands: their words, operands, help texts and meanings.
 *
 * PURE. The parser, the help and the completion all use this table.
 *
 * @module
 */
import { Code } from "../../protocol/mod.ts";
import {
  isPreference,
  PREFERENCE_NAMES,
  VALUE_DESCRIPTIONS,
  type WordPreferenceName,
} from "../config/mod.ts";
import {
  type Command,
  type CommandOf,
  type HistoryAction,
  type PipeCommand,
  type TerminalCommand,
  type TerminalInput,
  worksWith,
} from "./action.ts";
import {
  IGNORE_COMMANDS,
  NAME_COMMANDS,
  QUIT,
  RECONNECT,
  RENAME,
  SEARCH,
  SENDING_COMMANDS,
  WHO,
} from "./chat_table.ts";
import { explained } from "./lookup.ts";
import { PIPE_MESSAGE_COMMANDS, TERMINAL_MESSAGE_COMMANDS } from "./message_table.ts";
import { MODERATION_COMMANDS } from "./moderation.ts";
import { parseCopyChoice, parseHistoryAmount, parseMentionsTime } from "./operands.ts";
import { ROOM_COMMANDS } from "./room_table.ts";
import { parseSetting, type Setting } from "./setting.ts";

/** The most values that the usage of a command lists. */
const MAX_LISTED_VALUES = 3;

/** All commands. */
export const COMMANDS: readonly Command[] = [
  ...SENDING_COMMANDS,
  ...TERMINAL_MESSAGE_COMMANDS,
  ...PIPE_MESSAGE_COMMANDS,
  ...ROOM_COMMANDS,
  QUIT,
  // `:me` is the original's. On a terminal it could mean `/me`, too: see `parse.ts`.
  { ...RENAME, words: ["username", "un", "me"], scope: "pipe" },
  RENAME,
  {
    words: ["who"],
    scope: "pipe",
    group: "Users",
    operands: [],
    help: "list the users online",
    interpret: () => ({ kind: "request", request: { code: Code.Who } }),
  },
  WHO,
  ...NAME_COMMANDS,
  ...IGNORE_COMMANDS,
  {
    words: ["history"],
    scope: "terminal",
    group: "Reading",
    operands: [{ label: "COUNT|TIME", optional: true }],
    help: "show earlier messages, such as the last 200 or those of the last 2h",
    interpret: (amount) => history(parseHistoryAmount(amount)),
  },
  SEARCH,
  {
    words: ["mentions"],
    scope: "terminal",
    feature: "changes",
    group: "Reading",
    operands: [{ label: "TIME", optional: true, choices: () => [] }],
    help: "show the messages in all rooms that named you, or those of the last 2h",
    interpret: (time) => history(parseMentionsTime(time)),
  },
  {
    words: ["redraw"],
    scope: "terminal",
    feature: "changes",
    group: "Reading",
    operands: [],
    help: "show the last messages again, without deleted ones and with edits",
    interpret: () => ({ kind: "redraw" }),
  },
  {
    words: ["more"],
    scope: "terminal",
    group: "Reading",
    operands: [],
    help: "show the next page of a list, or the rest of a long message",
    interpret: () => history({ kind: "more" }),
  },
  {
    words: ["copy"],
    scope: "terminal",
    group: "Reading",
    operands: [{ label: "NUMBER|NAME", optional: true, choices: ({ names }) => names }],
    help: "copy the last message to the clipboard, exactly as it was written",
    valueDescriptions: {
      "3": "the third last message on the screen",
      "3-1": "the last three messages, in order",
      "NAME": "the last message of this user; @3 for a user whose name is 3",
    },
    interpret: (operand) => ({ kind: "copy", choice: parseCopyChoice(operand) }),
  },
  preferenceCommand("bell", "which messages ring the bell"),
  preferenceCommand("time", "what is shown before each message"),
  {
    ...preferenceCommand("quiet", "hide or show joins, leaves and renames"),
    interpret: (value) =>
      value === undefined ? setting({ kind: "toggle", name: "quiet" }) : changeSetting("quiet", value),
  },
  preferenceCommand("show", "show only the current room, or all of your rooms"),
  {
    words: ["clear"],
    scope: "terminal",
    group: "Reading",
    operands: [],
    help: "clear the screen; scroll up to see the old text",
    interpret: () => ({ kind: "clear" }),
  },
  {
    words: ["set"],
    scope: "terminal",
    group: "Reading",
    operands: [
      { label: "NAME", optional: true, choices: () => PREFERENCE_NAMES },
      { label: "VALUE", optional: true, choices: (_, [name = ""]) => valuesOf(name) },
    ],
    help: "list the settings, or change one",
    interpret: (name, value) =>
      name === undefined ? setting({ kind: "show", names: PREFERENCE_NAMES }) : changeSetting(name, value),
  },
  ...MODERATION_COMMANDS,
  RECONNECT,
  {
    words: ["help"],
    scope: "pipe",
    group: "Program",
    operands: [],
    help: "list the commands",
    interpret: () => ({ kind: "help" }),
  },
  {
    words: ["help"],
    scope: "terminal",
    group: "Program",
    operands: [{
      label: "COMMAND|keys",
      optional: true,
      // Without the colon `keys` means those of the keyboard.
      choices: ({ features, powers }) => [
        ...TERMINAL_COMMANDS.filter((command) => worksWith(command, features, powers))
          .map(({ words: [word] }) => word === "keys" ? ":keys" : word),
        "keys",
      ],
    }],
    help: "list the commands, or explain one; or list the keys",
    interpret: (name) => help(name),
  },
];

/** The commands that are available in a pipe. */
export const PIPE_COMMANDS: readonly PipeCommand[] = COMMANDS.filter((command) =>
  command.scope !== "terminal"
);

/** The commands that are available on a terminal. */
export const TERMINAL_COMMANDS: readonly TerminalCommand[] = COMMANDS.filter(({ scope }) =>
  scope !== "pipe"
) as TerminalCommand[];

/** Makes a command that sets a preference. */
function preferenceCommand(name: WordPreferenceName, help: string): CommandOf<"terminal", TerminalInput> {
  const values = Object.keys(VALUE_DESCRIPTIONS[name]);
  return {
    words: [name],
    scope: "terminal",
    group: "Reading",
    operands: [{
      label: values.length > MAX_LISTED_VALUES ? "VALUE" : values.join("|"),
      optional: true,
      choices: () => valuesOf(name),
    }],
    help,
    valueDescriptions: VALUE_DESCRIPTIONS[name],
    interpret: (value) => changeSetting(name, value),
  };
}

function valuesOf(name: string): string[] {
  return isPreference(name) && name !== "ignore" ? Object.keys(VALUE_DESCRIPTIONS[name]) : [];
}

function help(name: string | undefined): TerminalInput {
  if (name === undefined) return { kind: "help" };
  return name.toLowerCase() === "keys" ? { kind: "keys" } : explained(TERMINAL_COMMANDS, name);
}

function changeSetting(name: string, value: string | undefined): TerminalInput {
  const parsed = parseSetting(name, value);
  return "problem" in parsed ? { kind: "error", message: parsed.problem } : setting(parsed.setting);
}

function setting(setting: Setting): TerminalInput {
  return { kind: "setting", setting };
}

function history(action: HistoryAction): TerminalInput {
  return { kind: "history", action };
}

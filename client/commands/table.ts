/**
 * The table of commands: their words, operands, help texts and meanings.
 *
 * PURE. The parser, the help and the completion all use this table.
 *
 * It is long because every command has its entry in one table.
 *
 * @module
 */
import {
  checkText,
  Code,
  MAX_TOPIC_CHARS,
  ProtocolError,
  type Rename,
  type Say,
  type Who,
} from "../../protocol/mod.ts";
import { readSpan } from "../../runtime/mod.ts";
import { parsePersonName, parseRoomName, personOf, roomOf } from "../model/mod.ts";
import {
  isPreference,
  PREFERENCE_NAMES,
  VALUE_DESCRIPTIONS,
  type WordPreferenceName,
} from "../config/mod.ts";
import {
  type Command,
  type CommandOf,
  type CommonInput,
  type HistoryAction,
  type KnownWords,
  type NameAction,
  type Operand,
  type PipeCommand,
  type RoomSettingAction,
  type TargetAction,
  type TerminalCommand,
  type TerminalInput,
  worksWith,
} from "./action.ts";
import { findCommand, unknownCommandText } from "./lookup.ts";
import { PIPE_MESSAGE_COMMANDS, TERMINAL_MESSAGE_COMMANDS } from "./message_table.ts";
import {
  parseCopyChoice,
  parseHistoryAmount,
  parseMentionsTime,
  parseTargetReference,
  parseUsername,
  parseWho,
} from "./operands.ts";
import { MODERATION_COMMANDS } from "./moderation.ts";
import { parseSetting, type Setting } from "./setting.ts";

/** The most values that the usage of a command lists. */
const MAX_LISTED_VALUES = 3;

/** The word after `:invite` for a link. A user of that name is `@link`, and so with the other word. */
const LINK = "link";
/** The word after `:invite` that ends an invite. */
const REVOKE = "revoke";
const LINK_USAGE = ":invite link [--uses NUMBER] [--expires TIME], such as 24h or 7d";

const NAME: Operand = { label: "NAME", choices: ({ names }) => names };
const ROOM: Operand = { label: "ROOM", choices: ({ rooms }) => rooms.map((room) => `#${room}`) };
const OPEN_TARGET: Operand = { label: "ROOM", choices: ({ buffers }) => buffers };
const TEXT: Operand = { label: "TEXT", rest: true };

const RENAME = {
  group: "Users",
  operands: [{ label: "NAME" }],
  help: "change your name",
  interpret: (name = "") => request({ code: Code.Rename, username: parseUsername(name) }),
} as const;

/** All commands. */
export const COMMANDS: readonly Command[] = [
  {
    words: ["me"],
    scope: "terminal",
    sigil: "/",
    group: "Messages",
    operands: [TEXT],
    help: "send an action, such as * ana waves",
    interpret: (text = "") => say(`/me ${text}`),
  },
  {
    words: ["msg", "m"],
    scope: "terminal",
    group: "Messages",
    operands: [NAME, TEXT],
    help: "send a direct message to one person",
    interpret: (name = "", text = "") => {
      const person = personOf(parsePersonName(name));
      checkText(text);
      return target({ kind: "message", person, text });
    },
  },
  {
    words: ["reply", "r"],
    scope: "terminal",
    group: "Messages",
    operands: [TEXT],
    help: "answer the last direct message",
    interpret: (text = "") => {
      checkText(text);
      return target({ kind: "reply", text });
    },
  },
  ...TERMINAL_MESSAGE_COMMANDS,
  ...PIPE_MESSAGE_COMMANDS,
  {
    words: ["join", "j"],
    scope: "terminal",
    group: "Rooms",
    operands: [ROOM],
    help: "join a room and switch to it; create it if it does not exist",
    interpret: (room = "") => target({ kind: "join", room: roomOf(parseRoomName(room)) }),
  },
  {
    words: ["leave", "part"],
    scope: "terminal",
    group: "Rooms",
    operands: [{ ...OPEN_TARGET, optional: true }],
    help: "leave a room; without ROOM the current one",
    interpret: (reference) =>
      target(
        reference === undefined
          ? { kind: "leave" }
          : { kind: "leave", target: parseTargetReference(reference) },
      ),
  },
  {
    words: ["switch", "s"],
    scope: "terminal",
    group: "Rooms",
    operands: [{ ...OPEN_TARGET, optional: true }],
    help: "switch to an open room or person; without ROOM to the next unread",
    interpret: (reference) =>
      target(
        reference === undefined
          ? { kind: "switch" }
          : { kind: "switch", target: parseTargetReference(reference) },
      ),
  },
  {
    words: ["rooms"],
    scope: "terminal",
    group: "Rooms",
    operands: [{ label: "TEXT", optional: true, choices: () => [] }],
    help: "list all rooms, or those with TEXT in the name; yours have numbers",
    interpret: (text) =>
      target(text === undefined ? { kind: "list" } : { kind: "list", text: parseRoomName(text) }),
  },
  {
    words: ["query", "dm"],
    scope: "terminal",
    group: "Rooms",
    operands: [NAME],
    help: "open a direct conversation with one person",
    interpret: (name = "") => target({ kind: "query", person: personOf(parsePersonName(name)) }),
  },
  {
    words: ["room"],
    scope: "terminal",
    feature: "private_rooms",
    group: "Rooms",
    operands: [
      {
        label: "ACTION",
        optional: true,
        choices: () => ["private", "open", "history", "owner", "delete"],
      },
      { label: "VALUE", optional: true, choices: (known, [action = ""]) => roomValues(known, action) },
    ],
    help: "describe the current room, or change it if it is yours",
    valueDescriptions: {
      "private": "only members can find, join and read it",
      "open": "everyone can find and join it",
      "history all": "all of its messages can be read",
      "history joined": "members read only what was said since they are members",
      "owner NAME": "give the room to a member",
      "delete": "delete the room and its messages; asks first",
    },
    interpret: (action, value) => parseRoomCommand(action, value),
  },
  {
    words: ["topic"],
    scope: "terminal",
    feature: "private_rooms",
    group: "Rooms",
    operands: [{ ...TEXT, optional: true }],
    help: "show or set what the current room is about",
    valueDescriptions: { "-": "remove the topic" },
    interpret: (text) =>
      roomSetting(
        text === undefined
          ? { kind: "topic" }
          : { kind: "topic", topic: text === "-" ? "" : checkTopic(text) },
      ),
  },
  {
    words: ["invite"],
    scope: "terminal",
    feature: "private_rooms",
    group: "Rooms",
    operands: [
      { label: `NAME|${LINK}|${REVOKE}`, choices: ({ names }) => [...names, LINK, REVOKE] },
      { label: "OPTIONS", optional: true, rest: true },
    ],
    help: "make somebody a member of the current room; or make a link, or end one",
    valueDescriptions: {
      "NAME": "make the owner of a name a member",
      [LINK]: "make a link that lets somebody into the hub and this room, once, for a day",
      [`${LINK} --uses 5`]: "for five people",
      [`${LINK} --expires 7d`]: "for a week; also 30m or 24h",
      [`${REVOKE} ID`]: "end a link by the id of its invite, as it was shown with the link",
    },
    interpret: (name = "", options) => interpretInvite(name, options),
  },
  {
    words: ["remove"],
    scope: "terminal",
    feature: "private_rooms",
    group: "Rooms",
    operands: [NAME],
    help: "end a membership in the current room, or your own",
    interpret: (name = "") => roomSetting({ kind: "remove", name: parsePersonName(name) }),
  },
  {
    words: ["quit", "q", "exit"],
    scope: "everywhere",
    group: "Program",
    operands: [],
    help: "leave the chat",
    interpret: () => ({ kind: "quit" }),
  },
  // `:me` is the original's. On a terminal it could mean `/me`, too: see `parse.ts`.
  { ...RENAME, words: ["username", "un", "me"], scope: "pipe" },
  { ...RENAME, words: ["username", "un"], scope: "terminal" },
  {
    words: ["who"],
    scope: "pipe",
    group: "Users",
    operands: [],
    help: "list the users online",
    interpret: () => request({ code: Code.Who }),
  },
  {
    words: ["who"],
    scope: "terminal",
    group: "Users",
    operands: [{
      label: "ROOM|NAME",
      optional: true,
      choices: ({ names, rooms }) => [...names, ...rooms.map((room) => `#${room}`)],
    }],
    help: "list the users in the current room, in ROOM, or describe NAME",
    interpret: (operand) => target(parseWho(operand)),
  },
  {
    words: ["whois"],
    scope: "everywhere",
    feature: "keys",
    group: "Users",
    operands: [NAME],
    help: "tell to whom a name belongs, and whether they are online",
    interpret: (name = "") => nameAction({ kind: "whois", name: parsePersonName(name) }),
  },
  {
    words: ["key"],
    scope: "everywhere",
    feature: "keys",
    group: "Users",
    operands: [
      { label: "ACTION", choices: () => ["add", "remove", "code"] },
      {
        label: "KEY",
        optional: true,
        rest: true,
        choices: ({ keys }, [action = ""]) => action === "remove" ? keys : [],
      },
    ],
    help: "use your name on another device, too, or stop that",
    valueDescriptions: {
      "code": "show six words to type on the other device",
      "add WORDS": "on the other device: take the name that the words are for",
      "add KEY": "let another key use your name; KEY is a line such as ssh-ed25519 AAAA…, or a file with one",
      "remove KEY": "take the name from a key; KEY may be its fingerprint from :keys",
    },
    interpret: (word, text) => parseKeyCommand(word, text),
  },
  {
    words: ["keys"],
    scope: "everywhere",
    feature: "keys",
    group: "Users",
    operands: [],
    help: "list the keys of your name",
    interpret: () => nameAction({ kind: "keys" }),
  },
  {
    words: ["release"],
    scope: "everywhere",
    feature: "keys",
    group: "Users",
    operands: [{ label: "NAME", optional: true, choices: ({ self }) => [self] }],
    help: "give up your name, so that anybody can take it",
    interpret: (name) =>
      nameAction(name === undefined ? { kind: "release" } : { kind: "release", name: parsePersonName(name) }),
  },
  {
    words: ["ignore"],
    scope: "terminal",
    group: "Users",
    operands: [{ ...NAME, optional: true, rest: true }],
    help: "hide the messages of a user; without NAME list the ignored users",
    interpret: (name) => setting(name === undefined ? { kind: "ignored" } : { kind: "ignore", name }),
  },
  {
    words: ["unignore"],
    scope: "terminal",
    group: "Users",
    operands: [{ label: "NAME", rest: true, choices: ({ ignored }) => ignored }],
    help: "show the messages of a user again",
    interpret: (name = "") => setting({ kind: "unignore", name }),
  },
  {
    words: ["history"],
    scope: "terminal",
    group: "Reading",
    operands: [{ label: "COUNT|TIME", optional: true }],
    help: "show earlier messages, such as the last 200 or those of the last 2h",
    interpret: (amount) => history(parseHistoryAmount(amount)),
  },
  {
    words: ["search"],
    scope: "terminal",
    group: "Reading",
    operands: [{ label: "WORDS", rest: true, choices: () => [] }],
    help: "show the messages with all these words",
    interpret: (words = "") => {
      checkText(words);
      return history({ kind: "search", words });
    },
  },
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
  {
    words: ["reconnect"],
    scope: "terminal",
    group: "Program",
    operands: [],
    help: "connect again now",
    interpret: () => ({ kind: "reconnect" }),
  },
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

/** The user may type the sigil of the command or leave it out. */
function help(name: string | undefined): TerminalInput {
  if (name === undefined) return { kind: "help" };
  if (name.toLowerCase() === "keys") return { kind: "keys" };
  const [, sigil = ":", word = ""] = name.match(/^([:/])?(.*)$/s) ?? [];
  const command = findCommand(TERMINAL_COMMANDS, sigil, word);
  return command === undefined
    ? { kind: "error", message: unknownCommandText(TERMINAL_COMMANDS, sigil, word) }
    : { kind: "help", command };
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

function target(action: TargetAction): TerminalInput {
  return { kind: "target", action };
}

function nameAction(action: NameAction): CommonInput {
  return { kind: "name", action };
}

/** Interprets `:invite`: somebody's name, or a link with options. */
function interpretInvite(name: string, options = ""): TerminalInput {
  if (name === REVOKE) {
    return /^\S+$/.test(options)
      ? roomSetting({ kind: "revoke", id: options })
      : { kind: "error", message: "usage: :invite revoke ID, with the id that was shown with the link" };
  }
  if (name !== LINK) {
    if (options === "") return roomSetting({ kind: "invite", name: parsePersonName(name) });
    return { kind: "error", message: `usage: :invite NAME, or ${LINK_USAGE}` };
  }
  const words = options.split(/\s+/).filter((word) => word !== "");
  const action: RoomSettingAction & { kind: "link" } = { kind: "link" };
  for (let i = 0; i < words.length; i += 2) {
    const [option, value = ""] = [words[i], words[i + 1]];
    const span = option === "--expires" ? readSpan(value) : undefined;
    if (option === "--uses" && /^[1-9]\d{0,8}$/.test(value)) action.uses = Number(value);
    else if (span !== undefined) action.expiresMs = span;
    else return { kind: "error", message: `usage: ${LINK_USAGE}` };
  }
  return roomSetting(action);
}

function roomSetting(action: RoomSettingAction): TerminalInput {
  return { kind: "room", action };
}

/** The values that follow an action of `:room`. */
function roomValues({ names, rooms }: KnownWords, action: string): readonly string[] {
  switch (action.toLowerCase()) {
    case "history":
      return ["all", "joined"];
    case "owner":
      return names;
    case "delete":
      return rooms.map((room) => `#${room}`);
    default:
      return [];
  }
}

function parseRoomCommand(word: string | undefined, value: string | undefined): TerminalInput {
  const action = word?.toLowerCase();
  switch (action) {
    case undefined:
      return roomSetting({ kind: "describe" });
    case "private":
    case "open":
      if (value !== undefined) return { kind: "error", message: `usage: :room ${action}` };
      return roomSetting({ kind: "mode", mode: action });
    case "history": {
      const history = value?.toLowerCase();
      if (history === "all" || history === "joined") return roomSetting({ kind: "history", history });
      return {
        kind: "error",
        message:
          "usage: :room history all for all messages, :room history joined for those since one is a member",
      };
    }
    case "owner":
      if (value === undefined) return { kind: "error", message: "usage: :room owner NAME, with a member" };
      return roomSetting({ kind: "owner", name: parsePersonName(value) });
    case "delete":
      return roomSetting(
        value === undefined ? { kind: "delete" } : { kind: "delete", room: parseRoomName(value) },
      );
    default:
      return {
        kind: "error",
        message:
          "usage: :room, or :room with private, open, history all, history joined, owner NAME or delete",
      };
  }
}

/** @throws {ProtocolError} if no room can have this topic */
function checkTopic(topic: string): string {
  checkText(topic);
  if (/[\n\t]/.test(topic)) {
    throw new ProtocolError("bad_text", "Cannot use that topic: it must be one line, without tabs");
  }
  const { length } = [...topic];
  if (length > MAX_TOPIC_CHARS) {
    throw new ProtocolError(
      "too_long",
      `Cannot use that topic: it must have at most ${MAX_TOPIC_CHARS} characters: it has ${length}`,
    );
  }
  return topic;
}

function parseKeyCommand(word = "", text = ""): CommonInput {
  switch (word.toLowerCase()) {
    case "code":
      if (text !== "") return { kind: "error", message: "usage: :key code" };
      return nameAction({ kind: "keyCode" });
    case "add":
      if (text === "") {
        return {
          kind: "error",
          message: "usage: :key add KEY, with a key, a file, or the six words that :key code shows elsewhere",
        };
      }
      return nameAction({ kind: "addKey", text });
    case "remove":
      if (text === "") {
        return { kind: "error", message: "usage: :key remove KEY, with a fingerprint that :keys lists" };
      }
      return nameAction({ kind: "removeKey", text });
    default:
      return {
        kind: "error",
        message: "usage: :key code, :key add KEY or :key remove KEY; :keys lists your keys",
      };
  }
}

function say(text: string): CommonInput {
  checkText(text);
  return request({ code: Code.Say, message: text });
}

function request(request: Say | Rename | Who): CommonInput {
  return { kind: "request", request };
}

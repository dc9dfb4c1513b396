/**
 * The entries of the commands that are not about rooms, for everywhere or for a terminal and the page: messages, users,
 * names, searching.
 *
 * PURE.
 *
 * @module
 */
import { checkText, Code, type Rename, type Say } from "../../protocol/mod.ts";
import { parsePersonName, personOf } from "../model/mod.ts";
import {
  type CommandOf,
  type CommonInput,
  type NameAction,
  type Operand,
  target,
  type TerminalInput,
} from "./action.ts";
import { parseUsername, parseWho } from "./operands.ts";
import type { Setting } from "./setting.ts";

const NAME: Operand = { label: "NAME", choices: ({ names }) => names };
const TEXT: Operand = { label: "TEXT", rest: true };

/** The commands that send messages. */
export const SENDING_COMMANDS: readonly CommandOf<"terminal", TerminalInput>[] = [
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
];

/** Leaves the chat. */
export const QUIT: CommandOf<"everywhere", CommonInput> = {
  words: ["quit", "q", "exit"],
  scope: "everywhere",
  group: "Program",
  operands: [],
  help: "leave the chat",
  interpret: () => ({ kind: "quit" }),
};

/** Changes the name. */
export const RENAME: CommandOf<"terminal", CommonInput> = {
  words: ["username", "un"],
  scope: "terminal",
  group: "Users",
  operands: [{ label: "NAME" }],
  help: "change your name",
  interpret: (name = "") => request({ code: Code.Rename, username: parseUsername(name) }),
};

/** Lists or describes users, on a terminal. */
export const WHO: CommandOf<"terminal", TerminalInput> = {
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
};

/** The commands about names and their keys. */
export const NAME_COMMANDS: readonly CommandOf<"everywhere", CommonInput>[] = [
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
];

/** The commands that hide the messages of users. */
export const IGNORE_COMMANDS: readonly CommandOf<"terminal", TerminalInput>[] = [
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
];

/** Searches the history. */
export const SEARCH: CommandOf<"terminal", TerminalInput> = {
  words: ["search"],
  scope: "terminal",
  group: "Reading",
  operands: [{ label: "WORDS", rest: true, choices: () => [] }],
  help: "show the messages with all these words",
  interpret: (words = "") => {
    checkText(words);
    return { kind: "history", action: { kind: "search", words } };
  },
};

/** Connects again. */
export const RECONNECT: CommandOf<"terminal", TerminalInput> = {
  words: ["reconnect"],
  scope: "terminal",
  group: "Program",
  operands: [],
  help: "connect again now",
  interpret: () => ({ kind: "reconnect" }),
};

function setting(setting: Setting): TerminalInput {
  return { kind: "setting", setting };
}

function nameAction(action: NameAction): CommonInput {
  return { kind: "name", action };
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

function request(request: Say | Rename): CommonInput {
  return { kind: "request", request };
}

/**
 * The commands about messages that were sent, as entries of the table of commands.
 *
 * PURE. On a terminal Up and Down pick the message while a command is typed. In a pipe it is named by its number.
 *
 * @module
 */
import { checkText, isReaction, ProtocolError } from "../../protocol/mod.ts";
import type { CommandOf, CommonInput, MessageAction, Operand } from "./action.ts";
import { parseDelete, parseMessageNumber } from "./operands.ts";

const NUMBER: Operand = { label: "NUMBER", optional: true, choices: () => [] };
const NEW_TEXT: Operand = { label: "TEXT", optional: true, rest: true };

/** What shows the numbers of messages, for errors: on a terminal, and in a pipe or on a plain terminal. */
export const NUMBERS_SHOWN_BY = {
  terminal: ":set numbers on and :history",
  pipe: "join --json and riftchat log --json",
} as const;

/** The help of a command, where it differs between a terminal and a pipe. */
type DifferingHelp = Readonly<Record<"replyTo" | "edit" | "delete" | "react", string>>;

const TERMINAL_HELP: DifferingHelp = {
  replyTo: "answer a message: the last one of another user, or one that Up picks",
  edit: "put your last message into the line to change it; Up picks others",
  delete: "delete your last message, after asking; Up picks an earlier one",
  react: "to the last message of another user; Up picks an earlier one",
};

const PIPE_HELP: DifferingHelp = {
  replyTo: "answer the message with this number; without TEXT tell which is the last one of another user",
  edit: "change your message with this number; without TEXT tell which is the last one, and its text",
  delete: "delete your message with this number; :delete! deletes your last one",
  react: "to the last message of another user",
};

/** The commands on a terminal. */
export const TERMINAL_MESSAGE_COMMANDS: readonly CommandOf<"terminal", CommonInput>[] = commandsOf(
  "terminal",
  TERMINAL_HELP,
);

/** The commands in a pipe and on a plain terminal. */
export const PIPE_MESSAGE_COMMANDS: readonly CommandOf<"pipe", CommonInput>[] = commandsOf("pipe", PIPE_HELP);

function commandsOf<Scope extends "terminal" | "pipe">(
  scope: Scope,
  help: DifferingHelp,
): CommandOf<Scope, CommonInput>[] {
  const shownBy = NUMBERS_SHOWN_BY[scope];
  const numbered = (text: string | undefined, verb: string): { sequence?: number } =>
    text === undefined ? {} : { sequence: parseMessageNumber(text, verb, shownBy) };
  return [
    {
      words: ["reply-to"],
      scope,
      feature: "changes",
      group: "Messages",
      operands: [NUMBER, NEW_TEXT],
      help: help.replyTo,
      interpret: (number, text) => {
        if (text !== undefined) checkText(text);
        return message({
          kind: "replyTo",
          ...numbered(number, "reply to"),
          ...(text === undefined ? {} : { text }),
        });
      },
    },
    {
      words: ["edit"],
      scope,
      feature: "changes",
      group: "Messages",
      operands: [NUMBER, NEW_TEXT],
      help: help.edit,
      interpret: (number, text) => {
        if (text !== undefined) checkText(text);
        return message({
          kind: "edit",
          ...numbered(number, "edit"),
          ...(text === undefined ? {} : { text }),
        });
      },
    },
    {
      words: ["delete"],
      scope,
      feature: "changes",
      asks: true,
      group: "Messages",
      operands: [{ label: "NUMBER|NAME", optional: true, rest: true, choices: ({ names }) => names }],
      help: help.delete,
      valueDescriptions: {
        "412": "message 412 of the current room, at once",
        "NAME 10m": "for those who keep order: all messages of a user of the last 10 minutes, after asking",
      },
      interpret: (text = "") => message(parseDelete(text, shownBy)),
    },
    {
      words: ["react"],
      scope,
      feature: "changes",
      group: "Messages",
      operands: [{ label: "REACTION", choices: () => ["+1"] }, NUMBER],
      help: "react to a message, such as by +1; again to take it back",
      valueDescriptions: {
        "+1": help.react,
        "+1 412": "to message 412 of the current room",
      },
      interpret: (typed = "", number) => {
        const reaction = typed.normalize("NFC");
        if (!isReaction(reaction)) {
          throw new ProtocolError(
            "bad_message",
            "Cannot react with that: it must be one word of at most 8 characters, such as +1 or an emoji",
          );
        }
        return message({ kind: "react", reaction, ...numbered(number, "react to") });
      },
    },
  ];
}

function message(action: MessageAction): CommonInput {
  return { kind: "message", action };
}

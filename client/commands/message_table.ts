/**
 * The commands about messages that were sent, as entries of the table of commands.
 *
 * PURE.
 *
 * @module
 */
import { checkText, isReaction, ProtocolError } from "../../protocol/mod.ts";
import type { CommandOf, MessageAction, Operand, TerminalInput } from "./action.ts";
import { parseDelete, parseMessageNumber } from "./operands.ts";

const NUMBER: Operand = { label: "NUMBER", optional: true, choices: () => [] };
const NEW_TEXT: Operand = { label: "TEXT", optional: true, rest: true };

/** The commands. Up and Down pick the message while one of them is typed. */
export const MESSAGE_COMMANDS: readonly CommandOf<"terminal", TerminalInput>[] = [
  {
    words: ["reply-to"],
    scope: "terminal",
    feature: "changes",
    group: "Messages",
    operands: [NUMBER, NEW_TEXT],
    help: "answer a message: the last one of another user, or one that Up picks",
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
    scope: "terminal",
    feature: "changes",
    group: "Messages",
    operands: [NUMBER, NEW_TEXT],
    help: "put your last message into the line to change it; Up picks others",
    interpret: (number, text) => {
      if (text !== undefined) checkText(text);
      return message({ kind: "edit", ...numbered(number, "edit"), ...(text === undefined ? {} : { text }) });
    },
  },
  {
    words: ["delete"],
    scope: "terminal",
    feature: "changes",
    asks: true,
    group: "Messages",
    operands: [{ label: "NUMBER|NAME", optional: true, rest: true, choices: ({ names }) => names }],
    help: "delete your last message, after asking; Up picks an earlier one",
    valueDescriptions: {
      "412": "message 412 of the current room, at once",
      "NAME 10m": "for those who keep order: all messages of a user of the last 10 minutes, after asking",
    },
    interpret: (text = "") => message(parseDelete(text)),
  },
  {
    words: ["react"],
    scope: "terminal",
    feature: "changes",
    group: "Messages",
    operands: [{ label: "REACTION", choices: () => ["+1"] }, NUMBER],
    help: "react to a message, such as by +1; again to take it back",
    valueDescriptions: {
      "+1": "to the last message of another user; Up picks an earlier one",
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

function message(action: MessageAction): TerminalInput {
  return { kind: "message", action };
}

function numbered(text: string | undefined, verb: string): { sequence?: number } {
  return text === undefined ? {} : { sequence: parseMessageNumber(text, verb) };
}

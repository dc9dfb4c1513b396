/**
 * The commands that the page for browsers has: those of a terminal that are not about its screen.
 *
 * PURE. This is a file of its own, so that the page has no other entries.
 *
 * @module
 */
import type { TerminalCommand } from "./action.ts";
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
import { TERMINAL_MESSAGE_COMMANDS } from "./message_table.ts";
import { MODERATION_COMMANDS } from "./moderation.ts";
import { ROOM_COMMANDS } from "./room_table.ts";

/** The commands of the page, in the order of its help. */
export const PAGE_COMMANDS: readonly TerminalCommand[] = [
  ...SENDING_COMMANDS,
  ...TERMINAL_MESSAGE_COMMANDS,
  ...ROOM_COMMANDS,
  RENAME,
  WHO,
  ...NAME_COMMANDS,
  ...IGNORE_COMMANDS,
  SEARCH,
  ...MODERATION_COMMANDS,
  QUIT,
  RECONNECT,
  {
    words: ["help"],
    scope: "terminal",
    group: "Program",
    operands: [{ label: "COMMAND", optional: true }],
    help: "list the commands, or explain one",
    interpret: (name) => name === undefined ? { kind: "help" } : explained(PAGE_COMMANDS, name),
  },
];

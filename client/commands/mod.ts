/**
 * The `:commands`: one table of them, used by the parser, the help and the completion.
 *
 * PURE: no `Deno`, timer, clock or randomness except as arguments.
 *
 * May import: `config`, `model`, `text`.
 *
 * - `action`: types of commands and of what a typed line means
 * - `candidates`: completions for the Tab key
 * - `chat_table`: the entries of the commands that are not about rooms, for a terminal and the page
 * - `help`: help texts, made from the table of commands
 * - `lookup`: finds a command by its word, formats its usage, suggests one for an unknown word
 * - `message_table`: the entries of the commands about messages that were sent
 * - `moderation`: the commands of those who keep order, and the parser of their operands
 * - `operands`: parses the operands of commands
 * - `page_table`: the commands that the page for browsers has
 * - `parse`: parses a typed line: a message, a command or an error
 * - `room_table`: the entries of the commands about rooms
 * - `setting`: commands that show or change preferences
 * - `table`: the table of commands
 *
 * @module
 */
export type {
  CopyChoice,
  HistoryAction,
  Input,
  MessageAction,
  ModerationAction,
  NameAction,
  RoomSettingAction,
  TargetAction,
  TargetReference,
  UserPowers,
} from "./action.ts";
export { findCandidates } from "./candidates.ts";
export { helpLines, keysHelp, pageHelp, terminalHelp } from "./help.ts";
export { NUMBERS_SHOWN_BY } from "./message_table.ts";
export { MAX_REQUESTED_LINES, parseUsername } from "./operands.ts";
export { parseInput, parsePageInput, parseTerminalInput } from "./parse.ts";
export { applySetting, saveIgnoredKeys, type Setting } from "./setting.ts";

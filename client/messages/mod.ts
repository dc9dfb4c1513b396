/**
 * The commands about messages that were sent: `:delete`, `:edit`, `:reply-to` and `:react`; how a message is picked for
 * them.
 *
 * May import: `changes`, `commands`, `link`, `model`, `text`.
 *
 * - `message_commands`: runs the commands
 * - `message_pick`: picks a message while one of the commands is typed
 *
 * @module
 */
export { editInput, MessageCommands, type MessageResult } from "./message_commands.ts";
export { pickHint, pickMessage, type PickOptions, recallHint, repeatedMessage } from "./message_pick.ts";

/**
 * The commands about messages that were sent: `:delete`, `:edit`, `:reply-to` and `:react`; how a message is picked for
 * them; and the changes of messages that were missed.
 *
 * May import: `changes`, `commands`, `link`, `model`, `net`, `text`.
 *
 * - `message_commands`: runs the commands
 * - `message_pick`: picks a message while one of the commands is typed
 * - `missed_changes`: asks the hub for the changes that were missed
 *
 * @module
 */
export { editInput, MessageCommands, type MessageResult } from "./message_commands.ts";
export { pickHint, pickMessage, type PickOptions, recallHint, repeatedMessage } from "./message_pick.ts";
export { MissedChanges } from "./missed_changes.ts";

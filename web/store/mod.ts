/**
 * The state of the page and what can be done with it, without the browser: conversations, messages, people, search,
 * drafts and commands. Reconnecting, catching up, and the texts of commands are those of the terminal.
 *
 * May import: `client/catch_up`, `client/changes`, `client/commands`, `client/link`, `client/messages`, `client/model`,
 * `client/moderation`, `client/names`, `client/net`, `client/rooms`, `client/text`,
 * `client/trust`.
 *
 * - `chat_store`: the state and its actions
 * - `command_runner`: runs what is typed
 * - `conversation`: the messages and notes of one room or person
 * - `memory`: what is kept between visits
 *
 * @module
 */
export {
  type Alert,
  ChatStore,
  type ChatStoreOptions,
  type Panel,
  type Question,
  type SearchResults,
} from "./chat_store.ts";
export { Conversation, type Item } from "./conversation.ts";
export { type KeptValues, Memory } from "./memory.ts";

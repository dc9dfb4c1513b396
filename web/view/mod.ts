/**
 * The elements of the page. Texts of others are always text nodes, never markup; the only elements made of them are
 * links to `http` and `https` addresses.
 *
 * May import: `client/changes`, `client/model`, `client/text`, `store`.
 *
 * - `action_dialog`: the menus of actions, and the form of one
 * - `actions`: what can be done with a person, a room, the own name and the hub
 * - `announcer`: what screen readers read as messages arrive
 * - `chat_view`: the page of somebody who is in the chat
 * - `composer`: the field for messages
 * - `dialog`: a dialog over the messages
 * - `dialogs`: what is shown in dialogs: questions, the list of rooms, results of a search, actions
 * - `html`: makes elements from templates
 * - `join_form`: the page of somebody who is not in the chat yet
 * - `message_log`: the messages of a conversation
 * - `message_view`: one message
 * - `plural`: numbers of things
 * - `side_lists`: the conversations and the people
 * - `text_parts`: finds the links in a text
 *
 * @module
 */
export { ChatView, type ChatViewProperties } from "./chat_view.ts";
export { html } from "./html.ts";
export { JoinForm, type JoinFormProperties } from "./join_form.ts";
export { textParts } from "./text_parts.ts";

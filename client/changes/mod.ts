/**
 * Messages that change after they were sent: deletions, edits, reactions, and answers to messages.
 *
 * PURE: no `Deno`, timer, clock or randomness except as arguments.
 *
 * May import: `model`, `text`.
 *
 * - `changed_lines`: applies changes to the messages that the client keeps
 * - `change_notices`: gathers deletions and reactions into few lines
 * - `change_text`: texts about messages and their changes
 * - `line_states`: the last known state of each message that was changed
 * - `shown_messages`: the last messages that the screen has shown, in their last form
 *
 * @module
 */
export { type AppliedChange, ChangedLines } from "./changed_lines.ts";
export { type ChangeNotice, ChangeNotices } from "./change_notices.ts";
export {
  changedBy,
  type LabelOptions,
  marksText,
  messageLabel,
  quoteOf,
  reactionsText,
  reactionText,
  replyText,
} from "./change_text.ts";
export { conversationOf, LineStates, targetOfConversation } from "./line_states.ts";
export { ShownMessages } from "./shown_messages.ts";

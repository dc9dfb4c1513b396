/**
 * The commands of those who keep order: `:kick`, `:ban`, `:mute`, `:slow`, `:lockdown`, `:announce`, `:mod`, those that
 * undo them, and `:bans`, for the terminal and for pipes.
 *
 * May import: `commands`, `link`, `model`, `text`.
 *
 * - `moderation_commands`: runs the commands, and knows what the user may moderate
 * - `moderation_request`: an action as a request, and as the input that does it
 * - `moderation_texts`: questions and answers as lines
 * - `power_texts`: what the user may moderate, as text
 *
 * @module
 */
export {
  ModerationCommands,
  type ModerationCommandsOptions,
  type ModerationResult,
} from "./moderation_commands.ts";

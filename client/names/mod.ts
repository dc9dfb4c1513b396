/**
 * The commands about names that belong to keys: `:release`, `:key`, `:keys` and `:whois`, for the terminal and for
 * pipes.
 *
 * May import: `commands`, `identity`, `link`, `render`, `text`.
 *
 * - `key_operand`: what a user has typed for a key: the key, its fingerprint, a file or a code
 * - `name_commands`: runs the commands
 * - `name_texts`: the answers of the hub as lines
 *
 * @module
 */
export { NameCommands, type NameCommandsOptions, type NameResult } from "./name_commands.ts";

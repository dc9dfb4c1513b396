/**
 * The commands about names that belong to keys: `:release`, `:key`, `:keys` and `:whois`, for the terminal and for
 * pipes.
 *
 * May import: `commands`, `identity`, `link`, `render`, `text`.
 *
 * - `key_in_file`: reads the key of a file
 * - `key_operand`: what a user has typed for a key: the key, its fingerprint, a file or a code
 * - `name_commands`: runs the commands
 * - `name_texts`: the answers of the hub as lines
 *
 * @module
 */
export { NameCommands, type NameCommandsOptions, type NameResult } from "./name_commands.ts";

/** Reads the key of a file, as {@linkcode NameCommandsOptions} wants it. Loads the formats of key files. */
export const keyInFile = async (path: string): Promise<string> =>
  (await import("./key_in_file.ts")).keyInFile(path);

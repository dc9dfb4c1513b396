/**
 * The command line that all subcommands share. The only door into this folder.
 *
 * - `run` goes from the arguments to the exit status, `permissions` says what each subcommand may do meanwhile.
 * - `program` is the program as commander has it, `subcommands` the table it is made from: definitions are loaded only
 *   when they are asked for, so that help is there at once.
 * - `completions` makes scripts for shells out of those definitions.
 *
 * @module
 */
export { type Asked, keepOnly, type Permission, permissionsOf } from "./permissions.ts";
export { makeProgram, type ProgramCommand, type ProgramOptions, VERSION_LINE } from "./program.ts";
export { run } from "./run.ts";

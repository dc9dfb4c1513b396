/**
 * The command line that all subcommands share. The only door into this folder.
 *
 * - `run` goes from the arguments to the exit status; the front page of help and the version it knows by itself.
 * - `parse` does all else; `permissions` says what each subcommand may do meanwhile.
 * - `program` is the program as commander has it, `subcommands` the table it is made from: both, and each definition, are
 *   loaded only when they are asked for, so that help is there at once.
 * - `completions` makes scripts for shells out of those definitions.
 *
 * @module
 */
import type { ProgramCommand, ProgramOptions } from "./program.ts";

export { FRONT_PAGE, FRONT_PAGE_COLUMNS } from "./front_page.ts";
export { type Asked, keepOnly, type Permission, permissionsOf } from "./permissions.ts";
export type { ProgramCommand, ProgramOptions } from "./program.ts";
export { run } from "./run.ts";
export { VERSION_LINE } from "./version.ts";

/**
 * Makes the program as commander has it; see `program.ts`.
 *
 * @param options see {@linkcode ProgramOptions}
 * @returns the program
 */
export async function makeProgram(options: ProgramOptions): Promise<ProgramCommand> {
  return await (await import("./program.ts")).makeProgram(options);
}

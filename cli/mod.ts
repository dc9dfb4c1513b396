/**
 * The command line that all subcommands share: from the arguments to the exit status.
 *
 * May import: `client`, `load`, `server`.
 *
 * - `completion_scripts`: the scripts that complete commands in each shell
 * - `completions`: `riftchat completions`, and what the scripts ask for
 * - `front_page`: the front page of help, generated
 * - `narrow`: help on a terminal that is narrower than its lines
 * - `parse`: arguments to a subcommand
 * - `permissions`: the permissions that each subcommand keeps
 * - `program`: the program as commander has it
 * - `run`: arguments to the exit status
 * - `subcommands`: the table of subcommands; a definition is loaded when it is needed
 * - `version`: the line of `--version`
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

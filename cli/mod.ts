/**
 * The command line of the program: parses the arguments, runs a subcommand, returns the exit status.
 *
 * May import: `client`, `load`, `server`.
 *
 * - `completion_scripts`: the completion scripts of the shells
 * - `completions`: `riftchat completions`, and the answers to its scripts
 * - `front_page`: the front page of the help, generated
 * - `parse`: parses the arguments and runs a subcommand
 * - `permissions`: the permissions that each subcommand needs
 * - `program`: the commander program
 * - `program_command`: the type of the program
 * - `run`: runs the program and reports errors; help and version without parsing
 * - `subcommands`: the table of subcommands, whose definitions are loaded when needed
 * - `version`: the output of `--version`
 * - `wrap_help`: wraps help for narrow terminals
 *
 * @module
 */
import type { ProgramOptions } from "./program.ts";
import type { ProgramCommand } from "./program_command.ts";

export { FRONT_PAGE, FRONT_PAGE_COLUMNS } from "./front_page.ts";
export {
  dropPermissionsExcept,
  type Permission,
  permissionsOf,
  permissionsOfArguments,
  type SubcommandOptions,
} from "./permissions.ts";
export type { ProgramOptions } from "./program.ts";
export type { ProgramCommand } from "./program_command.ts";
export { run } from "./run.ts";
export { VERSION_LINE } from "./version.ts";

/**
 * Makes the commander program; see `program.ts`.
 *
 * @param options see {@linkcode ProgramOptions}
 * @returns the program
 */
export async function makeProgram(options: ProgramOptions): Promise<ProgramCommand> {
  return await (await import("./program.ts")).makeProgram(options);
}

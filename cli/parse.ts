/**
 * From the arguments to a subcommand that is carried out, by commander.
 *
 * @module
 */
import { type Command, CommanderError } from "commander";
import { keepOnly, permissionsOf } from "./permissions.ts";
import { makeProgram } from "./program.ts";
import { SUBCOMMANDS } from "./subcommands.ts";

/** The command line was wrong, as all subcommands tell the shell. */
const USAGE = 2;

/** The subcommand that the scripts of `completions` call while somebody types: it needs every definition. */
const COMPLETE = "complete";

/**
 * Does what the arguments say. Permissions that are not needed for it are gone afterwards.
 *
 * @param args the arguments; without any, help is shown
 * @returns the exit status; what was wrong with the arguments was told on stderr
 * @throws what the subcommand throws: a fault of its own
 */
export async function parse(args: readonly string[]): Promise<number> {
  let status = 0;
  try {
    const argv = args[0] === "help" ? helpAbout(args.slice(1)) : [...args];
    const program = await programFor(argv, (value) => status = value);
    const wrong = tooMuch(args);
    if (wrong !== undefined) program.error(`error: ${wrong}`);
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : USAGE;
  }
  return status;
}

/** What is left of the arguments of `help` without those that ask for help once more. */
function explained(args: readonly string[]): string[] {
  return args.filter((arg) => arg !== "-h" && arg !== "--help");
}

/** What `help NAME` stands for: so a name that is none is told like any other wrong subcommand. */
function helpAbout(args: readonly string[]): string[] {
  const [name] = explained(args);
  return name === undefined ? [] : Object.hasOwn(SUBCOMMANDS, name) ? [name, "--help"] : [name];
}

/** What is wrong with arguments of which commander would pass over some: those of `help`, and of the version. */
function tooMuch([first, ...rest]: readonly string[]): string | undefined {
  if (first === "-V" || first === "--version") {
    return rest.length === 0
      ? undefined
      : `cannot print the version: ${first} must be alone: it is followed by '${rest[0]}'`;
  }
  if (first !== "help") return undefined;
  const names = explained(rest);
  const flag = names.find((name) => name.startsWith("-"));
  if (flag !== undefined) return `unknown option '${flag}'`;
  return names.length <= 1
    ? undefined
    : `too many arguments for 'help'. Expected 1 argument but got ${names.length}: ${names.join(", ")}.`;
}

async function programFor(argv: string[], finish: (status: number) => void): Promise<Command> {
  const [first] = argv;
  const program = await makeProgram({
    wanted: first === "completions" || first === COMPLETE ? "all" : first,
    finish,
  });
  if (first === undefined || permissionsOf(first, {}).length === 0) keepOnly([]);
  program.hook("preAction", (_, command) => keepOnly(permissionsOf(command.name(), command.opts())));
  return program;
}

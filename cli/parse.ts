/**
 * Parses the arguments with commander and runs the subcommand.
 *
 * @module
 */
import { type Command, CommanderError } from "commander";
import { dropPermissionsExcept, permissionsOf } from "./permissions.ts";
import { makeProgram } from "./program.ts";
import { SUBCOMMANDS } from "./subcommands.ts";

/** The exit status of all subcommands for an invalid command line. */
const USAGE = 2;

/** The hidden subcommand that the completion scripts run. It needs every definition. */
const COMPLETE = "complete";

/**
 * Runs the subcommand. It drops the permissions that the options of the subcommand do not need.
 *
 * @param args the arguments; without any, it prints the help
 * @returns the exit status; usage errors are printed on stderr
 * @throws the errors of the subcommand, which are internal errors
 */
export async function parse(args: readonly string[]): Promise<number> {
  let status = 0;
  try {
    const argv = args[0] === "help" ? helpArguments(args.slice(1)) : [...args];
    const program = await programFor(argv, (value) => status = value);
    const problem = extraArguments(args);
    if (problem !== undefined) program.error(`error: ${problem}`);
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(argv, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : USAGE;
  }
  return status;
}

/** The arguments of `help` without `-h` and `--help`. */
function withoutHelpFlags(args: readonly string[]): string[] {
  return args.filter((arg) => arg !== "-h" && arg !== "--help");
}

/** The arguments that `help NAME` stands for. An unknown name is reported like an unknown subcommand. */
function helpArguments(args: readonly string[]): string[] {
  const [name] = withoutHelpFlags(args);
  return name === undefined ? [] : Object.hasOwn(SUBCOMMANDS, name) ? [name, "--help"] : [name];
}

/** The error message for arguments that commander would ignore: after `help` and after the version flag. */
function extraArguments([first, ...rest]: readonly string[]): string | undefined {
  if (first === "-V" || first === "--version") {
    return rest.length === 0
      ? undefined
      : `cannot print the version: ${first} must be the only argument: it is followed by '${rest[0]}'`;
  }
  if (first !== "help") return undefined;
  const names = withoutHelpFlags(rest);
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
  program.hook(
    "preAction",
    (_, command) => dropPermissionsExcept(permissionsOf(command.name(), command.opts())),
  );
  return program;
}

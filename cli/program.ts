/**
 * The commander program: the options of the program itself, and the definitions of the subcommands that are needed.
 *
 * Rules: help is at most 80 columns wide, and no wider than its terminal. An error is one line on stderr that begins
 * with `riftchat: `.
 *
 * @module
 */
import process from "node:process";
import { type Argument, Command, type Option } from "commander";
import { wrapHelp } from "./wrap_help.ts";
import { afterPrefix, errorText } from "../runtime/mod.ts";
import type { ProgramCommand } from "./program_command.ts";
import { SUBCOMMANDS } from "./subcommands.ts";
import { VERSION_LINE } from "./version.ts";

/** The maximum width of help, in columns. Longer lines are hard to read. */
const HELP_COLUMNS = 80;

const DESCRIPTION = `A chat for terminals: one file to download, one command to host, one to join.

Examples:
  riftchat serve                           host a hub on port 8000
  riftchat join                            join the hub on this machine
  riftchat join chat.example.org -n ana    join another hub, as ana
  riftchat help join                       print the help of a command`;

const EXIT_STATUS_HELP = `
Exit status:
  0  success
  1  an internal or system error
  2  an invalid command line

The help of a command lists its other exit statuses.`;

/** Options of {@linkcode makeProgram}. */
export interface ProgramOptions {
  /** The subcommand whose definition is needed, or `all`. The other ones have only a name and a summary. */
  wanted: string | undefined;
  /** Called with the exit status of the subcommand. */
  finish?: (status: number) => void;
}

/**
 * Makes the program.
 *
 * @param options see {@linkcode ProgramOptions}
 * @returns the program. It prints help and usage errors, and then throws a `CommanderError`, whose `exitCode` is 0
 * after help
 */
export async function makeProgram({ wanted, finish = () => {} }: ProgramOptions): Promise<ProgramCommand> {
  const program = new Command("riftchat")
    .usage("COMMAND [options]")
    .description(DESCRIPTION)
    .version(VERSION_LINE, "-V, --version", "print the versions of RiftChat and Deno, and the target")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXIT_STATUS_HELP)
    .exitOverride()
    .configureHelp({ optionDescription, argumentDescription })
    .configureOutput({
      writeOut: (text) => void process.stdout.write(wrapHelp(text, helpWidth())),
      outputError: (text, write) => write(oneLine(text)),
      getOutHelpWidth: helpWidth,
      // No colours: to find out whether the terminal supports them, the program needs access to the environment.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  // `completions` uses the definitions of all others, so it comes last in the table.
  for (const [name, { summary, add }] of Object.entries(SUBCOMMANDS)) {
    if (wanted === name || wanted === "all") await add(program, finish);
    else program.addCommand(new Command(name));
    program.commands.find((command) => command.name() === name)!
      .copyInheritedSettings(program).summary(summary);
  }
  return program;
}

function helpWidth(): number {
  return Deno.stdout.isTerminal() ? Math.min(Deno.consoleSize().columns, HELP_COLUMNS) : HELP_COLUMNS;
}

/** Describes an option for users. The default text of commander has internal terms, such as `preset`. */
function optionDescription(option: Option): string {
  const {
    argChoices = [],
    defaultValue,
    defaultValueDescription,
    description,
    flags,
    optional,
    presetArg,
    required,
  } = option;
  const facts: string[] = [];
  // Flags such as "--tls [on|off]" list the values already.
  if (argChoices.length > 0 && !flags.includes(argChoices.join("|"))) facts.push(orList(argChoices));
  if (defaultValue !== undefined && (required || optional)) {
    facts.push(`default: ${defaultValueDescription ?? String(defaultValue)}`);
  }
  if (presetArg !== undefined && optional) facts.push(`without a value: ${presetArg}`);
  return facts.length === 0 ? description : `${description} (${facts.join("; ")})`;
}

/** Describes an argument for users. */
function argumentDescription({ argChoices = [], description }: Argument): string {
  return argChoices.length === 0 ? description : `${description} (${orList(argChoices)})`;
}

function orList(words: readonly string[]): string {
  return `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}

/** @param text the usage error of commander, which may have its suggestion on a second line */
function oneLine(text: string): string {
  return errorText(
    afterPrefix(text.replace(/^error: /, "")).trimEnd()
      .replace(/\n(?=\(Did you mean [^\n]*$)/, " ")
      .replace(
        /^command-argument value ('.*') is invalid for argument '(\w+)'\. Allowed choices are (.*)\.$/s,
        (_, given, name, choices) => `the ${name} must be ${orList(choices.split(", "))}: it is ${given}`,
      ),
  );
}

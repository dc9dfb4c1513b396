/**
 * The commander program: the options of the program itself, and the definitions of the subcommands that are needed.
 *
 * Rules: help is at most 80 columns wide, and no wider than its terminal. An error is one line on stderr that begins
 * with `riftchat: `.
 *
 * @module
 */
import process from "node:process";
import { Command } from "commander";
import { wrapHelp } from "./wrap_help.ts";
import type { ProgramCommand } from "./program_command.ts";
import { SUBCOMMANDS } from "./subcommands.ts";
import { VERSION_LINE } from "./version.ts";

/** The maximum width of help, in columns. Longer lines are hard to read. */
const HELP_COLUMNS = 80;

const EXPLANATION = `
Examples:
  riftchat serve                           host a hub on port 8000
  riftchat join                            join the hub on this machine
  riftchat join chat.example.org -n ana    join another hub, as ana
  riftchat help join                       print the help of a command

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
 * @returns the program. Help and usage errors are printed; then it throws a `CommanderError`, whose `exitCode` is 0
 * after help
 */
export async function makeProgram({ wanted, finish = () => {} }: ProgramOptions): Promise<ProgramCommand> {
  const program = new Command("riftchat")
    .usage("COMMAND [options]")
    .description("A chat for terminals: one file to download, one command to host, one to join.")
    .version(VERSION_LINE, "-V, --version", "print the versions of RiftChat and Deno, and the target")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", EXPLANATION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void process.stdout.write(wrapHelp(text, helpWidth())),
      outputError: (text, write) => write(oneLine(text)),
      getOutHelpWidth: helpWidth,
      // No colours: finding out whether the terminal supports them would need permission for the environment.
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

/** @param text the usage error of commander, which may have its suggestion on a second line */
function oneLine(text: string): string {
  return text.replace(/^error: /, "riftchat: ").trimEnd().replaceAll("\n", " ") + "\n";
}

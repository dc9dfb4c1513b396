/**
 * The program as commander has it: what all subcommands share, and as many of their definitions as are asked for.
 *
 * Rules: help is at most 80 columns wide, and no wider than its terminal; an error is one line on stderr that begins with `riftchat: `.
 *
 * @module
 */
import process from "node:process";
import { Command } from "commander";
import { narrow } from "./narrow.ts";
import { SUBCOMMANDS } from "./subcommands.ts";
import { VERSION_LINE } from "./version.ts";

/** The widest that help gets, in columns, also on a wider terminal: longer lines are hard to read. */
const HELP_COLUMNS = 80;

const EXPLANATION = `
Examples:
  riftchat serve                           host a hub on port 8000
  riftchat join                            join the hub on this machine
  riftchat join chat.example.org -n ana    join another one, as ana
  riftchat help join                       explain one command

Exit status:
  0  well
  1  a fault of the program or its machine
  2  a wrong command line

The help of each command says what else its exit status may be.`;

/**
 * The program.
 *
 * @ignore it is a type of the package `commander`, which the doc lint would have documented here
 */
export type ProgramCommand = Command;

/** What a program is made with. */
export interface ProgramOptions {
  /** The subcommand whose definition is needed; `all` for every one. Of the others only name and summary are there. */
  wanted: string | undefined;
  /** Takes the exit status of the subcommand that was run. */
  finish?: (status: number) => void;
}

/**
 * Makes the program.
 *
 * @param options see {@linkcode ProgramOptions}
 * @returns the program; what ends parsing early (help, a wrong command line) was told and is thrown as a
 * `CommanderError`, whose `exitCode` is 0 where nothing was wrong
 */
export async function makeProgram({ wanted, finish = () => {} }: ProgramOptions): Promise<ProgramCommand> {
  const program = new Command("riftchat")
    .usage("COMMAND [options]")
    .description("A chat for terminals: one file to download, one command to host, one to join.")
    .version(VERSION_LINE, "-V, --version", "print version, Deno and target")
    .helpOption("-h, --help", "explain this")
    .helpCommand("help [command]", "explain a command")
    .addHelpText("after", EXPLANATION)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => void process.stdout.write(narrow(text, helpWidth())),
      outputError: (text, write) => write(oneLine(text)),
      getOutHelpWidth: helpWidth,
      // Nothing has colours: to find out would need the environment.
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  // Completion offers what all the others have, so it is added last.
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

/** @param text what the package says of a wrong command line, with its guess of what was meant in a line of its own */
function oneLine(text: string): string {
  return text.replace(/^error: /, "riftchat: ").trimEnd().replaceAll("\n", " ") + "\n";
}

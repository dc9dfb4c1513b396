/**
 * `riftchat completions`, which prints the script of a shell, and the hidden `riftchat complete`, which the scripts
 * run. The package `@bomb.sh/tab` finds the possible values from the definitions of all subcommands. The scripts of the
 * package are not used: they evaluate what the user types.
 *
 * @module
 */
import process from "node:process";
import tab from "@bomb.sh/tab/commander";
import type { ProgramCommand } from "./program_command.ts";
import { SCRIPTS } from "./completion_scripts.ts";

const EXAMPLES = `

Examples:
  riftchat completions fish > ~/.config/fish/completions/riftchat.fish
  source <(riftchat completions zsh)       only in this zsh; or bash in bash`;

const EXPLANATION = `
The script runs this program when you press Tab, so you do not have to replace
it after an update. For bash, install the package bash-completion.

Where to save the script:
  bash        ~/.local/share/bash-completion/completions/riftchat
  zsh         a file named _riftchat in a folder of $fpath
  fish        ~/.config/fish/completions/riftchat.fish
  powershell  the end of the file $PROFILE

Exit status:
  0  success
  2  an invalid command line`;

/**
 * Adds `completions` and the hidden `complete`.
 *
 * @param program the program with the definitions of all other subcommands
 * @param summary what `completions` does, in a few words
 */
export function addCompletions(program: ProgramCommand, summary: string): void {
  const completion = tab(program, { completionCommandName: "completions" });
  const command = program.commands.find((command) => command.name() === "completions")!;
  command
    .summary(summary)
    .description("Print a script for your shell that completes commands, options and values." + EXAMPLES)
    .addHelpText("after", EXPLANATION);
  const print = (text: string) => void process.stdout.write(text);
  command.action((shell: string) => print(SCRIPTS[shell]!));
  const complete = program.commands.find((command) => command.name() === "complete")!;
  complete.action((words: string[]) => expectsFile(program, words) ? print(":0\n") : completion.parse(words));
  command.registeredArguments[0]!.description = "the shell";
  // The short summaries of the help, as there is little room in a list.
  const summaries = program.commands.map((command) => ({ name: command.name(), summary: command.summary() }));
  for (const { name, summary } of summaries) {
    const entry = completion.commands.get(name);
    if (entry !== undefined && summary !== "") entry.description = summary;
  }
  completion.commands.get("help")?.argument("command", (add) => {
    for (const { name, summary } of summaries) if (completion.commands.has(name)) add(name, summary);
  });
}

/**
 * Tells whether a file name is expected.
 *
 * @param program the program with all definitions
 * @param words the words typed so far, without the program; the last one, which may be empty, is to be completed
 * @returns whether the last word is the value of an option that takes a file, or an argument that is one
 */
function expectsFile(program: ProgramCommand, words: readonly string[]): boolean {
  const last = words.at(-1) ?? "";
  const flag = /^(--[^=]+)=/.exec(last)?.[1] ?? words.at(-2);
  const command = program.commands.find((command) => command.name() === words[0]);
  if (flag === undefined || command === undefined) return false;
  const option = command.options.find(({ short, long }) => short === flag || long === flag);
  if (option?.flags.endsWith(">")) return option.flags.endsWith("<file>");
  const before = words.slice(1, -1).filter((word) => !word.startsWith("-")).length;
  return !last.startsWith("-") && command.registeredArguments[before]?.name() === "file";
}

/**
 * `riftchat completions`: scripts for shells, and the hidden `riftchat complete`, which those scripts ask what may follow:
 * that, `@bomb.sh/tab` knows from the definitions of all subcommands. Its own scripts evaluate what is typed, and so are
 * not used.
 *
 * @module
 */
import process from "node:process";
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";
import { SCRIPTS } from "./completion_scripts.ts";

const EXPLANATION = `
The script asks this program what may follow whenever Tab is pressed, so it
stays right when the program is updated. For bash to find it where it is put,
the package bash-completion is needed.

Where to put it, for every new shell:
  bash        ~/.local/share/bash-completion/completions/riftchat
  zsh         a file named _riftchat in a folder of $fpath
  fish        ~/.config/fish/completions/riftchat.fish
  powershell  the end of the file $PROFILE

Examples:
  riftchat completions fish > ~/.config/fish/completions/riftchat.fish
  source <(riftchat completions zsh)       for this zsh alone; or bash in bash

Exit status:
  0  well
  2  a wrong command line`;

/**
 * Adds `completions` and the hidden `complete`.
 *
 * @param program the program with all other subcommands, each with its whole definition
 * @param summary what `completions` does, in a few words
 */
export function addCompletions(program: Command, summary: string): void {
  const completion = tab(program, { completionCommandName: "completions" });
  const command = program.commands.find((command) => command.name() === "completions")!;
  command
    .summary(summary)
    .description("Print a script that teaches a shell to complete commands, options and their values.")
    .addHelpText("after", EXPLANATION);
  const print = (text: string) => void process.stdout.write(text);
  command.action((shell: string) => print(SCRIPTS[shell]!));
  const asked = program.commands.find((command) => command.name() === "complete")!;
  asked.action((words: string[]) => wantsFile(program, words) ? print(":0\n") : completion.parse(words));
  command.registeredArguments[0]!.description = "the shell";
  // A list has room for a few words each, as the program's help has them.
  const offered = program.commands.map((command) => ({ name: command.name(), summary: command.summary() }));
  for (const { name, summary } of offered) {
    const entry = completion.commands.get(name);
    if (entry !== undefined && summary !== "") entry.description = summary;
  }
  completion.commands.get("help")?.argument("command", (complete) => {
    for (const { name, summary } of offered) if (completion.commands.has(name)) complete(name, summary);
  });
}

/**
 * Says whether the name of a file is wanted.
 *
 * @param program the program with all definitions
 * @param words what is typed so far, without the program; the last, which may be empty, is to be completed
 * @returns whether the last is the value of an option that takes a file
 */
function wantsFile(program: Command, words: readonly string[]): boolean {
  const last = words.at(-1) ?? "";
  const flag = /^(--[^=]+)=/.exec(last)?.[1] ?? words.at(-2);
  const command = program.commands.find((command) => command.name() === words[0]);
  return flag !== undefined &&
    command?.options.find((option) => option.short === flag || option.long === flag)?.flags.endsWith(
        "<file>",
      ) === true;
}

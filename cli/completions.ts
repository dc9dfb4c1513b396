/**
 * `riftchat completions`: scripts for shells, made by `@bomb.sh/tab` from the definitions of all subcommands, and the
 * hidden `riftchat complete`, which those scripts ask what may follow.
 *
 * @module
 */
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";

const EXPLANATION = `
The script asks this program what may follow whenever Tab is pressed, so it
stays right when the program is updated. The one for bash needs the package
bash-completion.

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

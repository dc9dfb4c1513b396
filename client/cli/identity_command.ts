/**
 * The command line of `riftchat identity`: flags and help. Its code is loaded only when it runs.
 *
 * @module
 */
import * as commander from "@commander-js/extra-typings";

const EXAMPLES = `

Examples:
  riftchat identity                           show your key, or make it first
  riftchat identity export | ssh pc riftchat identity import
                                              be the same on another machine
  riftchat identity import ~/.ssh/id_ed25519  use a key that you have
  riftchat identity --identity agent          show the key that ssh-agent has`;

const EXPLANATION = `
Your key is the file identity in the config folder, an Ed25519 key in the format
of OpenSSH without a passphrase. The file identity.pub beside it is the public
key, which you may show to everyone. Whoever has the file identity is you, so
only you may have access to it.

Actions:
  show    print the fingerprint, the public key, and where the private key is
  export  write the private key to FILE, or to stdout
  import  make the private key in FILE, or on stdin, your key

A key that another one replaces is not deleted: it is renamed to
identity.replaced.

Environment:
  SSH_AUTH_SOCK  the socket of ssh-agent

Exit status:
  0  success
  1  the key cannot be used, read or written; or there is another one
  2  an invalid command line`;

/**
 * The subcommand `identity`, with its arguments and options.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type IdentityCommand = commander.Command<
  ["export" | "import" | "show" | undefined, string | undefined],
  { identity?: string; replace?: true }
>;

/**
 * Makes the subcommand.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before
 * @returns `identity`, to be added to the program
 */
export function identityCommand(finish: (status: number) => void): IdentityCommand {
  return new commander.Command("identity")
    .summary("show, export or import your key")
    .description("Show the key that is you, or take it to another machine." + EXAMPLES)
    .addArgument(
      new commander.Argument("[action]", "what to do; the default is show").choices(
        ["show", "export", "import"] as const,
      ),
    )
    .argument("[file]", "the file to export to or to import; by default stdout or stdin")
    .option(
      "--identity <file>",
      "show the key in this file instead; of a .pub file that in ssh-agent; of the word agent the only key there",
    )
    .option("--replace", "export over another file; import although you have another key")
    .addHelpText("after", EXPLANATION)
    .action(async (action, file, options) => {
      const { identity } = await import("./identity.ts");
      finish(await identity({ action, file, ...options }));
    });
}

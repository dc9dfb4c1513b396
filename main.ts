/**
 * RiftChat: argv, to a subcommand, to an exit status.
 *
 * @module
 */
import { Command, CommanderError } from "@commander-js/extra-typings";
import { joinCommand } from "./client/mod.ts";
import { benchCommand } from "./load/mod.ts";
import { VERSION } from "./protocol/mod.ts";
import { serveCommand } from "./server/mod.ts";

/** Exit statuses shared by all subcommands. */
const FAULT = 1, USAGE = 2;

let status = 0;
const finish = (value: number) => status = value;

const program = new Command("riftchat")
  .description("A chat for terminals: one file to download, one command to host, one to join.")
  .version(VERSION)
  .exitOverride()
  .configureOutput({ outputError: (text, write) => write(text.replace(/^error: /, "riftchat: ")) })
  .addCommand(serveCommand(finish))
  .addCommand(joinCommand(finish))
  .addCommand(benchCommand(finish));
for (const command of program.commands) command.copyInheritedSettings(program);

try {
  await program.parseAsync(Deno.args, { from: "user" });
} catch (error) {
  if (error instanceof CommanderError) status = error.exitCode === 0 ? 0 : USAGE;
  else {
    Deno.stderr.writeSync(new TextEncoder().encode(`riftchat: a fault of its own: ${Deno.inspect(error)}\n`));
    status = FAULT;
  }
}
Deno.exit(status);

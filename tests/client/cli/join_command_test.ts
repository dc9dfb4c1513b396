import { type JoinCommand, joinCommand } from "../../../client/mod.ts";
import { assertStringIncludes } from "../../helpers/assert.ts";

/** The subcommand, with what it writes. */
function prepare(): { command: JoinCommand; out: string[] } {
  const out: string[] = [];
  const command = joinCommand(() => {}).configureOutput({ writeOut: (text) => out.push(text) });
  return { command, out };
}

Deno.test("Help names the examples, the flags, the variables and the exit statuses", () => {
  const { command, out } = prepare();
  command.outputHelp();
  for (
    const part of [
      "-n, --name <name>",
      "--json",
      "[address]",
      "localhost:8000",
      "Examples:",
      "Environment:",
      "Exit status:",
    ]
  ) {
    assertStringIncludes(out.join(""), part);
  }
});

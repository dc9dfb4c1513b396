/** The program as commander has it, before anything is parsed. */
import { makeProgram } from "../../cli/mod.ts";
import { assertEquals } from "../helpers/assert.ts";

Deno.test("The table of subcommands has the summaries, and only what was asked for is defined", async () => {
  const all = await makeProgram({ wanted: "all" });
  const none = await makeProgram({ wanted: undefined });
  const shown = (program: typeof all) =>
    program.createHelp().visibleCommands(program).map((command) => [command.name(), command.summary()]);
  assertEquals(shown(all), shown(none));
  for (const command of none.commands) assertEquals(command.options, []);
});

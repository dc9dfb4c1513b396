/** The commander program before parsing. */
import { makeProgram } from "../../cli/mod.ts";
import { assertEquals } from "../helpers/assert.ts";

Deno.test("All summaries come from the table, and only the wanted subcommand is defined", async () => {
  const all = await makeProgram({ wanted: "all" });
  const none = await makeProgram({ wanted: undefined });
  const summaries = (program: typeof all) =>
    program.createHelp().visibleCommands(program).map((command) => [command.name(), command.summary()]);
  assertEquals(summaries(all), summaries(none));
  for (const command of none.commands) assertEquals(command.options, []);
});

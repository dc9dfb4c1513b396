/** The commander program before parsing. */
import { makeProgram } from "../../cli/mod.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

Deno.test("All summaries come from the table, and only the wanted subcommand is defined", async () => {
  const all = await makeProgram({ wanted: "all" });
  const none = await makeProgram({ wanted: undefined });
  const summaries = (program: typeof all) =>
    program.createHelp().visibleCommands(program).map((command) => [command.name(), command.summary()]);
  assertEquals(summaries(all), summaries(none));
  for (const command of none.commands) assertEquals(command.options, []);
});

Deno.test("The help of serve shows examples first, and its options in groups", async () => {
  const program = await makeProgram({ wanted: "serve" });
  const help = program.commands.find((command) => command.name() === "serve")!.helpInformation();
  const titles = help.split("\n").filter((line) => /^\S.*:$/.test(line));
  assertEquals(titles, [
    "Examples:",
    "Where it listens:",
    "TLS:",
    "Limits:",
    "History:",
    "Password and greeting:",
    "Moderation:",
    "Cluster:",
    "Log and metrics:",
    "Configuration and background:",
    "Options:",
  ]);
});

Deno.test("The help of each command shows examples before its options", async () => {
  const program = await makeProgram({ wanted: "all" });
  for (const command of program.createHelp().visibleCommands(program)) {
    if (command.name() === "help") continue;
    const help = command.helpInformation();
    const [examples, options] = [
      help.indexOf("\nExamples:\n"),
      help.search(/\n(Options|Where it listens):\n/),
    ];
    assert(examples > 0 && examples < options, `${command.name()}: ${help}`);
  }
});

Deno.test("Help describes values in the words of a user, not of the library", async () => {
  const program = await makeProgram({ wanted: "all" });
  for (const command of program.commands) {
    const help = command.helpInformation();
    assert(!/preset:|choices:|default: "/.test(help), `${command.name()}: ${help}`);
  }
  const serve = program.commands.find((command) => command.name() === "serve")!.helpInformation();
  for (const text of ["(default: off; without a value: on)", "(text or json; default: text)"]) {
    assert(serve.replace(/\s+/g, " ").includes(text), text);
  }
});

Deno.test("The texts below the options of each command, and its examples, are not wrapped at 80 columns", async () => {
  const program = await makeProgram({ wanted: "all" });
  for (const command of program.commands) {
    let help = "";
    command.configureOutput({ writeOut: (text) => help += text, getOutHelpWidth: () => 1000 }).outputHelp();
    const [before, , after] = help.split(/(?<=\n)((?:Arguments|Options|Where it listens):\n[^]*--help .*\n)/);
    const examples = before!.slice(before!.indexOf("Examples:"));
    for (const line of `${examples}\n${after}`.split("\n")) {
      assert(line.length <= 80, `${command.name()}: ${line}`);
    }
  }
});

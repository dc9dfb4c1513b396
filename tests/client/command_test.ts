import { CommanderError } from "@commander-js/extra-typings";
import { type JoinCommand, joinCommand } from "../../client/mod.ts";
import { assertEquals, assertRejects, assertStringIncludes } from "../helpers/assert.ts";

/** The subcommand, with what it writes. */
function prepare(): { command: JoinCommand; out: string[]; err: string[]; statuses: number[] } {
  const out: string[] = [];
  const err: string[] = [];
  const statuses: number[] = [];
  const command = joinCommand((status) => statuses.push(status))
    .configureOutput({ writeOut: (text) => out.push(text), writeErr: (text) => err.push(text) });
  return { command, out, err, statuses };
}

Deno.test("Help goes to stdout with status 0 and names the examples, the flags and the exit statuses", async () => {
  const { command, out, err } = prepare();
  const thrown = await assertRejects(() => command.parseAsync(["--help"], { from: "user" }), CommanderError);
  assertEquals(thrown.exitCode, 0);
  assertEquals(err, []);
  for (
    const part of ["-n, --name <name>", "--json", "[address]", "localhost:8000", "Examples:", "Exit status:"]
  ) {
    assertStringIncludes(out.join(""), part);
  }
});

Deno.test("A wrong command line is told in one line on stderr, with status 2", async () => {
  const cases: [args: string[], says: string][] = [
    [["--nmae", "ana"], "riftchat: unknown option '--nmae' (Did you mean --name?)\n"],
    [["--name"], "riftchat: option '-n, --name <name>' argument missing\n"],
    [["a", "b"], "riftchat: too many arguments. Expected 1 argument but got 2: a, b.\n"],
  ];
  for (const [args, says] of cases) {
    const { command, out, err, statuses } = prepare();
    const thrown = await assertRejects(() => command.parseAsync(args, { from: "user" }), CommanderError);
    assertEquals(thrown.exitCode, 2);
    assertEquals([out, err.join(""), statuses], [[], says, []]);
  }
});

/** The manual page: up to date, complete, and without a complaint of those who show it. */
import { FRONT_PAGE, makeProgram } from "../../cli/mod.ts";
import { frontPage } from "../../tools/front_page.ts";
import { MANUAL, manualPage } from "../../tools/man.ts";
import { assert, assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { missingCommand, needs, NO_LINUX } from "../helpers/needs.ts";

Deno.test("docs/riftchat.1 is what the definitions say now: after a change of them, deno task man writes it", async () => {
  assertEquals(await Deno.readTextFile(MANUAL), manualPage(await makeProgram({ wanted: "all" })));
});

Deno.test("cli/front_page.ts is what the definitions say now: after a change of them, deno task man writes it", async () => {
  assertEquals(FRONT_PAGE, await frontPage());
});

Deno.test("The manual page has every option of every command, and gathers what manual pages have one of", async () => {
  const program = await makeProgram({ wanted: "all" });
  const page = manualPage(program);
  const plain = page.replaceAll("\\-", "-");
  let options = 0;
  for (const command of program.commands) {
    for (const { long, hidden } of command.options) {
      assertEquals(plain.includes(long!), !hidden, long);
      options++;
    }
  }
  assert(options > 8);
  const headings = [...page.matchAll(/^\.SH (.*)$/gm)].map(([, heading]) => heading);
  assertEquals(headings, [
    "NAME",
    "SYNOPSIS",
    "DESCRIPTION",
    "COMMANDS",
    "ENVIRONMENT",
    "EXIT STATUS",
    "EXAMPLES",
  ]);
});

for (
  const [command, args] of [
    ["man", ["--warnings", "-E", "UTF-8", "-l", MANUAL.pathname]],
    ["mandoc", ["-T", "lint", "-W", "warning", MANUAL.pathname]],
  ] as const
) {
  Deno.test({
    // Other systems have other programs of that name.
    ...needs(
      `${command} shows the manual page without a warning`,
      NO_LINUX ?? await missingCommand(command, "--version"),
    ),
    async fn() {
      const { stdout, stderr } = await new Deno.Command(command, {
        args: [...args],
        env: { MANWIDTH: "80", PAGER: "cat", MANPAGER: "cat", LC_ALL: "C.UTF-8" },
      }).output();
      const [shown, said] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
      assertEquals(said, "");
      if (command === "man") assertStringIncludes(shown!, "EXIT STATUS");
      // A version that is not released has no date.
      else assertEquals(shown!.split("\n").filter((line) => line && !line.includes("missing date")), []);
    },
  });
}

/** The manual page is up to date, complete and valid. */
import { FRONT_PAGE, makeProgram } from "../../cli/mod.ts";
import { frontPage } from "../../tools/front_page.ts";
import { MANUAL, manualPage } from "../../tools/man.ts";
import { assert, assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { missingCommand, needs, NO_LINUX } from "../helpers/needs.ts";

Deno.test("docs/riftchat.1 is up to date; deno task man writes it", async () => {
  assertEquals(await Deno.readTextFile(MANUAL), manualPage(await makeProgram({ wanted: "all" })));
});

Deno.test("cli/front_page.ts is up to date; deno task man writes it", async () => {
  assertEquals(FRONT_PAGE, await frontPage());
});

Deno.test("The manual page has every option of every command, and merges the common sections", async () => {
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
    // On other systems, programs of these names have other options.
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
      // An unreleased version has no date.
      else assertEquals(shown!.split("\n").filter((line) => line && !line.includes("missing date")), []);
    },
  });
}

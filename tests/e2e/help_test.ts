/** The help pages, invalid command lines, and the time that help takes: the real program. */
import config from "../../deno.json" with { type: "json" };
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { programCommand, run, SOURCE } from "../helpers/program.ts";
import { missingCommand, needs, NO_LINUX } from "../helpers/needs.ts";

const PAGES: string[][] = [[], ["serve"], ["join"], ["identity"], ["ping"], ["bench"], ["completions"]];

for (const page of PAGES) {
  const name = page.join(" ") || "the program";
  Deno.test(`Help of ${name} is the same for every flag, fits 80 columns, has examples and exit statuses`, async () => {
    const { stdout, stderr, status } = await run(["help", ...page]);
    assertEquals([stderr, status], ["", 0]);
    assertEquals((await run([...page, "--help"])).stdout, stdout);
    assertEquals((await run([...page, "-h"])).stdout, stdout);
    for (const line of stdout.split("\n")) assert(line.length <= 80, `${line.length} columns: ${line}`);
    assertMatch(stdout, /^Usage: riftchat /);
    assertMatch(stdout, /\n\nExamples:\n {2}\S/);
    assertMatch(stdout, /\n\nExit status:\n {2}0 {2,}\S/);
    assert(!stdout.endsWith("\n\n"));
  });
}

Deno.test("riftchat without arguments prints the help and exits 0", async () => {
  const { stdout, stderr, status } = await run([]);
  assertEquals([stderr, status], ["", 0]);
  assertEquals(stdout, (await run(["--help"])).stdout);
});

Deno.test("riftchat --version prints the version, Deno and the target", async () => {
  for (const flag of ["--version", "-V"]) {
    const { stdout, status } = await run([flag]);
    assertMatch(stdout, /^riftchat (\S+) \(deno \d+\.\d+\.\d+, \w+-[\w-]+\)\n$/);
    assert(stdout.startsWith(`riftchat ${config.version} (`));
    assertStringIncludes(stdout, Deno.build.target);
    assertEquals(status, 0);
  }
});

const INVALID: [args: string[], error: string][] = [
  [["jion"], "riftchat: unknown command 'jion' (Did you mean join?)\n"],
  [["help", "jion"], "riftchat: unknown command 'jion' (Did you mean join?)\n"],
  [
    ["help", "serve", "join"],
    "riftchat: too many arguments for 'help'. Expected 1 argument but got 2: serve, join.\n",
  ],
  [["help", "--bogus"], "riftchat: unknown option '--bogus'\n"],
  [
    ["-V", "--json"],
    "riftchat: cannot print the version: -V must be the only argument: it is followed by '--json'\n",
  ],
  [["--verison"], "riftchat: unknown option '--verison' (Did you mean --version?)\n"],
  [["join", "--nmae", "ana"], "riftchat: unknown option '--nmae' (Did you mean --name?)\n"],
  [["join", "--name"], "riftchat: option '-n, --name <name>' argument missing\n"],
  [["join", "a", "b"], "riftchat: too many arguments for 'join'. Expected 1 argument but got 2: a, b.\n"],
  [["identity", "exprot"], "riftchat: the action must be show, export or import: it is 'exprot'\n"],
  [["serve", "--prot", "1"], "riftchat: unknown option '--prot' (Did you mean --port?)\n"],
  [
    ["ping", "http://x"],
    'riftchat: cannot join "http://x": the scheme must be rift:// or rifts://: it is http://\n',
  ],
];
for (const [args, error] of INVALID) {
  Deno.test(`riftchat ${args.join(" ")} prints an error of one line on stderr and exits 2`, async () => {
    assertEquals(await run(args), { stdout: "", stderr: error, status: 2 });
  });
}

Deno.test({
  ...needs(
    "Help takes at most three and a half times the processor time of an empty program",
    Deno.env.get("RIFTCHAT_EXE") === undefined
      ? await missingCommand("bash", "--version")
      : "an executable that an older Deno compiles has the packages of the tests in it, which it reads at its start",
  ),
  async fn() {
    const empty = await Deno.makeTempFile({ suffix: ".ts" });
    try {
      const nothing = [Deno.execPath(), "run", empty];
      // What users start. An executable is measured against the empty program too: it has no compiler to start.
      const help = [...programCommand("", false, SOURCE), "--help"];
      // Other load makes a run cost more and never less. So the cheapest run of each counts, and both run in turns
      // until both have had a quiet moment.
      let [cheapest, cheapestHelp] = [Infinity, Infinity];
      for (let round = 0; round < 60 && (round < 5 || cheapestHelp > 3.5 * cheapest); round++) {
        cheapest = Math.min(cheapest, await processorTime(nothing));
        cheapestHelp = Math.min(cheapestHelp, await processorTime(help));
      }
      assert(cheapestHelp <= 3.5 * cheapest, `${cheapestHelp} s, an empty program ${cheapest} s`);
    } finally {
      await Deno.remove(empty);
    }
  },
});

/** The processor time of a program, in seconds. Unlike the time until it ends, it does not include waiting. */
async function processorTime(command: string[]): Promise<number> {
  const { stderr } = await new Deno.Command("bash", {
    args: ["-c", 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1', "bash", ...command],
    // With a decimal point.
    env: { LC_ALL: "C" },
    stdin: "null",
  }).output();
  const [user, system] = new TextDecoder().decode(stderr).split(" ").map(Number);
  return user! + system!;
}

for (const args of [["--version"], ["completions", "bash"], ["serve", "--print-config"]]) {
  Deno.test({
    ...needs(
      `riftchat ${args.join(" ")} reports a stdout that cannot be written to in one line, and exits 1`,
      NO_LINUX,
    ),
    async fn() {
      const { code, stderr } = await new Deno.Command("sh", {
        args: ["-c", '"$@" >/dev/full', "sh", ...programCommand(args[0]!, true), ...args],
      }).output();
      assertMatch(
        new TextDecoder().decode(stderr),
        /^riftchat: system error: No space left on device [^\n]*\n$/,
      );
      assertEquals(code, 1);
    },
  });
}

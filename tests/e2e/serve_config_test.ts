/** The settings of the hub, from flags, variables and a file: the real program. */
import { parse } from "smol-toml";
import { assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { Program, run } from "../helpers/program.ts";

/** Writes a file, which is removed when the result is disposed. */
async function fileWith(text: string | Uint8Array): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempFile({ suffix: ".toml" });
  await Deno.writeFile(path, typeof text === "string" ? new TextEncoder().encode(text) : text);
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path) };
}

Deno.test("serve takes its settings from --config, and from RIFTCHAT_CONFIG", async () => {
  await using file = await fileWith('host = "127.0.0.1"\nport = 0\nlog_level = "error"\n');
  for (
    const [args, env] of [
      [["--config", file.path], {}],
      [[], { RIFTCHAT_CONFIG: file.path }],
    ] as [string[], Record<string, string>][]
  ) {
    await using hub = new Program(["serve", ...args], { env });
    assertMatch(await hub.line() ?? "", /^listening on 127\.0\.0\.1:\d+$/);
    hub.kill("SIGTERM");
    const { stderr, status } = await hub.finish();
    assertEquals([stderr, status], ["", 0]);
  }
});

Deno.test("serve --print-config prints the settings in force with their sources, and exits 0", async () => {
  await using file = await fileWith("\nport = 1\nmax_connections = 2\n");
  const env = { RIFTCHAT_CONFIG: file.path, RIFTCHAT_HOST: "::1", RIFTCHAT_MAX_CONNECTIONS: "3" };
  const args = ["serve", "--max-connections", "4", "--print-config"];
  const { stdout, stderr, status } = await run(args, { env });
  assertEquals([stderr, status], ["", 0]);
  const { host, port, max_connections } = parse(stdout);
  assertEquals([host, port, max_connections], ["::1", 1, 4]);
  assertStringIncludes(stdout, "# from RIFTCHAT_HOST of the environment\nhost");
  assertStringIncludes(stdout, `# from ${file.path}, line 2\nport`);
  assertStringIncludes(stdout, "# from --max-connections\nmax_connections");
  await using again = await fileWith(stdout);
  const second = await run(["serve", "--config", again.path, "--print-config"]);
  assertEquals(parse(second.stdout), parse(stdout));
});

for (
  const [text, expected] of [
    [
      'port = "http"',
      /^riftchat: cannot use port of FILE, line 1: it must be a whole number .*: it is "http"\n$/,
    ],
    [
      "host = 'a'\nprot = 1",
      /^riftchat: cannot use FILE, line 2: unknown key "prot"; did you mean "port"\?\n$/,
    ],
    ["port", /^riftchat: cannot read FILE, line 1, column \d+: it must be TOML: .*\n$/],
    [Uint8Array.of(0xff), /^riftchat: cannot read the config file FILE: it must be UTF-8\n$/],
  ] as [string | Uint8Array, RegExp][]
) {
  Deno.test(`serve with the config file ${JSON.stringify(text)} prints the invalid line and exits 2`, async () => {
    await using file = await fileWith(text);
    const { stdout, stderr, status } = await run(["serve", "--config", file.path]);
    assertEquals([stdout, status], ["", 2]);
    assertMatch(stderr.replaceAll(file.path, "FILE"), expected);
  });
}

Deno.test("serve ignores a byte order mark at the start of the config file", async () => {
  await using file = await fileWith("\ufeffmax_connections = 7\n");
  const { stdout, stderr, status } = await run(["serve", "--config", file.path, "--print-config"]);
  assertEquals([stderr, status, parse(stdout)["max_connections"]], ["", 0, 7]);
  assertStringIncludes(stdout, `# from ${file.path}, line 1\nmax_connections`);
});

Deno.test("serve with a missing config file prints one line and exits 2", async () => {
  const { stdout, stderr, status } = await run(["serve", "--config", "/no/such.toml"]);
  assertEquals([stdout, status], ["", 2]);
  assertMatch(stderr, /^riftchat: cannot read the config file \/no\/such\.toml: .*: it does not exist\n$/);
});

Deno.test("serve --config - reads the settings from stdin", async () => {
  await using program = new Program(["serve", "--config", "-", "--print-config"], { stdin: "piped" });
  await program.type("max_connections = 7\n");
  await program.endInput();
  const { stdout, status } = await program.finish();
  assertEquals([parse(stdout).max_connections, status], [7, 0]);
});

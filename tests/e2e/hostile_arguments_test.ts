/** No subcommand prints control characters of its arguments, of files or of a hub: a terminal would obey them. */
import { assert, assertEquals } from "../helpers/assert.ts";
import { OFFER } from "../helpers/hubs/scripted_hub.ts";
import { run } from "../helpers/program.ts";
import { frame } from "../helpers/hubs/original_server.ts";

/** A title, a line that looks like another one, text that is reordered, and an invisible character. */
const NASTY = "x\x1b]0;t\x07\rriftchat: fine\n\x9b31m\u202eb\u200b";
/** What a terminal would obey or hide, or that would reorder text; a line end only at the end. */
// deno-lint-ignore no-control-regex
const RAW = /[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

function assertSafe(args: string[], status: number, expected: number, stderr: string) {
  const shown = `${args.map((arg) => JSON.stringify(arg)).join(" ")}: ${JSON.stringify(stderr)}`;
  assertEquals(status, expected, shown);
  assert(stderr.startsWith("riftchat: ") && stderr.endsWith("\n"), shown);
  assert(!RAW.test(stderr.slice(0, -1)), shown);
}

const USAGE_ERRORS = [
  [NASTY],
  ["help", NASTY],
  ["help", "join", NASTY],
  ["--version", NASTY],
  ["join", `--${NASTY}`],
  ["join", "localhost", NASTY],
  ["join", NASTY],
  ["tail", "--time", NASTY],
  ["ping", NASTY],
  ["say", "localhost", "-n", NASTY, "hi"],
  ["bench", NASTY],
  ["bench", "--clients", NASTY],
  ["bench", "localhost:1", "--password-file", `/none/${NASTY}`],
  ["log", "--since", NASTY],
  ["log", "--instance", NASTY],
  ["log", "--time", NASTY],
  ["serve", "--port", NASTY],
  ["serve", "--log-file", `/none/${NASTY}`],
  ["serve", "--data", `/none/${NASTY}`],
  ["serve", "--config", `/none/${NASTY}`],
  ["serve", "--daemon", "--instance", NASTY],
  ["completions", NASTY],
];

for (const args of USAGE_ERRORS) {
  Deno.test(`Usage error without control characters: ${JSON.stringify(args).slice(0, 40)}`, async () => {
    const { status, stderr } = await run(args);
    assertSafe(args, status, 2, stderr);
  });
}

Deno.test("Errors about data folders show their names without control characters", async () => {
  for (const command of ["log", "export"]) {
    const args = [command, "--data", `/none/${NASTY}`];
    const { status, stderr } = await run(args);
    assertSafe(args, status, 1, stderr);
  }
});

Deno.test("Errors in a config file show its keys and values without control characters", async () => {
  const folder = await Deno.makeTempDir();
  try {
    for (
      const line of [String.raw`port = "x\u001b]0;t\u0007\u202e"`, String.raw`"x\u001b]0;t\u0007\u202e" = 1`]
    ) {
      const path = `${folder}/riftchat.toml`;
      await Deno.writeTextFile(path, line + "\n");
      const args = ["serve", "--config", path];
      const { status, stderr } = await run(args);
      assertEquals(status, 2, stderr);
      assert(!RAW.test(stderr.slice(0, -1)), JSON.stringify(stderr));
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("bench shows the refusal of a hub without control characters", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const refusing = (async () => {
    // The first connection only finds out whether the hub speaks TLS.
    for await (const connection of listener) {
      using open = connection;
      await open.write(frame(OFFER));
      if (await open.read(new Uint8Array(1024)).catch(() => null) === null) continue;
      await open.write(frame({ code: 206, error: "wrong_password", message: NASTY }));
      await open.read(new Uint8Array(1024)).catch(() => {});
    }
  })();
  const { port } = listener.addr;
  const args = ["bench", `127.0.0.1:${port}`, "--clients", "1", "--senders", "1", "--seconds", "1"];
  const { status, stderr } = await run(args);
  listener.close();
  await refusing;
  assertSafe(args, status, 4, stderr);
});

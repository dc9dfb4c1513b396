/**
 * `riftchat token`, as a program, while the hub runs and while it does not.
 *
 * @module
 */
import { join } from "node:path";
import { assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { Home, TlsHub } from "../helpers/hubs/tls_hub.ts";
import { needs, NO_POSIX, OLD_RUNTIME } from "../helpers/needs.ts";
import { HubProgram, run } from "../helpers/program.ts";

/** Runs a test with the files of a user, a data folder, and a function that runs `riftchat token` on it. */
function test(
  name: string,
  fn: (scene: {
    home: Home;
    data: string;
    token: (...args: string[]) => Promise<{ stdout: string; stderr: string; status: number }>;
  }) => Promise<void>,
): void {
  Deno.test({
    ...needs(name, NO_POSIX ?? OLD_RUNTIME),
    fn: async () => {
      using home = new Home();
      const data = join(home.path, "hub");
      await fn({
        home,
        data,
        token: (...args) => run(["token", ...args, "--data", data], { env: home.env }),
      });
    },
  });
}

test("token add prints a token once; list and revoke know it, also without a hub", async ({ home, data, token }) => {
  const flags = ["--port", "0", "--tls", "--history", "on", "--data", data];
  let id: string;
  {
    await using _hub = await TlsHub.start(flags, { env: home.env });
    const added = await token("add", "deploy", "-r", "#ci", "-r", "ops", "--write");
    assertEquals(added.status, 0, added.stderr);
    assertMatch(added.stdout, /^rift_[\w-]{32}\n$/);
    const [, found] = /the token (\w{6}) may write as deploy in #ci, #ops; it is not shown again; to end it: /
      .exec(added.stderr)!;
    id = found!;
    const again = await token("list");
    assertEquals(again.stdout.includes(added.stdout.trim()), false);
    assertMatch(
      again.stdout,
      new RegExp(`^${id}  deploy  write  #ci, #ops  since [\\d-]{10}  never used\n$`),
    );
    const name = await run(["name", "list", "--data", data], { env: home.env });
    assertStringIncludes(name.stdout, "deploy  since");
  }
  const listed = JSON.parse((await token("--json")).stdout);
  delete listed.made;
  assertEquals(listed, { id, username: "deploy", rooms: ["ci", "ops"], read: false, write: true });
  const beside = await token("add", "backup", "--read");
  assertMatch(beside.stderr, /may read as backup in all rooms/);
  await using _hub = await TlsHub.start(flags, { env: home.env });
  const revoked = await token("revoke", id);
  assertEquals([revoked.status, revoked.stdout], [0, ""]);
  assertEquals(revoked.stderr, `riftchat: revoked the token ${id} of deploy\n`);
  const left = (await token("list", "--json")).stdout.trim().split("\n").map((line) =>
    JSON.parse(line).username
  );
  assertEquals(left, ["backup"]);
  const audit = await run(["audit", "--data", data], { env: home.env });
  assertMatch(audit.stdout, /riftchat token {2}token add deploy/);
  assertMatch(audit.stdout, /riftchat token {2}token revoke deploy/);
});

test("token refuses what it cannot do, and says what is expected", async ({ home, data, token }) => {
  const fails = async (args: string[], status: number, text: RegExp) => {
    const result = await token(...args);
    assertEquals([result.status, result.stdout], [status, ""]);
    assertMatch(result.stderr, text);
  };
  await fails(
    ["list"],
    1,
    /cannot use the tokens in .*: no hub that knows names has run there; start the hub/,
  );
  await fails(["add"], 2, /the name is missing/);
  await fails(["revoke"], 2, /the id is missing/);
  await fails(["list", "x"], 2, /too many arguments/);
  await fails(["remove", "x"], 2, /it must be list, add or revoke/);
  await fails(["revoke", "x", "--read"], 2, /they are for add/);
  await using _hub = await HubProgram.start(["--history", "on", "--data", data], { env: home.env });
  await fails(["add", "deploy"], 1, /this hub uses no tokens: they need --web or --tls/i);
});

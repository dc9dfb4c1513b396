/**
 * Clients with keys, as programs, at a hub where names can be owned: which key is used, what a refused name means, and
 * that an own name is free for its owner.
 *
 * @module
 */
import { join } from "node:path";
import { formatPrivateKey, formatPublicKey, generatePrivateKey } from "../../identity/mod.ts";
import { Code } from "../../protocol/mod.ts";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { Home } from "../helpers/hubs/tls_hub.ts";
import { ClientProgram, HubProgram, run } from "../helpers/program.ts";
import { NO_SSH_AGENT, SshAgent, testInFolder } from "../helpers/ssh_keygen.ts";
import { Pty } from "../helpers/terminal/pty.ts";
import { terminalTest } from "../helpers/terminal/users.ts";
import { needs, NO_POSIX } from "../helpers/needs.ts";

/** A hub that keeps names in a folder. */
const hubIn = (folder: string) => HubProgram.start(["--history", "on", "--data", join(folder, "hub")]);

/** Writes a new key into a file. */
async function writeKey(path: string) {
  const privateKey = await generatePrivateKey("test");
  await Deno.writeTextFile(path, formatPrivateKey(privateKey, 1), { mode: 0o600 });
  await Deno.writeTextFile(`${path}.pub`, `${formatPublicKey(privateKey)}\n`);
  return privateKey;
}

/** Sends a message; returns stderr, the status, and who said it as the hub sees it. */
async function say(hub: HubProgram, args: string[], env: Record<string, string> = {}) {
  const { stderr, status } = await run([
    "say",
    "--hub",
    `127.0.0.1:${hub.port}`,
    "-n",
    "ana",
    ...args,
    "hello",
  ], {
    env,
  });
  return { stderr, status };
}

/** The authors of all messages, and whether the names were theirs. */
async function said(hub: HubProgram, count: number): Promise<[string, boolean][]> {
  const args = [
    "tail",
    `127.0.0.1:${hub.port}`,
    "--no-config",
    "--json",
    "--no-presence",
    "--count",
    String(count),
  ];
  return (await run(args)).stdout.trim().split("\n").map((line) => {
    const { username, verified } = JSON.parse(line);
    return [username, verified];
  });
}

Deno.test({
  ...needs("The own key owns a name, and a guest gets it with a suffix, or not at all", NO_POSIX),
  fn: async () => {
    using home = new Home();
    await using hub = await hubIn(home.path);
    // A program makes no key.
    assertEquals(await say(hub, [], home.env), { stderr: "", status: 0 });
    await using pipe = new ClientProgram(hub.port, ["-n", "ana"], home.env);
    assertEquals(await pipe.typeAndFinish("hello\n"), 0);
    assertEquals(
      await Deno.stat(join(home.path, "config", "riftchat", "identity")).catch(() => "none"),
      "none",
    );
    assertEquals((await home.runs("identity")).status, 0);
    assertEquals(await say(hub, [], home.env), { stderr: "", status: 0 });
    await using owner = new ClientProgram(hub.port, ["-n", "ANA"], home.env);
    assertEquals(await owner.typeAndFinish("hello\n"), 0);
    for (const guest of [["--no-identity"], ["--no-config"]]) {
      assertEquals(await say(hub, guest, home.env), { stderr: "", status: 0 });
      const { stderr, status } = await say(hub, [...guest, "--exact-name"], home.env);
      assertEquals(status, 4);
      assertMatch(
        stderr,
        /: cannot use the name ana: it belongs to somebody since [\d-]+; .* such as ana-2\n$/,
      );
    }
    await using exact = new ClientProgram(hub.port, ["-n", "ana", "--no-config", "--exact-name"]);
    assertEquals(await exact.typeAndFinish("hello\n"), 4);
    assertEquals(await said(hub, 6), [
      ["ana", false],
      ["ana", false],
      ["ana", true],
      ["ANA", true],
      ["ana-2", false],
      ["ana-2", false],
    ]);
  },
});

testInFolder(
  "A key comes from a file or from ssh-agent, also without the config folder",
  NO_SSH_AGENT,
  async (folder) => {
    await using hub = await hubIn(folder);
    const path = join(folder, "key");
    await writeKey(path);
    await using agent = await SshAgent.start(join(folder, "socket"));
    await agent.run("ssh-add", "-q", path);
    const env = { SSH_AUTH_SOCK: agent.socket };
    for (const identity of [path, `${path}.pub`, "agent"]) {
      for (const config of [["--no-config"], []]) {
        const all = ["--exact-name", "--identity", identity, ...config];
        assertEquals(
          await say(hub, all, { ...env, XDG_CONFIG_HOME: folder }),
          { stderr: "", status: 0 },
          identity,
        );
      }
    }
    assertEquals(await said(hub, 6), Array.from({ length: 6 }, () => ["ana", true]));
    await agent.lock("secret");
    const locked = await say(hub, ["--no-config", "--identity", `${path}.pub`], env);
    assertEquals(locked.status, 1);
    assertMatch(
      locked.stderr,
      /^riftchat: cannot use ssh-agent: it does not have the key .*; --no-identity joins as a guest\n$/,
    );
    const none = await say(hub, ["--no-config", "--identity", join(folder, "none")]);
    assertEquals(none.status, 1);
    assertMatch(none.stderr, /none: it does not exist; --no-identity joins as a guest\n$/);
  },
);

Deno.test({
  ...needs("An own key that others can read is told, and the client is a guest", NO_POSIX),
  fn: async () => {
    using home = new Home();
    await using hub = await hubIn(home.path);
    await home.runs("identity");
    await Deno.chmod(join(home.path, "config", "riftchat", "identity"), 0o644);
    const { stderr, status } = await say(hub, [], home.env);
    assertEquals(status, 0);
    assertMatch(stderr, /its mode is 0644; run chmod 600 \S+; you join as a guest\n$/);
    assertEquals(await said(hub, 1), [["ana", false]]);
  },
});

testInFolder(
  "A name comes back at once while a dead connection of the same key has it",
  undefined,
  async (folder) => {
    await using hub = await hubIn(folder);
    const path = join(folder, "key");
    const key = new TestKey(await writeKey(path));
    // It answers nothing, like a connection that was lost without a word.
    await using ghost = await OriginalClient.connect(hub.port);
    const { server } = await ghost.nextOf(Code.YourName) as unknown as {
      server: { identity: string; nonce: string };
    };
    const proof = key.proof(server, "ana");
    await ghost.sendJson({ code: Code.Hello, client: "test/1", username: "ana", ref: "h", ...proof });
    await ghost.until(({ ref }) => ref === "h");
    await ghost.say("mine");
    await ghost.until(({ code }) => code === Code.Said);
    assertEquals(await say(hub, ["--no-config", "--exact-name", "--identity", path]), {
      stderr: "",
      status: 0,
    });
    assertEquals(await said(hub, 2), [["ana", true], ["ana", true]]);
  },
);

terminalTest(
  "The first join on a terminal makes a key, and another device is asked for its name",
  async () => {
    using laptop = new Home();
    using phone = new Home();
    await using hub = await hubIn(laptop.path);
    const address = `127.0.0.1:${hub.port}`;
    const joins = (home: Home) =>
      Pty.start(["join", address, "-n", "ana"], { columns: 120, config: home.env.XDG_CONFIG_HOME });
    {
      await using first = await joins(laptop);
      await first.until(
        /^-- a name under which you talk here is yours, by your new key; riftchat identity shows/,
      );
      await first.type("mine\r");
      await first.until(/ana {2,}mine$/);
      await first.type(":quit\r");
      assertEquals(await first.status, 0);
    }
    await using second = await joins(laptop);
    await second.until(/^-- connected to /);
    await second.type("again\r");
    await second.until(/ana {2,}again$/);
    assert(!second.allRows.some((row) => row.includes("new key")));
    await using other = await joins(phone);
    await other.until(/^Another name \(Enter for ana-2\):/);
    const text = other.allRows.join(" ");
    assertStringIncludes(text, "cannot use the name ana: it belongs to somebody since");
    assertStringIncludes(text, "join with the key that owns it: --identity FILE");
    await other.type("\r");
    await other.until(/^-- connected to /);
    await other.type("me\r");
    await other.until(/ana-2 {2,}me$/);
    await other.type(":quit\r");
    assertEquals(await other.status, 0);
    await using third = await joins(phone);
    await third.until(/^Another name \(Enter for ana-2\):/);
    await third.type("\x04");
    assertEquals(await third.status, 4);
  },
);

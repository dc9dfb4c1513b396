/** A hub with a password and its clients: the real programs. */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { terminalTest } from "../helpers/terminal/users.ts";
import { ClientProgram, HubProgram, run } from "../helpers/program.ts";
import { Pty } from "../helpers/terminal/pty.ts";
import { needs, NO_POSIX } from "../helpers/needs.ts";

const SECRET = "open sesame, höflich";

/** A folder with files that hold passwords. */
class Secrets implements Disposable {
  readonly #folder = Deno.makeTempDirSync();

  /** Writes a password to a file that only its owner may read. */
  file(name: string, text: string, mode = 0o600): string {
    const path = `${this.#folder}/${name}`;
    Deno.writeTextFileSync(path, text);
    Deno.chmodSync(path, mode);
    return path;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.#folder, { recursive: true });
  }
}

const test = (name: string, fn: () => Promise<void>) => Deno.test({ ...needs(name, NO_POSIX), fn });

test("join --password-file is accepted; with a wrong password or none it exits 4 and says what to do", async () => {
  using secrets = new Secrets();
  const right = secrets.file("right", `${SECRET}\n`);
  const wrong = secrets.file("wrong", "open barley\n");
  await using hub = await HubProgram.start(["--password-file", right]);
  const address = `127.0.0.1:${hub.port}`;
  await using ana = new ClientProgram(hub.port, ["-n", "ana", "--password-file", right]);
  assertEquals(await ana.typeAndFinish("hello\n"), 0);
  const refused = await run(["join", address, "--password-file", wrong]);
  assertEquals([refused.status, refused.stdout.includes("joined")], [4, false]);
  assertMatch(refused.stderr, /cannot let you in with that password/i);
  const none = await run(["join", address]);
  assertEquals(none.status, 4);
  assertMatch(none.stderr, /it wants a password; name a file that holds it with --password-file/);
  for (const text of [hub.stderr, refused.stderr, none.stderr]) assert(!/sesame|barley/.test(text), text);
});

test("A base client is told that the hub has a password, and is disconnected; it sees no messages", async () => {
  using secrets = new Secrets();
  const right = secrets.file("right", SECRET);
  await using hub = await HubProgram.start(["--password-file", right]);
  await using base = await OriginalClient.connect(hub.port);
  await base.nextOf(202);
  await using ana = new ClientProgram(hub.port, ["-n", "ana", "--password-file", right]);
  await ana.waitForArrival("ana");
  await base.say("let me in");
  assertMatch(
    ((await base.next()).message as { message: string }).message,
    /this hub needs a password/,
  );
  assertEquals(await base.closed, undefined);
  assertEquals(base.received.length, 2);
  assertEquals(await ana.typeAndFinish(), 0);
});

test("A hub refuses a password file that is missing, empty or readable for others; SIGHUP reloads it", async () => {
  using secrets = new Secrets();
  for (
    const [path, expected] of [
      [secrets.file("open", SECRET, 0o644), /its mode is 0644; run chmod 600/],
      [secrets.file("empty", "\n"), /its first line must be the password: the line is empty/],
      [`${secrets.file("x", "x")}.none`, /it must be a file that can be read/],
    ] as const
  ) {
    const { status, stderr } = await run(["serve", "--port", "0", "--no-history", "--password-file", path]);
    assertEquals(status, 1);
    assertMatch(stderr, expected);
  }
  const path = secrets.file("right", SECRET);
  await using hub = await HubProgram.start(["--password-file", path, "--log-level", "info"]);
  secrets.file("right", "another one");
  hub.kill("SIGHUP");
  await hub.waitForLog(/reloaded: password/);
  await using ana = new ClientProgram(hub.port, ["-n", "ana", "--password-file", path]);
  assertEquals(await ana.typeAndFinish("hello\n"), 0);
  const old = secrets.file("old", SECRET);
  assertEquals((await run(["join", `127.0.0.1:${hub.port}`, "--password-file", old])).status, 4);
});

terminalTest(
  "A terminal client prompts for the password without showing it, and again after a wrong one",
  async () => {
    using secrets = new Secrets();
    await using hub = await HubProgram.start(["--password-file", secrets.file("right", SECRET)]);
    await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
    await pty.until(() => pty.cursorRow.startsWith(`Password of 127.0.0.1:${hub.port}: `));
    await pty.type("open barley\r");
    await pty.until(() => pty.cursorRow.startsWith("That is not the password. Password of "));
    await pty.type(`${SECRET}\r`);
    await pty.until(/^-- your name is ana$/);
    await pty.type("hello\r");
    await pty.until(/ana +hello$/);
    assert(!/sesame|barley/.test(pty.output), pty.output);
    await pty.type(":quit\r");
    assertEquals(await pty.status, 0);
  },
);

terminalTest("On a terminal Ctrl-C ends the question, with the status of that", async () => {
  using secrets = new Secrets();
  await using hub = await HubProgram.start(["--password-file", secrets.file("right", SECRET)]);
  await using pty = await Pty.start(["join", `127.0.0.1:${hub.port}`, "-n", "ana"]);
  await pty.until(() => pty.cursorRow.startsWith("Password of "));
  await pty.type("open\x03");
  assertEquals(await pty.status, 130);
});

/**
 * Invites with the program: made, used, revoked, over a kill, against a machine in the middle; and where tokens are.
 *
 * The file is long because each scene runs a whole hub and its commands.
 *
 * @module
 */
import { join } from "node:path";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "../helpers/assert.ts";
import { makeCertificate } from "../helpers/hubs/certificates.ts";
import { Interceptor } from "../helpers/hubs/interceptor.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { Home, TlsHub } from "../helpers/hubs/tls_hub.ts";
import { needs, NO_POSIX, OLD_RUNTIME } from "../helpers/needs.ts";
import { Program, run } from "../helpers/program.ts";
import { Pty } from "../helpers/terminal/pty.ts";
import { terminalTest } from "../helpers/terminal/users.ts";

function test(name: string, fn: (scene: Scene) => Promise<void>): void {
  Deno.test({
    ...needs(name, NO_POSIX ?? OLD_RUNTIME),
    fn: async () => {
      using scene = new Scene();
      await fn(scene);
    },
  });
}

/** A hub with a password and TLS, its data, and the files of a client. */
class Scene implements Disposable {
  readonly home = new Home();
  readonly data = join(this.home.path, "hub");
  readonly #flags = [
    ...["--tls", "--history", "on", "--data", this.data, "--log-level", "trace"],
    ...["--password-file", this.home.write("password", "open sesame\n")],
  ];

  /** Starts the hub. */
  hub(...flags: string[]): Promise<TlsHub> {
    return TlsHub.start(["--port", "0", ...this.#flags, ...flags], { env: this.home.env });
  }

  /** Runs a command of the operator. */
  does(command: string, ...args: string[]) {
    return run([command, ...args, "--data", this.data], { env: this.home.env });
  }

  /** Makes an invite; returns its link. */
  async invites(...args: string[]): Promise<string> {
    const { stdout, stderr, status } = await this.does("invite", ...args);
    assertEquals(status, 0, stderr);
    return stdout.trimEnd();
  }

  /** Joins through a pipe, and says a line. */
  async joins(target: string, { args = [], lines = ["hello"] }: { args?: string[]; lines?: string[] } = {}) {
    await using client = new Program(["join", target, ...args], { stdin: "piped", env: this.home.env });
    for (const line of lines) await client.type(line + "\n");
    await client.endInput();
    return await client.finish();
  }

  [Symbol.dispose](): void {
    this.home[Symbol.dispose]();
  }
}

const ID = /the invite (\w{6}) can be used/;
const idIn = (text: string) => ID.exec(text)![1]!;

test("An invite needs an address, which is remembered; then its link lets somebody in", async (scene) => {
  await using hub = await scene.hub();
  const without = await scene.does("invite");
  assertEquals(without.status, 1);
  assertMatch(
    without.stderr,
    /listens on 127\.0\.0\.1, port \d+, which says nothing .* --at HOST:\d+; it is rememb/,
  );
  const link = await scene.invites("--at", "127.0.0.1", "--room", "dev");
  assertMatch(link, new RegExp(`^rifts://127\\.0\\.0\\.1:${hub.port}/#[\\w-]{64}$`));
  const { status, stdout, stderr } = await scene.joins(link, { args: ["-n", "bo"] });
  assertEquals([status, stderr], [
    0,
    "riftchat: your invite leads into #dev, and lines go to #main: -r dev sends them to #dev\n",
  ]);
  assertStringIncludes(stdout, "* bo joined #dev");
  assertEquals(scene.home.known.length, 1);
  assertMatch(
    scene.home.known[0]!,
    new RegExp(`^127\\.0\\.0\\.1:${hub.port} ${hub.fingerprint.replaceAll("+", "\\+")} identity:\\S+$`),
  );
  const again = await scene.joins(link, { args: ["-n", "cy"] });
  assertEquals(again.status, 4);
  assertStringIncludes(again.stderr, "cannot use your invite: it is used up; ask for another one");
  const second = await scene.does("invite", "--uses", "2", "--expires", "1h");
  assertMatch(
    second.stderr,
    /can be used 2 times, until \d{4}-\d\d-\d\d \d\d:\d\d UTC; to end it: riftchat revoke/,
  );
  assertEquals((await scene.does("revoke", idIn(second.stderr))).status, 0);
  const late = await scene.joins(second.stdout.trimEnd());
  assertStringIncludes(late.stderr, "cannot use your invite: it was revoked");
});

test("say, tail and ping take a link, and - asks for it on stdin", async (scene) => {
  await using _hub = await scene.hub();
  const link = await scene.invites("--at", "127.0.0.1", "--uses", "9");
  const said = await run(["say", "--hub", link, "-n", "ci", "built"], { env: scene.home.env });
  assertEquals([said.status, said.stderr], [0, ""]);
  const printed = await run(["tail", link, "--count", "1", "--lines", "1"], { env: scene.home.env });
  assertEquals([printed.status, printed.stderr], [0, ""]);
  assertStringIncludes(printed.stdout, "built");
  const ping = await run(["ping", link], { env: scene.home.env });
  assertEquals([ping.status, ping.stderr], [0, ""]);
  const asked = await scene.joins("-", { args: ["-n", "bo"], lines: [link, "one", "two"] });
  assertEquals([asked.status, asked.stderr], [0, ""]);
  assertMatch(asked.stdout, /bo {2}one\n(.*│|.*bo ) *two\n/);
  const none = await scene.joins("-", { lines: [] });
  assertEquals([none.status, none.stdout], [2, ""]);
  assertStringIncludes(none.stderr, "the first line of stdin must be the link of an invite: it is empty");
});

test("Invites and their uses survive a kill, and are listed and made while the hub does not run", async (scene) => {
  let link: string;
  {
    await using hub = await scene.hub("--port", String(keptPort()));
    link = await scene.invites("--at", `127.0.0.1:${hub.port}`, "--uses", "2");
    assertEquals((await scene.joins(link, { args: ["-n", "bo"] })).status, 0);
    hub.kill("SIGKILL");
    await hub.status;
  }
  const listed = await scene.does("invites", "--json");
  const { state, uses, uses_left: left, used_by: users } = JSON.parse(listed.stdout);
  assertEquals([state, uses, left, users.map(({ username }: { username: string }) => username)], [
    "open",
    2,
    1,
    ["bo"],
  ]);
  const offline = await scene.invites("--name", "cy");
  assertEquals(offline.split("#")[0], link.split("#")[0]);
  const port = Number(/:(\d+)\//.exec(link)![1]);
  await using _hub = await TlsHub.start([
    ...["--port", String(port), "--tls", "--history", "on", "--data", scene.data],
    ...["--password-file", join(scene.home.path, "password")],
  ], { env: scene.home.env });
  const named = await scene.joins(offline, { args: ["-n", "whoever"] });
  assertEquals([named.status, named.stderr], [
    0,
    "riftchat: your name is cy, and not whoever: your invite is for it, or whoever is taken\n",
  ]);
  assertStringIncludes(named.stdout, "* your name is cy");
  const audit = await scene.does("audit", "--json");
  assertEquals([audit.status, audit.stderr], [0, ""]);
  for (const action of ["invite", "use invite"]) assertStringIncludes(audit.stdout, `"${action}"`);
});

test("A token is in no file of hub or client, no log, no error and no list", async (scene) => {
  await using hub = await scene.hub();
  const link = await scene.invites("--at", "127.0.0.1", "--uses", "9");
  const secret = link.split("#")[1]!;
  const outputs = [
    await scene.joins(link, { args: ["-n", "bo"] }),
    await scene.joins(link.slice(0, -1)),
    await scene.joins(link, { args: ["--fingerprint", "x"] }),
    await scene.joins(link.replace(/:\d+\//, ":1/"), { args: ["--retry", "0"], lines: [] }),
    await scene.joins(link.replace("rifts://", "http://")),
    await scene.joins(link.replace("rifts://", "")),
    await run([link], { env: scene.home.env }),
    await run(["join", link, link], { env: scene.home.env }),
    await run(["ping", link.slice(0, -2)], { env: scene.home.env }),
    await run(["bench", link, "--for", "x"], { env: scene.home.env }),
    await scene.does("invites"),
    await scene.does("export"),
  ];
  // The key of the hub is public; the token comes after it.
  const token = secret.slice(44, -2);
  for (const { stdout, stderr } of outputs) {
    assertEquals((stdout + stderr).includes(token), false, stdout + stderr);
  }
  hub.kill("SIGTERM");
  await hub.status;
  assertEquals((hub.stderr + hub.stdoutText).includes(token), false, hub.stderr);
  const bytes = Uint8Array.from(
    atob(secret.replaceAll("-", "+").replaceAll("_", "/")),
    (c) => c.charCodeAt(0),
  );
  let files = 0;
  for (const path of filesIn(scene.home.path)) {
    files++;
    const content = await Deno.readFile(path);
    assertEquals(indexOf(content, new TextEncoder().encode(token)), -1, path);
    assertEquals(indexOf(content, bytes.subarray(32)), -1, path);
  }
  assert(files > 5);
});

function* filesIn(folder: string): Generator<string> {
  for (const { name, isDirectory, isFile } of Deno.readDirSync(folder)) {
    const path = join(folder, name);
    if (isDirectory) yield* filesIn(path);
    else if (isFile) yield path;
  }
}

function indexOf(bytes: Uint8Array, wanted: Uint8Array): number {
  for (let i = bytes.indexOf(wanted[0]!); i >= 0; i = bytes.indexOf(wanted[0]!, i + 1)) {
    if (wanted.every((byte, k) => bytes[i + k] === byte)) return i;
  }
  return -1;
}

test("A machine in the middle gets nothing of an invite, and uses it up neither", async (scene) => {
  await using hub = await TlsHub.start([
    ...["--port", "0", "--tls-port", "0", "--history", "on", "--data", scene.data],
    ...["--password-file", scene.home.write("secret", "open sesame\n")],
  ], { env: scene.home.env });
  const certificate = await makeCertificate({ names: ["localhost"] });
  const ports = { tlsPort: hub.tlsPort, plainPort: hub.port };
  await using middle = new Interceptor({ ...ports, certificate, passed: 0 });
  const link = await scene.invites("--at", `localhost:${middle.port}`);
  const { status, stderr } = await scene.joins(link, { args: ["-n", "bo"] });
  assertEquals([status, middle.said], [6, ""]);
  assertStringIncludes(
    stderr,
    "its certificate is not that of the hub of the invite: someone may be intercepting",
  );
  const direct = await scene.joins(link.replace(String(middle.port), String(hub.tlsPort)), {
    args: ["-n", "bo"],
  });
  assertEquals([direct.status, direct.stderr], [0, ""]);
});

test("The link of another hub is refused before anything is sent", async (scene) => {
  await using hub = await scene.hub();
  const link = await scene.invites("--at", "127.0.0.1");
  using other = new Scene();
  await using stranger = await other.hub();
  const elsewhere = link.replace(String(hub.port), String(stranger.port));
  const { status, stderr } = await scene.joins(elsewhere);
  assertEquals(status, 6);
  assertStringIncludes(stderr, "it is another hub than the one of the invite");
});

test("With --invite-only nobody gets in without an invite, and whoever owns a name does", async (scene) => {
  await using hub = await TlsHub.start(
    ["--port", "0", "--tls", "--history", "on", "--data", scene.data, "--invite-only", "--at", "127.0.0.1"],
    { env: scene.home.env },
  );
  const address = `rifts://127.0.0.1:${hub.port}`;
  const key = ["--identity", join(scene.home.path, "key")];
  await run(["identity", "export", key[1]!], { env: scene.home.env });
  const shown = await run(["identity"], { env: scene.home.env });
  assertEquals(shown.status, 0);
  await run(["identity", "export", key[1]!], { env: scene.home.env });
  const trusted = ["--accept-new", "-n", "bo", ...key];
  const refused = await scene.joins(address, { args: trusted });
  assertEquals(refused.status, 4);
  assertStringIncludes(refused.stderr, "lets in only those who own a name here or have an invite");
  const link = await scene.invites();
  assertEquals((await scene.joins(link, { args: ["-n", "bo", ...key] })).status, 0);
  const { stdout } = await scene.does("invites", "--json");
  await scene.does("revoke", JSON.parse(stdout).id);
  assertEquals((await scene.joins(address, { args: trusted })).status, 0);
});

terminalTest(
  "On a terminal the room into which an invite leads is opened, and again without the link",
  async () => {
    using scene = new Scene();
    await using hub = await scene.hub();
    const link = await scene.invites("--at", "127.0.0.1", "--room", "dev");
    const config = join(scene.home.path, "config");
    await using pty = await Pty.start(["join", link, "-n", "ana"], { config });
    await pty.until(/^-- #dev: nobody else is in it yet$/);
    await pty.until(() => pty.cursorRow.startsWith("[#dev] > "));
    await pty.type("hello\r");
    await pty.until(/ana +hello$/);
    await pty.type(":quit\r");
    assertEquals(await pty.status, 0);
    await using again = await Pty.start(["join", `rifts://127.0.0.1:${hub.port}`], { config });
    await again.until(/^-- your rooms of the last time: #dev$/);
    await again.type(":quit\r");
    assertEquals(await again.status, 0);
  },
  OLD_RUNTIME,
);

terminalTest("On a terminal join - asks for the link without showing it", async () => {
  using scene = new Scene();
  await using _hub = await scene.hub();
  const link = await scene.invites("--at", "127.0.0.1");
  await using pty = await Pty.start(["join", "-", "-n", "ana"], { config: join(scene.home.path, "config") });
  await pty.until(() => pty.cursorRow.startsWith("Link of the invite: "));
  await pty.type(`${link}\r`);
  await pty.until(/^-- your name is ana/);
  await pty.type(`see ${link}\r`);
  await pty.until(/ana +see rifts/);
  await pty.type(":quit\r");
  assertEquals(await pty.status, 0);
  assertEquals(pty.output.split("see rifts").at(0)!.includes(link.slice(-20)), false);
  for (const path of filesIn(join(scene.home.path, "config"))) {
    assertEquals((await Deno.readTextFile(path)).includes(link.slice(-20)), false, path);
  }
}, OLD_RUNTIME);

/** SIGHUP to the hub: the real program. */
import { assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { ClientProgram, HubProgram, programCommand } from "../helpers/program.ts";
import { needs, NO_POSIX } from "../helpers/needs.ts";

function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ ...needs(name, NO_POSIX), fn });
}

/** Makes a folder, which is removed when the result is disposed. */
async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

/** Returns the message of the day that a new client gets. */
async function greeting(hub: HubProgram, name: string): Promise<string[]> {
  await using client = new ClientProgram(hub.port, ["--name", name]);
  await client.waitForArrival(name);
  return client.shown.filter((line) => line.startsWith("  │ "));
}

test("SIGHUP reloads the message of the day, and an invalid one does not replace the old one", async () => {
  await using place = await folder();
  const motd = `${place.path}/motd`;
  await Deno.writeTextFile(motd, "first");
  await using hub = await HubProgram.start(["--motd-file", motd]);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  assertEquals(await greeting(hub, "a"), ["  │ first"]);
  await Deno.writeTextFile(motd, "second");
  assertEquals(await greeting(hub, "b"), ["  │ first"]);
  hub.kill("SIGHUP");
  await hub.waitForLog(/info reloaded: message of the day\n/);
  assertEquals(await greeting(hub, "c"), ["  │ second"]);
  await Deno.writeTextFile(motd, "\x1b[2J");
  hub.kill("SIGHUP");
  await hub.waitForLog(/error cannot reload: message of the day; the old one stays in use: .*U\+001B.*\n/);
  assertEquals(await greeting(hub, "d"), ["  │ second"]);
  await ana.say("still here");
  await ana.nextOf(200);
  assertEquals(await hub.stop(), 0);
});

test("SIGHUP reopens the log file, for programs that rotate it", async () => {
  await using place = await folder();
  const path = `${place.path}/hub.log`;
  await using hub = await HubProgram.start(["--log-file", path]);
  await Deno.rename(path, `${path}.old`);
  hub.kill("SIGHUP");
  const read = () => Deno.readTextFile(path).catch(() => "");
  while (!(await read()).includes("reloaded: log file")) {
    await using ana = await OriginalClient.connect(hub.port);
    await ana.nextOf(202);
  }
  assertEquals(await hub.stop(), 0);
  assertMatch(await read(), /stopped\n$/);
  assertMatch(await Deno.readTextFile(`${path}.old`), / listens on [^]* SIGHUP: reloading files\n/);
});

test("serve continues after its terminal is closed", async () => {
  const [command, ...args] = programCommand();
  const hub = new Deno.Command(command!, {
    args: [...args, "serve", "--no-history", "--host", "127.0.0.1", "--port", "0"],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const reader = hub.stdout.getReader();
  const port = Number(new TextDecoder().decode((await reader.read()).value).match(/:(\d+)\n$/)?.[1]);
  await reader.cancel();
  await hub.stderr.cancel();
  hub.kill("SIGHUP");
  for (let i = 0; i < 20; i++) {
    await using ana = await OriginalClient.connect(port);
    await ana.nextOf(202);
    await ana.say("hello");
    await ana.nextOf(200);
  }
  hub.kill("SIGTERM");
  assertEquals((await hub.status).code, 0);
});

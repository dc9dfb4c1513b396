/** The log of the hub, as a process. */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { HubProgram, run } from "../helpers/program.ts";

/** A temporary folder, removed when it is disposed of. */
async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return { path, [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }) };
}

function filesIn(path: string): string[] {
  return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
}

/** Connects and disconnects clients, one after the other. */
async function visit(port: number, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await using client = await OriginalClient.connect(port);
    await client.nextOf(202);
  }
}

Deno.test("serve --log-file logs start, connections, disconnects and stop to the file, and no messages", async () => {
  await using place = await folder();
  const path = `${place.path}/hub.log`;
  await using hub = await HubProgram.start(["--log-file", path, "--log-level", "debug"]);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  await ana.rename("ana");
  await ana.rename("bo");
  await ana.say("the secret word");
  await ana.say("a bad \u0007 word");
  await ana.until(({ message }) => (message as { username?: string })?.username === "server");
  assertEquals(await hub.stop(), 0);
  assertEquals((await hub.finish()).stderr, "");
  const text = await Deno.readTextFile(path);
  const told = text.trimEnd().split("\n").map((line) => line.replace(/^\S+Z /, ""));
  assertMatch(
    told[0]!,
    new RegExp(`^info riftchat \\d+\\.\\d+\\.\\d+ listens on 127\\.0\\.0\\.1:${hub.port}$`),
  );
  assertMatch(text, /info c1 connected from 127\.0\.0\.1:\d+\n/);
  assertMatch(text, /info c1 is ana\n.*info c1 ana is now bo\n/);
  assertMatch(text, /debug c1 was refused: bad_text\n/);
  assertMatch(text, /info SIGTERM: shutting down\n.*info c1 bo ended after \d+ s: the hub shuts down\n/);
  assertEquals(told.at(-1), "info all clients are notified; stopped");
  assert(!text.includes("word"));
});

Deno.test("serve --log-file rotates the file at --log-max-bytes, and keeps --log-keep old files", async () => {
  await using place = await folder();
  const args = ["--log-file", `${place.path}/hub.log`, "--log-max-bytes", "1000", "--log-keep", "2"];
  await using hub = await HubProgram.start(args);
  await visit(hub.port, 40);
  assertEquals(await hub.stop(), 0);
  const files = filesIn(place.path);
  assertEquals(files, ["hub.log", "hub.log.1", "hub.log.2"]);
  const texts = files.reverse().map((name) => Deno.readTextFile(`${place.path}/${name}`));
  const text = (await Promise.all(texts)).join("");
  assertEquals([text.includes("listens on"), text.endsWith("stopped\n")], [false, true]);
});

Deno.test("serve on a full disk reports it once, keeps serving, and later logs how much is missing", async () => {
  await using place = await folder();
  const path = `${place.path}/hub.log`;
  await using hub = await HubProgram.start(["--log-file", path], { fileBlocks: 2 });
  // More lines than wait in memory.
  await visit(hub.port, 80);
  await hub.waitForLog(/cannot write the log .*hub\.log: File too large/);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  await ana.say("is anybody here?");
  await ana.nextOf(200);
  await Deno.truncate(path);
  const missing = async () => (await Deno.readTextFile(path)).includes("log lines are missing here");
  while (!await missing()) await visit(hub.port, 1);
  assertMatch(
    await Deno.readTextFile(path),
    /^\S+ error log lines are missing here, \d+ or more: File too large/m,
  );
  assertEquals(await hub.stop(), 0);
  const { stderr } = await hub.finish();
  assertEquals(stderr.match(/cannot write the log/g)?.length, 1, stderr);
});

Deno.test("serve writes the log again by itself when the disk has space, and no line is broken or lost", async () => {
  await using place = await folder();
  const path = `${place.path}/hub.log`;
  await using hub = await HubProgram.start(["--log-file", path, "--log-format", "json"], { fileBlocks: 20 });
  let visits = 0;
  let full = false;
  const failure = hub.waitForLog(/cannot write the log/).then(() => full = true);
  for (; !full; visits++) await visit(hub.port, 1);
  await failure;
  const before = await Deno.readTextFile(path);
  assertEquals(before.at(-1), "\n");
  using watcher = Deno.watchFs(path);
  await Deno.truncate(path);
  // Nothing is logged any more: the hub itself tries again.
  for await (const _ of watcher) if ((await Deno.stat(path)).size > 0) break;
  assertEquals(await hub.stop(), 0);
  const records = (before + await Deno.readTextFile(path)).trimEnd().split("\n").map((line) =>
    JSON.parse(line)
  );
  const connected = records.filter(({ message }) => message.includes("connected from"));
  assertEquals(connected.length, visits);
});

Deno.test("serve with a log that cannot be opened says why in one line and exits 1", async () => {
  const { stdout, stderr, status } = await run(["serve", "--port", "0", "--log-file", "/no/such/hub.log"]);
  assertEquals([stdout, status], ["", 1]);
  assertMatch(stderr, /^riftchat: cannot open the log \/no\/such\/hub\.log: there is no such folder\n$/);
});

Deno.test("serve that cannot start prints the reason on stderr, even with a log file", async () => {
  await using place = await folder();
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const path = `${place.path}/hub.log`;
  const args = ["serve", "--host", "127.0.0.1", "--port", String(taken.addr.port), "--log-file", path];
  const { stderr, status } = await run(args);
  assertEquals(status, 1);
  assertMatch(stderr, /^[^\n]* fatal cannot listen on [^\n]*: the port is in use[^\n]*\n$/);
  assertEquals(await Deno.readTextFile(path), stderr);
});

Deno.test("A flood of refused connections has one line, and one with the count", async () => {
  await using hub = await HubProgram.start(["--max-connections", "1", "--log-level", "info"]);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  for (let i = 0; i < 300; i++) {
    await using refused = await OriginalClient.connect(hub.port);
    await refused.closed;
  }
  assertEquals(await hub.stop(), 0);
  const { stderr } = await hub.finish();
  assertEquals(stderr.match(/ refused 127\.0\.0\.1:\d+: the hub is full/g)?.length, 1);
  const counts = [...stderr.matchAll(/ warning refused 127\.0\.0\.0\/8 (\d+) more times within a minute\n/g)];
  assertEquals(counts.map(([, count]) => Number(count)), [299]);
});

Deno.test("A flood of renames and of connections that end at once has a limited number of lines", async () => {
  const flags = ["--rate-limit", "off", "--log-level", "info"];
  await using hub = await HubProgram.start(flags);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.nextOf(202);
  for (let i = 0; i < 400; i++) await ana.rename(`ana${i}`);
  await ana.until(({ code, new: name }) => code === 202 && name === "ana399");
  for (let i = 0; i < 400; i++) await (await OriginalClient.connect(hub.port)).close();
  await using bo = await OriginalClient.connect(hub.port);
  await bo.nextOf(202);
  assertEquals(await hub.stop(), 0);
  const { stderr } = await hub.finish();
  const count = (pattern: RegExp) => stderr.match(pattern)?.length ?? 0;
  assert(count(/ is now /g) <= 120, stderr);
  assertEquals(count(/ connected from /g), 120);
  assertEquals(count(/ ended after /g), 120);
  assertMatch(stderr, /info \d+ more connections from 127\.0\.0\.0\/8 within a minute/);
  assertMatch(stderr, /info \d+ more connections from 127\.0\.0\.0\/8 ended within a minute/);
  assertMatch(stderr, /info clients at 127\.0\.0\.0\/8 took a name \d+ more times within a minute/);
});

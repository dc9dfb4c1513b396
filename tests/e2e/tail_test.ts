/**
 * `riftchat tail` as a process: what it prints, how it reconnects, and how it ends. The file is long because it tests
 * every option.
 */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";
import { needs, NO_LINUX } from "../helpers/needs.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { OriginalServer } from "../helpers/hubs/original_server.ts";
import { bo } from "../helpers/terminal/users.ts";
import { ClientProgram, HubProgram, Program, run } from "../helpers/program.ts";
import { keptPort } from "../helpers/kept_ports.ts";

/** A hub with a history, in a folder that is removed with it. */
async function hubWithHistory(): Promise<{ hub: HubProgram; [Symbol.asyncDispose](): Promise<void> }> {
  const data = await Deno.makeTempDir();
  const hub = await HubProgram.start(["--history", "on", "--data", data]);
  return {
    hub,
    async [Symbol.asyncDispose]() {
      await hub[Symbol.asyncDispose]();
      await Deno.remove(data, { recursive: true });
    },
  };
}

/** Waits until some `tail` processes are connected: only a list of users shows them. */
async function connected({ port }: { port: number }, count = 1): Promise<void> {
  await using client = await OriginalClient.connect(port);
  await client.sendJson({ code: 102, client: "test/1", quiet: true });
  for (let quiet = 0; quiet < count + 1;) {
    await client.sendJson({ code: 106 });
    const { users } = await client.nextOf(209);
    quiet = (users as { quiet?: boolean }[]).filter((user) => user.quiet).length;
  }
}

function listener(port: number, ...args: string[]): Program {
  return new Program(["tail", `127.0.0.1:${port}`, ...args]);
}

/** Sends messages to `main`, and waits until the hub has sent each to everyone. */
async function say(client: OriginalClient, ...lines: string[]): Promise<void> {
  for (const line of lines) {
    await client.say(line);
    await client.until(({ code, message }) =>
      code === 200 && (message as { message: string }).message === line
    );
  }
}

/** The texts of the messages that it has printed. */
function said(program: Program): string[] {
  return program.stdout.flatMap((line) => line.match(/^\d\d:\d\d \S+ {2}(.*)$/)?.[1] ?? []);
}

Deno.test("tail prints stored and new messages, without gap or repetition over a lost connection", async () => {
  await using kept = await hubWithHistory();
  const { hub } = kept;
  await using cable = new FlakyProxy(hub.port);
  await using ana = await bo(hub, "ana");
  const before = Array.from({ length: 20 }, (_, i) => `before ${i}`);
  await say(ana, ...before);
  await using tail = listener(cable.port, "-l", "5");
  await tail.lineWhere((line) => line.endsWith("before 19"));
  await say(ana, "live");
  await tail.lineWhere((line) => line.endsWith("live"));
  cable.closeClients();
  const missed = Array.from({ length: 700 }, (_, i) => `missed ${i}`);
  await say(ana, ...missed);
  await tail.lineWhere((line) => line.endsWith("missed 699"));
  await say(ana, "after");
  await tail.lineWhere((line) => line.endsWith("after"));
  assertEquals(said(tail), [...before.slice(-5), "live", ...missed, "after"]);
  await tail.waitForLog(
    /^riftchat: connection lost: [^\n]+; connecting again\nriftchat: connected again\n$/,
  );
  tail.kill("SIGINT");
  assertEquals(await tail.status, 130);
});

Deno.test("tail reconnects to a restarted hub, and prints the messages that were sent before it was back", async () => {
  const data = await Deno.makeTempDir();
  try {
    const port = keptPort();
    const args = ["--history", "on", "--data", data, "--port", String(port)];
    let hub = await HubProgram.start(args);
    await using tail = listener(port, "--json", "-r", "main");
    await connected(hub);
    assertEquals(await hub.stop(), 0);
    hub = await HubProgram.start(args);
    try {
      await using ana = await bo(hub, "ana");
      await say(ana, "one", "two");
      const texts: string[] = [];
      while (texts.length < 2) {
        const { sequence, message } = JSON.parse(
          await tail.lineWhere((line) => JSON.parse(line).kind === "line"),
        );
        texts.push(`${sequence} ${message}`);
      }
      assertEquals(texts, ["1 one", "2 two"]);
    } finally {
      await hub[Symbol.asyncDispose]();
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("tail prints the named rooms and no other one", async () => {
  await using hub = await HubProgram.start();
  await using tail = listener(hub.port, "-r", "#dev", "--room", "ops");
  await connected(hub);
  await using dev = new ClientProgram(hub.port, ["-n", "ana", "-r", "dev"]);
  await tail.lineWhere((line) => line === "* ana joined #dev");
  await using other = await bo(hub, "bo");
  await say(other, "in main");
  await dev.typeAndFinish("in dev\n");
  await tail.lineWhere((line) => line.endsWith("#dev ana  in dev"));
  assert(tail.stdout.every((line) => !line.includes("main") && !line.includes("bo")), tail.stdoutText);
});

Deno.test("tail ends with status 0 and prints no error if its reader closes the pipe, as head does", async () => {
  await using kept = await hubWithHistory();
  const { hub } = kept;
  await using ana = await bo(hub, "ana");
  await say(ana, "one");
  await using tail = listener(hub.port);
  await tail.lineWhere((line) => line.endsWith("one"));
  await tail.closeOutput();
  const ended = tail.status.then(() => true);
  for (let i = 0; !await Promise.race([ended, Promise.resolve(false)]); i++) await say(ana, `line ${i}`);
  assertEquals([await tail.status, tail.stderr], [0, ""]);
});

Deno.test({
  ...needs("tail ends when its reader closes the pipe, before another message comes", NO_LINUX),
  fn: async () => {
    await using hub = await HubProgram.start();
    await using ana = await bo(hub, "ana");
    await using tail = listener(hub.port);
    await connected(hub);
    await say(ana, "one");
    await tail.lineWhere((line) => line.endsWith("one"));
    await tail.closeOutput();
    assertEquals([await tail.status, tail.stderr], [0, ""]);
  },
});

Deno.test("On an original hub tail prints messages, sends none, and reports a gap", async () => {
  await using server = new OriginalServer("x1", "x2", "x3");
  await using tail = listener(server.port);
  await tail.lineWhere((line) => line === "* x1 joined");
  await server.say("bo", "hello");
  assertMatch(await tail.lineWhere((line) => line.includes("bo")), /^\d\d:\d\d bo {2}hello$/);
  assertEquals(server.requests, []);
  tail.kill("SIGTERM");
  assertEquals(await tail.status, 143);
  const refused = await run(["tail", `127.0.0.1:${server.port}`, "-r", "dev"]);
  assertEquals(refused.status, 4);
  assertMatch(refused.stderr, /^riftchat: cannot join #dev: [^\n]+\n$/);

  await using hub = await HubProgram.start();
  await using cable = new FlakyProxy(hub.port);
  await using again = listener(cable.port);
  await connected(hub);
  cable.closeClients();
  await again.waitForLog(
    /connected again; messages sent meanwhile are missing, as the hub stores no history\n/,
  );
});

Deno.test("tail is not announced, and not in main if it prints other rooms only", async () => {
  await using hub = await HubProgram.start();
  await using ana = await bo(hub, "ana");
  const before = ana.received.length;
  await using tail = listener(hub.port, "-r", "ops");
  await connected(hub);
  tail.kill("SIGTERM");
  assertEquals(await tail.status, 143);
  await say(ana, "still alone");
  assertEquals(ana.received.slice(before).map(({ code }) => code), [200]);
});

Deno.test("tail --count ends after so many messages, without waiting for the next one", async () => {
  await using kept = await hubWithHistory();
  await using ana = await bo(kept.hub, "ana");
  await say(ana, "one", "two", "three");
  const all = await run(["tail", `127.0.0.1:${kept.hub.port}`, "--count", "3"]);
  assertEquals([all.status, all.stderr, all.stdout.match(/one|two|three/g)], [0, "", [
    "one",
    "two",
    "three",
  ]]);
  await using tail = listener(kept.hub.port, "-l", "0", "--count", "1");
  await connected(kept.hub);
  await say(ana, "four", "five");
  assertEquals([await tail.status, tail.stderr], [0, ""]);
  await tail.finish();
  assertEquals(said(tail), ["four"]);
});

Deno.test("tail --until ends after a message with all of the words, in any case", async () => {
  await using hub = await HubProgram.start();
  await using ana = await bo(hub, "ana");
  await using tail = listener(hub.port, "--until", "build passed");
  await connected(hub);
  await say(ana, "the build", "Build 412: PASSED!", "more");
  await tail.finish();
  assertEquals([await tail.status, tail.stderr], [0, ""]);
  assertEquals(said(tail), ["the build", "Build 412: PASSED!"]);
});

Deno.test("tail --after prints what came after a number, in the shape of log and export", async () => {
  const data = await Deno.makeTempDir();
  try {
    await using hub = await HubProgram.start(["--history", "on", "--data", data]);
    await using ana = await bo(hub, "ana");
    await say(ana, "one", "two", "three");
    const tail = await run([
      "tail",
      `127.0.0.1:${hub.port}`,
      "--json",
      "--after",
      "1",
      "--count",
      "2",
      "--no-presence",
    ]);
    const log = await run(["log", "--json", "--data", data]);
    const exported = await run(["export", "--data", data]);
    const lines = exported.stdout.split("\n").filter((line) => line.startsWith('{"kind":"line"'));
    assertEquals([tail.status, tail.stdout.split("\n").slice(0, -1)], [0, lines.slice(1)]);
    assertEquals(log.stdout.split("\n").slice(0, -1), lines);
    assertEquals(lines.map((line) => JSON.parse(line).message), ["one", "two", "three"]);
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("tail --json prints presence as records, and --no-presence prints none", async () => {
  await using hub = await HubProgram.start();
  await using all = listener(hub.port, "-r", "main", "-r", "dev", "--json", "--count", "1");
  await using few = listener(hub.port, "-r", "main", "-r", "dev", "--json", "--count", "1", "--no-presence");
  await connected(hub, 2);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.sendJson({ code: 102, client: "test/1", username: "ana", rooms: ["dev"], ref: "1" });
  await ana.until(({ code }) => code === 210);
  await ana.sendJson({ code: 101, username: "bo" });
  await ana.sendJson({ code: 108, room: "dev", ref: "2" });
  await ana.until(({ ref }) => ref === "2");
  // Each room has an order of its own.
  await all.lineWhere((line) => line.includes('"left"'));
  await ana.sendJson({ code: 100, message: "hi" });
  await Promise.all([all.finish(), few.finish()]);
  const kinds = (text: string) =>
    text.split("\n").slice(0, -1).map((line) => {
      const { kind, room, username, old, message } = JSON.parse(line);
      return [kind, room, username, old, message].filter((value) => value !== undefined).join(" ");
    }).sort();
  assertEquals(kinds(all.stdoutText), [
    "joined dev ana",
    "joined main ana",
    "left dev bo",
    "line main bo hi",
    "renamed bo ana",
  ]);
  assertEquals(kinds(few.stdoutText), ["line main bo hi"]);
});

Deno.test("tail prints the stored messages of several rooms in the order of their times", async () => {
  await using kept = await hubWithHistory();
  await using ana = await OriginalClient.connect(kept.hub.port);
  await ana.sendJson({ code: 102, client: "test/1", username: "ana", rooms: ["dev", "ops"] });
  for (const [i, room] of ["dev", "ops", "main", "ops", "dev", "main"].entries()) {
    await ana.sendJson({ code: 103, room, message: `text ${i}`, ref: String(i) });
    const { timestamp } = (await ana.until(({ code }) => code === 200)).message as { timestamp: number };
    // The next one is at another time.
    while (Date.now() <= timestamp) await ana.sendJson({ code: 110 });
  }
  const rooms = ["main", "dev", "ops"].flatMap((room) => ["-r", room]);
  const { stdout, status } = await run([
    "tail",
    `127.0.0.1:${kept.hub.port}`,
    ...rooms,
    "--count",
    "6",
    "--time",
    "iso",
  ]);
  assertEquals(status, 0);
  const lines = stdout.split("\n").slice(0, -1);
  assertEquals(lines.map((line) => line.slice(-6)), [0, 1, 2, 3, 4, 5].map((i) => `text ${i}`));
  for (const line of lines) assertMatch(line, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (#\w+ )?ana {2}text/);
});

for (
  const [args, status, wanted] of [
    [["-l", "x"], 2, /^riftchat: cannot take --lines x: it must be a number from 0 to 500\n$/],
    [["-l", "501"], 2, /from 0 to 500\n$/],
    [["--count", "0"], 2, /^riftchat: cannot take --count 0: it must be a number of at least 1\n$/],
    [["--after", "-1"], 2, /--after/],
    [["--after", "1", "-r", "dev", "-r", "ops"], 2, /^riftchat: cannot take --after with several rooms: /],
    [["--until", "..."], 2, /^riftchat: cannot take --until \.\.\.: it must contain a word\n$/],
    [["--time", "utc"], 2, /--time/],
    [["-r", "a b"], 2, /^riftchat: cannot use the room #a b: /],
    [["host:0"], 2, /the port must be a number/],
    [["-n", "server"], 2, /it is reserved for the hub\n$/],
    [["--tls", "rift://host"], 2, /rift:\/\//],
    [["--fingerprint", "SHA256:abc"], 2, /^riftchat: cannot use --fingerprint: it must be SHA256: and 43 /],
    [["--password-file", "/no such file"], 2, /^riftchat: cannot use the password file \/no such file: /],
    [["--loud"], 2, /unknown option '--loud'/],
    [["127.0.0.1:1"], 3, /^riftchat: cannot reach 127\.0\.0\.1:1: connection refused/],
  ] as [string[], number, RegExp][]
) {
  Deno.test(`tail ${args.join(" ")} says what is wrong, with status ${status}`, async () => {
    const result = await run(["tail", ...args]);
    assertEquals([result.stdout, result.status], ["", status]);
    assertMatch(result.stderr, wanted);
  });
}

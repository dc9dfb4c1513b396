/** `riftchat tail` as a process: what it prints, how it comes back, and how it ends. */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { OriginalServer } from "../helpers/hubs/original_server.ts";
import { bo } from "../helpers/terminal/users.ts";
import { ClientProgram, HubProgram, Program, run } from "../helpers/program.ts";

/** A hub that keeps what is said, in a folder of its own that goes with it. */
async function keepingHub(): Promise<{ hub: HubProgram; [Symbol.asyncDispose](): Promise<void> }> {
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

/** Starts to listen; it has been welcomed when its first line is there. */
function listener(port: number, ...args: string[]): Program {
  return new Program(["tail", `127.0.0.1:${port}`, ...args]);
}

/** Lets some lines be said, each a message of its own, and waits until they are. */
async function say(client: OriginalClient, ...lines: string[]): Promise<void> {
  for (const line of lines) {
    await client.say(line);
    await client.until(({ code, message }) =>
      code === 200 && (message as { message: string }).message === line
    );
  }
}

/** What was said in the lines that it has printed, without what else happened. */
function said(program: Program): string[] {
  return program.stdout.flatMap((line) => line.match(/^\d\d:\d\d \S+ {2}(.*)$/)?.[1] ?? []);
}

Deno.test("It prints the last lines, then what is said, and never twice or with a gap over a lost link", async () => {
  await using kept = await keepingHub();
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
  assertMatch(
    tail.stderr,
    /^riftchat: connection lost: [^\n]+; connecting again\nriftchat: connected again\n$/,
  );
  tail.kill("SIGINT");
  assertEquals(await tail.status, 130);
});

Deno.test("It comes back to a hub that was started again, with what was said until it was there", async () => {
  const data = await Deno.makeTempDir();
  try {
    let hub = await HubProgram.start(["--history", "on", "--data", data]);
    const { port } = hub;
    await using tail = listener(port, "--json", "-r", "main");
    await tail.lineWhere((line) => JSON.parse(line).code === 210);
    assertEquals(await hub.stop(), 0);
    hub = await HubProgram.start(["--history", "on", "--data", data, "--port", String(port)]);
    try {
      await using ana = await bo(hub, "ana");
      await say(ana, "one", "two");
      const texts: string[] = [];
      while (texts.length < 2) {
        const { message } = JSON.parse(await tail.lineWhere((line) => JSON.parse(line).code === 200));
        if (message.sequence !== undefined) texts.push(`${message.sequence} ${message.message}`);
      }
      assertEquals(texts, ["1 one", "2 two"]);
      // What the history gave looks as what was said just now.
      assert(tail.stdout.every((line) => JSON.parse(line).code !== 208));
    } finally {
      await hub[Symbol.asyncDispose]();
    }
  } finally {
    await Deno.remove(data, { recursive: true });
  }
});

Deno.test("It prints the rooms that are named, and no other", async () => {
  await using hub = await HubProgram.start();
  await using tail = listener(hub.port, "-r", "#dev", "--room", "ops");
  await tail.lineWhere((line) => line.endsWith(" joined #ops"));
  await using dev = new ClientProgram(hub.port, ["-n", "ana", "-r", "dev"]);
  await tail.lineWhere((line) => line === "* ana joined #dev");
  await using other = await bo(hub, "bo");
  await say(other, "in main");
  await dev.typeAndFinish("in dev\n");
  await tail.lineWhere((line) => line.endsWith("#dev ana  in dev"));
  assert(tail.stdout.every((line) => !line.includes("main") && !line.includes("bo")), tail.stdoutText);
});

Deno.test("A reader that has read enough, such as head, ends it quietly with status 0", async () => {
  await using kept = await keepingHub();
  const { hub } = kept;
  await using ana = await bo(hub, "ana");
  await say(ana, "one");
  await using tail = listener(hub.port);
  await tail.lineWhere((line) => line.endsWith("one"));
  await tail.closeOutput();
  for (let left = false; !left;) {
    await ana.say("line");
    left = (await ana.until(({ code }) => code === 200 || code === 204)).code === 204;
  }
  assertEquals([await tail.status, tail.stderr], [0, ""]);
});

Deno.test("On a hub of the base it prints what is said, says nothing, and tells of a gap", async () => {
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
  await again.line();
  cable.closeClients();
  await again.waitForLog(/connected again; what was said meanwhile is missing, as the hub keeps nothing\n/);
});

for (
  const [args, status, wanted] of [
    [["-l", "x"], 2, /^riftchat: cannot print x lines: it must be a number from 0 to 500\n$/],
    [["-l", "501"], 2, /from 0 to 500\n$/],
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

/**
 * `riftchat op` and `riftchat audit`, as programs, while the hub runs and while it does not, and after it was killed.
 *
 * @module
 */
import { Code, type ServerOffer } from "../../protocol/mod.ts";
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { TestKey } from "../helpers/clients/test_key.ts";
import { needs, NO_POSIX } from "../helpers/needs.ts";
import { HubProgram, run } from "../helpers/program.ts";

const [laptop, phone] = await Promise.all([TestKey.make(), TestKey.make()]);

const hubIn = (data: string) => HubProgram.start(["--history", "on", "--data", data]);

/** Connects with a key, under a name. */
async function comes(hub: HubProgram, key: TestKey, username: string): Promise<OriginalClient> {
  const client = await OriginalClient.connect(hub.port);
  const { server } = await client.nextOf(Code.YourName) as unknown as { server: ServerOffer };
  const proof = key.proof({ identity: server.identity!, nonce: server.nonce }, username);
  await client.sendJson({ code: Code.Hello, client: "test/1", username, ref: "h", ...proof });
  assertEquals((await client.until(({ ref }) => ref === "h")).code, Code.Welcome);
  return client;
}

/** Waits until a client is told whether it is an operator. */
async function isToldOperator(client: OriginalClient, operator: boolean): Promise<void> {
  await client.until((message) => message.code === Code.Powers && message.operator === operator);
}

function test(name: string, fn: (data: string) => Promise<void>): void {
  Deno.test({
    ...needs(name, NO_POSIX),
    async fn() {
      const data = await Deno.makeTempDir();
      try {
        await fn(data);
      } finally {
        await Deno.remove(data, { recursive: true });
      }
    },
  });
}

test("op gives and takes powers at once, and the audit has what was done with them after kill -9", async (data) => {
  const op = (...args: string[]) => run(["op", ...args, "--data", data]);
  const audit = (...args: string[]) => run(["audit", ...args, "--data", data]);
  {
    await using hub = await hubIn(data);
    assertEquals((await op("add", "ana")).stderr.includes("nobody owns this name"), true);
    await using ana = await comes(hub, laptop, "ana");
    await ana.say("mine");
    await ana.nextOf(Code.Said);
    assertEquals((await op("add", "ANA")).stdout, "ana is an operator now\n");
    await isToldOperator(ana, true);
    await hub.waitForLog(/info riftchat op: add operator ANA\n/);
    assertEquals((await op("add", "ana")).status, 1);
    await ana.sendJson({
      code: Code.Moderate,
      action: "ban",
      target: "troll",
      duration_ms: 3_600_000,
      reason: "\u202espam",
      ref: "b",
    });
    assertEquals(
      (await ana.until(({ ref }) => ref === "b")).code,
      Code.Refused,
      "a reason has no hidden characters",
    );
    await ana.sendJson({
      code: Code.Moderate,
      action: "ban",
      target: "troll",
      duration_ms: 3_600_000,
      reason: "spam",
      ref: "c",
    });
    assertEquals((await ana.until(({ ref }) => ref === "c")).code, Code.Moderated);
    const running = await audit();
    assertEquals([running.status, running.stderr], [0, ""]);
    assertMatch(
      running.stdout,
      /^[\d-]+ [\d:]+ {2}riftchat op {2}op add ana\n[\d-]+ [\d:]+ {2}ana {2}ban troll until [\d-]+ [\d:]+: spam\n$/,
    );
    hub.kill("SIGKILL");
    await hub.status;
  }
  const stopped = await audit("--json", "--count", "1");
  const { at, until, ...entry } = JSON.parse(stopped.stdout);
  assertEquals(until - at, 3_600_000);
  assertMatch(entry.by_key, /^SHA256:/);
  delete entry.by_key;
  assertEquals(entry, { id: 2, by: "ana", action: "ban", target: "troll", reason: "spam", operator: true });
  const listed = await op("list", "--json");
  assertMatch(listed.stderr, /the hub does not run/);
  const [{ key, fingerprint }] = JSON.parse(listed.stdout).keys;
  assertEquals([key, JSON.parse(listed.stdout).name], [`ssh-ed25519 ${laptop.key}`, "ana"]);
  assertMatch(
    (await op()).stdout,
    new RegExp(`^ana {2}added [\\d-]+\n {2}${fingerprint.replaceAll("+", "\\+")}\n$`),
  );
  await using hub = await hubIn(data);
  await using ana = await comes(hub, laptop, "ana");
  await isToldOperator(ana, true);
  assertEquals((await op("remove", "ana")).stdout, "ana is not an operator any more\n");
  await isToldOperator(ana, false);
  await ana.sendJson({ code: Code.Moderate, action: "unban", target: "troll", ref: "u" });
  assertEquals((await ana.until(({ ref }) => ref === "u")).error, "not_allowed");
  assertEquals((await op()).stdout, "nobody is an operator\n");
});

test("op takes a key as a line, its base64 or a file, and removes it by its fingerprint", async (data) => {
  const op = (...args: string[]) => run(["op", ...args, "--data", data]);
  {
    await using hub = await hubIn(data);
    await hub.stop();
  }
  const line = `ssh-ed25519 ${phone.key} my phone`;
  const file = `${data}/phone.pub`;
  await Deno.writeTextFile(file, line + "\n");
  for (const who of [line, phone.key, file]) {
    const added = await op("add", who);
    const [, fingerprint] = /^the key (SHA256:\S+) is an operator now\n$/.exec(added.stdout) ?? [];
    assert(fingerprint !== undefined, added.stderr);
    assertEquals((await op("add", fingerprint)).status, 1, "a fingerprint is no key");
    const removed = await op("remove", fingerprint);
    assertEquals(removed.stdout, `the key ${fingerprint} is not an operator any more\n`, removed.stderr);
  }
  assertMatch((await op("remove", phone.key)).stderr, /cannot remove that key: it is no operator/);
});

test("The key of the file of operators is not removed by op, which says how", async (data) => {
  const file = `${data}/operators`;
  await Deno.writeTextFile(file, `ssh-ed25519 ${laptop.key} ana@laptop\n`, { mode: 0o600 });
  await using _hub = await HubProgram.start([
    "--history",
    "on",
    "--data",
    `${data}/hub`,
    "--operators",
    file,
  ]);
  const op = (...args: string[]) => run(["op", ...args, "--data", `${data}/hub`]);
  assertMatch((await op()).stdout, /^ana@laptop {2}in the file of --operators\n {2}SHA256:.*\n$/);
  const { status, stderr } = await op("remove", laptop.key);
  assertEquals(status, 1);
  assertMatch(stderr, /the key is in the file of operators; remove it there and send SIGHUP to the hub/);
});

/** Command lines that are refused, with the exit status and a part of the error. */
const WRONG: readonly [string[], number, RegExp][] = [
  [["op", "add"], 2, /the name or key is missing/],
  [["op", "promote", "ana"], 2, /it must be list, add or remove/],
  [["op", "list", "ana"], 2, /too many arguments/],
  [["op", "add", "two words", "--data", "/no/such"], 1, /it must be a name, a line such as/],
  [["op", "add", "ssh-rsa AAAA", "--data", "/no/such"], 1, /it is an RSA key/],
  [["op", "add", "./no-such.pub", "--data", "/no/such"], 1, /cannot read the key in .\/no-such.pub/],
  [["op", "--data", "/no/such"], 1, /no hub stores anything there; start the hub, or use --data/],
  [["audit", "--data", "/no/such"], 1, /no hub stores anything there; start the hub, or use --data/],
  [["audit", "--since", "yesterday"], 2, /cannot take --since yesterday: it must be a time/],
  [["audit", "--count", "0"], 2, /cannot take --count 0: it must be a whole number/],
];

Deno.test("op and audit say what is wrong with a command line", async () => {
  for (const [args, status, error] of WRONG) {
    const result = await run(args);
    assertEquals([result.status, result.stdout], [status, ""], result.stderr);
    assertMatch(result.stderr, error);
  }
});

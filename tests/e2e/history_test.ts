/**
 * Messages survive kills and restarts of the hub, tested with the real program.
 *
 * `RIFTCHAT_KILLS` is the number of kills; 50 take ten seconds.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import {
  type Body,
  BodyDecoder,
  type ClientMessage,
  encodeFrame,
  parseBody,
  serialize,
} from "../../protocol/mod.ts";
import { OLD_RUNTIME } from "../helpers/needs.ts";
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { ResendingClient } from "../helpers/clients/resending_client.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";
import { HubProgram, Program, run } from "../helpers/program.ts";

const KILLS = Number(Deno.env.get("RIFTCHAT_KILLS") ?? 50);
const CLIENTS = 4;
/** The maximum number of messages that are acknowledged before the next kill. */
const MAX_LINES = 600;

function start(folder: DataFolder, ...args: string[]): Promise<HubProgram> {
  return HubProgram.start(["--history", "on", "--data", folder.path, ...args]);
}

/** The generator of Park and Miller, so that a run can be repeated. */
function* random(seed: number): Generator<number, never> {
  for (;;) yield (seed = seed * 48_271 % 2_147_483_647) / 2_147_483_647;
}

Deno.test(`No acknowledged message is lost, doubled or reordered when the hub is killed ${KILLS} times`, async () => {
  using folder = new DataFolder();
  const numbers = random(KILLS);
  let left = 0;
  let enough = Promise.withResolvers<void>();
  const clients = Array.from({ length: CLIENTS }, (_, i) =>
    new ResendingClient(`client${i}`, () => {
      if (--left === 0) enough.resolve();
    }));
  for (let kill = 0; kill < KILLS; kill++) {
    left = 1 + Math.floor(numbers.next().value * MAX_LINES);
    enough = Promise.withResolvers<void>();
    await using hub = await start(folder);
    const talking = clients.map((client) => client.run(hub.port));
    await Promise.race([enough.promise, hub.status.then(() => Promise.reject(new Error(hub.stderr)))]);
    hub.kill("SIGKILL");
    await Promise.all(talking);
  }
  await using hub = await start(folder);
  const talking = clients.map((client) => client.run(hub.port));
  await Promise.all(clients.map((client) => client.stop()));
  const total = clients.reduce((sum, client) => sum + client.sentCount, 0);
  await Promise.all(clients.map((client) => client.waitFor(total)));
  assertEquals(await hub.stop(), 0);
  await Promise.all(talking);

  const stored = folder.query("SELECT sequence, message FROM lines ORDER BY id").map(
    ({ sequence, message }) => [sequence, message] as [number, string],
  );
  assertEquals(stored.map(([sequence]) => sequence), Array.from({ length: total }, (_, i) => i + 1));
  const text = new Map(stored);
  for (const [i, client] of clients.entries()) {
    assertEquals(client.faults, []);
    // Every acknowledged message is stored once, with the acknowledged number, in the order in which it was
    // sent.
    assertEquals(client.acknowledged.length, client.sentCount);
    for (const { sequence, text: said } of client.acknowledged) assertEquals(text.get(sequence), said);
    assertEquals(
      stored.filter(([, message]) => message.startsWith(`client${i} `)).map(([, message]) => message),
      Array.from({ length: client.sentCount }, (_, n) => `client${i} ${n + 1}`),
    );
    // The client received exactly the stored messages: each once, in order.
    assertEquals(client.received, stored);
  }
});

Deno.test("A restarted hub has the history and continues the numbers; a base client sees the base", async () => {
  using folder = new DataFolder();
  for (const first of [1, 3]) {
    await using hub = await start(folder);
    await using ana = await OriginalClient.connect(hub.port);
    const said: unknown[] = [];
    for (const message of ["a", "b"]) {
      await ana.say(message);
      said.push((await ana.nextOf(200)).message);
    }
    assertEquals(said.map((line) => (line as { sequence: number }).sequence), [first, first + 1]);
    assertEquals(ana.received.map(({ code }) => code), [202, 201, 200, 200]);
    assertEquals(await hub.stop(), 0);
  }
  assertEquals(folder.query("SELECT sequence, message FROM lines").map((line) => Object.values(line)), [
    [1, "a"],
    [2, "b"],
    [3, "a"],
    [4, "b"],
  ]);
});

Deno.test("A client that sends, searches and closes its sending side at once gets all answers in order", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  for (const last of [1, 2]) {
    using ana = await Deno.connect({ hostname: "127.0.0.1", port: hub.port });
    const asked: ClientMessage[] = [
      { code: 102, client: "test/1", ref: "1" },
      { code: 103, room: "main", message: "a needle", ref: "2" },
      { code: 105, room: "main", match: "needle", ref: "3" },
      { code: 110, ref: "4" },
      { code: 100, message: "hay", ref: "5" },
    ];
    for (const message of asked) {
      const bytes = encodeFrame(serialize(message));
      for (let done = 0; done < bytes.length;) done += await ana.write(bytes.subarray(done));
    }
    await ana.closeWrite();
    const decoder = new BodyDecoder();
    const heard: Body[] = [];
    for await (const bytes of ana.readable) {
      decoder.push(bytes);
      for (let body = decoder.next(); body !== undefined; body = decoder.next()) heard.push(parseBody(body));
    }
    const answers = heard.filter(({ ref }) => ref !== undefined);
    assertEquals(answers.map(({ code, ref }) => [code, ref]), [
      [210, "1"],
      [207, "2"],
      [208, "3"],
      [215, "4"],
      [207, "5"],
    ]);
    assertEquals((answers[2]!.messages as unknown[]).length, last);
    assertEquals(heard.filter(({ code }) => code === 200).length, 2);
  }
  assertEquals(await hub.stop(), 0);
});

Deno.test("A second hub on the same data folder says who uses it and exits 1", async () => {
  using folder = new DataFolder();
  await using hub = await start(folder);
  const args = ["serve", "--host", "127.0.0.1", "--port", "0", "--history", "on", "--data", folder.path];
  const { stdout, stderr, status } = await run(args);
  assertEquals([stdout, status], ["", 1]);
  assertMatch(
    stderr,
    /cannot use the data folder .* process \d+ on \S+, since .*--data.*--no-history/,
  );
  if (Deno.env.get("RIFTCHAT_EXE") === undefined) assert(stderr.includes(`process ${hub.pid} on`), stderr);
});

Deno.test("A hub with --no-history writes nothing, and a wrong --keep is refused", async () => {
  using folder = new DataFolder();
  await using hub = await HubProgram.start(["--no-history", "--data", folder.path]);
  await using ana = await OriginalClient.connect(hub.port);
  await ana.say("hi");
  await ana.nextOf(200);
  assertEquals(await hub.stop(), 0);
  assertEquals(await Array.fromAsync(Deno.readDir(folder.path)), []);
  const { stderr, status } = await run(["serve", "--keep", "long"]);
  assertEquals(status, 2);
  assertMatch(
    stderr,
    /cannot use --keep: it must be a time, a size of at least 1MiB, or both, .*: it is "long"/,
  );
});

Deno.test("A hub whose history is damaged sets it aside, says so and starts", async () => {
  using folder = new DataFolder();
  await Deno.writeTextFile(folder.database, "this is no database ".repeat(1000));
  await using hub = await start(folder);
  await hub.waitForLog(
    /error the history was damaged \(file is not a database\) and is now \S+; a new one was started/,
  );
  assertEquals(await hub.stop(), 0);
});

for (const file of ["riftchat.db", "lock"]) {
  Deno.test(`A hub waits for another program that has locked ${file}`, async () => {
    using folder = new DataFolder();
    folder.open().close();
    const other = new DatabaseSync(`${folder.path}/${file}`);
    other.exec("BEGIN IMMEDIATE");
    try {
      const address = ["--host", "127.0.0.1", "--port", "0"];
      await using hub = new Program(["serve", ...address, "--history", "on", "--data", folder.path], {});
      await hub.waitForLog(new RegExp(`another program has locked .*${file}: waiting for 5 s at most`));
      other.exec("ROLLBACK");
      assertMatch(await hub.line() ?? "", /^listening on /);
    } finally {
      other.close();
    }
  });
}

Deno.test("A history that stays locked is refused with the reason and what to do", async () => {
  using folder = new DataFolder();
  folder.open().close();
  using locked = new DataFolder();
  locked.open().close();
  const [database, lock] = [new DatabaseSync(folder.database), new DatabaseSync(`${locked.path}/lock`)];
  try {
    for (const db of [database, lock]) db.exec("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE");
    const serve = (path: string) => run(["serve", "--port", "0", "--history", "on", "--data", path]);
    const results = await Promise.all([
      serve(folder.path),
      serve(locked.path),
      run(["log", "--data", folder.path]),
    ]);
    assertEquals(results.map(({ status }) => status), [1, 1, 1]);
    const [inDatabase, inLock, inLog] = results.map(({ stderr }) => stderr);
    assertMatch(
      inDatabase!,
      /riftchat\.db: another program has locked it: stop that program, then start again/,
    );
    assertMatch(inLock!, /another program has locked its file lock; stop that program/);
    // An old runtime does not say why SQLite failed.
    if (OLD_RUNTIME === undefined) {
      assertMatch(inLog!, /another program has locked it; stop that program, then try again\n$/);
    }
  } finally {
    for (const db of [database, lock]) db.close();
  }
});

/**
 * Faults outside of the hub, as a process: its disk fails, its folder is removed, it is stopped for a while, or it is
 * killed and all clients reconnect at once. The hub continues or restarts, reports the fault once, and loses no message
 * that it acknowledged as stored. Repeated kills are in `history_test.ts`, missing descriptors and memory in
 * `hub_test.ts`, silent connections in `talk_link_test.ts`; `deno task soak` combines all of them.
 *
 * The file is long because its tests share the disk, the kills and the checks.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";
import { withDeadline } from "../helpers/deadline.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { type Json, OriginalClient, type Received } from "../helpers/clients/original_client.ts";
import { ClientProgram, HubProgram, run } from "../helpers/program.ts";
import { keptPort } from "../helpers/kept_ports.ts";
import { ReconnectingClient } from "../helpers/clients/reconnecting_client.ts";
import { NO_SMALL_DISK, SmallDisk } from "../helpers/hubs/small_disk.ts";

const NO_SIGNALS = Deno.build.os === "windows" ? "Windows cannot stop a program for a while" : undefined;

/** Declares a test that needs something; where it is missing, the name of the test says why it is ignored. */
function needs(missing: string | undefined, name: string, fn: () => Promise<void>): void {
  Deno.test({
    name: missing === undefined ? name : `${name} (ignored: ${missing})`,
    ignore: missing !== undefined,
    fn,
  });
}

function start(path: string, ...args: string[]): Promise<HubProgram> {
  return HubProgram.start(["--history", "on", "--data", path, "--rate-limit", "off", ...args], {
    fileBlocks: Infinity,
  });
}

/** A client with the extension. */
async function join(hub: HubProgram, username: string): Promise<OriginalClient> {
  const client = await OriginalClient.connect(hub.port);
  await client.nextOf(202);
  await client.sendJson({ code: 102, client: "test/1", username });
  await client.nextOf(210);
  return client;
}

let marks = 0;

/** Sends a message; returns its acknowledgement. */
async function say(client: OriginalClient, message: string): Promise<Received> {
  const mark = String(++marks);
  await client.sendJson({ code: 103, room: "main", message, ref: mark, id: mark });
  return await client.until(({ ref }) => ref === mark);
}

/** How often a client was notified of something by a message from the hub. */
function timesNotified(client: OriginalClient, text: RegExp): number {
  return client.received.filter(({ code, message }) => {
    const line = message as { username: string; message: string } | undefined;
    return code === 200 && line?.username === "server" && text.test(line.message);
  }).length;
}

function count(text: string, pattern: RegExp): number {
  return text.split("\n").filter((line) => pattern.test(line)).length;
}

const PAUSED = / error messages are not stored for now: .*/;
const RESUMED = / info messages are stored again/;

/**
 * Two clients exchange messages while the disk fails and after it works again; then all stored messages are there,
 * once.
 */
async function surviveDisk(
  path: string,
  fails: (hub: HubProgram) => Promise<void>,
  works: (hub: HubProgram) => Promise<void>,
): Promise<HubProgram> {
  const hub = await start(path);
  await using ana = await join(hub, "ana");
  await using bo = await join(hub, "bo");
  const stored: [number, string][] = [];
  let [lines, unstored] = [0, 0];
  const talk = async () => {
    const text = `line ${++lines} ${"x".repeat(1000)}`;
    const { code, sequence, stored: isStored } = await say(ana, text);
    // Whatever the disk does, every client receives every message.
    assertEquals([code, sequence], [207, lines]);
    await bo.until(({ code, message }) => code === 200 && (message as { message: string }).message === text);
    if (isStored === false) unstored++;
    else stored.push([lines, text]);
    return isStored !== false;
  };
  for (let i = 0; i < 5; i++) assert(await talk());
  await fails(hub);
  const failing = async () => {
    while (await talk());
    for (let i = 0; i < 20; i++) await talk();
  };
  await withDeadline(failing(), () => `the disk takes ${lines} lines; ${hub.stderr}`);
  const notified = timesNotified(bo, /not stored right now/);
  await works(hub);
  await withDeadline(hub.waitForLog(RESUMED), () => hub.stderr);
  for (let i = 0; i < 5; i++) assert(await talk());
  assert(unstored >= 20);
  // Once, and not for every message.
  assertEquals([notified, timesNotified(bo, /are stored again/)], [1, 1]);
  assertEquals([count(hub.stderr, PAUSED), count(hub.stderr, RESUMED)], [1, 1]);
  hub.kill("SIGKILL");
  await hub.status;
  await using again = await start(path);
  await using cy = await join(again, "cy");
  const heard: [number, string][] = [];
  for (let after = 0, more = true; more;) {
    await cy.sendJson({ code: 105, room: "main", after, limit: 500 });
    const page = await cy.nextOf(208);
    for (const { sequence, message } of page.messages as { sequence: number; message: string }[]) {
      heard.push([sequence, message]);
      after = sequence;
    }
    more = page.more as boolean;
  }
  assertEquals(heard, stored);
  assert(Number((await say(cy, "and on")).sequence) > lines, "a number was given twice");
  return hub;
}

needs(
  NO_SMALL_DISK,
  "A full disk loses no stored message: the chat goes on, one report is made, and messages are stored again",
  async () => {
    await using disk = await SmallDisk.mount(8192);
    await using _ = await surviveDisk(disk.path, () => disk.fill(), () => disk.empty());
  },
);

needs(
  NO_SMALL_DISK,
  "A hub that cannot write its data folder does not start, and says what to do",
  async () => {
    await using disk = await SmallDisk.mount(1024);
    await disk.makeReadOnly();
    const { stderr, status } = await run(["serve", "--port", "0", "--history", "on", "--data", disk.path]);
    assertEquals(status, 1);
    assertMatch(
      stderr,
      /cannot open the history in .*; choose another folder with --data, or .* --no-history/,
    );
  },
);

/** Limits the size of all files that a process writes from now on, in bytes. */
async function limitFiles(pid: number, bytes: string): Promise<void> {
  const { success, stderr } = await new Deno.Command("prlimit", {
    args: [`--pid=${pid}`, `--fsize=${bytes}:unlimited`],
  }).output();
  assert(success, new TextDecoder().decode(stderr));
}

const NO_PRLIMIT = Deno.build.os === "linux" && await hasCommand("prlimit")
  ? undefined
  : "only Linux has prlimit, where it is installed";

async function hasCommand(name: string): Promise<boolean> {
  try {
    return (await new Deno.Command(name, { args: ["--version"] }).output()).success;
  } catch {
    return false;
  }
}

needs(NO_PRLIMIT, "A file size limit loses no stored message", async () => {
  using folder = new DataFolder();
  await using _ = await surviveDisk(
    folder.path,
    ({ pid }) => limitFiles(pid, "0"),
    ({ pid }) => limitFiles(pid, "unlimited"),
  );
});

needs(
  Deno.build.os === "windows" ? "Windows cannot move open files" : undefined,
  "A data folder that is moved away is reported once; when it is back messages are stored again",
  async () => {
    using folder = new DataFolder();
    const data = `${folder.path}/data`;
    await using _ = await surviveDisk(
      data,
      () => Deno.rename(data, `${folder.path}/elsewhere`),
      () => Deno.rename(`${folder.path}/elsewhere`, data),
    );
  },
);

needs(
  Deno.build.os === "windows" ? "Windows cannot delete open files" : undefined,
  "A hub whose data folder is deleted goes on, stops cleanly and starts again with a new one",
  async () => {
    using folder = new DataFolder();
    const data = `${folder.path}/data`;
    {
      await using hub = await start(data);
      await using ana = await join(hub, "ana");
      assertEquals((await say(ana, "one")).stored, undefined);
      await Deno.remove(data, { recursive: true });
      for (let i = 0; (await say(ana, `line ${i}`)).stored !== false; i++);
      assertEquals(await hub.stop(), 0);
      await ana.nextOf(205);
      assertEquals(hub.stderr.split("\n").filter((line) => / error /.test(line)).length, 1, hub.stderr);
      assertMatch(
        hub.stderr,
        /error messages are not stored for now: .*riftchat.* was removed or replaced; retrying/,
      );
    }
    await using hub = await start(data);
    await using bo = await join(hub, "bo");
    assertEquals((await say(bo, "two")).code, 207);
    assertEquals(await hub.stop(), 0);
  },
);

Deno.test("A hub without a history starts with no messages after a restart, and its welcome says so", async () => {
  for (let time = 0; time < 2; time++) {
    await using hub = await HubProgram.start(["--no-history"]);
    await using ana = await join(hub, "ana");
    const welcome = ana.received.find(({ code }) => code === 210)!;
    assertEquals([welcome.retention_ms, (welcome.features as Json[]).includes("history")], [0, false]);
    assertEquals((await say(ana, "one")).sequence, 1);
    hub.kill("SIGKILL");
    await hub.status;
  }
});

needs(
  NO_SIGNALS,
  "A hub that is paused answers all requests afterwards, and drops no client",
  async () => {
    using folder = new DataFolder();
    await using hub = await start(folder.path);
    await using ana = await join(hub, "ana");
    await using bo = await join(hub, "bo");
    // One client is in the middle of a frame, the other has much to read.
    const body = new TextEncoder().encode('{"code":100,"message":"cut in two"}');
    const frame = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, body.length, ...body);
    await ana.sendRaw(frame.subarray(0, 20));
    bo.pause();
    await hub.suspend();
    const stood = new Promise((resume) => setTimeout(resume, 2000));
    await ana.sendRaw(frame.subarray(20));
    for (let i = 0; i < 100; i++) await ana.sendJson({ code: 100, message: `line ${i}`, ref: String(i) });
    // A client that connects in the meantime waits.
    const coming = join(hub, "cy");
    await stood;
    hub.kill("SIGCONT");
    await ana.until(({ ref }) => ref === "99");
    bo.resume();
    await using cy = await coming;
    await say(cy, "the last");
    for (const client of [ana, bo]) {
      await client.until(({ message }) =>
        (message as { message?: string } | undefined)?.message === "the last"
      );
      const lines = client.received.filter(({ code }) => code === 200).map(({ message }) =>
        message as { sequence: number }
      );
      assertEquals(lines.map(({ sequence }) => sequence), Array.from({ length: 102 }, (_, i) => i + 1));
      assert(!client.received.some(({ code }) => code === 204 || code === 216));
    }
    assertEquals(await hub.stop(), 0);
    assertEquals(count(hub.stderr, / (?:error|warning) /), 0);
  },
);

needs(NO_SIGNALS, "A client that is paused receives every message afterwards", async () => {
  await using hub = await HubProgram.start(["--rate-limit", "off"]);
  await using ana = new ClientProgram(hub.port, ["-n", "ana"]);
  await ana.waitForArrival("ana");
  await using bo = await join(hub, "bo");
  ana.kill("SIGSTOP");
  for (let i = 0; i < 500; i++) await say(bo, `line ${i} ${"x".repeat(2000)}`);
  ana.kill("SIGCONT");
  await ana.waitForShown(`00:00 bo  line 499 ${"x".repeat(2000)}`);
  const lines = ana.shown.filter((line) => line.startsWith("00:00 bo")).map((line) => line.split(" ")[4]);
  assertEquals(lines, Array.from({ length: 500 }, (_, i) => String(i)));
  assertEquals(await ana.typeAndFinish(), 0);
});

const RETURNING = 1000;

needs(
  NO_SIGNALS,
  `${RETURNING} clients that reconnect at once to a hub that was killed receive every message, once`,
  async () => {
    using folder = new DataFolder();
    const flags = ["--port", String(keptPort()), "--log-level", "warning"];
    let hub = await start(folder.path, ...flags);
    const clients: ReconnectingClient[] = [];
    try {
      for (let i = 0; i < RETURNING; i++) clients.push(new ReconnectingClient(`guest${i}`));
      // In groups, so that the first connections are not what is tested.
      for (let i = 0; i < RETURNING; i += 100) {
        await Promise.all(
          clients.slice(i, i + 100).map((one) => one.connect(hub.port)),
        );
      }
      await using ana = await join(hub, "ana");
      for (let i = 1; i <= 20; i++) await say(ana, `before ${i}`);
      // Some have received only a part when the hub is killed.
      await clients[0]!.waitFor(20);
      hub.kill("SIGKILL");
      await Promise.all(clients.map((client) => client.waitForClose()));
      await hub[Symbol.asyncDispose]();
      hub = await start(folder.path, ...flags);
      await using bo = await join(hub, "bo");
      const coming = Promise.all(clients.map((client) => client.connect(hub.port)));
      for (let i = 21; i <= 40; i++) await say(bo, `after ${i}`);
      await coming;
      await Promise.all(clients.map((client) => client.waitFor(40)));
      const expected = Array.from({ length: 40 }, (_, i) => i + 1);
      for (const { receivedSequences } of clients) assertEquals(receivedSequences, expected);
      assertEquals(hub.stderr, "");
    } finally {
      await Promise.all(clients.map((client) => client[Symbol.asyncDispose]()));
      await hub[Symbol.asyncDispose]();
    }
  },
);

/**
 * What is said while the link is lost: `tail` and the piped `join` print it once and in order, also if the hub
 * restarts, deletes messages, or comes back with an earlier state of its history.
 *
 * @module
 */
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { assert, assertEquals } from "../helpers/assert.ts";
import { DataFolder } from "../helpers/hubs/history.ts";
import { send } from "../helpers/terminal/users.ts";
import { ClientProgram, HubProgram, Program } from "../helpers/program.ts";
import { FlakyProxy } from "../helpers/wire/flaky_proxy.ts";
import { OriginalClient } from "../helpers/clients/original_client.ts";

function start(folder: DataFolder, ...options: string[]): Promise<HubProgram> {
  return HubProgram.start(["--history", "on", "--data", folder.path, ...options]);
}

const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, i) => `line ${from + i}`);

/** The texts of the messages of bo that a program has printed, as text or as JSON. */
function printed(program: Program): string[] {
  return program.stdout.flatMap((line) => {
    if (!line.startsWith("{")) return /bo {2}(.*)$/.exec(line)?.[1] ?? [];
    const { kind, code, message } = JSON.parse(line);
    if (kind === "line") return message;
    return code === 200 ? message.message : [];
  });
}

/** Waits until a program has connected to a hub, and so many users are in a room, quiet ones included. */
async function members(
  hub: { port: number },
  proxy: FlakyProxy,
  room: string,
  count: number,
): Promise<void> {
  await proxy.connected();
  await using client = await OriginalClient.connect(hub.port);
  await client.sendJson({ code: 102, client: "test/1", quiet: true, rooms: [room] });
  for (let found = -1; found !== count;) {
    await client.sendJson({ code: 106 });
    const { users } = await client.nextOf(209);
    found = (users as { rooms: string[] }[]).filter(({ rooms }) => rooms.includes(room)).length - 1;
  }
}

/** The ways to print `#ops`, each with its arguments. */
const WAYS: [string, ...string[]][] = [
  ["tail", "-r", "ops", "-l", "0"],
  ["tail", "-r", "ops", "-l", "5"],
  ["tail", "-r", "main", "-r", "ops", "-l", "0", "--no-presence", "--json"],
  ["join", "-r", "ops"],
  ["join", "-r", "ops", "--json"],
];

function run([command, ...options]: [string, ...string[]], { port }: { port: number }): Program {
  return command === "tail"
    ? new Program([command, `127.0.0.1:${port}`, ...options])
    : new ClientProgram(port, ["--retry", "1h", ...options]);
}

async function kill(hub: HubProgram): Promise<void> {
  hub.kill("SIGKILL");
  await hub.status;
}

/** Changes the database while no hub uses it. */
function change(folder: string, sql: string): void {
  using db = new DatabaseSync(join(folder, "riftchat.db"));
  db.exec(sql);
}

function copy(from: string, to: string): void {
  for (const { name, isFile } of Deno.readDirSync(from)) {
    if (isFile) Deno.copyFileSync(join(from, name), join(to, name));
  }
}

for (const way of WAYS) {
  const name = way.join(" ");

  Deno.test(`${name}: what is said while the hub restarts is printed, although nothing was before`, async () => {
    using folder = new DataFolder();
    await using first = await start(folder);
    await using proxy = new FlakyProxy(first.port);
    await using program = run(way, proxy);
    await members(first, proxy, "ops", 1);
    await kill(first);
    await using again = await start(folder);
    await send(again, lines(1, 3), "bo", "ops");
    proxy.forwardTo(again.port);
    await members(again, proxy, "ops", 1);
    await send(again, lines(4, 5), "bo", "ops");
    await program.lineWhere((line) => line.includes("line 5"));
    assertEquals(printed(program), lines(1, 5));
    assert(!program.stderr.includes("earlier state"), program.stderr);
  });

  Deno.test(`${name}: of missed messages that are deleted the number is told`, async () => {
    using folder = new DataFolder();
    await using first = await start(folder);
    await using proxy = new FlakyProxy(first.port);
    await using program = run(way, proxy);
    await members(first, proxy, "ops", 1);
    await send(first, lines(1, 2), "bo", "ops");
    await program.lineWhere((line) => line.includes("line 2"));
    await kill(first);
    await using second = await start(folder);
    await send(second, lines(3, 9), "bo", "ops");
    assertEquals(await second.stop(), 0);
    change(folder.path, "DELETE FROM lines WHERE sequence <= 6");
    await using third = await start(folder);
    proxy.forwardTo(third.port);
    await program.lineWhere((line) => line.includes("line 9"));
    assertEquals(printed(program), [...lines(1, 2), ...lines(7, 9)]);
    await program.waitForLog(
      /up to 4 messages in #ops are missing: the hub does not store them any more\n/,
    );
  });

  Deno.test(`${name}: of a hub restored from a backup all new messages are printed, and it is told once`, async () => {
    using folder = new DataFolder();
    using backup = new DataFolder();
    await using first = await start(folder);
    await send(first, lines(1, 40), "bo", "ops");
    await kill(first);
    copy(folder.path, backup.path);
    await using second = await start(folder);
    await using proxy = new FlakyProxy(second.port);
    await using program = run(way, proxy);
    await members(second, proxy, "ops", 1);
    await send(second, lines(41, 60), "bo", "ops");
    await program.lineWhere((line) => line.includes("line 60"));
    const before = printed(program);
    await kill(second);
    await using restored = await start(backup);
    await send(restored, lines(101, 140), "bo", "ops");
    proxy.forwardTo(restored.port);
    await program.lineWhere((line) => line.includes("line 140"));
    assertEquals(printed(program).slice(before.length), lines(101, 140));
    // Once more, now with the same history.
    await kill(restored);
    await using last = await start(backup);
    await send(last, ["line 141"], "bo", "ops");
    proxy.forwardTo(last.port);
    await program.lineWhere((line) => line.includes("line 141"));
    assertEquals(printed(program).slice(before.length), lines(101, 141));
    await program.waitForLog(/earlier state/);
    assertEquals(program.stderr.match(/earlier state/g)?.length, 1);
  });
}

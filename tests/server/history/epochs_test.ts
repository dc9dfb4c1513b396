/**
 * Epochs: up to which message a client knows the same history as the hub.
 *
 * @module
 */
import { join } from "node:path";
import type { History } from "../../../server/history/mod.ts";
import { MAX_EPOCH_CHARS } from "../../../protocol/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { DataFolder, lineIn } from "../../helpers/hubs/history.ts";
import { START } from "../../helpers/hubs/test_hub.ts";

/** What a client knows of `ops`. */
interface Known {
  sequence: number;
  epoch: string;
}

/** Starts a hub, says some messages, alternating with another room, and stops it. Returns what a client then knows. */
function run(folder: DataFolder, count: number): Known {
  const history = folder.open();
  for (let i = 0; i < count; i++) {
    for (const room of ["main", "ops"]) history.insert([lineIn(history, room, `${i}`)]);
  }
  const known = { sequence: history.conversation("ops").last, epoch: history.epoch! };
  history.close();
  return known;
}

function sameUpTo(history: History, { sequence, epoch }: Known): number {
  return history.sameUpTo("ops", sequence, epoch);
}

/** Starts a hub, compares with what clients know, and stops it. */
function compare(folder: DataFolder, ...clients: Known[]): number[] {
  const history = folder.open();
  const same = clients.map((known) => sameUpTo(history, known));
  history.close();
  return same;
}

function copy(from: DataFolder, to: DataFolder): void {
  for (const { name } of Deno.readDirSync(from.path)) {
    Deno.copyFileSync(join(from.path, name), join(to.path, name));
  }
}

Deno.test("After any number of restarts all numbers are the same, and the epoch is short", () => {
  using folder = new DataFolder();
  const clients: Known[] = [];
  for (let i = 0; i < 30; i++) clients.push(run(folder, i % 3));
  assertEquals(compare(folder, ...clients), clients.map(({ sequence }) => sequence));
  assert(clients.every(({ epoch }) => epoch.length <= MAX_EPOCH_CHARS));
  assertEquals(new Set(clients.map(({ epoch }) => epoch)).size, 30);
});

Deno.test("After a restored backup the numbers up to it are the same, whoever has restarted since", () => {
  using folder = new DataFolder();
  using backup = new DataFolder();
  const before = run(folder, 40);
  copy(folder, backup);
  const lost = run(folder, 20);
  const lostLater = run(folder, 5);
  assertEquals([lost.sequence, lostLater.sequence], [60, 65]);
  assertEquals(compare(backup, before, lost, lostLater), [40, 40, 40]);
  const after = run(backup, 40);
  assertEquals(compare(backup, before, lost, lostLater, after), [40, 40, 40, 80]);
  // A client of the restored hub comes to the first one.
  assertEquals(compare(folder, after, lost), [40, 60]);
  // The backup is restored once more.
  using again = new DataFolder();
  copy(folder, again);
  assertEquals(compare(again, after, lost, lostLater), [40, 60, 65]);
});

Deno.test("In a backup that was made while the hub ran, the numbers up to it are the same", () => {
  using folder = new DataFolder();
  using backup = new DataFolder();
  run(folder, 10);
  const history = folder.open();
  for (let i = 0; i < 30; i++) history.insert([lineIn(history, "ops", `${i}`)]);
  history.checkpoint();
  copy(folder, backup);
  for (let i = 0; i < 20; i++) history.insert([lineIn(history, "ops", `${i}`)]);
  const known = { sequence: 60, epoch: history.epoch! };
  assertEquals(sameUpTo(history, known), 60);
  history.close();
  // The copied file of a running hub says that it runs.
  Deno.removeSync(join(backup.path, "holder.json"));
  assertEquals(compare(backup, known), [40]);
  run(backup, 30);
  assertEquals(compare(backup, known), [40]);
});

Deno.test("Pruned messages and numbers that were not stored count as the same", () => {
  using folder = new DataFolder();
  const old = run(folder, 10);
  const newer = run(folder, 10);
  folder.change("DELETE FROM lines WHERE sequence <= 15");
  assertEquals(compare(folder, old, newer), [10, 20]);
  // As after a full disk: the numbers 21 to 25 were given to messages that are not stored.
  folder.change("UPDATE places SET last = 25");
  const epoch = newer.epoch;
  assertEquals(compare(folder, { sequence: 25, epoch }), [25]);
  run(folder, 3);
  assertEquals(compare(folder, { sequence: 25, epoch }), [25]);
  folder.change("DELETE FROM lines");
  assertEquals(compare(folder, old, newer, { sequence: 25, epoch }), [10, 20, 25]);
});

Deno.test("Imported messages count as the same, those that were said since then do not", () => {
  using folder = new DataFolder();
  const known = run(folder, 60);
  using other = new DataFolder();
  const history = other.open({ beginsEpoch: false });
  history.insert(Array.from({ length: 40 }, (_, i) => lineIn(history, "ops", `${i}`)));
  assertEquals(history.epoch, undefined);
  history.close();
  assertEquals(compare(other, known), [40]);
  run(other, 40);
  assertEquals(compare(other, known, { ...known, sequence: 30 }), [40, 30]);
});

Deno.test("A new history has nothing in common; one that replaces a damaged one has its numbers", () => {
  using folder = new DataFolder();
  const known = run(folder, 10);
  using other = new DataFolder();
  run(other, 20);
  assertEquals(compare(other, known, { sequence: 0, epoch: known.epoch }), [0, 0]);
  assertEquals(compare(other, { sequence: 5, epoch: "" }, { sequence: 5, epoch: "::.x:" }), [0, 0]);
  Deno.writeTextFileSync(folder.database, "no database at all, but long enough to be read as one".repeat(9));
  for (const suffix of ["-wal", "-shm"]) {
    try {
      Deno.removeSync(folder.database + suffix);
    } catch { /* There is none. */ }
  }
  const history = folder.open();
  assert(history.floor >= START);
  assertEquals(sameUpTo(history, known), 10);
  history.insert([lineIn(history, "ops", "new")]);
  assertEquals(sameUpTo(history, known), 10);
  history.close();
});

/**
 * Two hubs over a state whose timing the test decides: changes travel, of two changes of a row one remains at both,
 * nothing is lost by a crash, and changes are refused while a hub is cut off.
 *
 * @module
 */
import { systemClock } from "../../../runtime/mod.ts";
import { ForeignRowsError, Replica } from "../../../server/replica/mod.ts";
import { isCutOff } from "../../../server/sqlite/mod.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../helpers/assert.ts";
import { MemoryState, turns } from "../../helpers/replica/memory_state.ts";
import { ReplicaHub, replicaHubs, settle } from "../../helpers/replica/replica_hub.ts";

Deno.test("A change at one hub is made at the other, with what belongs to the row, and exactly", async () => {
  const { all } = await replicaHubs(2);
  const [one, other] = all as [ReplicaHub, ReplicaHub];
  one.claim(7, "Alice", "k1", "k2");
  const seen = Uint8Array.from([0, 1, 255]);
  one.run("UPDATE owners SET used = ?, seen = ?, score = ? WHERE id = 7", 2n ** 53n + 1n, seen, 2.0);
  await settle(all);
  assertEquals(other.db.prepare("SELECT key FROM keys").all().map(({ key }) => key), ["k1", "k2"]);
  const row = other.db.prepare("SELECT CAST(used AS TEXT) AS used, seen, typeof(score) AS type FROM owners")
    .get()!;
  assertEquals({ ...row }, { used: "9007199254740993", seen, type: "real" });
  assertEquals(
    other.taken.map(({ table, before, after }) => [table, before.length, after?.parts.keys?.length]),
    [
      ["owners", 0, 2],
    ],
  );
  one.run("DELETE FROM keys WHERE key = 'k1'");
  await settle(all);
  assertEquals(other.db.prepare("SELECT key FROM keys").all().map(({ key }) => key), ["k2"]);
  assertEquals(other.taken.at(-1)!.before[0]!.parts.keys!.length, 2);
  one.run("DELETE FROM owners");
  await settle(all);
  assertEquals(other.rows, { owners: [], keys: [], rooms: [], notes: [] });
  assertEquals([one.recorded, other.recorded, one.replica.waiting], [0, 0, 0]);
  assertEquals(one.taken, []);
});

Deno.test("A hub that comes later gets all rows, in whatever order they were written last", async () => {
  const { state, all } = await replicaHubs(1);
  const [one] = all as [ReplicaHub];
  one.claim(7, "alice", "k");
  one.run("INSERT INTO rooms VALUES ('den', 7)");
  await settle(all);
  // Its room comes before it.
  one.run("UPDATE owners SET used = 5");
  await settle(all);
  const late = await new ReplicaHub(state).start();
  assertEquals(late.rows, one.rows);
  assertEquals(late.recorded, 0);
});

Deno.test("A name that is claimed at two hubs at once ends with one owner at both", async () => {
  const { all } = await replicaHubs(2);
  const [one, other] = all as [ReplicaHub, ReplicaHub];
  for (const { port } of all) port.isPrompt = false;
  one.claim(7, "Alice", "k1");
  other.claim(8, "alice", "k2");
  await turns();
  await settle(all);
  assertEquals(other.rows, one.rows);
  assertEquals(one.db.prepare("SELECT id, name FROM owners").all().map((row) => ({ ...row })), [{
    id: 7,
    name: "Alice",
  }]);
  assertEquals([one.undone, other.undone], [[], ["owners"]]);
  assertEquals(other.taken.map(({ before, after }) => [before[0]!.row.id, after!.row.id]), [[8n, 7n]]);
});

Deno.test("If the state takes both of two writes, the last one counts at both hubs", async () => {
  const { state, all } = await replicaHubs(2);
  const [one, other] = all as [ReplicaHub, ReplicaHub];
  state.careless = true;
  for (const { port } of all) port.isPrompt = false;
  one.claim(7, "alice", "k1");
  other.claim(8, "alice", "k2");
  await turns();
  one.port.answer();
  other.port.answer();
  await settle(all);
  assertEquals(other.rows, one.rows);
  assertEquals(one.db.prepare("SELECT id FROM owners").all().length, 1);
  assertEquals((await new ReplicaHub(state).start()).rows, one.rows);
});

Deno.test("A change is sent by whatever statement it is made, also while an earlier one is on its way", async () => {
  const { all } = await replicaHubs(2);
  const [one, other] = all as [ReplicaHub, ReplicaHub];
  for (const sql of ["INSERT OR IGNORE", "INSERT OR REPLACE", "INSERT", "INSERT OR FAIL"]) {
    one.port.isPrompt = false;
    one.run(`${sql} INTO owners (id, name) VALUES (7, 'alice')`);
    await turns();
    one.run(`${sql} INTO keys VALUES (7, ?)`, sql);
    await settle(all);
    assertEquals(other.rows, one.rows, sql);
    assertEquals(other.db.prepare("SELECT key FROM keys").all().map(({ key }) => key), [sql]);
    one.run("DELETE FROM owners");
    await settle(all);
  }
});

Deno.test("A change that was committed is sent after a crash, and once", async () => {
  const { state, all } = await replicaHubs(2);
  const [one, other] = all as [ReplicaHub, ReplicaHub];
  one.port.isPrompt = false;
  one.claim(7, "alice", "k1");
  await turns();
  // The state has it, and the hub ends before it learns that.
  one.port.answer({ told: false });
  one.claim(9, "bob", "k2");
  await one.crash();
  await settle(all);
  assertEquals(other.rows, one.rows);
  assertEquals([...state.entries.keys()].filter((key) => key.startsWith("names.")).length, 2);
  assertEquals([one.recorded, one.undone], [0, []]);
  await other.crash();
  assertEquals(other.port.readAfter, state.facts.last);
});

Deno.test("A change that follows one without an answer is sent when that comes back", async () => {
  const { all } = await replicaHubs(2);
  const [one, other] = all as [ReplicaHub, ReplicaHub];
  one.port.isPrompt = false;
  one.claim(7, "alice", "k1");
  await turns();
  one.port.answer({ told: false });
  one.run("INSERT INTO keys VALUES (7, 'k2')");
  await settle(all);
  assertEquals(other.rows, one.rows);
  assertEquals(other.db.prepare("SELECT key FROM keys").all().length, 2);
});

Deno.test("A hub that is cut off refuses changes before anything has changed, but for those that wait", async () => {
  const { all } = await replicaHubs(2);
  const [one, other] = all as [ReplicaHub, ReplicaHub];
  one.claim(7, "alice", "k");
  await settle(all);
  one.replica.setAway(true);
  for (
    const sql of [
      "INSERT INTO owners (id, name) VALUES (8, 'bob')",
      "UPDATE owners SET name = 'eve'",
      "DELETE FROM owners",
      "DELETE FROM keys",
      "INSERT INTO rooms VALUES ('den', 7)",
    ]
  ) assert(isCutOff(assertThrows(() => one.run(sql), Error)), sql);
  one.run("INSERT INTO notes VALUES (1, 'kicked')");
  one.run("UPDATE owners SET used = 4");
  await settle(all);
  assertEquals(other.rows, { owners: [[7, "alice", null]], keys: [[7, "k"]], rooms: [], notes: [] });
  one.replica.setAway(false);
  await settle(all);
  assertEquals(other.rows, one.rows);
  assertEquals(one.rows, { owners: [[7, "alice", 4]], keys: [[7, "k"]], rooms: [], notes: [[1, "kicked"]] });
});

Deno.test("An entry of the audit that one hub removes as it is old leaves the state without a trace", async () => {
  const { state, all } = await replicaHubs(2);
  const [one, other] = all as [ReplicaHub, ReplicaHub];
  const keys = () => [...state.entries.keys()].filter((key) => key.startsWith("names."));
  one.run("INSERT INTO notes VALUES (1, 'kicked')");
  await settle(all);
  assertEquals(keys().length, 1);
  for (const hub of all) hub.run("DELETE FROM notes");
  await settle(all);
  assertEquals([keys(), one.recorded, other.recorded], [[], 0, 0]);
});

Deno.test("Changes are refused when answers are missing, and accepted once they come", async () => {
  const { all } = await replicaHubs(1);
  const [one] = all as [ReplicaHub];
  one.port.isPrompt = false;
  one.claim(7, "alice");
  await turns();
  assertEquals(one.replica.isCutOff, false);
  one.timers.fire();
  assertEquals(one.replica.isCutOff, true);
  one.port.answer();
  await turns();
  assertEquals(one.replica.isCutOff, false);
});

Deno.test("The first folder with rows gives them to the cluster; another one must be imported", async () => {
  const state = new MemoryState();
  const first = new ReplicaHub(state);
  first.replica.close();
  first.db.exec("UPDATE temp.replica_guard SET cut_off = 0");
  first.claim(1, "alice", "k");
  first.open();
  await first.start();
  await settle([first]);
  const empty = await new ReplicaHub(state).start();
  assertEquals(empty.rows, first.rows);
  const foreign = new ReplicaHub(state);
  foreign.db.exec("UPDATE temp.replica_guard SET cut_off = 0");
  foreign.claim(1, "bob", "k2");
  const error = await assertRejects(() => foreign.replica.start(), ForeignRowsError);
  assert(error.message.includes("riftchat cluster import"), error.message);
  assertEquals(foreign.db.prepare("SELECT name FROM owners").all().length, 1);
});

Deno.test("A state that is made anew gets the rows of the hubs again", async () => {
  const { state, all } = await replicaHubs(2);
  const [one, other] = all as [ReplicaHub, ReplicaHub];
  one.claim(7, "alice", "k");
  other.claim(8, "bob", "k2");
  one.run("INSERT INTO notes VALUES (1, 'kicked')");
  await settle(all);
  const before = one.rows;
  state.recreate();
  await settle(all);
  assertEquals([one.rows, other.rows], [before, before]);
  assertEquals((await new ReplicaHub(state).start()).rows, before);
});

Deno.test("A state that has lost its last writes gets them again", async () => {
  const { state, all } = await replicaHubs(2);
  const [one] = all as [ReplicaHub];
  one.claim(7, "alice", "k");
  await settle(all);
  one.run("UPDATE owners SET used = 3");
  one.run("INSERT INTO rooms VALUES ('den', 7)");
  await settle(all);
  const before = one.rows;
  state.lose(2);
  await settle(all);
  for (const hub of all) assertEquals(hub.rows, before);
  assertEquals((await new ReplicaHub(state).start()).rows, before);
});

Deno.test("A hub that was cut off for longer than tombstones stay does not bring removed rows back", async () => {
  const { state, all } = await replicaHubs(2);
  const [one, other] = all as [ReplicaHub, ReplicaHub];
  state.now -= 8 * 24 * 3_600_000;
  one.claim(7, "alice", "k");
  one.claim(8, "bob", "k2");
  await settle(all);
  other.port.disconnect();
  one.run("DELETE FROM owners WHERE id = 8");
  await settle([one]);
  assertEquals(state.entries.keys().filter((key) => key.startsWith("names.owners")).toArray().length, 1);
  other.port.connect();
  await settle(all);
  assertEquals(other.db.prepare("SELECT name FROM owners").all().map(({ name }) => name), ["alice"]);
  assertEquals(other.rows, one.rows);
});

Deno.test("A hub that is cut off for hours compares what it has read once at a time", async () => {
  const { all } = await replicaHubs(1);
  const [one] = all as [ReplicaHub];
  one.claim(7, "alice", "k");
  await settle([one]);
  one.port.isCut = true;
  let asked = 0;
  one.port.facts = () => {
    asked++;
    return Promise.reject(new Error("cut off"));
  };
  for (let minute = 0; minute < 20; minute++) {
    asked = 0;
    one.timers.fire();
    await turns();
    assert(asked <= 1, `asked ${asked} times`);
  }
  assertEquals(asked, 1);
});

Deno.test("If one database cannot store what others have changed, those who use another one are told", async () => {
  const { state, all } = await replicaHubs(2);
  const [one, other] = all as [ReplicaHub, ReplicaHub];
  const second = new ReplicaHub(state);
  other.replica.close();
  const databases = [other.spec, { ...second.spec, name: "other" }];
  const { port, timers } = other, failures: unknown[] = [];
  const replica = new Replica({
    databases,
    port,
    timers,
    clock: systemClock,
    failed: (error) => failures.push(error),
  });
  other.replica = replica;
  await other.start();
  second.db.exec(
    "CREATE TEMP TRIGGER broken BEFORE INSERT ON main.replica_facts BEGIN SELECT RAISE(ABORT, 'broken'); END",
  );
  other.taken.length = 0;
  one.claim(7, "alice", "k");
  await settle(all);
  assertEquals([String(failures[0]), failures.length], ["Error: broken", 1]);
  assertEquals(other.taken.map(({ after }) => after?.row.name), ["alice"]);
  second.db.exec("DROP TRIGGER temp.broken");
  await settle(all);
  assertEquals([replica.revision, other.taken.length], [state.facts.last, 1]);
});

/**
 * A hub on its own brings its names, rooms, bans, operators, invites and tokens into a cluster that has others.
 *
 * @module
 */
import { importRows } from "../../../server/replica/mod.ts";
import { systemClock, systemTimers } from "../../../runtime/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { START } from "../../helpers/hubs/test_hub.ts";
import {
  ClusterHub,
  databasesOf,
  openStores,
  type Stores,
  synced,
} from "../../helpers/replica/cluster_hub.ts";
import { MemoryPort, MemoryState } from "../../helpers/replica/memory_state.ts";

/** Gives a hub some content, with the ids that each hub on its own gives. */
function fill(
  { registry: { names, rooms }, moderation, invites: { invites } }: Stores,
  prefix: string,
): void {
  const by = { name: "op", operator: true };
  for (const name of ["ana", `${prefix}-bo`]) {
    const owner = names.grant(name, name === "ana" ? "KEY OF ANA" : `KEY OF ${prefix}`, START);
    rooms.create(`${prefix}-${name.length}`, owner, START, 0);
    moderation.addOperator(owner, "", START);
    moderation.mod({ room: "main", owner, by, now: START });
  }
  const sam = names.grant("sam", `KEY OF SAM AT ${prefix}`, START);
  rooms.create(`${prefix}-sams`, sam, START, 0);
  moderation.ban({ target: `${prefix}-troll`, by, now: START, keys: ["TROLL"], addresses: ["192.0.2.7"] });
  const content = { by: "", expires: START + 1e9, uses: 2, room: undefined, name: undefined };
  const invite = invites.make(
    `hash of ${prefix}`,
    { ...content, roomOwner: names.ownerOf("ana")!.id },
    START,
  )!;
  invites.use(invite, { identity: `KEY OF ${prefix}`, person: undefined, name: "guest" }, START);
}

async function within(run: (paths: [string, string]) => Promise<void>): Promise<void> {
  const paths: [string, string] = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  try {
    await run(paths);
  } finally {
    for (const path of paths) await Deno.remove(path, { recursive: true });
  }
}

function close({ registry, moderation, invites, tokens }: Stores): void {
  moderation.close();
  registry.close();
  invites.invites.close();
  tokens.close();
}

Deno.test("An import keeps what the cluster has, adds the rest, and gives the same people one name", () =>
  within(async ([first, second]) => {
    const state = new MemoryState();
    for (const [path, prefix] of [[first, "one"], [second, "two"]] as const) {
      const stores = await openStores(path);
      fill(stores, prefix);
      close(stores);
    }
    using one = await ClusterHub.start({ folder: first, port: new MemoryPort(state) });
    await synced(one);
    const stores = await openStores(second);
    const failed = (error: unknown) => {
      throw error;
    };
    const port = new MemoryPort(state);
    const result = await importRows({
      databases: databasesOf(stores),
      port,
      timers: systemTimers,
      clock: systemClock,
      failed,
    });
    close(stores);
    assertEquals(result, { merged: ["ana"], refused: ["sam"] });
    using two = await ClusterHub.start({ folder: second, port });
    const portOfOne = one.port as MemoryPort;
    portOfOne.deliver();
    await synced(one, two);
    for (const { registry: { names, rooms }, moderation, stores: { invites: { invites } } } of [one, two]) {
      const ana = names.ownerOf("ana")!;
      assertEquals([...names.all].map(({ name }) => name).sort(), ["ana", "one-bo", "sam", "two-bo"]);
      assertEquals(names.ownerOf("sam")!.keys.map(({ key }) => key), ["KEY OF SAM AT one"]);
      assertEquals(rooms.ownedBy(ana).map(({ name }) => name).sort(), ["one-3", "two-3"]);
      for (const room of rooms.ownedBy(ana)) assert(room.members.has(ana.id), room.name);
      assertEquals(rooms.find("two-6")!.owner.name, "two-bo");
      assertEquals(rooms.find("two-sams"), undefined);
      assertEquals(moderation.moderatorsOf("main").map(({ name }) => name).sort(), [
        "ana",
        "one-bo",
        "two-bo",
      ]);
      assertEquals(moderation.operators.map(({ shown }) => shown).sort(), ["ana", "one-bo", "two-bo"]);
      assertEquals(moderation.listAll(START).map(({ target }) => target).sort(), ["one-troll", "two-troll"]);
      assertEquals(moderation.auditEntries({ count: 100 }).length, 10);
      assertEquals(invites.all.map(({ usesLeft, roomOwner }) => [usesLeft, roomOwner]), [[1, ana.id], [
        1,
        ana.id,
      ]]);
      assertEquals([names.ownerOf("one-bo")!.id, names.ownerOf("two-bo")!.id].length, 2);
    }
    const ids = [one, two].map(({ registry }) => registry.names.ownerOf("two-bo")!.id);
    assertEquals(ids[1], ids[0]);
  }));

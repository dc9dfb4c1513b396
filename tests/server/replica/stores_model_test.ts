/**
 * Whatever two hubs do with names, rooms, bans, moderators, operators, invites and tokens, and whenever they hear of
 * each other: in the end both have the same in memory, which is what their databases have.
 *
 * @module
 */
import fc from "fast-check";
import { assertEquals } from "../../helpers/assert.ts";
import { cases } from "../../helpers/fuzz.ts";
import { ClusterHub, openStores, type Stores } from "../../helpers/replica/cluster_hub.ts";
import { HandTimers, MemoryPort, MemoryState, turns } from "../../helpers/replica/memory_state.ts";

const NAMES = ["ana", "bo", "cy"];
const KEYS = ["AAAA", "BBBB", "CCCC"];
const ROOMS = ["dev", "den"];

const ACTIONS = [
  "claim",
  "addKey",
  "removeKey",
  "move",
  "free",
  "use",
  "make room",
  "change room",
  "give room",
  "add member",
  "remove member",
  "delete room",
  "ban",
  "unban",
  "ban in room",
  "mute",
  "slow",
  "lockdown",
  "mod",
  "unmod",
  "forget room",
  "op",
  "unop",
  "invite",
  "use invite",
  "revoke invite",
  "token",
  "revoke token",
] as const;

type Step =
  & { hub: number }
  & (
    | { does: "act"; action: typeof ACTIONS[number]; name: number; other: number; room: number }
    | { does: "answer" | "fire" }
    | { does: "deliver"; count: number }
  );

const hub = fc.nat(1);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      hub,
      does: fc.constant("act" as const),
      action: fc.constantFrom(...ACTIONS),
      name: fc.nat(2),
      other: fc.nat(2),
      room: fc.nat(1),
    }),
  },
  { weight: 2, arbitrary: fc.record({ hub, does: fc.constant("answer" as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      hub,
      does: fc.constant("deliver" as const),
      count: fc.integer({ min: 1, max: 5 }),
    }),
  },
);

let now = 1_700_000_000_000;

/** Does something as the hub would, which looks first. */
function act({ stores, tokens }: ClusterHub, step: Step & { does: "act" }): void {
  const { registry: { names, rooms, ...registry }, moderation, invites: { invites } } = stores;
  const at = now++;
  const name = NAMES[step.name]!, key = KEYS[step.other]!, roomName = ROOMS[step.room]!;
  const owner = names.ownerOf(name), other = names.ownerOf(NAMES[step.other]!);
  const room = rooms.find(roomName);
  const by = { name: "op", operator: true };
  const invite = invites.all[0],
    token = stores.registry.names.ownerOf("bot") && tokens.handle({ do: "list tokens" });
  void registry;
  switch (step.action) {
    case "claim":
      return void names.claim(name, key, "192.0.2.1", at, at);
    case "addKey":
      return void (owner && names.addKey(owner, key, at));
    case "removeKey":
      return void (owner && owner.keys.length > 1 && names.removeKey(owner, owner.keys[0]!.key));
    case "move":
      return void (owner && names.move(owner, key, at));
    case "free":
      return void (owner && stores.registry.free(owner, { detach() {}, erase() {} }));
    case "use":
      return void (owner && names.touch(owner, name.toUpperCase(), at + 7_200_000));
    case "make room":
      return void (room === undefined && owner && rooms.create(roomName, owner, at, step.other));
    case "change room":
      return void (room &&
        rooms.change(room, { isPrivate: step.name === 1, wholeHistory: false, topic: `${at}` }));
    case "give room":
      return void (room && owner && room.members.has(owner.id) && rooms.change(room, { owner }));
    case "add member":
      return void (room && owner && rooms.addMember(room, owner, at, step.other));
    case "remove member":
      return void (room && owner && room.owner !== owner && rooms.removeMember(room, owner));
    case "delete room":
      return void (room && rooms.delete(room));
    case "ban":
      return void moderation.ban({ target: name, by, now: at, keys: [key], addresses: ["192.0.2.7"] });
    case "unban":
      return void moderation.unban(name, { by, now: at });
    case "ban in room":
      return void moderation.ban({ target: name, room: roomName, by: { ...by, operator: false }, now: at });
    case "mute":
      return void moderation.mute({ target: name, by, now: at, durationMs: 1_000_000_000 });
    case "slow":
      return moderation.slow(1000 * step.name, { room: roomName, by, now: at });
    case "lockdown":
      return moderation.lockDown((["off", "owned", "invited"] as const)[step.name]!, { by, now: at });
    case "mod":
      return void (owner && moderation.mod({ room: roomName, owner, by, now: at }));
    case "unmod":
      return void (owner && moderation.unmod({ room: roomName, owner, by, now: at }));
    case "forget room":
      return moderation.forgetRoom(roomName);
    case "op":
      return void moderation.addOperator(other ?? key, "", at);
    case "unop":
      return void moderation.removeOperator(other ?? key, at);
    case "invite":
      return void invites.make(`hash ${at}`, {
        by: name,
        expires: at + 1e9,
        uses: 3,
        room: roomName,
        roomOwner: undefined,
        name: undefined,
      }, at);
    case "use invite":
      return void (invite && invites.claim(invite, { name, identity: key, person: `person ${at}` }, at));
    case "revoke invite":
      return void (invite && invites.revoke(invite, at));
    case "token":
      if (names.blockedBy("bot", undefined) !== undefined && token === undefined) return;
      return void tokens.handle({ do: "add token", name: "bot", read: true, write: step.name === 1 });
    case "revoke token": {
      const [first] = token !== undefined && "tokens" in token ? token.tokens : [];
      return void (first && tokens.handle({ do: "revoke token", id: first.id }));
    }
  }
}

/** What stores have in memory, in one order. */
function memoryOf({ registry: { names, rooms }, moderation, invites: { invites } }: Stores): unknown {
  const text = (one: unknown) => {
    const isPlain = typeof one === "object" && one !== null && !Array.isArray(one);
    return JSON.stringify(isPlain ? Object.entries(one).sort() : one);
  };
  const sorted = (values: Iterable<unknown>) => [...values].map(text).sort();
  return {
    owners: sorted([...names.all].map(({ keys, ...owner }) => ({ ...owner, keys: sorted(keys) }))),
    byKey: KEYS.map((key) => sorted([...names.ownersOf(key)].map(({ id }) => id))),
    rooms: sorted([...rooms.all].map(({ owner, members, ...room }) => ({
      ...room,
      owner: owner.id,
      members: [...members.values()].map(({ owner, ...member }) => ({ ...member, owner: owner.id })),
      owned: rooms.ownedBy(owner).some(({ key }) => key === room.key),
    }))),
    sanctions: sorted(
      moderation.listAll(now).map(({ keys, networks, ...one }) => ({ ...one, keys: sorted(keys), networks })),
    ),
    counts: [moderation.counts, moderation.lockdown, moderation.restrictsSpeech],
    bans: NAMES.map((name) =>
      moderation.banOf({ name, owner: names.ownerOf(name), room: "dev" }, now)?.target
    ),
    moderators: ROOMS.map((room) => moderation.moderatorsOf(room).map(({ id }) => id)),
    operators: sorted(moderation.operators.map(({ keys, ...one }) => ({ ...one, keys: sorted(keys) }))),
    audit: moderation.auditEntries({ count: 1000 }),
    invites: invites.all.map((invite) => ({ ...invite, by: invites.usesOf(invite) })).map(text),
    invited: KEYS.map((identity) => invites.isInvited({ identity, person: undefined })),
  };
}

async function run(steps: readonly Step[]): Promise<void> {
  const state = new MemoryState();
  const folders = [await Deno.makeTempDir(), await Deno.makeTempDir()];
  const ports = folders.map(() => new MemoryPort(state)), timers = folders.map(() => new HandTimers());
  const hubs: ClusterHub[] = [];
  try {
    for (const [index, folder] of folders.entries()) {
      hubs.push(await ClusterHub.start({ folder, port: ports[index]!, timers: timers[index]! }));
    }
    for (const port of ports) port.isPrompt = false;
    for (const step of steps) {
      const port = ports[step.hub]!;
      if (step.does === "act") act(hubs[step.hub]!, step);
      else if (step.does === "answer") port.answer();
      else if (step.does === "deliver") port.deliver(step.count);
      await turns();
    }
    for (let round = 0; round < 20; round++) {
      for (const [index, port] of ports.entries()) {
        while (port.unanswered > 0) port.answer();
        timers[index]!.fire();
        await turns();
        port.deliver();
        await turns();
      }
    }
    for (const { storageEvents, replica } of hubs) assertEquals([storageEvents, replica.waiting], [[], 0]);
    const tokensOf = ({ tokens }: ClusterHub) => tokens.handle({ do: "list tokens" });
    const [first, second] = hubs as [ClusterHub, ClusterHub];
    assertEquals(memoryOf(second.stores), memoryOf(first.stores));
    assertEquals(tokensOf(second), tokensOf(first));
    for (const [index, folder] of folders.entries()) {
      const opened = await openStores(folder);
      try {
        assertEquals(memoryOf(opened), memoryOf(hubs[index]!.stores));
      } finally {
        opened.moderation.close();
        opened.registry.close();
        opened.invites.invites.close();
        opened.tokens.close();
      }
    }
  } finally {
    for (const one of hubs) one.close();
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("Two hubs end with the same names, rooms, bans, invites and tokens, in memory and on the disk", async () => {
  await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 80 }), run), cases(25, 0.1));
});

Deno.test("Tokens that are made at two hubs in the same moment are in the same order at both", () => {
  const made = { does: "act", action: "token", name: 0, other: 0, room: 0 } as const;
  return run(Array.from({ length: 8 }, (_, index) => ({ ...made, hub: index % 2 })));
});

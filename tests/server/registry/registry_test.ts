/**
 * Names and rooms that belong to somebody.
 *
 * @module
 */
import { openRegistry, type Owner, type Registry, RegistryError } from "../../../server/registry/mod.ts";
import { assert, assertEquals, assertStringIncludes, assertThrows } from "../../helpers/assert.ts";
import { needs, NOT_ROOT } from "../../helpers/needs.ts";

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const NAME_MS = 90 * DAY_MS;

/** Two names look alike if they are the same but for l, 1 and i. */
const skeletons = (name: string) => [name.toLowerCase().replaceAll(/[1i]/g, "l")];

/** A data folder, whose registry can be opened again and again. */
class Folder {
  readonly path = Deno.makeTempDirSync();
  readonly reports: string[] = [];

  open(nameMs = NAME_MS): Registry {
    return openRegistry({
      folder: this.path,
      nameMs,
      skeletons,
      now: 0,
      report: (text) => this.reports.push(text),
    });
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.path, { recursive: true });
  }
}

function test(name: string, run: (folder: Folder) => void): void {
  Deno.test(name, () => {
    using folder = new Folder();
    run(folder);
  });
}

/** Claims a name, which must be possible. */
function own({ names }: Registry, name: string, key: string, now = 0, address = name): Owner {
  const owner = names.claim(name, key, address, now, now);
  assert(typeof owner === "object", `${name}: ${owner}`);
  return owner;
}

test("The first key that claims a name owns it in every spelling, also for the next hub", (folder) => {
  const first = folder.open();
  own(first, "Ana", "key a", 5);
  assertEquals(first.names.claim("ana", "key b", "", 6, 6), "taken");
  first.close();
  const registry = folder.open();
  const owner = registry.names.ownerOf("ANA")!;
  assertEquals(
    { ...owner, keys: owner.keys.map(({ key }) => key) },
    { id: 1, name: "Ana", since: 5, lastUsed: 5, moved: undefined, keys: ["key a"] },
  );
  assertEquals(registry.names.claim("aNa", "key a", "", 7, 7), owner);
  assertEquals(registry.names.claim("ana", "key b", "", 7, 7), "taken");
  registry.close();
});

test("A name that looks like an owned one is blocked for others, until it is freed", (folder) => {
  const registry = folder.open();
  const lila = own(registry, "lila", "key a");
  assertEquals(registry.names.blockedBy("1ila", undefined), lila);
  assertEquals(registry.names.blockedBy("Li1a", "key b"), lila);
  assertEquals(registry.names.blockedBy("Li1a", "key a"), undefined);
  assertEquals(registry.names.claim("1ila", "key b", "", 0, 0), "taken");
  assertEquals(registry.names.blockedBy("lola", undefined), undefined);
  registry.names.release(lila);
  assertEquals(registry.names.blockedBy("1ila", undefined), undefined);
  const other = own(registry, "1ila", "key b");
  assert(other.id > lila.id, "the number of an owner is not given again");
  registry.close();
});

test("A key owns three names at most, and an address takes ten new ones in an hour", (folder) => {
  const registry = folder.open();
  const { names } = registry;
  for (const name of ["a", "b", "c"]) own(registry, name, "key", 0, "home");
  assertEquals(names.claim("d", "key", "home", 0, 0), "too_many_names");
  for (let i = 3; i < 10; i++) own(registry, `name${i}`, `key ${i}`, 0, "home");
  assertEquals(names.claim("more", "another", "home", 0, HOUR_MS - 1), "too_many_new");
  own(registry, "elsewhere", "another", 0, "work");
  assertEquals(typeof names.claim("more", "yet another", "home", 0, HOUR_MS), "object");
  names.release(names.ownerOf("a")!);
  assertEquals(typeof names.claim("d", "key", "work", 0, 0), "object");
  for (
    const [prefix, addressOf] of [["six", (i: number) => `2001:db8:1:${i}::1`], [
      "four",
      (i: number) => `127.0.0.${i}`,
    ]] as const
  ) {
    for (let i = 0; i < 10; i++) {
      own(registry, `${prefix}${"x".repeat(i)}`, `${prefix} key ${i}`, 0, addressOf(i));
    }
    assertEquals(names.claim(`${prefix} more`, `${prefix} another`, addressOf(99), 0, 0), "too_many_new");
  }
  registry.close();
});

test("Several keys own a name; the last one stays; a moved name has the new key alone", (folder) => {
  const registry = folder.open();
  const { names } = registry;
  const ana = own(registry, "ana", "laptop");
  assertEquals(names.addKey(ana, "phone", 1), undefined);
  assertEquals(names.blockedBy("ana", "phone"), undefined);
  assertEquals(names.removeKey(ana, "laptop"), true);
  assertEquals(names.removeKey(ana, "phone"), false);
  assertEquals(names.removeKey(ana, "unknown"), false);
  assertEquals(names.blockedBy("ana", "laptop"), ana);
  names.move(ana, "tablet", 2);
  assertEquals(names.blockedBy("ana", "phone"), ana);
  registry.close();
  const again = folder.open();
  const { keys, moved } = again.names.ownerOf("ana")!;
  assertEquals([keys, moved], [[{ key: "tablet", added: 2 }], 2]);
  again.close();
});

test("A name that is not used for 90 days is expired, when the clock has said so for an hour", (folder) => {
  const registry = folder.open();
  const { names } = registry;
  const ana = own(registry, "ana", "key a");
  own(registry, "bo", "key b");
  names.touch(names.ownerOf("bo")!, "Bo", DAY_MS);
  assertEquals(names.ownerOf("bo")!.name, "Bo");
  assertEquals(names.expired(NAME_MS - 1, 0), []);
  // The clock jumps ahead, and back.
  assertEquals(names.expired(NAME_MS, 1), []);
  assertEquals(names.expired(NAME_MS - 1, 2), []);
  assertEquals(names.expired(NAME_MS, HOUR_MS), []);
  assertEquals(names.expired(NAME_MS, 2 * HOUR_MS - 1), []);
  assertEquals(names.expired(NAME_MS, 2 * HOUR_MS), [ana]);
  registry.close();
});

test("With no time for names, none is owned", (folder) => {
  const registry = folder.open(0);
  assertEquals(registry.names.claim("ana", "key", "", 0, 0), "taken");
  registry.close();
});

test("A room keeps its owner, members, mode and topic", (folder) => {
  const registry = folder.open();
  const [ana, bo] = [own(registry, "ana", "key a"), own(registry, "bo", "key b")];
  const room = registry.rooms.create("Ops", ana, 3, 0)!;
  assertEquals(registry.rooms.addMember(room, bo, 4, 17), true);
  registry.rooms.change(room, { isPrivate: true, wholeHistory: false, topic: "on call" });
  registry.close();
  const again = folder.open();
  const { members, owner, ...rest } = again.rooms.find("OPS")!;
  assertEquals(rest, {
    key: "ops",
    name: "Ops",
    isPrivate: true,
    wholeHistory: false,
    floor: 0,
    topic: "on call",
    since: 3,
    roomId: undefined,
  });
  assertEquals(owner.name, "ana");
  assertEquals([...members.values()].map(({ owner, since, sequence }) => [owner.name, since, sequence]), [
    ["ana", 3, 0],
    ["bo", 4, 17],
  ]);
  again.rooms.removeMember(again.rooms.find("ops")!, again.names.ownerOf("bo")!);
  assertEquals([...again.rooms.find("ops")!.members.keys()], [1]);
  again.close();
});

test("Members stay in the order in which they joined, also if the clock was set back", (folder) => {
  const registry = folder.open();
  const [ana, bo, cy] = ["ana", "bo", "cy"].map((name) => own(registry, name, `key ${name}`)) as [
    Owner,
    Owner,
    Owner,
  ];
  const room = registry.rooms.create("ops", cy, 9, 0)!;
  registry.rooms.addMember(room, bo, 9, 0);
  registry.rooms.addMember(room, ana, 3, 0);
  registry.close();
  const again = folder.open();
  const { members } = again.rooms.find("ops")!;
  assertEquals([...members.values()].map(({ owner }) => owner.name), ["cy", "bo", "ana"]);
  again.close();
});

test("The rooms of a freed name pass on to the member who has been there longest, or belong to nobody", (folder) => {
  const registry = folder.open();
  const { names, rooms } = registry;
  const [ana, bo, cy] = ["ana", "bo", "cy"].map((name) => own(registry, name, `key ${name}`)) as [
    Owner,
    Owner,
    Owner,
  ];
  const shared = rooms.create("shared", ana, 1, 0)!;
  const lonely = rooms.create("lonely", ana, 1, 0)!;
  const other = rooms.create("other", cy, 1, 0)!;
  rooms.addMember(shared, cy, 2, 0);
  rooms.addMember(shared, bo, 3, 0);
  rooms.addMember(other, ana, 3, 0);
  const { passed, orphaned } = rooms.passOn(ana);
  assertEquals([passed, orphaned], [[shared], [lonely]]);
  names.release(ana);
  registry.close();
  const again = folder.open();
  assertEquals(again.rooms.find("shared")!.owner.name, "cy");
  assertEquals(
    [...again.rooms.find("shared")!.members.values()].map(({ owner }) => owner.name),
    ["cy", "bo"],
  );
  assertEquals([...again.rooms.find("other")!.members.values()].map(({ owner }) => owner.name), ["cy"]);
  assertEquals(again.rooms.find("lonely"), undefined);
  again.close();
});

test("A damaged registry is renamed and reported, and a new one started", (folder) => {
  const registry = folder.open();
  own(registry, "ana", "key");
  registry.close();
  Deno.writeTextFileSync(
    `${folder.path}/names.db`,
    "this is no database, and it is longer than a header of one".repeat(9),
  );
  const again = folder.open();
  assertEquals(again.names.size, 0);
  assertStringIncludes(folder.reports.join(), "names.db.damaged-19700101T000000Z");
  again.close();
});

test("A registry of a newer version is refused, and stays as it is", (folder) => {
  const registry = folder.open();
  registry.close();
  const path = `${folder.path}/names.db`;
  const bytes = Deno.readFileSync(path);
  new DataView(bytes.buffer).setUint32(60, 999);
  Deno.writeFileSync(path, bytes);
  assertThrows(() => folder.open(), RegistryError, "of a newer version of RiftChat");
  assertEquals(Deno.readFileSync(path), bytes);
});

Deno.test({
  ...needs("A registry of another user is not used", NOT_ROOT),
  fn() {
    for (const name of ["names.db", "names.db-wal"]) {
      using folder = new Folder();
      folder.open().close();
      Deno.writeTextFileSync(`${folder.path}/${name}`, "", { append: true });
      Deno.chownSync(`${folder.path}/${name}`, 12_345, 12_345);
      const { message } = assertThrows(() => folder.open(), RegistryError);
      assertStringIncludes(
        message,
        `Cannot use ${folder.path}/${name}: it must belong to user 0: it belongs to user`,
      );
      assertEquals(folder.reports, []);
    }
  },
});

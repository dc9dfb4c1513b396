/**
 * Codes with which another device adds its key to a name, on a hub of its own.
 *
 * @module
 */
import { NameOperator, type Owner, type Registry } from "../../../server/registry/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { DataFolder } from "../../helpers/hubs/history.ts";
import { registryIn } from "../../helpers/hubs/owned_hub.ts";

/** Declares a test with a data folder, whose registry can be opened again and again. */
function test(name: string, run: (folder: { open(): Registry }) => void): void {
  Deno.test(name, () => {
    using folder = new DataFolder();
    run({ open: () => registryIn(folder.path) });
  });
}

/** Claims a name, which must be possible. */
function own({ names }: Registry, name: string, key: string): Owner {
  const owner = names.claim(name, key, name, 0, 0);
  assert(typeof owner === "object", `${name}: ${owner}`);
  return owner;
}

/** A time so many milliseconds after some other one, by both clocks. */
const at = (ms: number) => ({ wall: 1_700_000_000_000 + ms, elapsed: ms });

test("A code adds one key, once, within ten minutes, and a newer one replaces it", (folder) => {
  const registry = folder.open();
  const { codes, names } = registry;
  const ana = own(registry, "ana", "laptop");
  codes.add(ana, "old", at(0));
  assertEquals(codes.add(ana, "new", at(0)), 600_000);
  assertEquals(codes.redeem("old", "phone", at(1)), "no_such_code");
  assertEquals(codes.redeem("new", "phone", at(600_000)), "no_such_code");
  codes.add(ana, "newer", at(0));
  assertEquals(codes.redeem("newer", "phone", at(599_999)), ana);
  assertEquals(codes.redeem("newer", "thief", at(2)), "no_such_code");
  codes.add(ana, "late", at(0));
  names.release(ana);
  assertEquals(codes.redeem("late", "thief", at(2)), "no_such_code");
  registry.close();
});

test("A code is of no use once an operator has given the name to another key", (folder) => {
  const registry = folder.open();
  const { codes } = registry;
  const [ana, bo] = [own(registry, "ana", "stolen"), own(registry, "bo", "of bo")];
  codes.add(ana, "of the thief", at(0));
  codes.add(bo, "for the phone of bo", at(0));
  const dependencies = { registry, checkKey: () => {}, now: () => 1, keysChanged: () => {}, free: () => {} };
  new NameOperator(dependencies).handle({ do: "move name", name: "ana", key: "tablet" });
  assertEquals(codes.redeem("of the thief", "of the thief", at(1)), "no_such_code");
  assertEquals(codes.redeem("for the phone of bo", "phone", at(1)), bo);
  registry.close();
});

test("A code is valid after a restart, as long as either clock allows, and its name has all keys", (folder) => {
  const registry = folder.open();
  const ana = own(registry, "ana", "laptop");
  registry.names.addKey(ana, "phone", 1);
  registry.codes.add(ana, "code", at(0));
  // A clock that was set back makes it valid no longer.
  assertEquals(registry.codes.find("code", { wall: at(0).wall, elapsed: 600_000 }), undefined);
  registry.close();
  const again = folder.open();
  const owner = again.names.ownerOf("ana")!;
  assertEquals(again.codes.find("code", at(599_999)), owner);
  assertEquals(again.codes.find("code", at(600_000)), undefined);
  again.names.removeKey(owner, "phone");
  assertEquals(again.codes.find("code", at(1)), undefined);
  again.names.addKey(owner, "phone", 2);
  assertEquals(again.codes.redeem("code", "tablet", at(1)), "no_such_code");
  again.close();
});

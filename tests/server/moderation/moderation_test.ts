/**
 * Bans and mutes: for whom they hold.
 *
 * @module
 */
import { publicKeyBlob, toBase64 } from "../../../identity/mod.ts";
import { type Moderation, openModeration, type Subject } from "../../../server/moderation/mod.ts";
import { openRegistry, type Owner, type Registry } from "../../../server/registry/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

const BOSS = { name: "boss", operator: true };

/** Makes a public key, as the base64 of an OpenSSH blob. */
function keyOf(letter: string): string {
  return toBase64(publicKeyBlob(new Uint8Array(32).fill(letter.charCodeAt(0))));
}

/** A data folder with names and bans, which can be opened again and again. */
class Folder {
  readonly path = Deno.makeTempDirSync();
  readonly reports: string[] = [];
  registry!: Registry;
  moderation!: Moderation;

  constructor() {
    this.open();
  }

  open(): void {
    const report = (text: string) => void this.reports.push(text);
    this.registry = openRegistry({
      folder: this.path,
      nameMs: Infinity,
      skeletons: (name) => [name.toLowerCase()],
      now: 0,
      report,
    });
    this.moderation = openModeration({ folder: this.path, names: this.registry.names, now: 0, report });
  }

  own(name: string, letter: string): Owner {
    const owner = this.registry.names.claim(name, keyOf(letter), name, 0, 0);
    assert(typeof owner === "object", String(owner));
    return owner;
  }

  isBanned(subject: Subject, now = 1): boolean {
    return this.moderation.banOf(subject, now) !== undefined;
  }

  close(): void {
    this.moderation.close();
    this.registry.close();
  }

  [Symbol.dispose](): void {
    this.close();
    Deno.removeSync(this.path, { recursive: true });
  }
}

Deno.test("A ban of a name holds for all keys that the person has or gets, also after they were removed", () => {
  using folder = new Folder();
  const ana = folder.own("ana", "a");
  folder.registry.names.addKey(ana, keyOf("b"), 0);
  folder.own("bob", "b");
  folder.moderation.ban({ target: "ANA", by: BOSS, now: 0, reason: "spam" });
  for (const letter of ["a", "b"]) {
    assert(folder.isBanned({ name: "guest", identity: keyOf(letter) }), letter);
  }
  const bob = folder.registry.names.ownerOf("bob")!;
  assert(folder.isBanned({ name: "bob", owner: bob }));
  folder.registry.names.addKey(bob, keyOf("c"), 0);
  folder.registry.names.removeKey(bob, keyOf("b"));
  folder.registry.names.removeKey(bob, keyOf("c"));
  assert(folder.isBanned({ name: "x", identity: keyOf("c") }));
  assert(!folder.isBanned({ name: "x", identity: keyOf("d") }));
  assertEquals(
    folder.moderation.auditEntries({ count: 9 }).map(({ action, by, reason }) => [action, by, reason]),
    [
      ["ban", "boss", "spam"],
    ],
  );
});

/**
 * 100,000 bans and 10,000 names: what a look-up and a start cost does not depend on their number.
 *
 * @module
 */
import { StatementSync } from "node:sqlite";
import type { Subject } from "../../../server/moderation/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import {
  fillFolder,
  numberedKey,
  numberedTarget,
  type OpenFolder,
  openFolder,
} from "../../helpers/many_bans.ts";

/** How many calls of some methods a function makes. */
function callsIn(run: () => void, prototype: object, names: readonly string[]): number {
  let calls = 0;
  const methods = prototype as Record<string, (...args: unknown[]) => unknown>;
  const originals = names.map((name) => methods[name]!);
  names.forEach((name, i) => {
    methods[name] = function (this: unknown, ...args: unknown[]) {
      calls++;
      return originals[i]!.apply(this, args);
    };
  });
  try {
    run();
  } finally {
    names.forEach((name, i) => methods[name] = originals[i]!);
  }
  return calls;
}

/** Somebody who is not banned, with a name, a key and an address. */
function guest({ registry: { names } }: OpenFolder, address: string): Subject {
  const owner = names.ownerOf("user7")!;
  return { name: "user7", owner, identity: owner.keys[0]!.key, address, room: "den" };
}

/** What a start and look-ups cost in a folder with that many bans and names. */
function costsOf(bans: number, names: number) {
  const folder = Deno.makeTempDirSync();
  try {
    fillFolder(folder, bans, names);
    let opened: OpenFolder | undefined;
    const queries = callsIn(() => opened = openFolder(folder), StatementSync.prototype, [
      "all",
      "get",
      "iterate",
      "run",
    ]);
    using open = opened!;
    assertEquals([open.moderation.counts.bans, open.registry.names.size], [bans, names]);
    const steps = ["172.16.0.1", "2001:db9::1"].map((address) => {
      const subject = guest(open, address);
      // The fingerprint of the key is computed once.
      open.moderation.banOf(subject, 0);
      const find = () => assertEquals(open.moderation.banOf(subject, 0), undefined);
      const queries = callsIn(find, StatementSync.prototype, ["all", "get", "iterate", "run"]);
      return [queries, callsIn(find, Map.prototype, ["get", "has"])];
    });
    for (let i = bans - 8; i < bans; i++) {
      const target = numberedTarget(i);
      const subject: Subject = [{ name: target }, { address: target }, { address: target }, {
        identity: target,
      }][i % 4]!;
      assertEquals(open.moderation.banOf({ name: "x", ...subject }, 0)?.reason, "spam", target);
    }
    assertEquals(open.moderation.banOf({ identity: numberedKey(bans + 3) }, 0), undefined);
    return { queries, steps };
  } finally {
    Deno.removeSync(folder, { recursive: true });
  }
}

Deno.test("With 100,000 bans and 10,000 names a look-up takes the steps and a start the queries of a few", () => {
  const few = costsOf(16, 10), many = costsOf(100_000, 10_000);
  assertEquals(many, few);
  for (const [queries, steps] of many.steps) {
    assertEquals(queries, 0, "a look-up asks no database");
    assert(steps! < 30, `${steps} steps`);
  }
  assert(many.queries < 30, `${many.queries} queries`);
});

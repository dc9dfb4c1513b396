import { NAME_TRIES, OwnName, type RenameResult } from "../../../client/link/own_name.ts";
import { assertEquals } from "../../helpers/assert.ts";

const TAKEN = "Cannot use the name ana: Ana is online already";

function test(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** The name of a client ana that has lost its link. */
function lostAna(): OwnName {
  const names = new OwnName("ana");
  assertEquals(names.opened(names.next(), "ana"), undefined);
  names.lost("ana");
  return names;
}

test("The next link asks for the name of the last one, also if the hub chose it", () => {
  const names = new OwnName(undefined);
  assertEquals(names.next(), { name: undefined });
  assertEquals(names.opened(names.next(), "x7f3"), undefined);
  names.lost("x7f3");
  assertEquals(names.next(), { name: "x7f3" });
  assertEquals(names.name, "x7f3");
});

test("A taken name is asked for a few times; then a link opens without it and reclaims it", () => {
  const names = lostAna();
  for (let i = 1; i < NAME_TRIES; i++) {
    assertEquals(names.openRefused(names.next(), "name_taken", TAKEN), false);
  }
  assertEquals(names.openRefused(names.next(), "name_taken", TAKEN), true);
  assertEquals(names.next(), { name: undefined });
  assertEquals(names.opened(names.next(), "x7f3"), { name: "ana", why: TAKEN, taken: true });
  names.lost(undefined);
  assertEquals(names.next(), { name: "ana" });
  assertEquals(names.openRefused(names.next(), "name_taken", TAKEN), false);
});

test("A name that the hub no longer allows is not asked for again, and not reclaimed", () => {
  const names = lostAna();
  assertEquals(names.openRefused(names.next(), "name_reserved", "kept"), true);
  assertEquals(names.opened(names.next(), "x7f3"), { name: "ana", why: "kept", taken: false });
});

test("A refusal that is not about the name does not change it", () => {
  const names = lostAna();
  for (const word of [undefined, "server_full", "banned", "something_new"]) {
    assertEquals(names.openRefused(names.next(), word, "no"), false);
  }
  assertEquals(names.next(), { name: "ana" });
  const nobody = new OwnName(undefined);
  for (let i = 0; i < NAME_TRIES; i++) {
    assertEquals(nobody.openRefused(nobody.next(), "name_taken", "odd"), false);
  }
});

test("A rename without a link is asked for in the next handshake", async () => {
  const names = lostAna();
  const end = names.ask("bo", 3);
  assertEquals(names.next().name, "bo");
  assertEquals(names.opened(names.next(), "bo"), undefined);
  assertEquals(await end, { kind: "renamed", name: "bo" });
  assertEquals(names.take(undefined), undefined);
  names.lost("bo");
  assertEquals(names.next(), { name: "bo" });
});

test("A rename that is refused in the handshake is reported at once, and the previous name is asked for", async () => {
  const names = lostAna();
  const end = names.ask("bo", 0);
  assertEquals(names.openRefused(names.next(), "name_taken", "bo is online already"), true);
  assertEquals(await end, { kind: "refused", message: "bo is online already" });
  assertEquals(names.next(), { name: "ana" });
});

test("A rename during the handshake with another one is sent on that link", async () => {
  const names = lostAna();
  const first = names.ask("bo", 0);
  const tried = names.next();
  const second = names.ask("cy", 0);
  assertEquals(await first, { kind: "dropped" } as RenameResult);
  names.opened(tried, "bo");
  const wish = names.take(undefined);
  assertEquals(wish?.name, "cy");
  wish?.end({ kind: "renamed", name: "cy" });
  assertEquals(await second, { kind: "renamed", name: "cy" });
});

test("An open link gets a rename when the messages before it are sent, and once", () => {
  const names = lostAna();
  names.ask("bo", 5);
  assertEquals(names.take(5), undefined);
  assertEquals(names.take(6)?.name, "bo");
  assertEquals(names.take(6), undefined);
});

test("A rename whose link ended before the answer is asked for again, unless there is a newer one", async () => {
  const names = lostAna();
  const first = names.ask("bo", 0);
  const wish = names.take(undefined)!;
  names.giveBack(wish);
  assertEquals(names.next().name, "bo");
  assertEquals(names.take(undefined), wish);
  names.ask("cy", 0);
  names.giveBack(wish);
  assertEquals(await first, { kind: "dropped" });
  assertEquals(names.next().name, "cy");
});

test("At the end every rename is dropped, also a later one", async () => {
  const names = lostAna();
  const trust = [names.ask("bo", 0)];
  const sent = names.take(undefined)!;
  trust.push(names.ask("cy", 0));
  names.end();
  names.giveBack(sent);
  trust.push(names.ask("di", 0));
  assertEquals(await Promise.all(trust), [1, 2, 3].map((): RenameResult => ({ kind: "dropped" })));
});

test("The name of the last link is asked for before a rename if messages wait under it", async () => {
  const names = lostAna();
  const end = names.ask("bo", 3);
  const tried = names.next(true);
  assertEquals(tried, { name: "ana" });
  assertEquals(names.opened(tried, "ana"), undefined);
  assertEquals(names.take(3), undefined);
  names.take(4)!.end({ kind: "renamed", name: "bo" });
  assertEquals(await end, { kind: "renamed", name: "bo" });
});

test("On a hub that knows the session one refusal of a taken name is enough", () => {
  const names = lostAna();
  assertEquals(names.openRefused(names.next(), "name_taken", TAKEN, 1), true);
  assertEquals(names.next(), { name: undefined });
});

import {
  BURST_MS,
  MAX_BURST,
  MAX_BURST_UNITS,
  MAX_NAMES_A_LINE,
  Presence,
  type PresenceChange,
} from "../../../client/model/presence.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { cpuMs } from "../../helpers/cpu_time.ts";

/** Parses `+ana` as a join, `-ana` as a leave, `ana>anna` as a rename. */
function change(text: string): PresenceChange {
  const [name = "", to] = text.split(">");
  if (to !== undefined) return { kind: "renamed", name, to };
  return { kind: text.startsWith("+") ? "joined" : "left", name: text.slice(1) };
}

function linesOf(...changes: string[]): string[] {
  const presence = new Presence();
  for (const text of changes) presence.add(change(text), 0);
  return presence.take((name) => name);
}

const TABLE: [changes: string[], ...lines: string[]][] = [
  [["+ana"], "+ ana joined"],
  [["-ana"], "- ana left"],
  [["ana>anna"], "~ ana is now anna"],
  [["+ana", "+bo", "+cy"], "+ ana, bo, cy joined"],
  [["-ana", "-bo"], "- ana, bo left"],
  [["ana>anna", "bo>bob"], "~ ana is now anna, bo is now bob"],
  [["+ana", "-bo", "+cy", "-dan"], "+ ana, cy joined", "- bo, dan left"],
  // The changes of one user stay in order.
  [["+ana", "-ana", "+ana"], "+ ana joined", "- ana left", "+ ana joined"],
  [["+ana", "-Ana"], "+ ana joined", "- Ana left"],
  [["-ana", "+ana", "+bo"], "- ana left", "+ ana, bo joined"],
  [["+ana", "ana>anna", "-anna"], "+ ana joined", "~ ana is now anna", "- anna left"],
  [["+ana", "ana>bo", "+ana"], "+ ana joined", "~ ana is now bo", "+ ana joined"],
  [["ana>anna", "anna>ana"], "~ ana is now anna", "~ anna is now ana"],
  [["+bo", "-ana", "+ana"], "+ bo joined", "- ana left", "+ ana joined"],
  [["+a", "+b", "-b", "+c", "+b"], "+ a, b, c joined", "- b left", "+ b joined"],
];

Deno.test({
  name: "A burst becomes the fewest lines that keep the order for each user",
  permissions: "none",
  fn() {
    for (const [changes, ...lines] of TABLE) assertEquals(linesOf(...changes), lines, changes.join(" "));
  },
});

Deno.test({
  name: "The first change waits at most the limit, and each change is shown once",
  permissions: "none",
  fn() {
    const presence = new Presence();
    assertEquals(presence.dueAt, undefined);
    presence.add(change("+ana"), 1000);
    presence.add(change("+bo"), 2500);
    assertEquals(presence.dueAt, 1000 + BURST_MS);
    assertEquals(presence.take((name) => name), ["+ ana, bo joined"]);
    assertEquals(presence.dueAt, undefined);
    assertEquals(presence.take((name) => name), []);
    presence.add(change("-ana"), 9000);
    assertEquals(presence.dueAt, 9000 + BURST_MS);
  },
});

Deno.test({
  name: "Of many users some names are shown, and the number of the others",
  permissions: "none",
  fn() {
    const [line, ...others] = linesOf(...Array.from({ length: 500 }, (_, i) => `+u${i}`));
    assertEquals(others, []);
    assert(line?.startsWith("+ u0, u1, "), line);
    assert(line?.endsWith(`, u${MAX_NAMES_A_LINE - 1} and ${500 - MAX_NAMES_A_LINE} more joined`), line);
  },
});

Deno.test({
  name: "The number of changes is limited, also if one user joins and leaves again and again",
  permissions: "none",
  fn() {
    const presence = new Presence();
    const ms = cpuMs(() => {
      for (let i = 1; i <= MAX_BURST; i++) {
        assertEquals(presence.full, false);
        presence.add(change(i % 2 === 1 ? "+ana" : "-ana"), i);
      }
      assertEquals(presence.full, true);
      assertEquals(presence.take((name) => name).length, MAX_BURST);
    });
    assert(ms < 1000, `${ms} ms`);
    assertEquals(presence.full, false);
  },
});

Deno.test({
  name: "The size of the names that wait is limited",
  permissions: "none",
  fn() {
    const presence = new Presence();
    const long = "x".repeat(MAX_BURST_UNITS / 4);
    for (const text of [`+${long}1`, `-${long}2`, `${long}3>${long}4`]) {
      assertEquals(presence.full, false);
      presence.add(change(text), 0);
    }
    assertEquals(presence.full, true);
    presence.take((name) => name);
    presence.add(change(`+${long}`), 0);
    assertEquals(presence.full, false);
  },
});

Deno.test({
  name: "Names are shown with the given function",
  permissions: "none",
  fn() {
    const presence = new Presence();
    for (const text of ["+a", "b>c"]) presence.add(change(text), 0);
    assertEquals(presence.take((name) => `<${name}>`), ["+ <a> joined", "~ <b> is now <c>"]);
  },
});

import { Unread } from "../../../client/model/unread.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "Somebody who looks has read everything",
  permissions: "none",
  fn() {
    const unread = new Unread();
    assertEquals(unread.arrived(false), false);
    assertEquals(unread.arrived(true), false);
    assertEquals([unread.lines, unread.mentions], [0, 0]);
  },
});

Deno.test({
  name: "What arrives while nobody looks is counted, and the mark stands before the first of it",
  permissions: "none",
  fn() {
    const unread = new Unread();
    unread.away();
    assertEquals([unread.arrived(false), unread.arrived(true), unread.arrived(true)], [true, false, false]);
    assertEquals([unread.lines, unread.mentions], [3, 2]);
    // Looking away once more is nothing new.
    unread.away();
    assertEquals(unread.arrived(false), false);
    unread.back();
    assertEquals([unread.lines, unread.mentions], [0, 0]);
    assertEquals(unread.arrived(false), false);
    unread.away();
    assertEquals(unread.arrived(true), true);
    assertEquals([unread.lines, unread.mentions], [1, 1]);
  },
});

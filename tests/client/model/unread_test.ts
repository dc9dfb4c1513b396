import { Unread } from "../../../client/model/unread.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "With focus every message is read",
  permissions: "none",
  fn() {
    const unread = new Unread();
    assertEquals(unread.add(false), false);
    assertEquals(unread.add(true), false);
    assertEquals([unread.lines, unread.mentions], [0, 0]);
  },
});

Deno.test({
  name: "Messages without focus are counted, and the separator is before the first of them",
  permissions: "none",
  fn() {
    const unread = new Unread();
    unread.focusLost();
    assertEquals([unread.add(false), unread.add(true), unread.add(true)], [true, false, false]);
    assertEquals([unread.lines, unread.mentions], [3, 2]);
    // A second loss of focus changes nothing.
    unread.focusLost();
    assertEquals(unread.add(false), false);
    unread.focusGained();
    assertEquals([unread.lines, unread.mentions], [0, 0]);
    assertEquals(unread.add(false), false);
    unread.focusLost();
    assertEquals(unread.add(true), true);
    assertEquals([unread.lines, unread.mentions], [1, 1]);
  },
});

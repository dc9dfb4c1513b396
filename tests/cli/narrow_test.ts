/** Help on narrow terminals. */
import { narrow } from "../../cli/narrow.ts";
import { FRONT_PAGE } from "../../cli/mod.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

Deno.test({
  name: "At 50 columns help has the same words, none of them broken",
  permissions: "none",
  fn() {
    const page = narrow(FRONT_PAGE, 50);
    for (const line of page.split("\n")) assert(line.length <= 50, line);
    assertEquals(page.split(/\s+/), FRONT_PAGE.split(/\s+/));
    assertEquals(narrow(FRONT_PAGE, 80), FRONT_PAGE);
  },
});

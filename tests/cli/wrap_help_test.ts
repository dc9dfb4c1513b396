/** Help on narrow terminals. */
import { wrapHelp } from "../../cli/wrap_help.ts";
import { FRONT_PAGE } from "../../cli/mod.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

Deno.test({
  name: "Wrapping at 50 columns keeps all words whole",
  permissions: "none",
  fn() {
    const page = wrapHelp(FRONT_PAGE, 50);
    for (const line of page.split("\n")) assert(line.length <= 50, line);
    assertEquals(page.split(/\s+/), FRONT_PAGE.split(/\s+/));
    assertEquals(wrapHelp(FRONT_PAGE, 80), FRONT_PAGE);
  },
});

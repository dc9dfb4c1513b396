import { UnsentLines } from "../../../client/pipe/unsent_lines.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test({
  name: "Unsent lines are counted without empty ones, and a line in several parts counts once",
  permissions: "none",
  fn() {
    const unsent = new UnsentLines();
    assertEquals([unsent.first, unsent.count], [undefined, 0]);
    unsent.add({ first: 3, last: 6, lines: 2 });
    unsent.add({ first: 6, last: 6, lines: 1 });
    unsent.add({ first: 6, last: 6, lines: 1 });
    unsent.add({ first: 8, last: 8, lines: 1 });
    assertEquals([unsent.first, unsent.count], [3, 3]);
  },
});

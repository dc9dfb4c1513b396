/**
 * Ids that no other hub gives.
 *
 * @module
 */
import { replicaIds } from "../../../server/sqlite/mod.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";

Deno.test("A hub gives 1,000 rows of one millisecond different ids, and those of the next one larger ones", () => {
  const now = 1_700_000_000_000.5;
  const ids = Array.from({ length: 1000 }, () => replicaIds.ordered(now));
  assertEquals(new Set(ids).size, ids.length);
  assert(replicaIds.ordered(now + 1) > Math.max(...ids));
  // Also if the clock is set back, and if there are more rows than ids.
  for (let made = 0; made < 3000; made++) assert(replicaIds.ordered(now) < replicaIds.ordered(now + 1));
  for (let made = 0; made < 3000; made++) assert(replicaIds.ordered(now) > now);
});

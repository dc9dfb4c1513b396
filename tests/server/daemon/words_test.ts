import { assertEquals } from "../../helpers/assert.ts";
import { duration } from "../../../server/daemon/words.ts";

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

Deno.test({
  name: "How long a hub has run is said as people do",
  permissions: "none",
  fn() {
    for (
      const [ms, wanted] of [
        [-HOUR, "0 s"],
        [999, "0 s"],
        [MINUTE - 1, "59 s"],
        [MINUTE, "1 min"],
        [HOUR - 1, "59 min"],
        [2 * HOUR + 5 * MINUTE, "2 h 5 min"],
        [DAY, "1 d 0 h"],
        [40 * DAY + 23 * HOUR, "40 d 23 h"],
      ] as [number, string][]
    ) assertEquals(duration(ms), wanted);
  },
});

import { assertEquals } from "../../helpers/assert.ts";
import { formatDuration } from "../../../server/daemon/status_text.ts";

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

Deno.test({
  name: "The uptime is formatted with one or two units",
  permissions: "none",
  fn() {
    for (
      const [ms, expected] of [
        [-HOUR, "0 s"],
        [999, "0 s"],
        [MINUTE - 1, "59 s"],
        [MINUTE, "1 min"],
        [HOUR - 1, "59 min"],
        [2 * HOUR + 5 * MINUTE, "2 h 5 min"],
        [DAY, "1 d 0 h"],
        [40 * DAY + 23 * HOUR, "40 d 23 h"],
      ] as [number, string][]
    ) assertEquals(formatDuration(ms), expected);
  },
});

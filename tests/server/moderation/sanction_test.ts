/** The texts about bans and mutes. */
import { shortTime } from "../../../server/moderation/mod.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test("A time of a ban is rounded up, and has the larger unit at its edge", () => {
  for (
    const [ms, text] of [
      [-5, "1 s"],
      [1, "1 s"],
      [119_000, "119 s"],
      [119_001, "2 min"],
      [7_199_990, "2 h"],
      [7_200_000, "2 h"],
      [47 * 3_600_000, "47 h"],
      [48 * 3_600_000 - 1, "2 d"],
      [7 * 86_400_000, "7 d"],
    ] as const
  ) assertEquals(shortTime(ms), text, String(ms));
});

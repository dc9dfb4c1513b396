/**
 * What `--keep` says.
 *
 * @module
 */
import { DEFAULT_KEEP, parseKeep } from "../../../server/settings/keep.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test("A time, a size, both or neither can be said, in any order", () => {
  const DAY = 86_400_000;
  assertEquals(parseKeep(DEFAULT_KEEP), { ms: 30 * DAY, bytes: 2 ** 30 });
  assertEquals(parseKeep("500 MiB".replace(" ", "")), { ms: Infinity, bytes: 500 * 2 ** 20 });
  assertEquals(parseKeep("1tib, 2w"), { ms: 14 * DAY, bytes: 2 ** 40 });
  assertEquals(parseKeep("90m"), { ms: 5_400_000, bytes: Infinity });
  assertEquals(parseKeep("Forever"), { ms: Infinity, bytes: Infinity });
});

Deno.test("What is no time and no size is refused", () => {
  for (
    const text of [
      "",
      "30",
      "d",
      "0d",
      "-1d",
      "1.5h",
      "30d,",
      "30d,2h",
      "1GB",
      "1s",
      "1d 1GiB",
      "constructor",
      "9999999d",
    ]
  ) {
    assertEquals(parseKeep(text), undefined, text);
  }
});

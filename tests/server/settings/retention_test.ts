/**
 * Parsing `--keep`.
 *
 * @module
 */
import { DEFAULT_RETENTION, parseRetention } from "../../../server/settings/retention.ts";
import { assertEquals } from "../../helpers/assert.ts";

Deno.test("A time, a size, both or neither can be given, in any order", () => {
  const DAY = 86_400_000;
  assertEquals(parseRetention(DEFAULT_RETENTION), { ms: 30 * DAY, bytes: 2 ** 30 });
  assertEquals(parseRetention("500 MiB".replace(" ", "")), { ms: Infinity, bytes: 500 * 2 ** 20 });
  assertEquals(parseRetention("1tib, 2w"), { ms: 14 * DAY, bytes: 2 ** 40 });
  assertEquals(parseRetention("90m"), { ms: 5_400_000, bytes: Infinity });
  assertEquals(parseRetention("1024KiB"), { ms: Infinity, bytes: 2 ** 20 });
  assertEquals(parseRetention("Forever"), { ms: Infinity, bytes: Infinity });
});

Deno.test("A text that is neither a time nor a size is refused", () => {
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
      "1023KiB",
      "30d,1KiB",
    ]
  ) {
    assertEquals(parseRetention(text), undefined, text);
  }
});

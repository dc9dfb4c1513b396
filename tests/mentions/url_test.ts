import { findUrls } from "../../mentions/url.ts";
import { assert, assertEquals } from "../helpers/assert.ts";
import { cpuMs } from "../helpers/cpu_time.ts";

const FOUND: [text: string, ...urls: string[]][] = [
  ["see https://example.org/a?b=c#d now", "https://example.org/a?b=c#d"],
  ["https://a.example and ftp://b.example", "https://a.example", "ftp://b.example"],
  ["(https://example.org/).", "https://example.org/"],
  ["https://example.org/a_(b)", "https://example.org/a_(b)"],
  ["[https://example.org/a_(b)]!?", "https://example.org/a_(b)"],
  ["<https://example.org>", "https://example.org"],
  ['"https://example.org"', "https://example.org"],
  ["http://[::1]:8000/", "http://[::1]:8000/"],
  ["https://de.example/straße/漢字", "https://de.example/straße/漢字"],
  ["rift://localhost:8000", "rift://localhost:8000"],
  ["HTTPS://EXAMPLE.ORG", "HTTPS://EXAMPLE.ORG"],
  ["no address: example.org, a:b, a//b, ://x, 1://x"],
  ["https:// nothing follows"],
];

Deno.test({
  name: "A URL ends before the punctuation around it",
  permissions: "none",
  fn() {
    for (const [text, ...urls] of FOUND) {
      assertEquals(findUrls(text).map(({ start, end }) => text.slice(start, end)), urls, text);
    }
  },
});

Deno.test({
  name: "A character that looks like a space ends a URL",
  permissions: "none",
  fn() {
    for (const space of [" ", "\u00a0", "\u2003", "\u3000", "\u2800", "\u{1d159}"]) {
      assertEquals(findUrls(`a://b${space}c`), [{ start: 0, end: 5 }], JSON.stringify(space));
    }
  },
});

Deno.test({
  name: "Finding URLs is linear in the length of the text",
  permissions: "none",
  fn() {
    for (
      const text of [
        "a".repeat(60_000) + "://",
        "a://x" + ")".repeat(60_000),
        "a://x" + ".".repeat(60_000) + "x",
      ]
    ) {
      assert(cpuMs(() => findUrls(text)) < 1000, text.slice(0, 10));
    }
  },
});

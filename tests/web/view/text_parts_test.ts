/** Only addresses of `http` and `https` are links; everything else in a message is text. */
import { textParts } from "../../../web/view/text_parts.ts";
import { assertEquals } from "../../helpers/assert.ts";

const CASES: readonly [text: string, links: string[]][] = [
  ["javascript:alert(1)", []],
  ["JaVaScRiPt://example.org/%0aalert(1)", []],
  ["data:text/html,<script>alert(1)</script> file:///etc/passwd", []],
  ["http:// and https://", []],
  ["see https://example.org/a?b=c#d, and (http://example.org).", [
    "https://example.org/a?b=c#d",
    "http://example.org",
  ]],
  [`https://example.org/"onmouseover="alert(1)`, ["https://example.org/"]],
  ["<img src=x onerror=alert(1)>https://example.org/<b>", ["https://example.org/"]],
];

Deno.test("Nothing but addresses of http and https becomes a link, and no text is lost", () => {
  for (const [text, links] of CASES) {
    const parts = textParts(text);
    assertEquals(parts.map((part) => part.text).join(""), text);
    assertEquals(parts.flatMap(({ href }) => href ?? []), links, text);
  }
});

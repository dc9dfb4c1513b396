/** The page that says what is promised. */
import { assert, assertEquals } from "../helpers/assert.ts";

const PAGE = new URL("../../docs/security.md", import.meta.url);

Deno.test("Each file that docs/security.md names as a test is there", async () => {
  const page = await Deno.readTextFile(PAGE);
  const named = new Set([...page.matchAll(/\]\((\.\.\/[^)#]+)\)/g)].map(([, path]) => path!));
  assert(named.size > 30);
  const missing: string[] = [];
  for (const path of named) {
    // There or not: that is the question.
    await Deno.stat(new URL(path, PAGE)).catch(() => missing.push(path));
  }
  assertEquals(missing, []);
});

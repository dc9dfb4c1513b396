/** The tests that docs/security.md names exist. */
import { assert, assertEquals } from "../helpers/assert.ts";

const PAGE = new URL("../../docs/security.md", import.meta.url);

Deno.test("Each file that docs/security.md links to exists", async () => {
  const page = await Deno.readTextFile(PAGE);
  const named = new Set([...page.matchAll(/\]\((\.\.\/[^)#]+)\)/g)].map(([, path]) => path!));
  assert(named.size > 30);
  const missing: string[] = [];
  for (const path of named) {
    await Deno.stat(new URL(path, PAGE)).catch(() => missing.push(path));
  }
  assertEquals(missing, []);
});

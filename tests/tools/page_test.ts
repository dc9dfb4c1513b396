/** The page that is committed is the one that its sources make, and small. */
import { ASSETS_FILE, pageAssets } from "../../tools/page.ts";
import { PAGE_ASSETS } from "../../server/page/assets.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

/** The greatest size of all files of the page together, compressed, in bytes. */
const MAX_BYTES = 65_000;

Deno.test("server/page/assets.ts is up to date", async () => {
  assert(
    await Deno.readTextFile(ASSETS_FILE) === await pageAssets(),
    "server/page/assets.ts is not what web/ makes: run `deno task page`, and commit it",
  );
});

Deno.test("The whole page is smaller than 65 KB, and needs nothing of Deno or Node", async () => {
  const bytes = Object.values(PAGE_ASSETS).map(({ gzip }) => Uint8Array.fromBase64(gzip));
  const total = bytes.reduce((sum, { length }) => sum + length, 0);
  assert(total < MAX_BYTES, `it has ${total} bytes`);
  const text = async (path: string) => {
    const stream = new Blob([Uint8Array.fromBase64(PAGE_ASSETS[path]!.gzip)]).stream();
    return await new Response(stream.pipeThrough(new DecompressionStream("gzip"))).text();
  };
  const script = await text("/app.js");
  assertEquals(/\bfrom\s*"[^"]*"|\bimport\s*\(|"node:/.exec(script)?.[0], undefined);
  // The content security policy lets nothing inline run.
  assertEquals(/<script(?![^>]*\bsrc=)|\son\w+=|style="/i.exec(await text("/"))?.[0], undefined);
});

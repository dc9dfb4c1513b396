/** The page that is committed is the one that its sources make, and small. */
import { brotliDecompressSync } from "node:zlib";
import { ASSETS_FILE, pageAssets } from "../../tools/page.ts";
import { PAGE_ASSETS } from "../../server/page/assets.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

/**
 * The greatest size of all files of the page together, in bytes, as browsers get them over TLS, and as they get them
 * without, where they do not take Brotli.
 */
const MAX_BYTES = { brotli: 60_000, gzip: 65_000 };

Deno.test("server/page/assets.ts is up to date", async () => {
  assert(
    await Deno.readTextFile(ASSETS_FILE) === await pageAssets(),
    "server/page/assets.ts is not what web/ makes: run `deno task page`, and commit it",
  );
});

Deno.test("The whole page is smaller than 60 KB over TLS, and than 65 KB without", () => {
  for (const form of ["brotli", "gzip"] as const) {
    const total = Object.values(PAGE_ASSETS)
      .reduce((sum, asset) => sum + Uint8Array.fromBase64(asset[form]).length, 0);
    assert(total < MAX_BYTES[form], `with ${form} it has ${total} bytes`);
  }
});

Deno.test("The page needs nothing of Deno or Node, and has nothing inline", () => {
  const text = (path: string) =>
    brotliDecompressSync(Uint8Array.fromBase64(PAGE_ASSETS[path]!.brotli)).toString();
  const script = text("/app.js");
  assertEquals(/\bfrom\s*"[^"]*"|\bimport\s*\(|"node:/.exec(script)?.[0], undefined);
  // The content security policy lets nothing inline run.
  assertEquals(/<script(?![^>]*\bsrc=)|\son\w+=|style="/i.exec(text("/"))?.[0], undefined);
});

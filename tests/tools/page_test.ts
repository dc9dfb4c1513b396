/** The page that is committed is the one that its sources make, and small. */
import { brotliDecompressSync } from "node:zlib";
import { ASSETS_FILE, pageAssets } from "../../tools/page.ts";
import { PAGE_ASSETS } from "../../server/page/assets.ts";
import { assert, assertEquals } from "../helpers/assert.ts";

/** The greatest size of all pictures that only an installation loads, in bytes. */
const MAX_PICTURE_BYTES = 6_000;

/**
 * The greatest size of all other files of the page together, in bytes, as browsers get them over TLS, and as they get
 * them without, where they do not take Brotli.
 */
const MAX_BYTES = { brotli: 60_000, gzip: 66_000 };

Deno.test("server/page/assets.ts is up to date", async () => {
  assert(
    await Deno.readTextFile(ASSETS_FILE) === await pageAssets(),
    "server/page/assets.ts is not what web/ makes: run `deno task page`, and commit it",
  );
});

Deno.test("The whole page is smaller than 60 KB over TLS, and than 66 KB without", () => {
  for (const form of ["brotli", "gzip"] as const) {
    const sizeOf = (isCounted: (path: string) => boolean) =>
      Object.entries(PAGE_ASSETS).filter(([path]) => isCounted(path))
        .reduce((sum, [, asset]) => sum + Uint8Array.fromBase64(asset[form]).length, 0);
    const total = sizeOf((path) => !path.endsWith(".png"));
    assert(total < MAX_BYTES[form], `with ${form} it has ${total} bytes`);
    const pictures = sizeOf((path) => path.endsWith(".png"));
    assert(pictures > 0 && pictures < MAX_PICTURE_BYTES, `with ${form} its pictures have ${pictures} bytes`);
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

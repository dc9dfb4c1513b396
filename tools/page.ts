/**
 * Writes `server/page/assets.ts`: the page for browsers, bundled, minified and compressed. `deno task page` runs it; a
 * test checks that what it writes is up to date.
 *
 * @module
 */
import { brotliCompressSync, constants } from "node:zlib";
import { inlineCodes, markConstants, minifyCss, withoutIndentation } from "./page_shrink.ts";

/** The generated file. */
export const ASSETS_FILE = new URL("../server/page/assets.ts", import.meta.url);

const WEB = new URL("../web/", import.meta.url);
const CONFIGURATION = new URL("../deno.json", import.meta.url);

/** The files of the page besides its script, by the path under which the hub serves them. */
const STATIC: Readonly<Record<string, [file: string, type: string]>> = {
  "/": ["index.html", "text/html; charset=utf-8"],
  "/app.css": ["app.css", "text/css; charset=utf-8"],
  "/icon.svg": ["icon.svg", "image/svg+xml"],
  "/icon-unread.svg": ["icon-unread.svg", "image/svg+xml"],
  "/icon-192.png": ["icon-192.png", "image/png"],
  "/icon-512.png": ["icon-512.png", "image/png"],
  "/icon-maskable.png": ["icon-maskable.png", "image/png"],
  "/manifest.webmanifest": ["manifest.webmanifest", "application/manifest+json"],
  "/sw.js": ["sw.js", "text/javascript; charset=utf-8"],
};

/** The columns of a line in the generated file. */
const COLUMNS = 110;

/** The import of the generated file. */
const TYPE_IMPORT = 'import type { PageAsset } from "./page_asset.ts";';

/** Files that only programs load. */
const NEVER_LOADED = [
  "client/config/preferences_file.ts",
  "client/names/key_in_file.ts",
  "client/net/tls.ts",
  "identity/sync_signing.ts",
];

/** The files and libraries that the page does without, and the files in `tools/page/` that it gets in their place. */
const INSTEAD: Readonly<Record<string, string>> = {
  "client/net/tcp.ts": "tcp",
  "client/text/width.ts": "width",
  "protocol/look_alike.ts": "look_alike",
  "protocol/plain.ts": "plain",
  "protocol/skeleton.ts": "skeleton",
  "protocol/writing.ts": "writing",
  "runtime/system_error.ts": "system_error",
  ...Object.fromEntries(NEVER_LOADED.map((file) => [file, "nothing"])),
  "fastest-levenshtein": "levenshtein",
  "node:path": "path",
  "preact/hooks": "hooks",
  valibot: "valibot",
};

/**
 * Bundles the script of the page, or another one.
 *
 * @param source the path of its main module
 * @param instead what it gets in place of modules, as {@linkcode INSTEAD}
 * @returns JavaScript
 * @throws {Error} if it cannot be bundled
 */
export async function bundlePage(
  source: string = new URL("app/main.ts", WEB).pathname,
  instead: Readonly<Record<string, string>> = INSTEAD,
): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const { imports, version } = JSON.parse(await Deno.readTextFile(CONFIGURATION));
    const replaced = Object.entries(instead).map(([from, to]) => [
      from.endsWith(".ts") ? new URL(`../${from}`, import.meta.url).href : from,
      new URL(`page/${to}.ts`, import.meta.url).href,
    ]);
    // Of the configuration only the version is of use.
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify({ version }));
    await Deno.writeTextFile(
      `${folder}/imports.json`,
      JSON.stringify({
        imports: {
          ...imports,
          ...Object.fromEntries(replaced),
          [CONFIGURATION.href]: `file://${folder}/deno.json`,
        },
      }),
    );
    const bundle = async (main: string, ...options: string[]) => {
      const output = `${folder}/bundle.js`;
      const { success, stderr } = await new Deno.Command(Deno.execPath(), {
        args: [
          "bundle",
          "--quiet",
          "--platform=browser",
          `--import-map=${folder}/imports.json`,
          `--output=${output}`,
          ...options,
          main,
        ],
        env: { NO_COLOR: "1" },
      }).output();
      if (!success) throw new Error(new TextDecoder().decode(stderr));
      return await Deno.readTextFile(output);
    };
    const whole = await bundle(source);
    await Deno.writeTextFile(`${folder}/whole.js`, withoutIndentation(markConstants(inlineCodes(whole))));
    return await bundle(`${folder}/whole.js`, "--minify");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/**
 * Makes the generated file.
 *
 * @returns TypeScript
 */
export async function pageAssets(): Promise<string> {
  const utf8 = new TextEncoder();
  const entries: [path: string, type: string, bytes: Uint8Array][] = [
    ["/app.js", "text/javascript; charset=utf-8", utf8.encode(await bundlePage())],
  ];
  for (const [path, [file, type]] of Object.entries(STATIC)) {
    const bytes = await Deno.readFile(new URL(`static/${file}`, WEB));
    const isCss = path.endsWith(".css");
    entries.push([path, type, isCss ? utf8.encode(minifyCss(new TextDecoder().decode(bytes))) : bytes]);
  }
  // Loaded here, as it ends the process when a promise is rejected that nobody waits for.
  const { gzipAsync } = await import("@gfx/zopfli");
  const shown = await Promise.all(entries.map(async ([path, type, bytes]) => {
    const gzip = await gzipAsync(bytes, { numiterations: 40 });
    return `  "${path}": {\n    type: "${type}",\n${inBase64("brotli", brotli(bytes))}${
      inBase64("gzip", gzip)
    }  },\n`;
  }));
  return `/**
 * The page for browsers. Made by \`deno task page\` from \`web/\`. Long because it has the whole page.
 *
 * @module
 */

${TYPE_IMPORT}

/** The files of the page, by their paths. */
export const PAGE_ASSETS: Readonly<Record<string, PageAsset>> = {
${shown.join("")}};
`;
}

function brotli(bytes: Uint8Array): Uint8Array {
  return brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
}

/** Writes bytes as a property of a file of the page. */
function inBase64(name: string, bytes: Uint8Array): string {
  const lines = bytes.toBase64().match(new RegExp(`.{1,${COLUMNS}}`, "g")) ?? [];
  return `    ${name}: [\n${lines.map((line) => `      "${line}",\n`).join("")}    ].join(""),\n`;
}

if (import.meta.main) {
  await Deno.writeTextFile(ASSETS_FILE, await pageAssets());
}

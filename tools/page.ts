/**
 * Writes `server/page/assets.ts`: the page for browsers, bundled, minified and compressed. `deno task page` runs it; a
 * test checks that what it writes is up to date.
 *
 * @module
 */
import { gzipSync } from "node:zlib";

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
  "/manifest.webmanifest": ["manifest.webmanifest", "application/manifest+json"],
  "/sw.js": ["sw.js", "text/javascript; charset=utf-8"],
};

/** The columns of a line in the generated file. */
const COLUMNS = 110;

/** The import of the generated file. */
const TYPE_IMPORT = 'import type { PageAsset } from "./page_asset.ts";';

/** Files that only programs load, and only when they need them. The bundler would keep all that they share. */
const NEVER_LOADED = [
  "client/config/preferences_file.ts",
  "client/names/key_in_file.ts",
  "client/net/tls.ts",
  "identity/sync_signing.ts",
];

/**
 * What the page does without, and what it gets instead: the hub checks which names look alike, nothing in a browser has
 * a path, and of the configuration only the version is of use.
 */
const INSTEAD: Readonly<Record<string, [extension: string, code: string]>> = {
  [new URL("../protocol/confusables.ts", import.meta.url).href]: [
    "ts",
    "export const CONFUSABLES = '4f 39f 41e';",
  ],
  [CONFIGURATION.href]: ["json", '{ "version": "VERSION" }'],
  ...Object.fromEntries(
    NEVER_LOADED.map((file) => [new URL(`../${file}`, import.meta.url).href, ["ts", "export {};"]]),
  ),
  "node:path": ["ts", "export const basename = String, dirname = String, join = String;"],
};

/**
 * Bundles the script of the page.
 *
 * @returns JavaScript
 * @throws {Error} if it cannot be bundled
 */
export async function bundlePage(): Promise<string> {
  const folder = await Deno.makeTempDir();
  try {
    const { imports, version } = JSON.parse(await Deno.readTextFile(CONFIGURATION));
    const instead: Record<string, string> = {};
    let count = 0;
    for (const [from, [extension, code]] of Object.entries(INSTEAD)) {
      const to = new URL(`file://${folder}/${++count}.${extension}`);
      await Deno.writeTextFile(to, code.replace("VERSION", version));
      instead[from] = to.href;
    }
    await Deno.writeTextFile(
      `${folder}/imports.json`,
      JSON.stringify({ imports: { ...imports, ...instead } }),
    );
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--quiet",
        "--platform=browser",
        "--minify",
        `--import-map=${folder}/imports.json`,
        `--output=${folder}/page.js`,
        new URL("app/main.ts", WEB).pathname,
      ],
      env: { NO_COLOR: "1" },
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    return await Deno.readTextFile(`${folder}/page.js`);
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
  const entries = [["/app.js", "text/javascript; charset=utf-8", await bundlePage()]];
  for (const [path, [file, type]] of Object.entries(STATIC)) {
    entries.push([path, type, await Deno.readTextFile(new URL(`static/${file}`, WEB))]);
  }
  const shown = entries.map(([path, type, text]) => {
    const gzip = gzipSync(new TextEncoder().encode(text!), { level: 9 });
    // The byte of the operating system: the same file on each machine.
    gzip[9] = 255;
    const lines = gzip.toString("base64").match(new RegExp(`.{1,${COLUMNS}}`, "g")) ?? [];
    return `  "${path}": {\n    type: "${type}",\n    gzip: [\n${
      lines.map((line) => `      "${line}",\n`).join("")
    }    ].join(""),\n  },\n`;
  });
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

if (import.meta.main) {
  await Deno.writeTextFile(ASSETS_FILE, await pageAssets());
}

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

/**
 * Bundles the script of the page.
 *
 * @returns JavaScript
 * @throws {Error} if it cannot be bundled
 */
export async function bundlePage(): Promise<string> {
  const output = await Deno.makeTempFile({ suffix: ".js" });
  try {
    const main = new URL("app/main.ts", WEB).pathname;
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["bundle", "--quiet", "--platform", "browser", "--minify", "--output", output, main],
      env: { NO_COLOR: "1" },
    }).output();
    if (!success) throw new Error(new TextDecoder().decode(stderr));
    const script = await Deno.readTextFile(output);
    // Files that shared rooms export besides what the page uses leave their imports of Deno's modules behind.
    return script.replace(/import\s*(?:\{[^}]*\}\s*from\s*)?"node:[^"]*";?/g, "");
  } finally {
    await Deno.remove(output);
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

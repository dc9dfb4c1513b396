/**
 * Bundles the program into `dist/test/` for the tests that start it: from these few files a process starts in two
 * thirds of the processor time that it needs from source. `deno task test` runs this before the tests.
 *
 * Where no bundle can be made, for example without a network the first time, the tests start the program from source.
 *
 * @module
 */

/** The folder of the bundle. The names of its files, except `main.js`, contain a digest of their content. */
const BUNDLE = new URL("../dist/test/", import.meta.url);

async function main(): Promise<void> {
  // An executable is tested instead.
  if (Deno.env.get("RIFTCHAT_EXE") !== undefined) return;
  const building = new URL(`../dist/test.${Deno.pid}/`, import.meta.url);
  try {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        "bundle",
        "--quiet",
        "--no-check",
        "--code-splitting",
        "--platform=deno",
        `--outdir=${fromUrl(building)}`,
        fromUrl(new URL("../main.ts", import.meta.url)),
      ],
      env: { NO_COLOR: "1" },
      stdin: "null",
      stdout: "null",
    }).output();
    if (success) {
      await publish(building);
    } else {
      // A bundle of other sources must not be tested.
      await Deno.remove(BUNDLE, { recursive: true }).catch(ignoreMissing);
      const [reason] = new TextDecoder().decode(stderr).replace(/^error: /, "").split("\n");
      const text = `The tests start the program from source, as it could not be bundled: ${reason}\n`;
      await Deno.stderr.write(new TextEncoder().encode(text));
    }
  } finally {
    await Deno.remove(building, { recursive: true }).catch(ignoreMissing);
  }
}

/** Replaces the bundle file by file, because tests of another run may be starting the program. */
async function publish(from: URL): Promise<void> {
  await Deno.mkdir(BUNDLE, { recursive: true });
  const files = (await Array.fromAsync(Deno.readDir(from))).map(({ name }) => name);
  for (const name of files.filter((name) => name !== "main.js").concat("main.js")) {
    await Deno.rename(new URL(name, from), new URL(name, BUNDLE));
  }
  for await (const { name } of Deno.readDir(BUNDLE)) {
    if (!files.includes(name)) await Deno.remove(new URL(name, BUNDLE)).catch(ignoreMissing);
  }
}

/** Converts a file URL to a path of this system. */
function fromUrl(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1).replaceAll("/", "\\") : path;
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

if (import.meta.main) await main();

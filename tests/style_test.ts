/**
 * Rules of style that no formatter checks: the width of lines, and long files that say why.
 *
 * @module
 */
import { assert, assertEquals } from "./helpers/assert.ts";

const ROOT = new URL("../", import.meta.url);

/** The widest that a line may be, comments and strings included, in characters. */
const MAX_COLUMNS = 120;

/** The number of lines from which a file says in its header why it is long. */
const MAX_LINES = 300;

async function filesBelow(folder: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(new URL(folder, ROOT))) {
    const path = `${folder}/${name}`;
    if (isDirectory) found.push(...await filesBelow(path));
    else if (name.endsWith(".ts")) found.push(path);
  }
  return found.sort();
}

const texts = new Map<string, string>();
for (const folder of ["bench", "cli", "client", "load", "protocol", "runtime", "server", "tests", "tools"]) {
  for (const path of await filesBelow(folder)) texts.set(path, await Deno.readTextFile(new URL(path, ROOT)));
}

Deno.test(`No line is wider than ${MAX_COLUMNS} columns`, () => {
  assert(texts.size > 400, `only ${texts.size} files were found`);
  const wide = [...texts].flatMap(([path, text]) =>
    text.split("\n").flatMap((line, index) =>
      [...line].length > MAX_COLUMNS ? [`${path}:${index + 1} has ${[...line].length} columns`] : []
    )
  );
  assertEquals(wide, []);
});

Deno.test(`A file of more than ${MAX_LINES} lines says in its header why it is long`, () => {
  const silent = [...texts].filter(([, text]) =>
    text.split("\n").length > MAX_LINES + 1 && !/long because/.test(text.slice(0, text.indexOf("*/")))
  );
  assertEquals(silent.map(([path]) => path), []);
});

/** The files that build releases, which no test runs, agree with the rest of the repository. */
import { assert, assertEquals } from "../helpers/assert.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

Deno.test("All files name the same version of Deno", async () => {
  const places: [path: string, pattern: RegExp][] = [
    ["README.md", /deno@(\d+\.\d+\.\d+)/g],
    ["CONTRIBUTING.md", /deno@(\d+\.\d+\.\d+)/g],
    [".ci/run", /deno@(\d+\.\d+\.\d+)/g],
    ["Dockerfile", /denoland\/deno:debian-(\S+)/g],
    [".github/workflows/gate.yml", /deno-version: v(\S+)/g],
    [".github/workflows/release.yml", /deno-version: v(\S+)/g],
  ];
  const versions = new Set<string>();
  for (const [path, pattern] of places) {
    const found = [...(await read(path)).matchAll(pattern)].map(([, version]) => version!);
    assert(found.length > 0, `${path} names no version`);
    for (const version of found) versions.add(version);
  }
  assertEquals(versions.size, 1, [...versions].join(", "));
});

Deno.test("The Dockerfile copies all files of the program, and .dockerignore allows them", async () => {
  const copied = (await read("Dockerfile")).match(/^COPY (?!--).*/gm)!
    .flatMap((line) => line.split(/\s+/).slice(1, -1)).map((path) => path.replace(/\/$/, ""));
  const allowed = (await read(".dockerignore")).match(/^!.*/gm)!.map((line) =>
    line.slice(1).replace(/\/$/, "")
  );
  assertEquals([...copied].sort(), [...allowed].sort());
  for (const entry of ["main.ts", "tools/compile.ts"]) {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", entry],
      cwd: ROOT,
    }).output();
    const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: { specifier: string }[] };
    const own = modules.map(({ specifier }) => specifier).filter((specifier) =>
      specifier.startsWith(ROOT.href)
    )
      .map((specifier) => specifier.slice(ROOT.href.length));
    assert(own.length > 0);
    for (const path of own) {
      assert(copied.some((from) => path === from || path.startsWith(`${from}/`)), `${path} is not copied`);
    }
  }
});

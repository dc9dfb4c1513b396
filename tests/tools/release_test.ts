/** The files that build releases, which no test runs, agree with the rest of the repository. */
import { assert, assertEquals, assertMatch } from "../helpers/assert.ts";

const ROOT = new URL("../../", import.meta.url);
const read = (path: string) => Deno.readTextFile(new URL(path, ROOT));

Deno.test("All files name the same version of Deno", async () => {
  const places: [path: string, pattern: RegExp][] = [
    ["README.md", /deno@(\d+\.\d+\.\d+)/g],
    ["CONTRIBUTING.md", /deno@(\d+\.\d+\.\d+)/g],
    [".ci/run", /deno@(\d+\.\d+\.\d+)/g],
    ["Dockerfile", /denoland\/deno:(\d[^@\s]*)/g],
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

/** The files of the workflows. */
async function workflows(): Promise<string[]> {
  const names = await Array.fromAsync(Deno.readDir(new URL(".github/workflows", ROOT)));
  return names.map(({ name }) => `.github/workflows/${name}`);
}

Deno.test("Every action is named by its commit, with the version in a comment", async () => {
  let count = 0;
  for (const path of await workflows()) {
    for (const line of (await read(path)).split("\n").filter((line) => /^\s*(- )?uses:/.test(line))) {
      // A workflow of this repository has the commit of this repository.
      if (/uses: \.\/\.github\//.test(line)) continue;
      assertMatch(line, /uses: [\w.-]+\/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/, path);
      count++;
    }
  }
  assert(count > 0);
});

Deno.test("Every image to build from is named by tag and digest", async () => {
  const files = (await Array.fromAsync(Deno.readDir(ROOT))).map(({ name }) => name)
    .filter((name) => name.includes("Dockerfile") || /^compose.*\.ya?ml$/.test(name));
  assert(files.includes("Dockerfile") && files.includes("compose.yaml"));
  files.push("deploy/compose.yaml");
  for (const path of files) {
    const text = await read(path);
    const stages = new Set([...text.matchAll(/^FROM .* AS (\S+)$/gim)].map(([, name]) => name));
    const images = [
      ...text.matchAll(/^FROM (?:--\S+ )*(\S+)/gim),
      ...text.matchAll(/^COPY .*--from=(\S+)/gim),
    ].map(([, image]) => image!).filter((image) => !stages.has(image));
    assert(path !== "Dockerfile" || images.length >= 2, path);
    // The image riftchat of compose files is built from the Dockerfile.
    images.push(
      ...[...text.matchAll(/^\s+image: (\S+)$/gm)].map(([, image]) => image!).filter((image) =>
        image !== "riftchat"
      ),
    );
    for (const image of images) assertMatch(image, /^\S+:[\w.-]+@sha256:[0-9a-f]{64}$/, path);
  }
});

Deno.test("No command installs a package that deno.lock does not name", async () => {
  const { lock, tasks } = JSON.parse(await read("deno.json"));
  assertEquals(lock, { path: "./deno.lock", frozen: true });
  const commands = [
    ...Object.values<{ command: string }>(tasks).map(({ command }) => command),
    ...await Promise.all(["Dockerfile", ".ci/run", "tools/compile.ts", ...await workflows()].map(read)),
  ];
  for (const command of commands) assert(!/--no-lock|--frozen=false|--lock-write/.test(command), command);
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

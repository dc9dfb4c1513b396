/**
 * `deno task compile [TARGET…]`: builds one executable for each target, and `SHA256SUMS` for all that were built.
 *
 * Rules: an executable may do what the tasks `serve`, `daemon` and `join` may together, and never asks; it holds the packages that
 * the program imports and no others. For this machine it is `dist/riftchat`, for a target that was named it has the target
 * in its name, so that all can be released side by side.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** The platforms that there are executables for: what people call them, and what Deno does. */
export const TARGETS: Readonly<Record<string, string>> = {
  "linux-x64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "macos-x64": "x86_64-apple-darwin",
  "macos-arm64": "aarch64-apple-darwin",
  "windows-x64": "x86_64-pc-windows-msvc",
};

/** The tasks that run the program from source. */
const TASKS = [config.tasks.serve.command, config.tasks.daemon.command, config.tasks.join.command];

const DIST = new URL("../dist/", import.meta.url);

/** An executable that is to be built. */
export interface Build {
  /** Its file in `dist/`. */
  file: string;
  /** What it is built for, as Deno names it. */
  target: string;
}

/** What was asked for cannot be built. */
export class CompileError extends Error {
  /** As for any `Error`. */
  override readonly name = "CompileError";
  /** What the shell is to be told: 2 where what was asked for is wrong. */
  readonly status: number;

  /**
   * Says why.
   *
   * @param message one sentence for people
   * @param status 1 where it went wrong, 2 where what was asked for is wrong
   */
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/**
 * Reads what is to be built.
 *
 * @param names targets by either of their names, or `all`; without any, this machine
 * @param here the target of this machine, as Deno names it
 * @returns what to build
 * @throws {CompileError} for a name that is none
 */
export function readTargets(names: readonly string[], here: string): Build[] {
  if (names.length === 0) {
    return [{ file: here.includes("windows") ? "riftchat.exe" : "riftchat", target: here }];
  }
  const chosen = names.flatMap((name) => {
    if (name === "all") return Object.keys(TARGETS);
    const short = Object.keys(TARGETS).find((short) => name === short || name === TARGETS[short]);
    if (short !== undefined) return short;
    const known = [...Object.keys(TARGETS), "all"].join(", ");
    throw new CompileError(
      `Cannot compile for "${name}": it must be one of ${known}, or Deno's name of it`,
      2,
    );
  });
  return [...new Set(chosen)].map((short) => ({
    file: `riftchat-${short}${short.startsWith("windows") ? ".exe" : ""}`,
    target: TARGETS[short]!,
  }));
}

/** A set of permissions, as deno.json names them: each granted whole, or for the values that are listed. */
export type PermissionSet = Readonly<Record<string, boolean | readonly string[]>>;

/**
 * Gives the permissions of the executable: those of the tasks that run it from source.
 *
 * @param sets the permission sets of those tasks
 * @returns flags such as `--allow-net`, each once; lists of the same flag become one
 */
export function permissionFlags(sets: readonly PermissionSet[]): string[] {
  const allowed = new Map<string, Set<string> | true>();
  for (const [name, granted] of sets.flatMap((set) => Object.entries(set))) {
    const before = allowed.get(name);
    if (granted === true || before === true) allowed.set(name, true);
    else if (granted !== false) allowed.set(name, new Set([...before ?? [], ...granted]));
  }
  return [...allowed].map(([name, what]) =>
    what === true ? `--allow-${name}` : `--allow-${name}=${[...what].join(",")}`
  );
}

/**
 * Says what the JavaScript engine is told: what the tasks that run the program from source tell it.
 *
 * @param tasks the command lines of those tasks
 * @returns flags that begin with `--v8-flags=`, each once
 */
export function engineFlags(tasks: readonly string[]): string[] {
  const words = tasks.flatMap((task) => task.split(" "));
  return [...new Set(words.filter((word) => word.startsWith("--v8-flags=")))];
}

/**
 * Says why compiling failed.
 *
 * @param target what for, as Deno names it
 * @param said what Deno said
 * @param denortBin the value of `DENORT_BIN`, if it has one
 * @returns one sentence
 */
export function whyNot(target: string, said: string, denortBin: string | undefined): string {
  const url = /Download (https:\S*denort\S*)/.exec(said)?.[1] ?? /\((https:\S*denort\S*)\)/.exec(said)?.[1];
  if (denortBin === undefined && url !== undefined) {
    return `Cannot compile for ${target}: Deno's runtime, which goes into the executable, could not be downloaded ` +
      `from ${url}: let DENORT_BIN name the file of a runtime (denort) of the same version and target instead`;
  }
  const reason = /^\s*(?:\d+: )(.+)$/m.exec(said)?.[1] ?? /^error: (.+)$/m.exec(said)?.[1] ?? said.trim();
  const from = denortBin === undefined ? "" : ` with DENORT_BIN=${denortBin}`;
  return `Cannot compile for ${target}${from}: ${reason.trim()}`;
}

async function compile({ file, target }: Build, knowsUnused: boolean): Promise<void> {
  const output = new URL(file, DIST);
  const { success, stdout, stderr } = await deno([
    "compile",
    "--no-check",
    "--no-prompt",
    ...knowsUnused ? ["--exclude-unused-npm"] : [],
    ...permissionFlags(Object.values(config.permissions)),
    ...engineFlags(TASKS),
    // No import names it: a worker is loaded by its address.
    `--include=${fromUrl(new URL("../load/load_worker.ts", import.meta.url))}`,
    `--target=${target}`,
    `--output=${fromUrl(output)}`,
    fromUrl(new URL("../main.ts", import.meta.url)),
  ]);
  if (!success) {
    throw new CompileError(whyNot(target, stdout + stderr, Deno.env.get("DENORT_BIN")), 1);
  }
}

async function deno(args: string[]): Promise<{ success: boolean; stdout: string; stderr: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" })
    .output();
  const utf8 = new TextDecoder();
  return { success, stdout: utf8.decode(stdout), stderr: utf8.decode(stderr) };
}

/** A path as the machine has it. */
function fromUrl(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1).replaceAll("/", "\\") : path;
}

/** A line as `sha256sum` writes it and `sha256sum --check` reads it. */
async function sumLine(file: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await Deno.readFile(new URL(file, DIST)));
  const hex = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex}  ${file}\n`;
}

async function main(names: string[]): Promise<number> {
  try {
    const builds = readTargets(names, Deno.build.target);
    if (builds.length > 1 && Deno.env.get("DENORT_BIN") !== undefined) {
      throw new CompileError(
        "Cannot compile with DENORT_BIN: it must be for one target: it is for several",
        2,
      );
    }
    // Only versions that are not the pinned one lack the option; what they build is larger, and the same otherwise.
    const knowsUnused = (await deno(["compile", "--help"])).stdout.includes("--exclude-unused-npm");
    await Deno.mkdir(DIST, { recursive: true });
    let sums = "";
    for (const build of builds) {
      await compile(build, knowsUnused);
      const { size } = await Deno.stat(new URL(build.file, DIST));
      say(`dist/${build.file} (${build.target}, ${(size / 1e6).toFixed(1)} MB)`);
      sums += await sumLine(build.file);
    }
    await Deno.writeTextFile(new URL("SHA256SUMS", DIST), sums);
    return 0;
  } catch (error) {
    if (!(error instanceof CompileError)) throw error;
    Deno.stderr.writeSync(new TextEncoder().encode(`${error.message}\n`));
    return error.status;
  }
}

function say(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) Deno.exit(await main(Deno.args));

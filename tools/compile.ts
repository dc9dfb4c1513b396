/**
 * `deno task compile [TARGET…]`: builds one executable for each target, and `SHA256SUMS` for all that were built.
 *
 * Rules: an executable has the permissions of the tasks `serve`, `daemon` and `join` together, and never prompts. It
 * contains only packages that the program imports. For this machine it is `dist/riftchat`. For a named target the file
 * name contains the target, so that all can be released together.
 *
 * @module
 */
import config from "../deno.json" with { type: "json" };

/** The supported platforms: the common name of each, and Deno's name of it. */
export const TARGETS: Readonly<Record<string, string>> = {
  "linux-x64": "x86_64-unknown-linux-gnu",
  "linux-arm64": "aarch64-unknown-linux-gnu",
  "macos-x64": "x86_64-apple-darwin",
  "macos-arm64": "aarch64-apple-darwin",
  "windows-x64": "x86_64-pc-windows-msvc",
};

/** The tasks that run the program from source. The task `daemon` may also start programs. */
const TASKS = [config.tasks.serve.command, config.tasks.daemon.command, config.tasks.join.command];

const DIST = new URL("../dist/", import.meta.url);

/** An executable to build. */
export interface Build {
  /** Its file name in `dist/`. */
  file: string;
  /** Its target, as Deno names it. */
  target: string;
}

/** An executable cannot be built. */
export class CompileError extends Error {
  /** The name of the class, as in every `Error`. */
  override readonly name = "CompileError";
  /** The exit status: 2 for an invalid command line, else 1. */
  readonly status: number;

  /**
   * Makes the error.
   *
   * @param message one sentence
   * @param status the exit status: 2 for an invalid command line, else 1
   */
  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/**
 * Parses the targets of the command line.
 *
 * @param names targets by either of their names, or `all`; none for this machine
 * @param here the target of this machine, as Deno names it
 * @returns the executables to build
 * @throws {CompileError} for an unknown target
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
      `Cannot compile for "${name}": the target must be one of ${known}, or Deno's name of it`,
      2,
    );
  });
  return [...new Set(chosen)].map((short) => ({
    file: `riftchat-${short}${short.startsWith("windows") ? ".exe" : ""}`,
    target: TARGETS[short]!,
  }));
}

/** A permission set of deno.json: each permission granted completely, or for the listed values. */
export type PermissionSet = Readonly<Record<string, boolean | readonly string[]>>;

/**
 * Returns the permissions of the executable: those of the tasks that run the program from source.
 *
 * @param sets the permission sets of those tasks
 * @returns flags such as `--allow-net`, each once; the lists of one permission are merged
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
 * Returns the flags for the JavaScript engine: those of the tasks that run the program from source.
 *
 * @param tasks the command lines of those tasks
 * @returns flags that begin with `--v8-flags=`, each once
 */
export function engineFlags(tasks: readonly string[]): string[] {
  const words = tasks.flatMap((task) => task.split(" "));
  return [...new Set(words.filter((word) => word.startsWith("--v8-flags=")))];
}

/**
 * Explains why compiling failed.
 *
 * @param target the target, as Deno names it
 * @param output the output of Deno
 * @param denortBin the value of `DENORT_BIN`, if it is set
 * @returns one sentence
 */
export function explainFailure(target: string, output: string, denortBin: string | undefined): string {
  const url = /Download (https:\S*denort\S*)/.exec(output)?.[1] ??
    /\((https:\S*denort\S*)\)/.exec(output)?.[1];
  if (denortBin === undefined && url !== undefined) {
    return `Cannot compile for ${target}: Deno's runtime, a part of the executable, could not be downloaded ` +
      `from ${url}: set DENORT_BIN to the file of a runtime (denort) of the same version and target instead`;
  }
  const reason = /^\s*(?:\d+: )(.+)$/m.exec(output)?.[1] ?? /^error: (.+)$/m.exec(output)?.[1] ??
    output.trim();
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
    ...permissionFlags([...Object.values(config.permissions), {
      run: TASKS.some((command) => command.includes(" --allow-run ")),
    }]),
    ...engineFlags(TASKS),
    // Deno does not find it by itself: a worker is loaded by its URL.
    `--include=${fromUrl(new URL("../load/load_worker.ts", import.meta.url))}`,
    `--target=${target}`,
    `--output=${fromUrl(output)}`,
    fromUrl(new URL("../main.ts", import.meta.url)),
  ]);
  if (!success) {
    throw new CompileError(explainFailure(target, stdout + stderr, Deno.env.get("DENORT_BIN")), 1);
  }
}

async function deno(args: string[]): Promise<{ success: boolean; stdout: string; stderr: string }> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args, stdin: "null" })
    .output();
  const utf8 = new TextDecoder();
  return { success, stdout: utf8.decode(stdout), stderr: utf8.decode(stderr) };
}

/** Converts a file URL to a path of this system. */
function fromUrl(url: URL): string {
  const path = decodeURIComponent(url.pathname);
  return Deno.build.os === "windows" ? path.slice(1).replaceAll("/", "\\") : path;
}

/** Makes a line as `sha256sum` writes it and `sha256sum --check` reads it. */
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
        "Cannot compile with DENORT_BIN for several targets: the runtime is for one target",
        2,
      );
    }
    // Other versions of Deno than the pinned one may lack the option. Their executables are larger and otherwise the
    // same.
    const knowsUnused = (await deno(["compile", "--help"])).stdout.includes("--exclude-unused-npm");
    await Deno.mkdir(DIST, { recursive: true });
    let sums = "";
    for (const build of builds) {
      await compile(build, knowsUnused);
      const { size } = await Deno.stat(new URL(build.file, DIST));
      print(`dist/${build.file} (${build.target}, ${(size / 1e6).toFixed(1)} MB)`);
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

function print(line: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${line}\n`));
}

if (import.meta.main) Deno.exit(await main(Deno.args));

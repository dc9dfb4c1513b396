/**
 * Starts this program again, in the background: in its own session, without a terminal, in the folder `/`.
 *
 * Its stdout is a pipe, on which it prints one line when it listens. Its stderr is a file, so that messages of the
 * JavaScript engine are saved when it crashes. The shell that becomes the hub opens that file: Deno cannot pass a file
 * to a process.
 *
 * @module
 */
import { ENGINE_FLAGS } from "../limits.ts";
import { reasonOf, timeLimit } from "../../runtime/mod.ts";
import { daemonFlags } from "./command_line.ts";
import { DaemonError } from "./error.ts";
import type { Instance } from "./instance.ts";
import { SHOWN_LINES, START_MS } from "./limits.ts";
import { SETTING_VARIABLES } from "./start_arguments.ts";
import { type HubRecord, parseRecord, type StartArguments } from "./record.ts";

/** Closes inherited files, such as a lock, or a pipe that another program reads to its end. `sh` allows 3 to 9. */
const OTHERS_CLOSED = "3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-";

/** `$1` is the file for stderr, the rest is the command. The umask denies other users access to all new files. */
const SCRIPT = `umask 077; file=$1; shift; exec "$@" 2>>"$file" ${OTHERS_CLOSED}`;

/** The variables that the hub reads beside its settings: for its folders, the warm-up, and colours in the log. */
const OTHER_VARIABLES = [
  "RIFTCHAT_WARM_UP",
  "HOME",
  "USERPROFILE",
  "XDG_RUNTIME_DIR",
  "XDG_STATE_HOME",
  "XDG_DATA_HOME",
  "XDG_CONFIG_HOME",
  "XDG_CACHE_HOME",
  "TMPDIR",
  "TMP",
  "TEMP",
  "NO_COLOR",
  "FORCE_COLOR",
  "TERM",
];

/**
 * Starts a hub and waits until it listens. After that it runs independently of this process.
 *
 * @param instance the instance; its folders must exist
 * @param startArguments how to start it
 * @returns the record of the hub
 * @throws {DaemonError} with its last output, if it does not listen in time
 */
export async function launch(instance: Instance, startArguments: StartArguments): Promise<HubRecord> {
  const sizes = { stderr: await openStderr(instance), log: await sizeOf(instance.logFile) };
  const { command, env } = commandOf(
    [...daemonFlags(instance), ...startArguments.flags],
    startArguments,
  );
  const child = spawn("sh", {
    args: ["-c", SCRIPT, "riftchat", instance.stderrFile, ...command],
    env,
    cwd: "/",
    detached: true,
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  });
  using limit = timeLimit(START_MS);
  const reader = child.stdout.getReader();
  try {
    const line = await Promise.race([firstLine(reader), limit.over]);
    if (line === undefined) {
      child.kill("SIGKILL");
      await child.status;
      throw await startError(
        instance,
        `it did not listen within ${START_MS / 1000} s and was killed`,
        sizes,
      );
    }
    const record = parseRecord(line);
    if (record !== undefined) {
      child.unref();
      return record;
    }
    const { code, signal } = await child.status;
    const end = signal === null ? `it ended with status ${code}` : `${signal} ended it`;
    throw await startError(instance, end, sizes);
  } finally {
    await reader.cancel();
  }
}

/** The settings in force as a config file, or an error message. */
export type PrintedSettings = { text: string; problem?: undefined } | { text?: undefined; problem: string };

/**
 * Runs this program with `--print-config`.
 *
 * @param startArguments how a hub would be started
 * @returns the settings, or an error message
 * @throws {DaemonError} if the program cannot be started
 */
export async function printSettings(startArguments: StartArguments): Promise<PrintedSettings> {
  const { command, env } = commandOf(["--print-config", ...startArguments.flags], startArguments);
  const [executable, ...args] = command;
  const child = spawn(executable!, { args, env, cwd: "/", stdin: "null", stdout: "piped", stderr: "piped" });
  const { success, stdout, stderr } = await child.output();
  if (success) return { text: new TextDecoder().decode(stdout) };
  return { problem: new TextDecoder().decode(stderr).trim().replace(/^riftchat: /, "") };
}

/** Returns the command of this program with other flags, and its own permissions except the one to start programs. */
function commandOf(flags: string[], { variables }: StartArguments) {
  const program = Deno.build.standalone
    ? [Deno.execPath()]
    : [Deno.execPath(), "run", "--quiet", "--no-prompt", ENGINE_FLAGS, ...permissions(), Deno.mainModule];
  // Unset variables are passed as empty, which counts as not set; else the current values would be inherited.
  const env = Object.fromEntries(SETTING_VARIABLES.map((name) => [name, variables[name] ?? ""]));
  return { command: [...program, "serve", ...flags], env };
}

/** The permissions of this process that a hub needs, as flags of `deno run`. */
function permissions(): string[] {
  const granted = (descriptor: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(descriptor).state === "granted";
  const flags = (["net", "read", "write"] as const).filter((name) => granted({ name })).map((name) =>
    `--allow-${name}`
  );
  const kinds = (["homedir", "hostname", "uid"] as const).filter((kind) => granted({ name: "sys", kind }));
  if (kinds.length > 0) flags.push(`--allow-sys=${kinds.join(",")}`);
  const variables = [...SETTING_VARIABLES, ...OTHER_VARIABLES].filter((variable) =>
    granted({ name: "env", variable })
  );
  if (variables.length > 0) flags.push(`--allow-env=${variables.join(",")}`);
  return flags;
}

function spawn(command: string, options: Deno.CommandOptions): Deno.ChildProcess {
  try {
    return new Deno.Command(command, options).spawn();
  } catch (error) {
    throw new DaemonError(`Cannot start ${command}: ${reasonOf(error)}`, { cause: error });
  }
}

/** Creates the file for stderr if it does not exist; returns its size in bytes. */
async function openStderr({ stderrFile }: Instance): Promise<number> {
  try {
    using file = await Deno.open(stderrFile, { append: true, create: true, mode: 0o600 });
    return (await file.stat()).size;
  } catch (error) {
    throw new DaemonError(`Cannot write ${stderrFile}: it must be a file: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** Reads the first line, or up to the end. */
async function firstLine(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  return text.split("\n", 1)[0]!;
}

/** Returns the size of a file in bytes; 0 if it cannot be seen. */
async function sizeOf(path: string): Promise<number> {
  try {
    return (await Deno.stat(path)).size;
  } catch {
    return 0;
  }
}

/** Says how a start failed, with what the hub has written since then to stderr, or to its log if nothing there. */
async function startError(
  { name, stderrFile, logFile }: Instance,
  what: string,
  sizes: { stderr: number; log: number },
): Promise<DaemonError> {
  const ofStderr = lastLines(await textFrom(stderrFile, sizes.stderr));
  const hasLogged = ofStderr.length === 0 && await sizeOf(logFile) > sizes.log;
  const [file, lines] = hasLogged
    ? [logFile, lastLines(await textFrom(logFile, sizes.log))]
    : [stderrFile, ofStderr];
  const heading = lines.length === 0 ? `it wrote nothing to ${file}` : `its last output (${file}):`;
  const shown = lines.map((line) => `\n  ${line}`);
  return new DaemonError(`Cannot start instance ${name}: ${what}; ${heading}${shown.join("")}`);
}

function lastLines(text: string): string[] {
  return text.trimEnd().split("\n").slice(-SHOWN_LINES).filter((line) => line !== "");
}

async function textFrom(path: string, offset: number): Promise<string> {
  try {
    using file = await Deno.open(path);
    await file.seek(offset, Deno.SeekMode.Start);
    return await new Response(file.readable).text();
  } catch (error) {
    return `the file cannot be read: ${reasonOf(error)}`;
  }
}

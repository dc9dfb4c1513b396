/**
 * Starts this program once more, in the background: in a session of its own, without a terminal, in the folder `/`.
 *
 * Its stdout is a pipe on which it says once that it listens. Its stderr is a file, opened by the shell that becomes the
 * hub, since a file cannot be handed to a process otherwise; so what the engine itself says when it breaks down is kept.
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

/** What whoever started it has open besides, such as a lock or a pipe that somebody reads to its end; `sh` counts to 9. */
const OTHERS_CLOSED = "3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&-";

/** Nothing that the hub makes is for others; `$1` is the file for stderr, the rest is the command. */
const SCRIPT = `umask 077; file=$1; shift; exec "$@" 2>>"$file" ${OTHERS_CLOSED}`;

/** The variables that the hub asks for besides its settings: for its folders, and for whether a log has colours. */
const OTHER_VARIABLES = [
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
 * Starts a hub and waits until it listens. From then on it needs nobody.
 *
 * @param instance which one; its folders must be there
 * @param origin how it is to be started
 * @returns who it is
 * @throws {DaemonError} with its last words, where it does not come to listen
 */
export async function launch(instance: Instance, origin: StartArguments): Promise<HubRecord> {
  const wordsBefore = await openStderr(instance);
  const { command, env } = commandOf(
    [...daemonFlags(instance), ...origin.flags],
    origin,
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
      throw await failed(
        instance,
        `it did not listen within ${START_MS / 1000} s and was ended`,
        wordsBefore,
      );
    }
    const record = parseRecord(line);
    if (record !== undefined) {
      child.unref();
      return record;
    }
    const { code, signal } = await child.status;
    const end = signal === null ? `it ended with status ${code}` : `it was ended by ${signal}`;
    throw await failed(instance, end, wordsBefore);
  } finally {
    await reader.cancel();
  }
}

/** The settings in force as a config file, or what is wrong with them, for people. */
export type PrintedSettings = { text: string; fault?: undefined } | { text?: undefined; fault: string };

/**
 * Has the program read its settings, without hosting anything.
 *
 * @param origin how a hub would be started
 * @returns the settings; or what is wrong with them
 * @throws {DaemonError} where no program can be started
 */
export async function printSettings(origin: StartArguments): Promise<PrintedSettings> {
  const { command, env } = commandOf(["--print-config", ...origin.flags], origin);
  const [executable, ...args] = command;
  const child = spawn(executable!, { args, env, cwd: "/", stdin: "null", stdout: "piped", stderr: "piped" });
  const { success, stdout, stderr } = await child.output();
  if (success) return { text: new TextDecoder().decode(stdout) };
  return { fault: new TextDecoder().decode(stderr).trim().replace(/^riftchat: /, "") };
}

/** This program with other flags, and with the permissions that it has itself but for starting programs. */
function commandOf(flags: string[], { variables }: StartArguments) {
  const program = Deno.build.standalone
    ? [Deno.execPath()]
    : [Deno.execPath(), "run", "--quiet", "--no-prompt", ENGINE_FLAGS, ...permissions(), Deno.mainModule];
  // One that was not set then must not be set now: an empty one counts as none.
  const env = Object.fromEntries(SETTING_VARIABLES.map((name) => [name, variables[name] ?? ""]));
  return { command: [...program, "serve", ...flags], env };
}

/** What of that which a hub needs was granted to this process, as flags of `deno run`. */
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

/** Makes the file for stderr where it is not there; answers its size, in bytes. */
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

/** What comes before the first line break, or before the end. */
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

async function failed({ name, stderrFile }: Instance, how: string, from: number): Promise<DaemonError> {
  const lines = (await textFrom(stderrFile, from)).trimEnd().split("\n").slice(-SHOWN_LINES);
  const words = lines.join("") === ""
    ? `it left no word in ${stderrFile}`
    : `its last words (${stderrFile}):`;
  const shown = lines.filter((line) => line !== "").map((line) => `\n  ${line}`);
  return new DaemonError(`Cannot start instance ${name}: ${how}; ${words}${shown.join("")}`);
}

async function textFrom(path: string, offset: number): Promise<string> {
  try {
    using file = await Deno.open(path);
    await file.seek(offset, Deno.SeekMode.Start);
    return await new Response(file.readable).text();
  } catch (error) {
    return `cannot be read: ${reasonOf(error)}`;
  }
}

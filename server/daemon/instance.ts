/**
 * The folders and files of one hub in the background; each instance has its own.
 *
 * Rules: only their owner may enter the folders or read the files. A folder or a file of somebody else is not used, nor a
 * folder that others may write to, since what stands in it decides who is signalled.
 *
 * @module
 */
import { isAbsolute, join } from "node:path";
import envPaths from "env-paths";
import { loadDataFolder } from "../settings/mod.ts";
import { reasonOf } from "../../runtime/mod.ts";
import { DaemonError } from "./error.ts";
import { MAX_SOCKET_PATH_BYTES } from "./limits.ts";

const FOLDER_MODE = 0o700;

/** The bits of a mode with which others may write. */
const OTHERS_WRITE = 0o022;

/** Where an instance has what. */
export interface Instance {
  /** Its name. */
  readonly name: string;
  /** The folder of what is there only while it runs: pidfile and control socket. It may go when its user logs out. */
  readonly runtimeFolder: string;
  /** The folder of its logs and its lock, which stays, and is the same for every shell. */
  readonly stateFolder: string;
  /** The folder for all that it keeps; it is made when there is something to keep. */
  readonly dataFolder: string;
  /** Locked by the hub for as long as it runs, and says its pid. */
  readonly lockFile: string;
  /** Locked by a command for as long as it starts or stops the hub, so that one does so at a time. */
  readonly turnFile: string;
  /** Says which process it is, as a hint, and how it was started. */
  readonly pidFile: string;
  /** The socket on which the hub says who it is and how it does. */
  readonly socket: string;
  /** Where it logs unless another file is named. */
  readonly logFile: string;
  /** Where what it writes to stderr goes: what ends it, as in the log, and what its engine says when it breaks down. */
  readonly stderrFile: string;
}

/**
 * Finds the files of an instance; nothing is made. What is there only while it runs is in `$XDG_RUNTIME_DIR/riftchat`,
 * else in the folder of the logs, and that is `$XDG_STATE_HOME/riftchat` or `~/.local/state/riftchat`, on macOS
 * `~/Library/Logs/riftchat`.
 *
 * @param name its name, as `isInstanceName` has it
 * @returns its files
 * @throws {DaemonError} where the path of the socket would be too long for the system
 */
export async function findInstance(name: string): Promise<Instance> {
  const { usualDataFolder } = await loadDataFolder();
  const paths = envPaths("riftchat", { suffix: "" });
  const runtime = Deno.env.get("XDG_RUNTIME_DIR") ?? "";
  const stateFolder = paths.log;
  // A path that is not absolute is to be ignored, by the XDG Base Directory Specification.
  const runtimeFolder = isAbsolute(runtime) ? join(runtime, "riftchat") : stateFolder;
  const socket = join(runtimeFolder, `${name}.sock`);
  const bytes = new TextEncoder().encode(socket).length;
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw new DaemonError(
      `Cannot use the socket ${socket}: its path must be at most ${MAX_SOCKET_PATH_BYTES} bytes: it is ${bytes}; ` +
        "set XDG_RUNTIME_DIR to a shorter one",
    );
  }
  return {
    name,
    runtimeFolder,
    stateFolder,
    dataFolder: usualDataFolder(name),
    lockFile: join(stateFolder, `${name}.lock`),
    turnFile: join(stateFolder, `${name}.turn`),
    pidFile: join(runtimeFolder, `${name}.pid`),
    socket,
    logFile: join(stateFolder, `${name}.log`),
    stderrFile: join(stateFolder, `${name}.stderr`),
  };
}

/**
 * Makes the folders of an instance where they are not there, and shuts others out of them.
 *
 * @param instance the instance
 * @throws {DaemonError} where one cannot be made, is none, belongs to somebody else, or others may write to it; also where
 * a file in it belongs to somebody else
 */
export async function makeFolders(instance: Instance): Promise<void> {
  for (const folder of foldersOf(instance)) {
    try {
      await Deno.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    } catch (error) {
      throw new DaemonError(
        `Cannot make ${folder}: it must be a folder that can be written to: ${reasonOf(error)}`,
        { cause: error },
      );
    }
    await checkFolder(folder);
    try {
      await Deno.chmod(folder, FOLDER_MODE);
    } catch (error) {
      throw new DaemonError(`Cannot shut others out of ${folder}: ${reasonOf(error)}`, { cause: error });
    }
  }
  await checkFiles(instance);
}

/**
 * Tells whether an instance may ever have been started here.
 *
 * @param instance the instance
 * @returns whether the folder of its lock exists
 * @throws {DaemonError} where that cannot be told, or what is there must not be used, as with `makeFolders`
 */
export async function hasFolders(instance: Instance): Promise<boolean> {
  await checkFolder(instance.runtimeFolder);
  const there = await checkFolder(instance.stateFolder);
  await checkFiles(instance);
  return there;
}

function foldersOf({ runtimeFolder, stateFolder }: Instance): Set<string> {
  return new Set([runtimeFolder, stateFolder]);
}

/** Answers whether the folder is there; throws where what is in it may be somebody else's. */
async function checkFolder(folder: string): Promise<boolean> {
  const found = await look(folder, Deno.stat);
  if (found === undefined) return false;
  const mode = (found.mode ?? 0) & 0o777;
  if ((mode & OTHERS_WRITE) === 0) return true;
  throw new DaemonError(
    `Cannot use ${folder}: its user alone must be able to write to it: its mode is 0${mode.toString(8)}; ` +
      "see what others have left there, and remove it",
  );
}

/** Throws where a file that tells who is to be signalled is somebody else's. */
async function checkFiles({ lockFile, pidFile, socket }: Instance): Promise<void> {
  for (const path of [lockFile, pidFile, socket]) await look(path, Deno.lstat);
}

/** Looks at what is there, if anything is; throws where it belongs to somebody else. */
async function look(path: string, stat: typeof Deno.stat): Promise<Deno.FileInfo | undefined> {
  let found: Deno.FileInfo;
  try {
    found = await stat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw new DaemonError(`Cannot look at ${path}: ${reasonOf(error)}`, { cause: error });
  }
  const self = Deno.uid();
  if (found.uid === self) return found;
  throw new DaemonError(
    `Cannot use ${path}: it must belong to user ${self}: it belongs to user ${found.uid}`,
  );
}

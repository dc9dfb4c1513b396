/**
 * The folders and files of one hub in the background; each instance has its own.
 *
 * Rules: only their owner may enter the folders or read the files; a folder of somebody else is not used, since what
 * stands in it decides who is signalled.
 *
 * @module
 */
import { isAbsolute, join } from "node:path";
import envPaths from "env-paths";
import { reasonOf } from "../reason.ts";
import { DaemonError } from "./error.ts";
import { MAX_SOCKET_PATH_BYTES } from "./limits.ts";

const FOLDER_MODE = 0o700;

/** Where an instance has what. */
export interface Instance {
  /** Its name. */
  readonly name: string;
  /** The folder of what is there only while it runs: lock, pidfile and control socket. */
  readonly runtimeFolder: string;
  /** The folder of its logs. */
  readonly stateFolder: string;
  /** The folder for all that it keeps; it is made when there is something to keep. */
  readonly dataFolder: string;
  /** Locked by the hub for as long as it runs. */
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
export function findInstance(name: string): Instance {
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
    dataFolder: join(paths.data, name),
    lockFile: join(runtimeFolder, `${name}.lock`),
    turnFile: join(runtimeFolder, `${name}.turn`),
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
 * @throws {DaemonError} where one cannot be made, is none, or belongs to somebody else
 */
export async function makeFolders({ runtimeFolder, stateFolder }: Instance): Promise<void> {
  for (const folder of new Set([runtimeFolder, stateFolder])) {
    try {
      await Deno.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    } catch (error) {
      throw new DaemonError(
        `Cannot make ${folder}: it must be a folder that can be written to: ${reasonOf(error)}`,
        { cause: error },
      );
    }
    await checkOwner(folder);
    try {
      await Deno.chmod(folder, FOLDER_MODE);
    } catch (error) {
      throw new DaemonError(`Cannot shut others out of ${folder}: ${reasonOf(error)}`, { cause: error });
    }
  }
}

/**
 * Tells whether an instance may ever have been started here.
 *
 * @param instance the instance
 * @returns whether its folder of what is there while it runs exists
 * @throws {DaemonError} where that cannot be told, or it belongs to somebody else
 */
export function hasFolders({ runtimeFolder }: Instance): Promise<boolean> {
  return checkOwner(runtimeFolder);
}

/** Answers whether the folder is there; throws where it is one of somebody else. */
async function checkOwner(folder: string): Promise<boolean> {
  let owner: number | null;
  try {
    owner = (await Deno.stat(folder)).uid;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw new DaemonError(`Cannot look at ${folder}: ${reasonOf(error)}`, { cause: error });
  }
  const self = Deno.uid();
  if (owner === self) return true;
  throw new DaemonError(`Cannot use ${folder}: it must belong to user ${self}: it belongs to user ${owner}`);
}

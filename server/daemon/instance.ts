/**
 * The folders and files of an instance.
 *
 * Rules: only their owner may enter the folders or read the files. A folder or file of another user (but root) is not
 * used, nor a folder that others may write to, since the files in it decide which process gets a signal.
 *
 * @module
 */
import { isAbsolute, join } from "node:path";
import envPaths from "env-paths";
import { loadDataFolder } from "../settings/mod.ts";
import { checkFileOwner, checkFolderOwner, OwnerError, reasonOf } from "../../runtime/mod.ts";
import { DaemonError } from "./error.ts";
import { MAX_SOCKET_PATH_BYTES } from "./limits.ts";

const FOLDER_MODE = 0o700;

/** The mode bits that let other users write. */
const OTHERS_WRITE = 0o022;

/** The folders and files of an instance. */
export interface Instance {
  /** Its name. */
  readonly name: string;
  /** The folder of the pidfile and the control socket, which exist only while it runs. A logout may remove it. */
  readonly runtimeFolder: string;
  /** The folder of its logs and its lock. It is permanent, and the same for every shell. */
  readonly stateFolder: string;
  /** The folder of its history and certificate, created when it is first needed. */
  readonly dataFolder: string;
  /** The hub locks it while it runs, and writes its pid into it. */
  readonly lockFile: string;
  /** A command locks it while it starts or stops the hub, so that only one command does so at a time. */
  readonly commandLockFile: string;
  /** The pid, which may be outdated, and how the hub was started. */
  readonly pidFile: string;
  /** A copy of the pidfile that stays when the runtime folder is removed, for a restart; `stop` removes it. */
  readonly startFile: string;
  /** The control socket, on which the hub reports its status. */
  readonly socket: string;
  /** The default log file. */
  readonly logFile: string;
  /** The file for stderr: fatal errors, as in the log, and messages of the JavaScript engine when it crashes. */
  readonly stderrFile: string;
}

/**
 * Finds the paths of an instance; nothing is created. The runtime folder is `$XDG_RUNTIME_DIR/riftchat`, or the folder
 * of the logs if that is not set. The folder of the logs is `$XDG_STATE_HOME/riftchat` or `~/.local/state/riftchat`, on
 * macOS `~/Library/Logs/riftchat`.
 *
 * @param name its name, valid for `isInstanceName`
 * @returns the paths
 * @throws {DaemonError} if the path of the socket is too long for the system
 */
export async function findInstance(name: string): Promise<Instance> {
  const { defaultDataFolder } = await loadDataFolder();
  const paths = envPaths("riftchat", { suffix: "" });
  const runtime = Deno.env.get("XDG_RUNTIME_DIR") ?? "";
  const stateFolder = paths.log;
  // The XDG Base Directory Specification says to ignore a relative path.
  const runtimeFolder = isAbsolute(runtime) ? join(runtime, "riftchat") : stateFolder;
  const socket = join(runtimeFolder, `${name}.sock`);
  const bytes = new TextEncoder().encode(socket).length;
  if (bytes > MAX_SOCKET_PATH_BYTES) {
    throw new DaemonError(
      `Cannot use the socket ${socket}: its path must be at most ${MAX_SOCKET_PATH_BYTES} bytes: it is ${bytes}; ` +
        "set XDG_RUNTIME_DIR to a shorter path",
    );
  }
  return {
    name,
    runtimeFolder,
    stateFolder,
    dataFolder: defaultDataFolder(name),
    lockFile: join(stateFolder, `${name}.lock`),
    commandLockFile: join(stateFolder, `${name}.turn`),
    pidFile: join(runtimeFolder, `${name}.pid`),
    startFile: join(stateFolder, `${name}.start`),
    socket,
    logFile: join(stateFolder, `${name}.log`),
    stderrFile: join(stateFolder, `${name}.stderr`),
  };
}

/**
 * Creates the folders of an instance if they do not exist, and denies other users access.
 *
 * @param instance the instance
 * @throws {DaemonError} if a folder cannot be created, is no folder, belongs to another user, or others may write to
 * it; also if a file in it belongs to another user
 */
export async function makeFolders(instance: Instance): Promise<void> {
  for (const folder of foldersOf(instance)) {
    try {
      await Deno.mkdir(folder, { recursive: true, mode: FOLDER_MODE });
    } catch (error) {
      throw new DaemonError(
        `Cannot create ${folder}: it must be a folder that can be written to: ${reasonOf(error)}`,
        { cause: error },
      );
    }
    checkFolder(folder);
    try {
      await Deno.chmod(folder, FOLDER_MODE);
    } catch (error) {
      throw new DaemonError(`Cannot change the mode of ${folder}: ${reasonOf(error)}`, { cause: error });
    }
  }
  checkFiles(instance);
}

/**
 * Tells whether an instance may have been started before.
 *
 * @param instance the instance
 * @returns whether the folder of its lock exists
 * @throws {DaemonError} if that cannot be found out, or a folder must not be used; see {@linkcode makeFolders}
 */
export function hasFolders(instance: Instance): boolean {
  checkFolder(instance.runtimeFolder);
  const exists = checkFolder(instance.stateFolder);
  checkFiles(instance);
  return exists;
}

function foldersOf({ runtimeFolder, stateFolder }: Instance): Set<string> {
  return new Set([runtimeFolder, stateFolder]);
}

/** Tells whether a folder exists; throws if other users may have written to it. */
function checkFolder(folder: string): boolean {
  const found = checked(folder, checkFolderOwner);
  if (found === undefined) return false;
  const mode = (found.mode ?? 0) & 0o777;
  if ((mode & OTHERS_WRITE) === 0) return true;
  throw new DaemonError(
    `Cannot use ${folder}: only its owner must be able to write to it: its mode is 0${mode.toString(8)}; ` +
      "see what others have left there, and remove it",
  );
}

/** Throws if a file that decides which process gets a signal, or that is written to, belongs to another user. */
function checkFiles(
  { lockFile, commandLockFile, pidFile, startFile, socket, logFile, stderrFile }: Instance,
): void {
  for (const path of [lockFile, commandLockFile, pidFile, startFile, socket, logFile, stderrFile]) {
    checked(path, checkFileOwner);
  }
}

/** Checks the owner of a path; returns the file info, if the path exists. */
function checked(path: string, check: typeof checkFileOwner): Deno.FileInfo | undefined {
  try {
    return check(path);
  } catch (error) {
    if (error instanceof OwnerError) throw new DaemonError(error.message);
    throw new DaemonError(`Cannot check ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

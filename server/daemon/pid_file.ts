/**
 * The pidfile: the pid of a hub, and how it was started. It may be outdated; the lock decides whether a hub runs. A hub
 * that is killed leaves its pidfile behind, and another program may get its pid.
 *
 * @module
 */
import { reasonOf } from "../../runtime/mod.ts";
import { DaemonError } from "./error.ts";
import { type HubRecord, parsePidFile, serializePidFile } from "./record.ts";

const MODE = 0o600;

/**
 * Writes a pidfile atomically.
 *
 * @param path its path
 * @param record the record of the hub
 * @throws {DaemonError} if it cannot be written
 */
export async function writePidFile(path: string, record: HubRecord): Promise<void> {
  const draft = `${path}.new`;
  try {
    await Deno.writeTextFile(draft, serializePidFile(record), { mode: MODE });
    await Deno.rename(draft, path);
  } catch (error) {
    throw new DaemonError(`Cannot write the pidfile ${path}: ${reasonOf(error)}`, { cause: error });
  }
}

/**
 * Reads a pidfile.
 *
 * @param path its path
 * @returns the record; `undefined` if the file does not exist or is invalid
 */
export async function readPidFile(path: string): Promise<HubRecord | undefined> {
  try {
    return parsePidFile(await Deno.readTextFile(path));
  } catch {
    // An unreadable pidfile counts as none.
    return undefined;
  }
}

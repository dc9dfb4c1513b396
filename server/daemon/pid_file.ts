/**
 * The pidfile: which process a hub was, and how it was started. It is a hint, and the lock decides: a hub that was killed
 * leaves it behind, and its pid may be another program's by then.
 *
 * @module
 */
import { reasonOf } from "../../runtime/mod.ts";
import { DaemonError } from "./error.ts";
import { type HubRecord, parsePidFile, serializePidFile } from "./record.ts";

const MODE = 0o600;

/**
 * Writes a pidfile: whole, or not at all.
 *
 * @param path where it is
 * @param record who the hub is
 * @throws {DaemonError} where it cannot be written
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
 * @param path where it is
 * @returns who the hub is or was; nothing where there is none, or none that makes sense
 */
export async function readPidFile(path: string): Promise<HubRecord | undefined> {
  try {
    return parsePidFile(await Deno.readTextFile(path));
  } catch {
    // A hint that cannot be read is none.
    return undefined;
  }
}

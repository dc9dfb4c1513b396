/**
 * The id by which the hubs of a cluster know each other.
 *
 * @module
 */
import { join } from "node:path";
import { toBase64 } from "../../identity/mod.ts";

/** The name of the file in the data folder. */
const HUB_ID_FILE = "hub_id";

/** The size of an id, in random bytes: no two hubs draw the same. */
const ID_BYTES = 9;

/**
 * Reads the id of a hub from its data folder, or makes one.
 *
 * @param folder the path of the folder; created if it does not exist
 * @returns the id, in base64url
 * @throws the error of the file system
 */
export async function loadHubId(folder: string): Promise<string> {
  const path = join(folder, HUB_ID_FILE);
  try {
    const id = (await Deno.readTextFile(path)).trim();
    if (/^[\w-]{12}$/.test(id)) return id;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
  const random = toBase64(crypto.getRandomValues(new Uint8Array(ID_BYTES)));
  const id = random.replaceAll("+", "-").replaceAll("/", "_");
  await Deno.writeTextFile(path, `${id}\n`, { mode: 0o600 });
  return id;
}

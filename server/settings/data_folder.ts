/**
 * Where what is said is kept unless another folder is named: `$XDG_DATA_HOME/riftchat/NAME` or
 * `~/.local/share/riftchat/NAME` on Linux, with the name of the instance of a hub in the background. One in the
 * foreground has what `default` has, so that what was said is still there when it is moved to the background.
 *
 * @module
 */
import { join } from "node:path";
import envPaths from "env-paths";
import { DEFAULT_INSTANCE } from "./instance_name.ts";

/**
 * Says where an instance keeps what is said, unless told otherwise.
 *
 * @param instance its name
 * @returns the path of the folder, which need not be there
 */
export function usualDataFolder(instance: string = DEFAULT_INSTANCE): string {
  return join(envPaths("riftchat", { suffix: "" }).data, instance);
}

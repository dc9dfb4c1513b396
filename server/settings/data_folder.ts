/**
 * The default data folder: `$XDG_DATA_HOME/riftchat/NAME` or `~/.local/share/riftchat/NAME` on Linux, where NAME is the
 * instance of a hub in the background. A hub in the foreground uses the folder of `default`, so that its history is
 * still there when it moves to the background.
 *
 * @module
 */
import { join } from "node:path";
import envPaths from "env-paths";
import { DEFAULT_INSTANCE } from "./instance_name.ts";

/**
 * Returns the default data folder of an instance.
 *
 * @param instance the name of the instance
 * @returns the path of the folder, which may not exist
 */
export function defaultDataFolder(instance: string = DEFAULT_INSTANCE): string {
  return join(envPaths("riftchat", { suffix: "" }).data, instance);
}

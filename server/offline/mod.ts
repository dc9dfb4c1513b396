/**
 * The data folder of a hub that does not run, for commands that otherwise ask the hub.
 *
 * May import: `control`, `history`, `moderation`, `registry`.
 *
 * - `command_result`: the exit status of such a command, and its errors
 * - `offline_folder`: opens the folder, and locks it meanwhile
 *
 * @module
 */
export { note, otherVersion, reportingErrors } from "./command_result.ts";
export {
  checkIsFolderOfHub,
  type FolderUse,
  type OfflineFolder,
  withOfflineFolder,
} from "./offline_folder.ts";

/**
 * Where a hub keeps what is to be there at its next start.
 *
 * @module
 */

/**
 * Gives the folder where this system has the data of programs: `$XDG_DATA_HOME/riftchat` or `~/.local/share/riftchat` on
 * Linux, `~/Library/Application Support/riftchat` on macOS. Nothing is made.
 *
 * @returns its path
 */
export async function dataFolder(): Promise<string> {
  // Importing it asks for the home directory, which is not everyone's business.
  const { default: envPaths } = await import("env-paths");
  return envPaths("riftchat", { suffix: "" }).data;
}

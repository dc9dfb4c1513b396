/**
 * The subcommands `serve`, `log`, `export` and `import`: flags and help.
 *
 * May import: `archive`, `serve`, `settings`.
 *
 * - `archive_commands`: the command lines of `riftchat log`, `export` and `import`
 * - `serve_command`: `riftchat serve`
 *
 * @module
 */
export { type ArchiveCommand, exportCommand, importCommand, logCommand } from "./archive_commands.ts";
export { type ServeCommand, serveCommand } from "./serve_command.ts";

/**
 * The subcommands `serve`, `log`, `export` and `import`: their flags and help texts.
 *
 * May import: `archive`, `serve`, `settings`.
 *
 * - `archive_commands`: the flags of `riftchat log`, `export` and `import`
 * - `config_source`: reads the config file
 * - `serve_command`: the flags of `riftchat serve`
 *
 * @module
 */
export { type ArchiveCommand, exportCommand, importCommand, logCommand } from "./archive_commands.ts";
export { type ServeCommand, serveCommand } from "./serve_command.ts";

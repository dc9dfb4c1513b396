/**
 * cli
 *
 * @module
 */
export { type ArchiveCommand, exportCommand, importCommand, logCommand } from "./archive_commands.ts";
export { type ServeCommand, serveCommand } from "./serve_command.ts";

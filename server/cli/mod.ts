/**
 * The subcommands `serve`, `log`, `export`, `import`, `name`, `invite`, `invites`, `revoke`, `token`, `op`,
 * `audit` and `cluster`: their flags and help texts.
 *
 * May import: `archive`, `cluster`, `invites`, `serve`, `settings`, `tokens`.
 *
 * - `archive_commands`: the flags of `riftchat log`, `export` and `import`
 * - `cluster_command`: the flags of `riftchat cluster`
 * - `config_source`: reads the config file
 * - `data_folder_flags`: the flags for the data folder
 * - `invite_commands`: the flags of `riftchat invite`, `invites` and `revoke`
 * - `moderation_commands`: the flags of `riftchat op` and `audit`
 * - `name_command`: the flags of `riftchat name`
 * - `serve_command`: the flags of `riftchat serve`
 * - `token_command`: the flags of `riftchat token`
 *
 * @module
 */
export { type ArchiveCommand, exportCommand, importCommand, logCommand } from "./archive_commands.ts";
export { type ClusterCommand, clusterCommand } from "./cluster_command.ts";
export {
  type InviteCommand,
  inviteCommand,
  type InvitesCommand,
  invitesCommand,
  type RevokeCommand,
  revokeCommand,
} from "./invite_commands.ts";
export { type AuditCommand, auditCommand, type OpCommand, opCommand } from "./moderation_commands.ts";
export { type NameCommand, nameCommand } from "./name_command.ts";
export { type ServeCommand, serveCommand } from "./serve_command.ts";
export { type TokenCommand, tokenCommand } from "./token_command.ts";

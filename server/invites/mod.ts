/**
 * Invites: links with which somebody gets into a hub, once or some times, without its password.
 *
 * A link has the key of the hub, so that clients know the right one, and a token. Only a hash is stored of it.
 *
 * May import: `admission`, `control`, `moderation`, `offline`, `registry`, `settings`, `sqlite`.
 *
 * - `invite_address`: the address in the links
 * - `invite_audit`: records in the audit what happens to invites
 * - `invite_commands`: the commands on the machine of the hub
 * - `invite_desk`: what clients may do with invites
 * - `invite_manager`: connects the invites with a hub or a command
 * - `invite_schema`: the tables of the database, and migrations
 * - `invites`: the invites, and who has used them
 * - `open_invites`: opens the database
 * - `qr_code`: draws a text as a QR code
 *
 * @module
 */
export { inviteAddress, type ListenFacts } from "./invite_address.ts";
export { inviteRecorder } from "./invite_audit.ts";
export { InviteDesk, type InviteRecord, type MadeInvite } from "./invite_desk.ts";
export { InviteManager } from "./invite_manager.ts";
export { InvitesError } from "./invite_schema.ts";
export { type Invite, type Invitee, Invites } from "./invites.ts";
export { type InviteParts, INVITES_FILE, loadInviteParts, openInvites } from "./open_invites.ts";

/** Loads the commands. */
export const loadInviteCommands = (): Promise<typeof import("./invite_commands.ts")> =>
  import("./invite_commands.ts");

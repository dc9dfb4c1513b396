/**
 * The flags and the help of `riftchat invite`, `invites` and `revoke`. Their code is loaded only when it is needed.
 *
 * @module
 */
import type * as commander from "@commander-js/extra-typings";
import { readSpan } from "../../runtime/mod.ts";
import { loadInviteCommands } from "../invites/mod.ts";
import { folderOf, type FolderOptions, reportUsageError, withFolder } from "./data_folder_flags.ts";

/** The exit status for an invalid command line. */
const USAGE = 2;

const ENVIRONMENT = `
Environment:
  RIFTCHAT_DATA    the data folder, if you give no --data
  RIFTCHAT_CONFIG  the config file of the hub, for the data folder otherwise`;

const INVITE_EXAMPLES = `

Examples:
  riftchat invite                            a link for one person, for a day
  riftchat invite --uses 5 --expires 7d      for five people, for a week
  riftchat invite --room dev --qr            into #dev, also as a QR code
  riftchat invite --name bo                  for bo, who gets that name
  riftchat invite --at chat.example.org:8443 with this address in the link`;

const INVITE_HELP = `
The link is printed on stdout. Whoever has it gets in, without the password of
the hub and without a question about its certificate:

  riftchat join 'rifts://chat.example.org:8443/#…'
  riftchat join -

The second form asks for the link, so that it does not stand in the list of
processes. The hub may be running. It stores a hash of the token in the link,
so the link cannot be shown again. Whoever has used it with a key is let in
with that key from then on; riftchat revoke ends both.
${ENVIRONMENT}

Exit status:
  0  success
  1  the invite cannot be made, or the folder cannot be used
  2  an invalid command line`;

const INVITES_EXAMPLES = `

Examples:
  riftchat invites                           list them
  riftchat invites --json | jq .id           their ids`;

const REVOKE_EXAMPLES = `

Examples:
  riftchat revoke x7k2mq                     end the invite x7k2mq`;

const INVITES_HELP = `
The tokens are not shown: the hub has only hashes of them. An invite that has
ended is listed for 30 days.
${ENVIRONMENT}

Exit status:
  0  success
  1  the folder cannot be used
  2  an invalid command line`;

const REVOKE_HELP = `
Nobody can use the invite any more, and those who have used it are no longer
let in by it: they need the password, or a name that they own, as everybody.
Who is connected stays connected.
${ENVIRONMENT}

Exit status:
  0  success
  1  there is no such invite, or the folder cannot be used
  2  an invalid command line`;

/**
 * The subcommand `invite`.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type InviteCommand = commander.Command<
  [],
  FolderOptions & { uses?: string; expires?: string; room?: string; name?: string; at?: string; qr?: true }
>;

/**
 * The subcommands `invites` and `revoke`.
 *
 * @ignore the types are from the package `commander`, and the doc lint would demand their documentation here
 */
export type InvitesCommand = commander.Command<[], FolderOptions & { json?: true }>;

/**
 * The subcommand `revoke`.
 *
 * @ignore the type is from the package `commander`, and the doc lint would demand its documentation here
 */
export type RevokeCommand = commander.Command<[string], FolderOptions>;

/**
 * Makes the subcommand `invite`.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before that
 * @returns `invite`, to be added to the program
 */
export function inviteCommand(finish: (status: number) => void): InviteCommand {
  return withFolder("invite")
    .summary("make a link with which somebody gets into your hub")
    .description("Make an invite: a link with which somebody gets into your hub." + INVITE_EXAMPLES)
    .option("--uses <count>", "how often it can be used (default: 1)")
    .option("--expires <time>", "how long it can be used, such as 30m, 24h or 7d (default: 24h)")
    .option("-r, --room <room>", "a room that its users join beside main")
    .option("-n, --name <name>", "the name that its user gets")
    .option(
      "--at <address>",
      "the address for the link, under which others reach the hub: HOST or HOST:PORT; it is remembered",
    )
    .option("--qr", "draw the link as a QR code, too")
    .addHelpText("after", INVITE_HELP)
    .action(async ({ uses, expires, room, name, at, qr = false, ...where }) => {
      const folder = await folderOf(where);
      if (folder === undefined) return finish(USAGE);
      const count = uses === undefined ? 1 : /^\d{1,9}$/.test(uses) ? Number(uses) : 0;
      if (count === 0) {
        reportUsageError(`cannot take --uses ${uses}: it must be a number of at least 1`);
        return finish(USAGE);
      }
      const expiresMs = expires === undefined ? undefined : readSpan(expires);
      if (expires !== undefined && expiresMs === undefined) {
        reportUsageError(`cannot take --expires ${expires}: it must be a time such as 30m, 24h or 7d`);
        return finish(USAGE);
      }
      const { makeInvite } = await loadInviteCommands();
      const wanted = {
        uses: count,
        ...expiresMs === undefined ? {} : { expiresMs },
        ...room === undefined ? {} : { room: room.replace(/^#/, "") },
        ...name === undefined ? {} : { name },
        ...at === undefined ? {} : { at },
      };
      finish(await makeInvite(folder, wanted, { qr }));
    }) as unknown as InviteCommand;
}

/**
 * Makes the subcommand `invites`.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before that
 * @returns `invites`, to be added to the program
 */
export function invitesCommand(finish: (status: number) => void): InvitesCommand {
  return withFolder("invites")
    .summary("list the invites of your hub")
    .description("List the invites of your hub, with who has used them." + INVITES_EXAMPLES)
    .option("--json", "print each invite as one line of JSON")
    .addHelpText("after", INVITES_HELP)
    .action(async ({ json = false, ...where }) => {
      const folder = await folderOf(where);
      if (folder === undefined) return finish(USAGE);
      const { listInvites } = await loadInviteCommands();
      finish(await listInvites(folder, { json }));
    }) as unknown as InvitesCommand;
}

/**
 * Makes the subcommand `revoke`.
 *
 * @param finish called once, at the end, with the exit status; errors are printed before that
 * @returns `revoke`, to be added to the program
 */
export function revokeCommand(finish: (status: number) => void): RevokeCommand {
  return withFolder("revoke")
    .summary("end an invite")
    .description("End an invite of your hub. riftchat invites lists their ids." + REVOKE_EXAMPLES)
    .argument("<id>", "the id of the invite")
    .addHelpText("after", REVOKE_HELP)
    .action(async (id, where) => {
      const folder = await folderOf(where);
      if (folder === undefined) return finish(USAGE);
      const { revokeInvite } = await loadInviteCommands();
      finish(await revokeInvite(folder, id));
    }) as unknown as RevokeCommand;
}

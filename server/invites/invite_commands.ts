/**
 * `riftchat invite`, `invites` and `revoke`. A running hub is asked; otherwise the data folder is used, and locked
 * meanwhile.
 *
 * Rules: stdout has the link, the list or nothing, so that it can be piped; stderr says what was done. A link is shown
 * once, by the command that makes it.
 *
 * @module
 */
import { errorText, reasonOf, systemClock, writeText } from "../../runtime/mod.ts";
import {
  askOperator,
  type InviteInfo,
  type OperatorAnswer,
  type OperatorRequest,
  type WantedInvite,
} from "../control/mod.ts";
import { type FolderUse, note, otherVersion, reportingErrors, withOfflineFolder } from "../offline/mod.ts";
import { loadHubIdentity } from "../registry/mod.ts";
import { inviteRecorder } from "./invite_audit.ts";
import { InviteManager } from "./invite_manager.ts";
import { InvitesError } from "./invite_schema.ts";
import { INVITES_FILE, loadInviteParts } from "./open_invites.ts";

const FOLDER_USE: FolderUse = {
  what: "the invites",
  files: [INVITES_FILE],
  missing: "no hub of this version has run there",
};

/**
 * Makes an invite, and prints its link.
 *
 * @param folder the data folder
 * @param wanted what the invite is for
 * @param options whether to draw the link as a QR code, too
 * @returns the exit status; errors were printed on stderr
 */
export async function makeInvite(
  folder: string,
  wanted: WantedInvite,
  { qr }: { qr: boolean },
): Promise<number> {
  return await reporting(async () => {
    const answer = await ask(folder, { do: "make invite", ...wanted });
    if (!("link" in answer)) throw otherVersion();
    const { link, invite } = answer;
    await writeText(Deno.stdout, `${link}\n`);
    if (qr) {
      const { qrCode } = await import("./qr_code.ts");
      await writeText(Deno.stdout, qrCode(link, Deno.stdout.isTerminal()));
    }
    await writeText(Deno.stderr, errorText(madeText(invite)));
    if (link.startsWith("rift://")) {
      await writeText(
        Deno.stderr,
        errorText(
          "connections with this link are not encrypted: others on the way can read along; to encrypt them, start " +
            "the hub with --tls or --tls-port",
        ),
      );
    }
  });
}

/**
 * Prints the invites of a hub.
 *
 * @param folder the data folder
 * @param options whether to print JSON
 * @returns the exit status; errors were printed on stderr
 */
export async function listInvites(folder: string, { json }: { json: boolean }): Promise<number> {
  return await reporting(async () => {
    const invites = await askForInvites(folder, { do: "list invites" });
    const now = systemClock.wall();
    const lines = invites.map((invite) => (json ? recordOf(invite, now) : lineOf(invite, now)) + "\n");
    await writeText(Deno.stdout, lines.length === 0 && !json ? "there are no invites\n" : lines.join(""));
  });
}

/**
 * Revokes an invite.
 *
 * @param folder the data folder
 * @param id the id of the invite
 * @returns the exit status; errors were printed on stderr
 */
export async function revokeInvite(folder: string, id: string): Promise<number> {
  return await reporting(async () => {
    const [invite] = await askForInvites(folder, { do: "revoke invite", id });
    const names = invite!.usedBy.map(({ name }) => name);
    const users = names.length === 0
      ? "nobody has used it"
      : `it does not let in again those who have used it (${
        names.join(", ")
      }); who is here stays, until you kick them`;
    await writeText(Deno.stderr, errorText(`revoked the invite ${id}: ${users}`));
  });
}

const reporting = (run: () => Promise<void>) => reportingErrors(run, [InvitesError]);

async function askForInvites(folder: string, request: OperatorRequest): Promise<InviteInfo[]> {
  const answer = await ask(folder, request);
  if (!("invites" in answer)) throw otherVersion();
  return answer.invites;
}

/** Asks the hub that uses the folder; if none does, opens the folder. */
async function ask(folder: string, request: OperatorRequest): Promise<OperatorAnswer> {
  const answer = await askOperator(folder, request);
  if (answer !== undefined) return answer;
  return await withOfflineFolder(folder, FOLDER_USE, async ({ registry, moderation, now }) => {
    const identity = await loadHubIdentity(folder);
    const parts = await loadInviteParts({ folder, now, report: note });
    try {
      const manager = new InviteManager({
        ...parts,
        registry,
        identity,
        clock: systemClock,
        only: false,
        record: inviteRecorder(moderation, systemClock.wall),
        failed: (error) => note(`cannot store the invite: ${reasonOf(error)}`),
      });
      return manager.handle(request) ?? { invites: [] };
    } finally {
      parts.invites.close();
    }
  });
}

function madeText({ id, expires, uses, room, name }: InviteInfo): string {
  const parts = [
    `the invite ${id} can be used ${uses === 1 ? "once" : `${uses} times`}`,
    `until ${formatTime(expires)}`,
    ...room === undefined ? [] : [`leads into #${room}`],
    ...name === undefined ? [] : [`gives its user the name ${name}`],
  ];
  return `${parts.join(", ")}; to end it: riftchat revoke ${id}`;
}

function stateOf({ expires, usesLeft, revoked }: InviteInfo, now: number): string {
  if (revoked !== undefined) return "revoked";
  if (usesLeft === 0) return "used up";
  return expires <= now ? "expired" : "open";
}

/** Formats an invite for people: one line. */
function lineOf(invite: InviteInfo, now: number): string {
  const { id, by, expires, uses, usesLeft, room, name, usedBy } = invite;
  const used = usedBy.map(({ name, at }) => `${name} ${formatTime(at)}`).join(", ");
  return [
    id,
    stateOf(invite, now),
    `${uses - usesLeft} of ${uses} used`,
    `until ${formatTime(expires)}`,
    `by ${by === "" ? "the operator" : by}`,
    ...room === undefined ? [] : [`into #${room}`],
    ...name === undefined ? [] : [`for ${name}`],
    ...used === "" ? [] : [`used by ${used}`],
  ].join("  ");
}

/** Formats an invite as one line of JSON. */
function recordOf(invite: InviteInfo, now: number): string {
  const { id, made, by, expires, uses, usesLeft, room, name, revoked, usedBy } = invite;
  return JSON.stringify({
    id,
    state: stateOf(invite, now).replace(" ", "_"),
    made,
    ...by === "" ? {} : { by },
    expires,
    uses,
    uses_left: usesLeft,
    ...room === undefined ? {} : { room },
    ...name === undefined ? {} : { username: name },
    ...revoked === undefined ? {} : { revoked },
    used_by: usedBy.map(({ name, at }) => ({ username: name, at })),
  });
}

function formatTime(time: number): string {
  return new Date(time).toISOString().replace(/^(.{10})T(.{5}).*$/, "$1 $2 UTC");
}

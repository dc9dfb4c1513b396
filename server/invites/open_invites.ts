/**
 * Opens the invites in a data folder, and sets a damaged database aside.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { INVITE_TOKEN_BYTES, loadSyncSigning } from "../../identity/mod.ts";
import { type GuessGate, loadPasswordGate } from "../admission/mod.ts";
import { openReplaceable } from "../sqlite/mod.ts";
import { SCHEMA } from "./invite_schema.ts";
import type { NewToken } from "./invite_desk.ts";
import { Invites } from "./invites.ts";

/** The invites of a hub, and what it needs to make and check them. */
export interface InviteParts {
  /** The invites. */
  invites: Invites;
  /** Limits how fast invites are guessed. */
  gate: GuessGate;
  /** Makes a token that nobody can guess. */
  newToken: () => NewToken;
  /** Computes the SHA-256 of a public key, in hexadecimal digits. */
  hash: (key: Uint8Array) => string;
}

/**
 * Opens the invites in a data folder, and loads what makes and checks them.
 *
 * @param options see {@linkcode OpenInvitesOptions}
 * @returns the parts
 * @throws as {@linkcode openInvites}
 */
export async function loadInviteParts(options: OpenInvitesOptions): Promise<InviteParts> {
  const [{ inviteKeySync }, { GuessGate }] = await Promise.all([loadSyncSigning(), loadPasswordGate()]);
  const hash = (key: Uint8Array) => createHash("sha256").update(key).digest("hex");
  return {
    invites: openInvites(options),
    gate: new GuessGate(),
    newToken: () => {
      const token = crypto.getRandomValues(new Uint8Array(INVITE_TOKEN_BYTES));
      return { token, keyHash: hash(inviteKeySync(token)) };
    },
    hash,
  };
}

/** The name of the database file. */
export const INVITES_FILE = "invites.db";

/** Options of {@linkcode openInvites}. */
export interface OpenInvitesOptions {
  /** The path of the data folder, which exists and only this process uses; `undefined` to keep all in memory. */
  folder: string | undefined;
  /** The time of day, in milliseconds since 1970. */
  now: number;
  /**
   * Reports something that the operator should know.
   *
   * @param text a sentence
   */
  report: (text: string) => void;
}

/**
 * Opens the invites in a data folder. A damaged database is renamed, and a new one started: then there is no invite.
 *
 * @param options see {@linkcode OpenInvitesOptions}
 * @returns the invites
 * @throws {InvitesError} if the file has a newer version, belongs to another program or another user, or cannot be
 * opened for another reason than damage
 */
export function openInvites({ folder, now, report }: OpenInvitesOptions): Invites {
  const random = (count: number) => crypto.getRandomValues(new Uint8Array(count));
  return openReplaceable(
    {
      folder,
      file: INVITES_FILE,
      schema: SCHEMA,
      content: "the invites",
      loss: "make new ones where needed",
      now,
      report,
    },
    (db) => new Invites(db, random),
  );
}

/**
 * What clients may do with invites: come in with one, and make one.
 *
 * Rules:
 * - A client shows an invite by a signature that is of use on its connection alone. Wrong ones are limited as wrong
 *   passwords are.
 * - Why an invite cannot be used is told to those alone who have its token.
 * - Everything that a client can cause is a `ProtocolError`.
 *
 * The file is long because it holds what clients may do and why not, and half of it is documentation.
 *
 * PURE: the clock, the gate, randomness and the check of signatures are handed in.
 *
 * @module
 */
import {
  checkName,
  type Hello,
  MAX_INVITE_MS,
  MAX_INVITE_USES,
  MAX_NAME_CHARS,
  ProtocolError,
} from "../../protocol/mod.ts";
import {
  decodeSignature,
  formatInviteSecret,
  fromBase64,
  INVITE_NAMESPACE,
  inviteStatement,
  KeyError,
  readPublicKeyBlob,
} from "../../identity/mod.ts";
import type { Clock } from "../../runtime/mod.ts";
import type { GuessGate } from "../admission/mod.ts";
import { cutOffRefusal, type HubIdentity, type Registry, storeChange } from "../registry/mod.ts";
import { DEFAULT_INVITE_MS, MAX_INVITES } from "../limits.ts";
import { type InviteAddress, pageAddress } from "./invite_address.ts";
import type { Invite, Invitee, InviteProblem, Invites } from "./invites.ts";

/** A token and the hash of its public key. */
export interface NewToken {
  /** The token. */
  token: Uint8Array<ArrayBuffer>;
  /** The SHA-256 of the public key, in hexadecimal digits. */
  keyHash: string;
}

/** What is recorded about invites. */
export interface InviteRecord {
  /** What happened. */
  action: "invite" | "use invite" | "revoke invite";
  /** Who did it; `undefined` for the operator on the machine of the hub. */
  by: { name: string; identity: string | undefined } | undefined;
  /** The invite. */
  invite: Invite;
}

/** Dependencies of {@linkcode InviteDesk}. */
export interface InviteDeskDependencies {
  /** The invites. */
  invites: Invites;
  /** Who owns what. */
  registry: Registry;
  /** The key of the hub, and the check of signatures. */
  identity: HubIdentity;
  /** Limits how fast invites are guessed. */
  gate: GuessGate;
  /** The time of day and the elapsed time. */
  clock: Clock;
  /** Makes a token that nobody can guess. */
  newToken: () => NewToken;
  /** Computes the SHA-256 of a public key, in hexadecimal digits. */
  hash: (key: Uint8Array) => string;
  /** Whether nobody gets in but owners of names and those with an invite. */
  only: boolean;
  /** Finds the address for links; `undefined` if none is known. */
  address: () => InviteAddress | undefined;
  /** Receives what happens, for the audit. */
  record?: ((record: InviteRecord) => void) | undefined;
  /** Called when a change could not be stored. */
  failed: (error: unknown) => void;
}

/** What somebody wants an invite for. */
export interface InviteRequest {
  /** Who asks; `undefined` for the operator on the machine of the hub. */
  by: InviteRecord["by"];
  /** The room, without `#`. */
  room?: string | undefined;
  /** The number of the owner of the room, if the owner asks. */
  roomOwner?: number | undefined;
  /** How often it can be used; the default is once. */
  uses?: number | undefined;
  /** How long it can be used, in milliseconds; the default is a day. */
  expiresMs?: number | undefined;
  /** The name that its user gets. */
  name?: string | undefined;
  /** The origin of the page from which it is made. */
  page?: string | undefined;
}

/** An invite with the link, which is shown once. */
export interface MadeInvite {
  /** The link. */
  link: string;
  /** The invite. */
  invite: Invite;
}

/** Decides over invites. */
export class InviteDesk {
  readonly #dependencies: InviteDeskDependencies;

  /**
   * Uses the invites of a hub.
   *
   * @param dependencies see {@linkcode InviteDeskDependencies}
   */
  constructor(dependencies: InviteDeskDependencies) {
    this.#dependencies = dependencies;
  }

  /** Whether nobody gets in but owners of names and those with an invite. */
  get only(): boolean {
    return this.#dependencies.only;
  }

  /**
   * Tells whether somebody has come in by an invite that is not revoked.
   *
   * @param invitee who
   * @returns whether an invite lets them in
   */
  isInvited(invitee: Invitee): boolean {
    return this.#dependencies.invites.isInvited(invitee);
  }

  /**
   * Finds the invite that a client shows.
   *
   * @param hello the hello
   * @param connection the nonce that the connection was given, and the address of the client
   * @returns the invite; `undefined` if the client shows none
   * @throws {ProtocolError} `bad_invite` if it is no invite of this hub, `too_fast` if it is not checked now
   */
  shownIn(
    { invite: signature, username = "" }: Hello,
    { nonce, address }: { nonce: string; address: string },
  ): Invite | undefined {
    if (signature === undefined) return undefined;
    const { clock, gate, identity } = this.#dependencies;
    let invite: Invite | undefined;
    const statement = inviteStatement(identity.key, nonce, username);
    const result = gate.check(address, () => {
      invite = this.#find(signature, statement);
      return invite !== undefined;
    }, clock.elapsed());
    if (result.admitted) return invite;
    const { compared, retryAfterMs } = result;
    const again = retryAfterMs === 0 ? "" : `; try again in ${Math.ceil(retryAfterMs / 1000)} s`;
    throw compared
      ? new ProtocolError(
        "bad_invite",
        `Cannot use your invite: this hub does not know it; check that the link is complete${again}`,
        { retryAfterMs },
      )
      : new ProtocolError(
        "too_fast",
        `Cannot check your invite now, as too many wrong ones came in${again}`,
        { retryAfterMs },
      );
  }

  #find(signature: string, statement: string): Invite | undefined {
    const { hash, identity, invites } = this.#dependencies;
    const bytes = fromBase64(signature);
    if (bytes === undefined) return undefined;
    try {
      // A signature is checked only if its key is known: that takes time.
      const invite = invites.withHash(hash(decodeSignature(bytes).key));
      if (invite !== undefined) identity.verify(signature, statement, INVITE_NAMESPACE);
      return invite;
    } catch (error) {
      if (error instanceof KeyError) return undefined;
      throw error;
    }
  }

  /**
   * Uses an invite, unless it was used by the same person before.
   *
   * @param invite the invite
   * @param user who, and under which name
   * @returns whether the user is still to get what the invite is for; `false` if they have come in by it before
   * @throws {ProtocolError} `bad_invite` if it cannot be used; the text says why; `unavailable` if it cannot be stored
   */
  use(invite: Invite, user: Invitee & { name: string }): boolean {
    const isNew = this.check(invite, user);
    const { clock, invites } = this.#dependencies;
    if (invites.hasUsed(invite, user)) return isNew;
    this.#store(() => invites.use(invite, user, clock.wall()));
    this.#record({ action: "use invite", by: user, invite });
    return true;
  }

  /** Whether the hub is in a cluster, so that invites are used by {@linkcode InviteDesk.claim}. */
  get isShared(): boolean {
    return this.#dependencies.invites.isShared;
  }

  /**
   * Uses an invite in a cluster, unless it was used by the same person before. It counts once no other hub can have
   * used it up.
   *
   * @param invite the invite
   * @param user who, and under which name
   * @returns as {@linkcode InviteDesk.use} returns
   * @throws {ProtocolError} as for {@linkcode InviteDesk.use}; `unavailable` while the other hubs cannot be reached
   */
  async claim(invite: Invite, user: Invitee & { name: string }): Promise<boolean> {
    const { clock, invites } = this.#dependencies;
    for (;;) {
      // What is stored of it may be another object after each wait.
      const current = invites.find(invite.id);
      if (current === undefined) throw unusable(`it was removed; ${ASK}`);
      if (invites.hasUsed(current, user)) return this.check(current, user);
      this.#checkRoom(current, user);
      const claim = this.#store(() => invites.claim(current, user, clock.wall()));
      if (typeof claim === "string") throw refusal(current, claim);
      const outcome = await claim;
      if (outcome === "unknown") throw cutOffRefusal();
      if (outcome === "lost") continue;
      this.#record({ action: "use invite", by: user, invite });
      return true;
    }
  }

  /**
   * Checks that somebody can use an invite, or has used it.
   *
   * @param invite the invite
   * @param invitee who
   * @returns as {@linkcode InviteDesk.use} returns
   * @throws {ProtocolError} `bad_invite` if it cannot be used; the text says why
   */
  check(invite: Invite, invitee: Invitee): boolean {
    const { clock, invites } = this.#dependencies;
    if (invites.hasUsed(invite, invitee)) return invites.isWaiting(invite, invitee);
    const problem = invites.problemOf(invite, clock.wall());
    if (problem !== undefined) throw refusal(invite, problem);
    this.#checkRoom(invite, invitee);
    return true;
  }

  /**
   * Records that somebody has got what an invite is for.
   *
   * @param invite the invite
   * @param invitee who
   */
  arrived(invite: Invite, invitee: Invitee): void {
    try {
      this.#dependencies.invites.arrived(invite, invitee);
    } catch (error) {
      this.#dependencies.failed(error);
    }
  }

  #checkRoom({ room: name, roomOwner }: Invite, { identity }: Invitee): void {
    const room = name === undefined ? undefined : this.#dependencies.registry.rooms.find(name);
    if (roomOwner !== undefined && room?.owner.id !== roomOwner) {
      throw unusable(`#${name} has another owner than the one who made it; ${ASK}`);
    }
    if (!room?.isPrivate) return;
    if (roomOwner === undefined) throw unusable(`#${room.name} is private now; ask its owner to invite you`);
    if (identity === undefined) {
      throw unusable(
        `#${room.name} is private, and its members are known by their keys: join with a key, not as a guest`,
      );
    }
  }

  /**
   * Makes an invite.
   *
   * @param request what it is for; that its maker may make it was checked
   * @returns the invite and its link, which cannot be made again
   * @throws {ProtocolError} `bad_message`, `bad_name`, `name_owned` if it is invalid, `not_allowed` if there are too
   * many, `unavailable` if no address for the link is known, or if it cannot be stored
   */
  make(request: InviteRequest): MadeInvite {
    const { by, room, roomOwner, uses = 1, expiresMs = DEFAULT_INVITE_MS, name, page } = request;
    const { address: findAddress, clock, identity, invites, newToken, registry } = this.#dependencies;
    checkRange("uses", uses, { least: 1, most: MAX_INVITE_USES, unit: "" });
    checkRange("expires_ms", expiresMs, { least: 1000, most: MAX_INVITE_MS, unit: " ms" });
    if (room !== undefined) {
      checkName(room);
      if (roomOwner === undefined && registry.rooms.find(room)?.isPrivate) {
        throw new ProtocolError(
          "not_allowed",
          `Cannot make an invite for #${room}: it is private; its owner makes one with :invite link`,
        );
      }
    }
    if (name !== undefined) {
      checkName(name);
      if (uses > 1) throw invalid("an invite for a name can be used once: leave out the name, or the uses");
      const owner = registry.names.blockedBy(name, undefined);
      if (owner !== undefined) {
        throw new ProtocolError(
          "name_owned",
          `Cannot make an invite for the name ${name}: ${owner.name} belongs to somebody already`,
        );
      }
    }
    const address = findAddress() ?? pageAddress(page);
    if (address === undefined) throw new ProtocolError("unavailable", NO_ADDRESS);
    const { token, keyHash } = newToken();
    const now = clock.wall();
    const content = { by: by?.name ?? "", expires: now + expiresMs, uses, room, roomOwner, name };
    const invite = this.#store(() => invites.make(keyHash, content, now));
    if (invite === undefined) {
      throw new ProtocolError(
        "not_allowed",
        `Cannot make an invite: there are ${MAX_INVITES} already; those that have ended are removed after 30 days`,
      );
    }
    this.#record({ action: "invite", by, invite });
    const hub = readPublicKeyBlob(fromBase64(identity.key)!);
    return { link: `${address.scheme}://${address.where}/#${formatInviteSecret({ hub, token })}`, invite };
  }

  /**
   * Revokes an invite: nobody can use it, and those who have are not let in by it again.
   *
   * @param id its id
   * @param by who does it; `undefined` for the operator on the machine of the hub
   * @param limits with `roomOwner` only an invite that the owner with this number has made for a room
   * @returns the invite
   * @throws {ProtocolError} `bad_invite` if there is none with that id, `unavailable` if it cannot be stored
   */
  revoke(id: string, by: InviteRecord["by"], { roomOwner }: { roomOwner?: number } = {}): Invite {
    const { clock, invites } = this.#dependencies;
    const invite = id.length > MAX_NAME_CHARS ? undefined : invites.find(id);
    if (invite === undefined || roomOwner !== undefined && invite.roomOwner !== roomOwner) {
      throw new ProtocolError("bad_invite", "Cannot revoke that invite: there is none with this id");
    }
    if (invite.revoked === undefined) {
      this.#store(() => invites.revoke(invite, clock.wall()));
      this.#record({ action: "revoke invite", by, invite });
    }
    return invite;
  }

  /**
   * Lists the invites that can be used, the newest first.
   *
   * @param limits with `roomOwner` only those that the owner with this number has made for rooms
   */
  list({ roomOwner }: { roomOwner?: number } = {}): Invite[] {
    const { clock, invites } = this.#dependencies;
    const now = clock.wall();
    return invites.all
      .filter((one) => invites.problemOf(one, now) === undefined)
      .filter((one) => roomOwner === undefined || one.roomOwner === roomOwner)
      .toReversed();
  }

  #record(record: InviteRecord): void {
    try {
      this.#dependencies.record?.(record);
    } catch (error) {
      this.#dependencies.failed(error);
    }
  }

  #store<T>(change: () => T): T {
    return storeChange(change, (error) => this.#dependencies.failed(error));
  }
}

/** What makers of invites read if no address for links is known. */
export const NO_ADDRESS: string =
  "Cannot make an invite: it is not known under which address others reach this hub: the operator says it with " +
  "riftchat invite --at HOST:PORT on the hub's machine, or with riftchat serve --at HOST:PORT";

const ASK = "ask for another one";

function refusal({ expires }: Invite, problem: InviteProblem): ProtocolError {
  const why = {
    expired: `it expired at ${formatTime(expires)}`,
    used_up: "it is used up",
    revoked: "it was revoked",
  }[problem];
  return unusable(`${why}; ${ASK}`);
}

function unusable(why: string): ProtocolError {
  return new ProtocolError("bad_invite", `Cannot use your invite: ${why}`);
}

function checkRange(
  field: string,
  value: number,
  { least, most, unit }: { least: number; most: number; unit: string },
): void {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return;
  throw invalid(`${field} must be a whole number from ${least} to ${most}${unit}: it is ${value}`);
}

function invalid(why: string): ProtocolError {
  return new ProtocolError("bad_message", `Cannot make an invite: ${why}`);
}

function formatTime(time: number): string {
  return new Date(time).toISOString().replace(/^(.{10})T(.{5}).*$/, "$1 $2 UTC");
}

/**
 * Who may moderate what, who is kept out, and who may not speak.
 *
 * Rules:
 * - Bans and mutes that the owner of a room and its moderators have made do not hold for themselves: else a ban of an
 *   address could hit who made it.
 * - Slow mode does not hold for those who moderate.
 *
 * PURE: it decides with what the moderation and the registry know.
 *
 * The file is long because half of it is documentation.
 *
 * @module
 */
import { type ChatLine, nameKey, ProtocolError } from "../../protocol/mod.ts";
import {
  type Actor,
  type Moderation,
  retryAfterMs,
  type Sanction,
  sanctionText,
  shortTime,
  type Standing,
  type Subject,
} from "../moderation/mod.ts";
import type { NameOwnership, Owner } from "../registry/mod.ts";
import { type Session, SlowTimes } from "../sessions/mod.ts";
import type { Clock } from "../../runtime/mod.ts";

/** How many rooms a 230 names: so many fit into one message. */
const MAX_TOLD_ROOMS = 300;

/** What a client may moderate, and whom users may ask. */
export interface PowersContent {
  /** Whether it is an operator of the hub. */
  operator: boolean;
  /** The rooms that it may moderate as their owner or a moderator. */
  rooms: string[];
  /** Whom users may ask; absent for nobody. */
  contact?: string;
}

/** How something that somebody says counts. */
export interface SpeechOptions {
  /** Whether the time until the next message starts, where there is slow mode; default `true`. */
  counts?: boolean;
}

/** Somebody who comes to the hub. */
export type Newcomer = Pick<Subject, "name" | "identity" | "address"> & {
  /** Whether they have an invite, or have come in by one before. */
  isInvited?: boolean | undefined;
};

/** Dependencies of {@linkcode Powers}. */
export interface PowersDependencies {
  /** Who is banned or muted, and who moderates; without it nobody is, and nobody does. */
  moderation?: Moderation | undefined;
  /** Who owns which name and which room; without it nobody does. */
  ownership?: NameOwnership | undefined;
  /** The time of day and the elapsed time. */
  clock: Clock;
}

/** Decides who may do what. */
export class Powers {
  readonly #moderation: Moderation | undefined;
  readonly #ownership: NameOwnership | undefined;
  readonly #clock: Clock;
  readonly #slowTimes = new SlowTimes();

  /**
   * Uses the moderation and the registry of a hub.
   *
   * @param dependencies see {@linkcode PowersDependencies}
   */
  constructor({ moderation, ownership, clock }: PowersDependencies) {
    this.#moderation = moderation;
    this.#ownership = ownership;
    this.#clock = clock;
  }

  /** Grows when something changes that may keep anybody from speaking. */
  get version(): number {
    return this.#moderation?.version ?? 0;
  }

  /**
   * Tells whether a session is that of an operator of the hub.
   *
   * @param session the session
   * @returns whether it is
   */
  isOperator({ identity }: Pick<Subject, "identity">): boolean {
    return this.#moderation?.isOperator(identity) ?? false;
  }

  /**
   * Describes a session for the audit.
   *
   * @param session the session of somebody who moderates
   * @returns who it is
   */
  actorOf(session: Session): Actor {
    const { name, identity } = session;
    return { name, identity, operator: this.isOperator(session) };
  }

  /**
   * Finds out what a session is with regard to a room.
   *
   * @param session the session
   * @param room the name of the room; `undefined` for the whole hub
   * @returns its standing
   */
  standing(session: Pick<Subject, "owner" | "identity">, room: string | undefined): Standing {
    const { owner } = session;
    return {
      operator: this.isOperator(session),
      owner: owner !== undefined && room !== undefined && this.#ownership?.rooms.find(room)?.owner === owner,
      moderator: room !== undefined && (this.#moderation?.isModerator(room, owner) ?? false),
    };
  }

  /**
   * Tells whether a session may moderate a room or the whole hub.
   *
   * @param session the session
   * @param room the name of the room; `undefined` for the whole hub
   * @returns whether it may
   */
  moderates(session: Pick<Subject, "owner" | "identity">, room?: string): boolean {
    if (this.#moderation === undefined) return false;
    const { operator, owner, moderator } = this.standing(session, room);
    return operator || owner || moderator;
  }

  /**
   * Collects what a client may moderate.
   *
   * @param session the session of the client
   * @returns what a 230 tells
   */
  of(session: Session): PowersContent {
    const { owner } = session;
    const rooms = new Map<string, string>();
    if (owner !== undefined && this.#moderation !== undefined) {
      for (const { name } of this.#ownership?.rooms.ownedBy(owner) ?? []) rooms.set(nameKey(name), name);
      for (const name of this.#moderation.moderatedBy(owner)) {
        const hidden = this.#ownership?.rooms.isHidden(name, session) ?? false;
        if (!hidden && !rooms.has(nameKey(name))) rooms.set(nameKey(name), name);
      }
    }
    const contact = this.#moderation?.contact;
    return {
      operator: this.isOperator(session),
      rooms: [...rooms.values()].slice(0, MAX_TOLD_ROOMS),
      ...(contact === undefined ? {} : { contact }),
    };
  }

  /**
   * Describes a session for the moderation.
   *
   * @param session the session
   * @param room the name of a room whose bans and mutes count, too; `undefined` for none
   * @returns whom a ban or a mute may hit
   */
  subjectOf(session: Session, room?: string): Subject {
    const { name, owner, identity, transport: { address } } = session;
    return { name, owner, identity, address, room, moderates: this.moderates(session, room) };
  }

  /**
   * Finds the ban that keeps a session out of the hub.
   *
   * @param session the session
   * @returns the ban, if there is one
   */
  banOf(session: Session): Sanction | undefined {
    return this.#moderation?.banOf(this.subjectOf(session), this.#clock.wall());
  }

  /**
   * Tells whether the owner of a name is banned from the hub.
   *
   * @param owner the owner
   * @returns whether a ban holds for the person
   */
  isBanned(owner: Owner): boolean {
    return this.#moderation?.banOf({ owner }, this.#clock.wall()) !== undefined;
  }

  /**
   * Finds the ban that keeps a session out of a room.
   *
   * @param session the session
   * @param room the name of the room
   * @returns the ban, if there is one
   */
  roomBanOf(session: Session, room: string): Sanction | undefined {
    return this.#moderation?.banOf(this.subjectOf(session, room), this.#clock.wall());
  }

  /**
   * Finds the mute that silences a session.
   *
   * @param session the session
   * @param room the name of a room whose mutes count beside those of the hub; `undefined` for none
   * @returns the mute, if there is one
   */
  muteOf(session: Session, room: string | undefined): Sanction | undefined {
    return this.#moderation?.muteOf(this.subjectOf(session, room), this.#clock.wall());
  }

  /**
   * Finds out why somebody may not come to the hub: a ban, also of the name alone, or a lockdown.
   *
   * @param newcomer whom
   * @param isNew whether a lockdown counts, as the hub has not let the client in before
   * @returns the refusal, if there is one
   */
  refusalOf(newcomer: Newcomer, isNew = true): ProtocolError | undefined {
    const moderation = this.#moderation;
    if (moderation === undefined) return undefined;
    const now = this.#clock.wall();
    const { name, identity, address, isInvited } = newcomer;
    const ban = moderation.banOf({ identity, address }, now);
    if (ban !== undefined) return this.refusal(ban, "let you in");
    const refusalOfName = name === undefined ? undefined : this.refusalOfName(name, newcomer);
    if (refusalOfName !== undefined) return refusalOfName;
    const { lockdown, contact } = moderation;
    if (!isNew || lockdown === "off" || moderation.isOperator(identity)) return undefined;
    if (lockdown === "invited" && isInvited) return undefined;
    if (identity !== undefined && this.#ownership?.ownsName(identity)) return undefined;
    const who = lockdown === "owned" ? "owners of names" : "owners of names and those who have an invite";
    const ask = contact === undefined ? "" : `; ask ${contact}`;
    return new ProtocolError("not_allowed", `Cannot let you in: this hub lets in only ${who} now${ask}`);
  }

  /**
   * Finds out why a client may not have a name: it is banned.
   *
   * @param name any text
   * @param client the key that the client has proved to have
   * @returns the refusal, if there is one
   */
  refusalOfName(name: string, { identity }: Pick<Newcomer, "identity">): ProtocolError | undefined {
    const now = this.#clock.wall();
    const ban = this.#moderation?.banOf({ name, identity }, now);
    if (ban === undefined) return undefined;
    const why = this.textOf(ban).replace(/^you are/, "it is");
    return new ProtocolError("banned", `Cannot use the name ${name}: ${why}`, {
      retryAfterMs: retryAfterMs(ban, now),
    });
  }

  /**
   * Finds out why a session may not join a room: it is banned there.
   *
   * @param session the session
   * @param room the name of the room
   * @returns the refusal, if there is one
   */
  refusalOfRoom(session: Session, room: string): ProtocolError | undefined {
    const ban = this.roomBanOf(session, room);
    return ban && this.refusal(ban, `join #${room}`);
  }

  /**
   * Makes the refusal of something that a ban or a mute forbids.
   *
   * @param sanction the ban or the mute
   * @param what what cannot be done, such as `let you in`
   * @returns the refusal
   */
  refusal(sanction: Sanction, what: string): ProtocolError {
    return new ProtocolError(
      sanction.kind === "mute" ? "muted" : "banned",
      `Cannot ${what}: ${this.textOf(sanction)}`,
      { retryAfterMs: this.retryAfterMs(sanction) },
    );
  }

  /**
   * Describes a ban or a mute to somebody whom it hits.
   *
   * @param sanction the ban or the mute
   * @returns a sentence that starts with `you are`
   */
  textOf(sanction: Sanction): string {
    return sanctionText(sanction, this.#clock.wall(), this.#moderation?.contact);
  }

  /**
   * Computes when it is worth to try again.
   *
   * @param sanction a ban or a mute
   * @returns milliseconds, if it is over soon
   */
  retryAfterMs(sanction: Sanction): number | undefined {
    return retryAfterMs(sanction, this.#clock.wall());
  }

  /**
   * Checks that somebody may say something now. To be called last before it is published. It need not be called while
   * {@linkcode Session.freeToSpeak} is {@linkcode Powers.version}.
   *
   * @param session the session
   * @param room the name of the room, which the session is in; `undefined` for a direct message
   * @param options see {@linkcode SpeechOptions}
   * @throws {ProtocolError} `muted`; `too_fast` because of slow mode
   */
  checkMaySpeak(session: Session, room: string | undefined, { counts = true }: SpeechOptions = {}): void {
    const { version } = this;
    if (session.freeToSpeak === version) return;
    const moderation = this.#moderation;
    if (moderation === undefined || !moderation.restrictsSpeech) {
      session.freeToSpeak = version;
      return;
    }
    const mute = this.muteOf(session, room);
    if (mute !== undefined) throw this.refusal(mute, "say that");
    if (room !== undefined) this.#checkSlowMode(session, room, counts);
    if (this.#isFree(session, moderation)) session.freeToSpeak = version;
  }

  /**
   * Checks that a session may take another name than its own ones. Somebody who is muted could speak by names: each one
   * is announced. A mute of the name alone does not hold for the next name, and so keeps nobody from taking it.
   *
   * @param session the session
   * @throws {ProtocolError} `muted`, also in one of its rooms only
   */
  checkMayRename(session: Session): void {
    const moderation = this.#moderation;
    if (moderation === undefined || !moderation.restrictsSpeech || !session.choseName) return;
    for (const room of [undefined, ...session.memberships.map(({ room }) => room.name)]) {
      const { name: _, ...person } = this.subjectOf(session, room);
      const mute = moderation.muteOf(person, this.#clock.wall());
      if (mute !== undefined) throw this.refusal(mute, "take another name");
    }
  }

  #checkSlowMode(session: Session, room: string, counts: boolean): void {
    const everyMs = this.#moderation?.slowOf(room, this.#clock.wall())?.everyMs;
    if (everyMs === undefined || this.moderates(session, room)) return;
    const key = nameKey(room);
    const now = this.#clock.elapsed();
    const waitMs = this.#slowTimes.waitMs(session, key, everyMs, now);
    if (waitMs > 0) {
      throw new ProtocolError(
        "too_fast",
        `Cannot say that yet: #${room} takes one message of each user in ${shortTime(everyMs)}; ` +
          `try again in ${shortTime(waitMs)}`,
        { retryAfterMs: waitMs },
      );
    }
    if (counts) this.#slowTimes.spoke(session, key, everyMs, now);
  }

  /**
   * Records that somebody says something at another hub of a cluster.
   *
   * @param message the message
   * @param room the name of the room
   * @param isNew whether it was said now; otherwise its time counts, which is that of the clock of the other hub
   */
  spokeElsewhere(
    { username, verified, timestamp }: Omit<ChatLine, "message">,
    room: string,
    isNew: boolean,
  ): void {
    const moderation = this.#moderation;
    if (verified !== true || moderation === undefined || !moderation.restrictsSpeech) return;
    const wall = this.#clock.wall();
    const everyMs = moderation.slowOf(room, wall)?.everyMs;
    const owner = everyMs === undefined ? undefined : this.#ownership?.ownerOf(username);
    if (everyMs === undefined || owner === undefined) return;
    const at = this.#clock.elapsed() - (isNew ? 0 : Math.max(0, wall - timestamp));
    this.#slowTimes.ownerSpoke(owner.id, nameKey(room), everyMs, at);
  }

  /** Tells whether nothing keeps a session from speaking in any of its rooms, nor slows it down. */
  #isFree(session: Session, moderation: Moderation): boolean {
    const now = this.#clock.wall();
    return this.muteOf(session, undefined) === undefined &&
      session.memberships.every(({ room: { name } }) =>
        moderation.slowOf(name, now) === undefined && this.muteOf(session, name) === undefined
      );
  }

  /**
   * Forgets who has spoken when, as slow mode has ended.
   *
   * @param room the name of the room; `undefined` for all
   */
  endSlowMode(room: string | undefined): void {
    this.#slowTimes.forget(room === undefined ? undefined : nameKey(room));
  }
}

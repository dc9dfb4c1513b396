/**
 * Whom a request to moderate is about, and who else it hits.
 *
 * PURE.
 *
 * @module
 */
import { MAX_NAME_CHARS, nameKey } from "../../protocol/mod.ts";
import { isLoopback } from "../admission/mod.ts";
import type {
  Moderation,
  SanctionRequest,
  Standing,
  Subject,
  Target,
  TargetStanding,
} from "../moderation/mod.ts";
import type { NameOwnership, Owner } from "../registry/mod.ts";
import type { MemberRoom, Names, RemotePeople, RemoteSession, Session } from "../sessions/mod.ts";
import type { Powers } from "./powers.ts";

/** Those who are here whom something hits. */
export interface Hits {
  /** The names of those whom it is for. */
  names: Set<string>;
  /** The names of others, who come from the same addresses. */
  others: Set<string>;
}

/** What a request is about. */
export interface Scope {
  /** The name of the room; `undefined` for the whole hub. */
  name: string | undefined;
  /** The room, if it has members. */
  room: MemberRoom | undefined;
  /** The standing of who acts. */
  actor: Standing;
}

/** A hub, as far as it matters here. */
export interface TargetsHub {
  /** Its sessions, by their ids. */
  readonly sessions: ReadonlyMap<string, Session>;
  /** The names in use. */
  readonly names: Names;
  /** Who is at other hubs, in a cluster. */
  readonly people?: Pick<RemotePeople, "all" | "inRoom" | "withKey"> | undefined;
  /** Who may do what. */
  readonly powers: Powers;
  /** Its moderation, and who owns what. */
  readonly dependencies: { moderation?: Moderation | undefined; ownership?: NameOwnership | undefined };
}

/** Finds out whom a request to moderate is about. */
export class Targets {
  readonly #hub: TargetsHub;

  /**
   * Looks at the users of a hub.
   *
   * @param hub the hub
   */
  constructor(hub: TargetsHub) {
    this.#hub = hub;
  }

  get #moderation(): Moderation {
    return this.#hub.dependencies.moderation!;
  }

  /**
   * Finds the keys and addresses that a ban or a mute of a name holds for as well: those of the sessions that have it,
   * at all hubs.
   *
   * @param target for whom it is
   * @param scope see {@linkcode Scope}
   * @param wantsAddress whether it is to hold for the addresses of those who have a key, too
   * @returns the keys and addresses; none if it is not for a name
   */
  reachOf(target: Target, scope: Scope, wantsAddress: boolean): Pick<SanctionRequest, "keys" | "addresses"> {
    if (target.kind !== "name") return {};
    const here = this.#hub.names.find(target.shown).filter((one) => isIn(one, scope))
      .map(({ identity, transport: { address } }) => ({ identity, address }));
    const all = [...here, ...this.elsewhere(target.shown, scope.name)];
    const keys = all.flatMap(({ identity }) => identity ?? []);
    const addresses = all.flatMap(({ address, identity }) => {
      if (address === undefined) return [];
      // Where there is no key, only the address is left. Behind a proxy on this machine all have the same.
      return wantsAddress || identity === undefined && !isLoopback(address) ? [address] : [];
    });
    return { keys, addresses };
  }

  /**
   * Finds those who are at this hub, or at another one of a cluster, whom a ban or a mute hits.
   *
   * @param request the ban or the mute
   * @param scope see {@linkcode Scope}
   * @returns see {@linkcode Hits}
   * @throws {ModerationError} if the target is none
   */
  hitsOf(request: SanctionRequest, scope: Scope): Hits {
    const { powers } = this.#hub;
    const moderation = this.#moderation;
    const isHit = moderation.preview(request);
    const isMeant = moderation.preview({ ...request, addresses: [] });
    const [names, others] = [new Set<string>(), new Set<string>()];
    const look = (subject: Subject, name: string) => {
      if (!request.by.operator && powers.moderates(subject, scope.name)) return;
      if (isHit(subject)) (isMeant(subject) ? names : others).add(name);
    };
    const here = scope.name === undefined ? this.#hub.sessions.values() : scope.room?.members ?? [];
    for (const session of here) {
      if (session.admitted && session.announced) look(powers.subjectOf(session), session.name);
    }
    const { people } = this.#hub;
    for (const one of (scope.name === undefined ? people?.all() : people?.inRoom(scope.name)) ?? []) {
      look(this.#subjectOf(one), one.name);
    }
    return { names, others };
  }

  /**
   * Finds the sessions at other hubs with a name.
   *
   * @param name any text
   * @param room only those in this room, if it is given
   * @returns the sessions
   */
  elsewhere(name: string, room: string | undefined): RemoteSession[] {
    // Computing the key of a text longer than any name takes time.
    if (name.length > 2 * MAX_NAME_CHARS) return [];
    const { people } = this.#hub;
    const found = [...people?.withKey(nameKey(name)) ?? []];
    return room === undefined ? found : found.filter((one) => people!.inRoom(room).has(one));
  }

  /** Describes a session at another hub for the moderation. */
  #subjectOf({ name, verified, identity, address }: RemoteSession): Subject {
    return { name, owner: verified ? this.ownerOf(name) : undefined, identity, address };
  }

  /**
   * Finds out what somebody is who has a name.
   *
   * @param session who asks
   * @param name the name
   * @param scope see {@linkcode Scope}
   * @returns the standing of whoever owns the name or is here under it
   */
  standingOf(session: Session, name: string, { name: room }: Scope): TargetStanding {
    const { powers, dependencies: { moderation } } = this.#hub;
    const sessions = this.#hub.names.find(name);
    const owner = this.ownerOf(name);
    const standings = sessions.map((one) => powers.standing(one, room));
    return {
      operator: sessions.some((one) => moderation?.isOperatorPerson(powers.subjectOf(one))) ||
        this.elsewhere(name, undefined).some((one) => moderation?.isOperatorPerson(this.#subjectOf(one))) ||
        owner !== undefined && (moderation?.isOperatorPerson({ owner }) ?? false),
      owner: standings.some((one) => one.owner) ||
        owner !== undefined && room !== undefined &&
          this.#hub.dependencies.ownership?.rooms.find(room)?.owner === owner,
      moderator: room !== undefined && (moderation?.isModerator(room, owner) ?? false),
      self: nameKey(name) === session.key ||
        owner !== undefined && (owner === session.owner || keysOf(owner).includes(session.identity ?? "")),
    };
  }

  /**
   * Finds out what somebody is against whom a ban or a mute is.
   *
   * @param session who asks
   * @param target for whom it is
   * @param scope see {@linkcode Scope}
   * @returns the standing; `undefined` if the target is a network
   */
  standingOfTarget(session: Session, target: Target, scope: Scope): TargetStanding | undefined {
    const moderation = this.#moderation;
    if (target.kind === "network") return undefined;
    if (target.kind === "name") return this.standingOf(session, target.shown, scope);
    const isMeant = (key: string | undefined) =>
      key !== undefined && moderation.fingerprint(key) === target.fingerprint;
    const own = [session.identity, ...session.owner === undefined ? [] : keysOf(session.owner)];
    const { powers, people, sessions } = this.#hub;
    const remote = [...people?.all() ?? []].filter(({ identity }) => isMeant(identity));
    const members = [
      ...[...sessions.values()].filter(({ identity }) => isMeant(identity)),
      ...remote.map((one) => this.#subjectOf(one)),
    ].map((one) => powers.standing(one, scope.name));
    return {
      self: own.some(isMeant),
      operator: moderation.operators.some(({ keys }) => keys.some(isMeant)),
      owner: members.some(({ owner }) => owner),
      moderator: members.some(({ moderator }) => moderator),
    };
  }

  /**
   * Finds the owner of a name.
   *
   * @param name any text
   * @returns the owner, if there is one
   */
  ownerOf(name: string): Owner | undefined {
    // Computing the key of a text longer than any name takes time.
    return name.length > 2 * MAX_NAME_CHARS ? undefined : this.#hub.dependencies.ownership?.ownerOf(name);
  }
}

/**
 * Tells whether a session is in the room that a request is about.
 *
 * @param session the session
 * @param scope see {@linkcode Scope}
 * @returns whether it is; always if the request is about the whole hub
 */
export function isIn(session: Session, { name, room }: Scope): boolean {
  return name === undefined || (room?.members.has(session) ?? false);
}

function keysOf(owner: Owner): string[] {
  return owner.keys.map(({ key }) => key);
}

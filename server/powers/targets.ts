/**
 * Whom a request to moderate is about, and who else it hits.
 *
 * PURE.
 *
 * @module
 */
import { MAX_NAME_CHARS, nameKey } from "../../protocol/mod.ts";
import { isLoopback } from "../admission/mod.ts";
import type { Moderation, SanctionRequest, Standing, Target, TargetStanding } from "../moderation/mod.ts";
import type { NameOwnership, Owner } from "../registry/mod.ts";
import type { MemberRoom, Names, RemotePeople, Session } from "../sessions/mod.ts";
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
  readonly people?: Pick<RemotePeople, "all" | "inRoom"> | undefined;
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
   * Finds the keys and addresses that a ban or a mute of a name holds for as well: those of the sessions that have it.
   *
   * @param target for whom it is
   * @param scope see {@linkcode Scope}
   * @param wantsAddress whether it is to hold for the addresses of those who have a key, too
   * @returns the keys and addresses; none if it is not for a name
   */
  reachOf(target: Target, scope: Scope, wantsAddress: boolean): Pick<SanctionRequest, "keys" | "addresses"> {
    if (target.kind !== "name") return {};
    const here = this.#hub.names.find(target.shown).filter((one) => isIn(one, scope));
    const keys = here.flatMap(({ identity }) => identity ?? []);
    const addresses = here.flatMap(({ transport: { address }, identity }) => {
      if (address === undefined) return [];
      // Where there is no key, only the address is left. Behind a proxy on this machine all have the same.
      return wantsAddress || identity === undefined && !isLoopback(address) ? [address] : [];
    });
    return { keys, addresses };
  }

  /**
   * Finds those who are here whom a ban or a mute hits; of those at other hubs, whose addresses and keys are not known
   * here, the ones whom it is for by name.
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
    for (const session of scope.room?.members ?? this.#hub.sessions.values()) {
      if (!session.admitted || !session.announced) continue;
      if (!request.by.operator && powers.moderates(session, scope.name)) continue;
      const subject = powers.subjectOf(session);
      if (isMeant(subject)) names.add(session.name);
      else if (isHit(subject)) others.add(session.name);
    }
    const { people } = this.#hub;
    for (
      const { name, verified } of scope.name === undefined
        ? people?.all() ?? []
        : people?.inRoom(scope.name) ?? []
    ) {
      const owner = verified ? this.ownerOf(name) : undefined;
      if (!request.by.operator && this.#moderates(owner, scope.name)) continue;
      if (isMeant({ name, owner, room: scope.name })) names.add(name);
    }
    return { names, others };
  }

  /** Whether the owner of a name moderates a room, as its owner or a moderator. */
  #moderates(owner: Owner | undefined, room: string | undefined): boolean {
    if (owner === undefined || room === undefined) return false;
    return this.#moderation.isModerator(room, owner) ||
      this.#hub.dependencies.ownership?.rooms.find(room)?.owner === owner;
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
    const isMeant = (key: string) => moderation.targetOf(key).key === target.key;
    const own = [session.identity ?? [], session.owner === undefined ? [] : keysOf(session.owner)].flat();
    const members = [...this.#hub.sessions.values()].filter(({ identity }) =>
      identity !== undefined && isMeant(identity)
    ).map((one) => this.#hub.powers.standing(one, scope.name));
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

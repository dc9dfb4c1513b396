/**
 * Who is at the other hubs of a cluster, and which hub has which name.
 *
 * Each hub tells what happens to its sessions in the log that all hubs read. So all of them decide alike: a name
 * belongs to whoever has taken it first in that order.
 *
 * Rules:
 * - A session takes a name before it gets it. It shares the name with sessions of the same owner or with the same
 *   key, and takes it over from an older session of the same client, which has gone to another hub.
 * - All who share a name spell it alike: as those who have it, or as one of these does who has taken it anew.
 * - A hub that starts again has no sessions of its former start. A hub that is gone has none, until it tells again.
 *
 * PURE.
 *
 * The file is long because it has all rules of names, which must be the same at all hubs.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";

/** A start of a hub. */
export interface HubStart {
  /** The id of the hub. */
  readonly hub: string;
  /** The id of its start. */
  readonly epoch: string;
}

/** A session that wants a name. */
export interface Taking {
  /** The id of the session on its hub. */
  readonly session: string;
  /** The name. */
  readonly name: string;
  /** The author of the session, if its client gave a secret; see `Session.person`. */
  readonly person?: string | undefined;
  /** The id of the owner of the name, if the session has proved to be that. */
  readonly owner?: number | undefined;
  /** The key that its client has proved to have, as the base64 of an OpenSSH blob. */
  readonly identity?: string | undefined;
}

/** A session as others see it. Times are in milliseconds since 1970. */
export interface RemoteSession extends Taking {
  /** The names of its rooms, without `#`. */
  readonly rooms: readonly string[];
  /** Whether its joins, leaves and renames are hidden. */
  readonly quiet: boolean;
  /** Whether its hub has verified its name. */
  readonly verified: boolean;
  /** When it connected. */
  readonly since: number;
  /** When it has sent something last, as far as that was told. */
  active: number;
  /** Whether others may know its name by a message, as far as that was told; see `Session.known`. */
  known?: boolean | undefined;
  /** The address of its client, if it is known: for bans, and for operators alone. */
  readonly address?: string | undefined;
}

/** What a hub tells of its sessions. */
export type PeopleEvent =
  /** A session takes a name; `taking` is its number among those of that start. */
  | { kind: "take"; taking: number; by: Taking }
  /** A session is announced, or something about it has changed. */
  | { kind: "here"; is: RemoteSession }
  /** A session that was announced or has taken a name has ended, or no longer needs the name that it took. */
  | { kind: "left"; session: string }
  /** All sessions of that start, in parts: the first part has `begin`, the last one `end`. */
  | { kind: "all"; sessions: readonly RemoteSession[]; begin: boolean; end: boolean }
  /** Another hub is gone. */
  | { kind: "gone"; gone: string; of: string };

/** The outcome of taking a name. */
export interface TakenName {
  /** The name as those spell it who share it. */
  readonly name: string;
  /** The name of a session that has it and does not share it: then it is not given. */
  readonly holder: string | undefined;
}

/** What follows from an event. */
export interface PeopleNews {
  /** The outcome of taking a name at this hub. */
  taken?: TakenName & { taking: number; replaced: RemoteSession | undefined };
  /** How sessions of this hub spell their names from now on, as those do who share them. */
  respelled?: readonly string[];
  /** The session of this hub whose client has taken its name at another hub. */
  replaced?: string;
  /** The sessions that are gone with their hub, and whose end nobody else tells. */
  gone?: readonly RemoteSession[];
  /** Whether others have dropped this hub, so that it must tell of its sessions again. */
  mustTell?: boolean;
  /** The sessions of this hub whose names others have taken meanwhile. */
  lost?: readonly string[];
}

/** Who has a name: one session, or several of one owner or with one key. */
interface Holder extends HubStart, Taking {}

/** The sessions of a start of a hub. */
interface Start {
  readonly epoch: string;
  readonly sessions: Map<string, RemoteSession>;
  /** While all are told: those that were not told yet. */
  untold: Set<string>;
}

/** The people of all hubs. */
export class RemotePeople {
  readonly #own: HubStart;
  /** The other hubs. */
  readonly #hubs = new Map<string, Start>();
  /** The announced sessions of other hubs, by the keys of their names. */
  readonly #byKey = new Map<string, Set<RemoteSession>>();
  /** The same, by the keys of their rooms. */
  readonly #byRoom = new Map<string, Set<RemoteSession>>();
  /** Who has which name, at all hubs, by the keys of the names. */
  readonly #holders = new Map<string, Holder[]>();
  /** The keys of the names that each session has, by hub and session. */
  readonly #keys = new Map<string, Set<string>>();

  /**
   * Begins with nobody.
   *
   * @param own this hub
   */
  constructor(own: HubStart) {
    this.#own = own;
  }

  /** How many sessions are announced at other hubs. */
  get size(): number {
    let size = 0;
    for (const { sessions } of this.#hubs.values()) size += sessions.size;
    return size;
  }

  /** The announced sessions of other hubs. */
  *all(): Generator<RemoteSession> {
    for (const { sessions } of this.#hubs.values()) yield* sessions.values();
  }

  /**
   * Finds the announced sessions of other hubs with a name.
   *
   * @param key the key of the name
   * @returns the sessions
   */
  withKey(key: string): Iterable<RemoteSession> {
    return this.#byKey.get(key) ?? [];
  }

  /**
   * Finds the announced sessions of other hubs in a room.
   *
   * @param room the name of the room
   * @returns the sessions
   */
  inRoom(room: string): ReadonlySet<RemoteSession> {
    return this.#byRoom.get(nameKey(room)) ?? NOBODY;
  }

  /** The keys and names of the rooms with people at other hubs. */
  *rooms(): Generator<[key: string, name: string]> {
    for (const key of this.#byRoom.keys()) yield [key, this.roomName(key)!];
  }

  /**
   * Finds the name of a room with people at other hubs.
   *
   * @param key the key of the name
   * @returns the name; `undefined` if there is nobody
   */
  roomName(key: string): string | undefined {
    for (const { rooms } of this.#byRoom.get(key) ?? []) return rooms.find((room) => nameKey(room) === key);
    return undefined;
  }

  /**
   * Checks whether others see somebody with a name at another hub.
   *
   * @param key the key of the name
   * @param room only in this room, if it is given
   * @returns whether there is one who is not quiet
   */
  isSeen(key: string, room?: string): boolean {
    for (const session of this.withKey(key)) {
      if (!session.quiet && (room === undefined || this.inRoom(room).has(session))) return true;
    }
    return false;
  }

  /**
   * Checks whether a session of another hub has a name.
   *
   * @param name a valid name
   * @returns whether it has taken the name
   */
  has(name: string): boolean {
    return this.#holders.get(nameKey(name))?.some(({ hub }) => hub !== this.#own.hub) ?? false;
  }

  /**
   * Records that somebody with a name has said something.
   *
   * @param name the name as it is spelled
   * @param at when, in milliseconds since 1970
   */
  spoke(name: string, at: number): void {
    const sessions = this.#byKey.get(name) ?? this.#byKey.get(nameKey(name));
    for (const session of sessions ?? []) {
      session.active = at;
      session.known = true;
    }
  }

  /**
   * Records that somebody wrote to those with a name.
   *
   * @param key the key of the name
   */
  writtenTo(key: string): void {
    for (const session of this.withKey(key)) session.known = true;
  }

  /**
   * Takes what a hub tells, this one included. To be called in the order of the log.
   *
   * @param event what it tells
   * @param from the hub
   * @returns what follows from it
   */
  take(event: PeopleEvent, from: HubStart): PeopleNews {
    const isOwn = from.hub === this.#own.hub && from.epoch === this.#own.epoch;
    // What an earlier start of this hub has told, or of another hub that has started again since.
    if (from.hub === this.#own.hub && !isOwn) return {};
    const news: PeopleNews = isOwn ? {} : this.#meet(from);
    switch (event.kind) {
      case "take":
        return { ...news, ...this.#takeName(event, from, isOwn) };
      case "here":
        return { ...news, ...this.#takeShown(event.is, from, isOwn).news };
      case "left":
        this.#remove(from, event.session);
        return news;
      case "all":
        return { ...news, ...this.#takeAll(event, from, isOwn) };
      case "gone": {
        const { gone: hub, of } = event;
        if (hub !== this.#own.hub) return { ...news, gone: [...news.gone ?? [], ...this.#drop(hub, of)] };
        if (of !== this.#own.epoch) return news;
        this.#releaseHub(hub);
        return { ...news, mustTell: true };
      }
    }
  }

  #takeAll(
    { sessions, begin, end }: PeopleEvent & { kind: "all" },
    from: HubStart,
    isOwn: boolean,
  ): PeopleNews {
    const start = this.#hubs.get(from.hub);
    if (begin && start !== undefined) start.untold = new Set(start.sessions.keys());
    const lost: string[] = [], respelled: string[] = [];
    for (const is of sessions) {
      start?.untold.delete(is.session);
      const { may, news } = this.#takeShown(is, from, isOwn);
      if (!may && isOwn) lost.push(is.session);
      respelled.push(...news.respelled ?? []);
    }
    if (end && start !== undefined) {
      for (const session of start.untold) this.#remove(from, session);
      start.untold = new Set();
    }
    return { lost, respelled };
  }

  /** Takes a session as others see it; tells whether it may have its name. */
  #takeShown(is: RemoteSession, from: HubStart, isOwn: boolean): { may: boolean; news: PeopleNews } {
    if (!isOwn) this.#put(from, is);
    const name = this.#hold(from, is);
    const isRespelled = isOwn && name !== undefined && name !== is.name;
    return { may: name !== undefined, news: isRespelled ? { respelled: [name] } : {} };
  }

  /** Records a start of a hub; its former one is over. */
  #meet({ hub, epoch }: HubStart): PeopleNews {
    const known = this.#hubs.get(hub);
    if (known?.epoch === epoch) return {};
    const gone = known === undefined ? [] : this.#drop(hub, known.epoch);
    this.#hubs.set(hub, { epoch, sessions: new Map(), untold: new Set() });
    return { gone };
  }

  #takeName({ taking, by }: PeopleEvent & { kind: "take" }, from: HubStart, isOwn: boolean): PeopleNews {
    const key = nameKey(by.name);
    const holders = this.#holders.get(key) ?? [];
    const isSame = (holder: Holder) => holder.hub === from.hub && holder.session === by.session;
    const older = holders.find((holder) =>
      !isSame(holder) && holder.hub !== from.hub && by.person !== undefined && holder.person === by.person
    );
    const stranger = holders.find((holder) => holder !== older && !mayShare(by, from, holder));
    if (stranger !== undefined) {
      return isOwn ? { taken: { taking, name: by.name, holder: stranger.name, replaced: undefined } } : {};
    }
    const others = holders.filter((holder) => holder !== older && !isSame(holder));
    // An older session of the same client at this hub ends: the newer one does not share the name with it.
    const sharing = others.filter(({ person }) => person === undefined || person !== by.person);
    const name = holders.some(isSame) ? by.name : sharing[0]?.name ?? by.name;
    this.#set(key, [...others, { ...by, ...from }].map((holder) => ({ ...holder, name })));
    add(this.#keys, idOf(from, by.session), key);
    const replaced = older && this.#hubs.get(older.hub)?.sessions.get(older.session);
    if (older !== undefined) this.#remove(older, older.session);
    const isRespelled = others.some((holder) => holder.hub === this.#own.hub && holder.name !== name);
    return {
      ...isOwn ? { taken: { taking, name, holder: undefined, replaced } } : {},
      ...older?.hub === this.#own.hub ? { replaced: older.session } : {},
      ...isRespelled && !isOwn ? { respelled: [name] } : {},
    };
  }

  #set(key: string, holders: Holder[]): void {
    if (holders.length === 0) this.#holders.delete(key);
    else this.#holders.set(key, holders);
  }

  /**
   * Records that a session has its name, and no other; returns how those spell the name who have it, or `undefined` if
   * it may not have it.
   */
  #hold(from: HubStart, { session, name: told, person, owner, identity }: RemoteSession): string | undefined {
    const key = nameKey(told);
    this.#release(from, session, key);
    const isSame = (holder: Holder) => holder.hub === from.hub && holder.session === session;
    const all = this.#holders.get(key) ?? [];
    const holders = all.filter((holder) => !isSame(holder));
    const isHolder = holders.length < all.length;
    const may = isHolder || holders.every((holder) => mayShare({ owner, identity }, from, holder));
    if (!may) return undefined;
    // It tells the former spelling if it has not read yet that the name was taken in another one.
    const name = all[0]?.name ?? told;
    // Also if it has the name already: it may own it by now.
    this.#set(key, [...holders, { ...from, session, name, person, owner, identity }]);
    add(this.#keys, idOf(from, session), key);
    return name;
  }

  /** Frees the names that a session has, but for one. */
  #release(from: HubStart, session: string, but?: string): void {
    const id = idOf(from, session);
    for (const key of [...this.#keys.get(id) ?? []]) {
      if (key === but) continue;
      const isOther = (holder: Holder) => holder.hub !== from.hub || holder.session !== session;
      this.#set(key, (this.#holders.get(key) ?? []).filter(isOther));
      remove(this.#keys, id, key);
    }
  }

  /** Frees the names of all sessions of a hub. */
  #releaseHub(hub: string): void {
    for (const [id, keys] of this.#keys) {
      if (!id.startsWith(`${hub} `)) continue;
      this.#keys.delete(id);
      for (const key of keys) {
        this.#set(key, (this.#holders.get(key) ?? []).filter((holder) => holder.hub !== hub));
      }
    }
  }

  #put(from: HubStart, is: RemoteSession): void {
    const { sessions } = this.#hubs.get(from.hub)!;
    const before = sessions.get(is.session);
    if (before !== undefined) {
      this.#unindex(before);
      if (before.known) is.known = true;
    }
    sessions.set(is.session, is);
    add(this.#byKey, nameKey(is.name), is);
    for (const room of is.rooms) add(this.#byRoom, nameKey(room), is);
  }

  #remove(from: HubStart, session: string): void {
    this.#release(from, session);
    const sessions = this.#hubs.get(from.hub)?.sessions;
    const is = sessions?.get(session);
    if (is === undefined) return;
    sessions!.delete(session);
    this.#unindex(is);
  }

  #unindex(is: RemoteSession): void {
    remove(this.#byKey, nameKey(is.name), is);
    for (const room of is.rooms) remove(this.#byRoom, nameKey(room), is);
  }

  /** Drops a start of a hub with all its sessions, and returns them. */
  #drop(hub: string, epoch: string): RemoteSession[] {
    const start = this.#hubs.get(hub);
    if (start?.epoch !== epoch) return [];
    this.#hubs.delete(hub);
    const gone = [...start.sessions.values()];
    for (const is of gone) this.#unindex(is);
    this.#releaseHub(hub);
    return gone;
  }
}

const NOBODY: ReadonlySet<RemoteSession> = new Set();

/** Whether a session may have the name of another one. What sessions of one hub may share is decided there. */
function mayShare(
  { owner, identity }: Pick<Taking, "owner" | "identity">,
  { hub }: HubStart,
  holder: Holder,
): boolean {
  return holder.hub === hub || (owner !== undefined && holder.owner === owner) ||
    (identity !== undefined && holder.identity === identity);
}

function idOf({ hub }: HubStart, session: string): string {
  return `${hub} ${session}`;
}

function add<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const found = index.get(key);
  if (found === undefined) index.set(key, new Set([value]));
  else found.add(value);
}

function remove<T>(index: Map<string, Set<T>>, key: string, value: T): void {
  const found = index.get(key);
  found?.delete(value);
  if (found?.size === 0) index.delete(key);
}

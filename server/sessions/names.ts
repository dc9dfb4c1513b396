/**
 * The names in use on a hub. A name belongs to one session at a time, in every spelling that has the same key, or to
 * several sessions of the same owner: the devices of a person. A new session takes it over from an older one of the
 * same program, whose connection is usually dead.
 *
 * PURE: random bytes are passed in.
 *
 * @module
 */
import { checkName, MAX_NAME_CHARS, nameKey, ProtocolError, randomName } from "../../protocol/mod.ts";
import type { Owner } from "../registry/mod.ts";
import type { Session } from "./session.ts";

/** How a client that asks for a name is known. */
export interface Claimant {
  /** The person of the session; see `Session.person`. */
  person?: string | undefined;
  /** The key that the client has proved to have. */
  identity?: string | undefined;
  /** The owner of the name, if the client owns it. */
  owner?: Owner | undefined;
}

/** The names in use, by key. */
export class Names {
  /** For each name the session that has had it longest. */
  readonly #byKey = new Map<string, Session>();
  /** For each name with several sessions all of them, the one of {@linkcode Names.#byKey} first. */
  readonly #devices = new Map<string, Session[]>();

  /**
   * Makes a random name that no session has.
   *
   * @param randomBytes returns that many unpredictable random bytes
   * @returns the name, which is not reserved
   */
  random(randomBytes: (count: number) => Uint8Array): string {
    let name = randomName(randomBytes);
    while (this.#byKey.has(nameKey(name))) name = randomName(randomBytes);
    return name;
  }

  /**
   * Finds a name that nobody uses, for somebody who cannot get one.
   *
   * @param name the name that is not free
   * @param isFree tells whether a name may be taken otherwise
   * @returns the name with a number, such as `ana-2`; `undefined` if none of the first is free
   */
  suggest(name: string, isFree: (name: string) => boolean): string | undefined {
    for (let number = 2; number < 100; number++) {
      const suffix = `-${number}`;
      const candidate = [...name].slice(0, MAX_NAME_CHARS - suffix.length).join("") + suffix;
      if (isValid(candidate) && !this.has(candidate) && isFree(candidate)) return candidate;
    }
    return undefined;
  }

  /**
   * Checks whether a session has a name.
   *
   * @param name a valid name
   * @returns whether the name is in use
   */
  has(name: string): boolean {
    return this.#byKey.has(nameKey(name));
  }

  /**
   * Finds the sessions that have a name.
   *
   * @param name any text
   * @returns the sessions that have this name in any spelling, the oldest first; several only of one owner
   */
  find(name: string): readonly Session[] {
    // Computing the key of a text longer than any name takes time.
    return name.length > 2 * MAX_NAME_CHARS ? [] : this.withKey(nameKey(name));
  }

  /**
   * Finds the sessions that have a name.
   *
   * @param key the key of the name
   * @returns the sessions, the oldest first; several only of one owner
   */
  withKey(key: string): readonly Session[] {
    const first = this.#byKey.get(key);
    return this.#devices.get(key) ?? (first === undefined ? [] : [first]);
  }

  /**
   * Finds the other sessions with the name of a session that everyone knows of.
   *
   * @param session a session
   * @param key the key of a name; by default that of the session
   * @returns those that are announced and not quiet
   */
  othersOf(session: Session, key: string = session.key): readonly Session[] {
    // Almost every name has one session.
    if (this.#byKey.get(key) === session && !this.#devices.has(key)) return NOBODY;
    return this.withKey(key).filter((other) => other !== session && other.announced && !other.quiet);
  }

  /**
   * Counts the people among sessions: all devices of a person are one.
   *
   * @param sessions sessions with a name
   * @returns how many names they have
   */
  countPeople(sessions: ReadonlySet<Session>): number {
    if (this.#devices.size === 0) return sessions.size;
    if (sessions.size <= this.#devices.size) return new Set(Array.from(sessions, ({ key }) => key)).size;
    let people = sessions.size;
    for (const devices of this.#devices.values()) {
      people -= Math.max(0, devices.filter((device) => sessions.has(device)).length - 1);
    }
    return people;
  }

  /**
   * Adds a session under the name that it has.
   *
   * @param session whose name is free
   */
  add(session: Session): void {
    this.#byKey.set(session.key, session);
  }

  /**
   * Gives a session another name and frees its old one. If other devices of the person have the name, the session gets
   * it in their spelling; the session that asks for another spelling of its own name gets that.
   *
   * @param session the session
   * @param name the name that its client asks for
   * @param claimant how the client is known; by default as the session is
   * @param isFree tells whether a name that nobody uses may be suggested instead of this one
   * @returns the older session of the same program that had the name, if there is one; the caller ends it
   * @throws {ProtocolError} `bad_name` and `name_reserved` as {@linkcode checkName} does, `name_taken` if somebody else
   * has the name; then the session keeps its old name
   */
  claim(
    session: Session,
    name: string,
    claimant: Claimant = session,
    isFree: (name: string) => boolean = () => true,
  ): Session | undefined {
    checkName(name);
    const key = nameKey(name);
    if (key === session.key && this.withKey(key).includes(session)) {
      session.name = name;
      return undefined;
    }
    const { holders, replaced } = this.check(session, name, claimant, isFree);
    this.delete(session);
    session.name = holders.find((holder) => holder !== replaced)?.name ?? name;
    if (holders.length === 0) this.#byKey.set(key, session);
    else this.#setDevices(key, [...holders, session]);
    if (replaced !== undefined) this.delete(replaced);
    return replaced;
  }

  /**
   * Checks that nobody else has a name.
   *
   * @param session the session whose client asks for it
   * @param name a valid name
   * @param claimant how the client is known
   * @param isFree as for {@linkcode Names.claim}
   * @returns the other sessions with the name, which share it, and the one of them that the session replaces
   * @throws {ProtocolError} `name_taken` if somebody else has the name
   */
  check(
    session: Session,
    name: string,
    { person, identity, owner }: Claimant,
    isFree: (name: string) => boolean,
  ): { holders: readonly Session[]; replaced: Session | undefined } {
    const holders = this.withKey(nameKey(name)).filter((holder) => holder !== session);
    const replaced = holders.find((holder) =>
      person !== undefined && holder.person === person && holder.connectedAt <= session.connectedAt
    );
    const shares = (holder: Session) =>
      holder === replaced || (identity !== undefined && holder.identity === identity) ||
      (owner !== undefined && holder.owner === owner);
    const stranger = holders.find((holder) => !shares(holder));
    if (stranger !== undefined) {
      throw new ProtocolError(
        "name_taken",
        `Cannot use the name ${name}: ${stranger.name} is online already`,
        {
          free: this.suggest(name, isFree),
        },
      );
    }
    return { holders, replaced };
  }

  /**
   * Frees the name of a session, unless another one has it, too.
   *
   * @param session the session, which was added
   */
  delete(session: Session): void {
    const { key } = session;
    const devices = this.#devices.get(key);
    if (devices !== undefined) this.#setDevices(key, devices.filter((other) => other !== session));
    else if (this.#byKey.get(key) === session) this.#byKey.delete(key);
  }

  #setDevices(key: string, sessions: Session[]): void {
    if (sessions.length > 1) this.#devices.set(key, sessions);
    else this.#devices.delete(key);
    const [first] = sessions;
    if (first === undefined) this.#byKey.delete(key);
    else this.#byKey.set(key, first);
  }
}

const NOBODY: readonly Session[] = [];

function isValid(name: string): boolean {
  try {
    checkName(name);
    return true;
  } catch (error) {
    if (error instanceof ProtocolError) return false;
    throw error;
  }
}

/**
 * Requests about names and their keys: renaming, owning, freeing.
 *
 * The file is long because each request tells others what it has changed, in its own way.
 *
 * PURE.
 *
 * @module
 */
import {
  type AddKey,
  type AskKeyCode,
  type AskKeys,
  type AskPerson,
  checkName,
  Code,
  MAX_NAME_CHARS,
  nameKey,
  ProtocolError,
  type Release,
  type RemoveKey,
  type Rename,
} from "../../protocol/mod.ts";
import { type Freeing, hasKey, type Owner } from "../registry/mod.ts";
import type { Session, Taking } from "../sessions/mod.ts";
import type { HubCore } from "./core.ts";
import type { Presence } from "./presence.ts";
import * as replies from "./replies.ts";

/** What the devices of a person read when a key was added to their name, which a thief could have done. */
const keyAddedText = (name: string) =>
  `A key was added to the name ${name}: if you did not do that, remove it (:keys lists all keys)`;

/** A name as the hubs of a cluster are asked for it. */
export type WantedName = Omit<Taking, "session">;

/** Gives names to sessions, and frees them. */
export class NameRequests {
  readonly #core: HubCore;
  readonly #presence: Presence;
  readonly #freeing: Freeing;

  /**
   * Handles the requests about names.
   *
   * @param core the state of the hub
   * @param presence tells others who is here
   * @param freeing what happens when a name is freed
   */
  constructor(core: HubCore, presence: Presence, freeing: Freeing) {
    this.#core = core;
    this.#presence = presence;
    this.#freeing = freeing;
  }

  /** Carries out a request about the name of the client and its keys. */
  carryOut(
    session: Session,
    message: Release | AddKey | RemoveKey | AskKeys | AskKeyCode | AskPerson,
  ): void {
    const { ownership } = this.#core.dependencies;
    if (ownership === undefined) {
      throw new ProtocolError("unavailable", "Cannot do that: on this hub no name belongs to anybody");
    }
    switch (message.code) {
      case Code.Release:
        this.unown(ownership.release(session, this.#freeing));
        return this.#core.done(session, message.ref);
      case Code.AddKey: {
        const code = ownership.checkCode(session, message, session.transport.address ?? "");
        const add = () => {
          const owner = ownership.addKey(session, message, code);
          this.#presence.announce(session);
          this.#addKey(session, owner, message);
        };
        if (code?.claimed === undefined) return add();
        return this.#core.continueAfter(session, code.claimed, message.ref, add);
      }
      case Code.RemoveKey:
        this.keysChanged(ownership.removeKey(session, message.key));
        return this.#core.done(session, message.ref);
      case Code.AskKeys:
        this.#presence.announce(session);
        return this.#core.reply(session, replies.keys(ownership.keysOf(session), message.ref));
      case Code.AskKeyCode:
        return this.#core.reply(session, replies.keyCode(ownership.makeCode(session), message.ref));
      case Code.AskPerson: {
        const { username } = message;
        // Computing the key of a text longer than any name takes time.
        if (username.length > 2 * MAX_NAME_CHARS) checkName(username);
        this.#presence.announce(session);
        const users: replies.PersonContent["users"] = [
          ...this.#core.names.find(username).filter(({ announced }) => announced).map(
            ({ name, verified, identity, transport: { address } }) => ({ name, verified, identity, address }),
          ),
          ...this.#core.people?.withKey(nameKey(username)) ?? [],
        ];
        const owner = ownership.ownerOf(username);
        const keys = ownership.fingerprintsOf(username, users);
        const addresses = this.#core.powers.isOperator(session)
          ? [...new Set(users.flatMap(({ address }) => address ?? []))]
          : undefined;
        const content = { users, owner, keys, addresses };
        return this.#core.reply(session, replies.person(username, content, message.ref));
      }
    }
  }

  /** Tells a client that its request has added a key to a name, and with a code to which one; and other devices. */
  #addKey(session: Session, owner: Owner, { key_code: code, ref }: AddKey): void {
    this.keysChanged(owner);
    this.tellKeyAdded(owner, session);
    if (ref !== undefined) this.#core.reply(session, replies.keyAdded(ref, code && owner.name));
    this.#presence.enforceBansOf(owner);
  }

  /** Tells the devices with a name, but the one that has asked for it, that the name has another key. */
  tellKeyAdded({ name }: Owner, asked?: Session): void {
    for (const device of this.#core.names.find(name)) {
      if (device !== asked) this.#core.notify(device, keyAddedText(name));
    }
  }

  /**
   * Checks, in a cluster, that this hub has nothing against giving a session a name, before the other hubs are asked.
   *
   * @param session the session
   * @param name the name that its client asks for
   * @param client how the client is known
   * @returns what the other hubs are asked for; `undefined` if the hub is in no cluster
   * @throws {ProtocolError} as for {@linkcode NameRequests.claim}
   */
  wanted(
    session: Session,
    name: string,
    { person, identity }: Pick<Session, "person" | "identity">,
  ): WantedName | undefined {
    if (this.#core.people === undefined) return undefined;
    const owner = this.#checkName(name, identity);
    this.#core.names.check(session, name, { person, identity, owner }, this.#isFreeFor(identity));
    return { name, person, owner: owner?.id, identity };
  }

  /**
   * Checks that a client may take another name.
   *
   * @param session the session of the client
   * @param message the request
   * @returns as {@linkcode NameRequests.wanted} returns
   * @throws {ProtocolError} as for `wanted`; `muted` if the client may not speak
   */
  checkRename(session: Session, { username }: Rename): WantedName | undefined {
    if (!this.#owns(session, username)) this.#core.powers.checkMayRename(session);
    return this.wanted(session, username, session);
  }

  /** Gives a session another name, once `checkRename` has accepted that, and tells everyone. */
  rename(session: Session, message: Rename): void {
    const old = session.name;
    const replaced = this.claim(session, message.username, session);
    const isKnown = (replaced ?? session.continues)?.known === true;
    if (replaced !== undefined) this.#presence.replace(replaced, session);
    this.#presence.endReplaced(session);
    this.#presence.leaveHidden(session, old);
    this.#core.reply(session, replies.renamed(session.name, message.ref));
    this.#presence.respellDevices(session, old);
    this.#presence.announce(session, old);
    // Others may follow the name, but do not know the one that it replaces.
    if (isKnown) session.known = true;
    this.#core.tellPowers(session);
  }

  /** Whether a name belongs to the key of a session. */
  #owns({ identity }: Session, name: string): boolean {
    checkName(name);
    const owner = this.#core.dependencies.ownership?.ownerOf(name);
    return owner !== undefined && identity !== undefined && hasKey(owner, identity);
  }

  /** Checks that a name is valid, not banned and not somebody else's; returns the owner, if the client is that. */
  #checkName(name: string, identity: string | undefined): Owner | undefined {
    checkName(name);
    const { names, powers, dependencies: { ownership } } = this.#core;
    const refusal = powers.refusalOfName(name, { identity });
    if (refusal !== undefined) throw refusal;
    return ownership?.check(name, identity, (isFree) => names.suggest(name, isFree));
  }

  /** Makes what tells whether a name that nobody here uses may be suggested to a client. */
  #isFreeFor(identity: string | undefined): (name: string) => boolean {
    const { people, dependencies: { ownership } } = this.#core;
    return (name) => !people?.has(name) && (ownership?.isFree(name, identity) ?? true);
  }

  /**
   * Gives a session the name that its client asks for.
   *
   * @returns the older session of the same program that had the name, if there is one; the caller ends it
   */
  claim(
    session: Session,
    name: string,
    { person, identity }: Pick<Session, "person" | "identity">,
  ): Session | undefined {
    const owner = this.#checkName(name, identity);
    const isFree = this.#isFreeFor(identity);
    const spelled = this.#checkTaken(session, name, isFree);
    const replaced = this.#core.names.claim(session, spelled, { person, identity, owner }, isFree);
    Object.assign(session, { person, identity, owner, choseName: true });
    this.#core.dependencies.ownership?.use(session);
    return replaced;
  }

  /**
   * Checks that nobody at another hub has the name that a session has tried to take; returns it as those spell it who
   * share it.
   */
  #checkTaken(session: Session, name: string, isFree: (name: string) => boolean): string {
    const { people, names } = this.#core;
    if (people === undefined) return name;
    const taken = session.taken?.key === nameKey(name) ? session.taken : undefined;
    const holder = taken === undefined && people.has(name) ? name : taken?.holder;
    if (holder === undefined) return taken?.name ?? name;
    throw new ProtocolError("name_taken", `Cannot use the name ${name}: ${holder} is online already`, {
      free: names.suggest(name, isFree),
    });
  }

  /** Gives a session the name under which it says something, if nobody owns it. */
  claimName(session: Session): void {
    const { owner: before } = session;
    const notice = this.#core.dependencies.ownership!.claim(session, session.transport.address ?? "");
    if (notice !== undefined) this.#core.notify(session, notice);
    const { owner } = session;
    // Another device may have had the name before it was owned.
    if (owner === undefined || owner === before) return;
    this.keysChanged(owner);
    // A ban of the name holds for the other sessions with its key from now on.
    this.#presence.enforceBansOf(owner);
  }

  /**
   * Gives the sessions with a name to its keys, after the keys have changed: those with a new key own the name, those
   * with a former one get another name. Other hubs are told, as devices at all hubs share a name.
   *
   * @param owner the owner of the name
   */
  keysChanged(owner: Owner): void {
    for (const session of [...this.#core.names.find(owner.name)]) {
      this.#presence.changed(session);
      if (session.identity !== undefined && hasKey(owner, session.identity)) session.owner = owner;
      else {
        session.owner = undefined;
        this.#presence.leaveHidden(session);
        this.#takeName(session);
      }
      this.#core.tellPowers(session);
    }
  }

  /**
   * Acts on what another hub of a cluster has stored: the name of an owner, or its keys.
   *
   * @param owner the owner
   * @param hasNewKey whether a key was added, which those with the name are told
   */
  ownedElsewhere(owner: Owner, hasNewKey: boolean): void {
    this.keysChanged(owner);
    if (hasNewKey) this.tellKeyAdded(owner);
    this.#presence.enforceBansOf(owner);
  }

  /** Gives a session a random name instead of the one that it has, which belongs to others. */
  #takeName(session: Session): void {
    this.loseName(session, `The name ${session.name} belongs to other keys, so you have another name`);
  }

  /** Gives a session a random name instead of the one that it has, and tells it why. */
  loseName(session: Session, why: string): void {
    const old = session.name;
    this.#core.notify(session, why);
    this.#core.names.claim(session, this.#core.names.random(this.#core.dependencies.randomBytes));
    session.choseName = false;
    this.#core.reply(session, replies.renamed(session.name, undefined));
    this.#presence.announce(session, old);
  }

  /** Frees the names that their owners have not used for too long. To be called about once a minute. */
  expireNames(): void {
    const isOnline = (owner: Owner) =>
      this.#core.names.find(owner.name).some((session) => session.owner === owner);
    this.#core.dependencies.ownership?.expire(isOnline, this.#freeing);
  }

  /**
   * Frees a name, as an operator wants it.
   *
   * @param owner the owner of the name
   */
  freeName(owner: Owner): void {
    this.#core.dependencies.ownership?.free(owner, this.#freeing);
    this.unown(owner);
  }

  /** Makes the sessions of a former owner guests. */
  unown(owner: Owner): void {
    for (const session of this.#core.names.find(owner.name)) {
      if (session.owner !== owner) continue;
      session.owner = undefined;
      this.#presence.changed(session);
      // Otherwise it would own the name again with the next thing that it says.
      session.choseName = false;
      this.#presence.leaveHidden(session);
      this.#core.tellPowers(session);
    }
  }
}

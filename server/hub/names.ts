/**
 * The names in use on a hub. A name belongs to one session at a time, in every spelling that has the same key. A new
 * session takes it over from an older one of the same person, whose connection is usually dead.
 *
 * PURE: random bytes are passed in.
 *
 * @module
 */
import { checkName, MAX_NAME_CHARS, nameKey, ProtocolError, randomName } from "../../protocol/mod.ts";
import type { Session } from "./session.ts";

/** The names in use, by key. */
export class Names {
  readonly #byKey = new Map<string, Session>();

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
   * Checks whether a session has a name.
   *
   * @param name a valid name
   * @returns whether the name is in use
   */
  has(name: string): boolean {
    return this.#byKey.has(nameKey(name));
  }

  /**
   * Finds a session by its name.
   *
   * @param name any text
   * @returns the session that has this name in any spelling, if there is one
   */
  find(name: string): Session | undefined {
    // Computing the key of a text longer than any name takes time.
    return name.length > 2 * MAX_NAME_CHARS ? undefined : this.#byKey.get(nameKey(name));
  }

  /**
   * Adds a session under the name that it has.
   *
   * @param session whose name is free
   */
  add(session: Session): void {
    this.#byKey.set(nameKey(session.name), session);
  }

  /**
   * Gives a session another name and frees its old one.
   *
   * @param session the session
   * @param name the name that its client asks for
   * @param person the person of the session
   * @returns the older session of the same person that had the name, if there is one; the caller ends it
   * @throws {ProtocolError} `bad_name` and `name_reserved` as {@linkcode checkName} does, `name_taken` if another
   * session has the name; then the session keeps its old name
   */
  claim(session: Session, name: string, person: string | undefined = session.person): Session | undefined {
    checkName(name);
    const key = nameKey(name);
    const holder = this.#byKey.get(key);
    const isOther = holder !== undefined && holder !== session;
    const isReplaced = isOther && person !== undefined && holder.person === person &&
      holder.connectedAt <= session.connectedAt;
    if (isOther && !isReplaced) {
      throw new ProtocolError("name_taken", `Cannot use the name ${name}: ${holder.name} is online already`);
    }
    this.delete(session);
    this.#byKey.set(key, session);
    session.name = name;
    return isReplaced ? holder : undefined;
  }

  /**
   * Frees the name of a session, unless another one has taken it over.
   *
   * @param session the session, which was added
   */
  delete(session: Session): void {
    const key = nameKey(session.name);
    if (this.#byKey.get(key) === session) this.#byKey.delete(key);
  }
}

/**
 * The names in use on a hub. A name belongs to one session at a time, in every spelling that has the same key.
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
   * @throws {ProtocolError} `bad_name` and `name_reserved` as {@linkcode checkName} does, `name_taken` if another
   * session has the name; then the session keeps its old name
   */
  claim(session: Session, name: string): void {
    checkName(name);
    const key = nameKey(name);
    const holder = this.#byKey.get(key);
    if (holder !== undefined && holder !== session) {
      throw new ProtocolError("name_taken", `Cannot use the name ${name}: ${holder.name} is online already`);
    }
    this.#byKey.delete(nameKey(session.name));
    this.#byKey.set(key, session);
    session.name = name;
  }

  /**
   * Frees the name of a session.
   *
   * @param session the session, which was added
   */
  delete(session: Session): void {
    this.#byKey.delete(nameKey(session.name));
  }
}

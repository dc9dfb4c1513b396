/**
 * The user's own name, and which announcements of the hub are about the user.
 *
 * PURE. On each connection the hub sends the user's name to the client and then announces the user to all clients.
 * On a rename it sends the new name and then announces the rename. Only these expected announcements count as the
 * user's own. So another user of the same name, which an original hub allows, does not count.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";

/** The user's own name and the expected announcements. */
export class OwnUser {
  #name = "";
  /** The name that was shown last. */
  #shownName = "";
  /** Whether the announcement of the user is still expected; `undefined` before the hub has sent a name. */
  #joinExpected: boolean | undefined;
  /** The rename that is still to be announced. */
  #renameExpected: { old: string; name: string } | undefined;

  /** The user's name on the hub; empty before the hub has sent it. */
  get name(): string {
    return this.#name;
  }

  /** Prepares for a new connection. */
  reset(): void {
    this.#joinExpected = undefined;
    this.#renameExpected = undefined;
  }

  /**
   * Sets the name.
   *
   * @param name the name that the hub sent
   */
  setName(name: string): void {
    if (this.#joinExpected === undefined) this.#joinExpected = true;
    else if (!this.#joinExpected && name !== this.#name) this.#renameExpected = { old: this.#name, name };
    this.#name = name;
  }

  /**
   * Returns whether the name has to be shown, and marks it as shown.
   *
   * @returns `true` if it differs from the name that was shown last
   */
  takeNameChange(): boolean {
    const changed = this.#shownName !== this.#name;
    this.#shownName = this.#name;
    return changed;
  }

  /**
   * Whether a name is the user's own.
   *
   * @param name any name
   * @returns whether it is
   */
  is(name: string): boolean {
    return nameKey(name) === nameKey(this.#name);
  }

  /**
   * Returns whether an announced join is the expected one of the user, which is then no longer expected.
   *
   * @param name the announced name
   * @returns `true` if it is the user's own join
   */
  takeJoin(name: string): boolean {
    if (!this.#joinExpected || !this.is(name)) return false;
    this.#joinExpected = false;
    return true;
  }

  /**
   * Returns whether an announced rename is the expected one of the user, which is then no longer expected.
   *
   * @param old the old name
   * @param name the new name
   * @returns `true` if it is the user's own rename
   */
  takeRename(old: string, name: string): boolean {
    if (this.#renameExpected?.old !== old || this.#renameExpected.name !== name) return false;
    this.#renameExpected = undefined;
    return true;
  }
}

/**
 * Codes with which another device adds its key to a name: each once, and for some minutes. They are not stored. Once a
 * name has lost a key, no code for it is valid: whoever had that key may have made it.
 *
 * PURE: the time is passed in.
 *
 * @module
 */
import { KEY_CODE_MS } from "../limits.ts";
import type { KeyRefusal, OwnedNames } from "./owned_names.ts";
import type { Owner } from "./owner.ts";

interface KeyCode {
  owner: Owner;
  expiresAt: number;
}

/** The codes that are valid now. */
export class KeyCodes {
  readonly #names: OwnedNames;
  readonly #codes = new Map<string, KeyCode>();

  /**
   * Starts without codes.
   *
   * @param names the names whose keys are added
   */
  constructor(names: OwnedNames) {
    this.#names = names;
  }

  /**
   * Makes a code valid.
   *
   * @param owner for whom
   * @param code the code, which nobody can guess; it replaces an earlier one of the same owner
   * @param elapsed a monotonic time, in milliseconds
   * @returns how long it is valid, in milliseconds
   */
  add(owner: Owner, code: string, elapsed: number): number {
    for (const [other, made] of this.#codes) {
      if (made.owner === owner || made.expiresAt <= elapsed) this.#codes.delete(other);
    }
    this.#codes.set(code, { owner, expiresAt: elapsed + KEY_CODE_MS });
    return KEY_CODE_MS;
  }

  /**
   * Makes the code of an owner invalid. To be called when the name has lost a key.
   *
   * @param owner the owner
   */
  revoke(owner: Owner): void {
    for (const [code, made] of this.#codes) if (made.owner === owner) this.#codes.delete(code);
  }

  /**
   * Adds a key to the name for which a code was made. The code is then used up.
   *
   * @param code the code
   * @param key the key of the device
   * @param now the time of day, in milliseconds since 1970
   * @param elapsed a monotonic time, in milliseconds
   * @returns the owner; or why the key cannot be added: there is no such code, or it is too old, or its name is free
   * @throws the error of SQLite if the change cannot be stored; then nothing has changed
   */
  redeem(code: string, key: string, now: number, elapsed: number): Owner | KeyRefusal | "no_such_code" {
    const made = this.#codes.get(code);
    if (made === undefined || made.expiresAt <= elapsed || this.#names.owner(made.owner.id) !== made.owner) {
      return "no_such_code";
    }
    const refusal = this.#names.addKey(made.owner, key, now);
    if (refusal !== undefined) return refusal;
    this.#codes.delete(code);
    return made.owner;
  }
}

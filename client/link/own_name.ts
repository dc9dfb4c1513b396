/**
 * The client's own name across links: which name each link asks for.
 *
 * PURE: it is notified of what happens to links and requests.
 *
 * Rules:
 * - If the name of the last link is taken now, some links ask for it again. Then a link asks for no name, and
 *   `name_reclaim.ts` gets the name back. On a hub that does not know the session of a client, the name is usually
 *   taken by this client itself, on a dead connection that the hub has not detected yet. On others it is taken by
 *   somebody else, and one link is enough to know that.
 * - A name that the user asks for without a link is asked for once, in the handshake of the next link. But messages
 *   that were sent and not acknowledged are sent again first, under the name that they have.
 *
 * @module
 */
import type { ErrorWord } from "../../protocol/mod.ts";
import { NAME_OWNED, NAME_TAKEN } from "./handshake.ts";

/** How many links ask for a taken name before one asks for none. */
export const NAME_TRIES = 3;

/** Refusals of a name, not of the client. */
const OF_NAME: ReadonlySet<string | undefined> = new Set<ErrorWord>([
  NAME_TAKEN,
  NAME_OWNED,
  "name_reserved",
  "bad_name",
]);

/** The result of a rename. */
export type RenameResult =
  /** The client has the name. */
  | { kind: "renamed"; name: string }
  /** The hub refused; its words. */
  | { kind: "refused"; message: string }
  /** Replaced by a later rename before it was sent, or the link is closed. */
  | { kind: "dropped" };

/** A rename that the hub has not answered. */
export interface RenameRequest {
  /** The name, in NFC. */
  readonly name: string;
  /** The number of the last message before the rename. */
  readonly afterLine: number;
  /** Reports the result. */
  readonly end: (end: RenameResult) => void;
}

/** Which name the next link asks for. */
export interface NameTry {
  /** The name; without one the hub chooses. */
  readonly name?: string | undefined;
  /** The rename that asks for it, if there is one. */
  readonly rename?: RenameRequest | undefined;
}

/** A wanted name that the link does not have. */
export interface LostName {
  /** The name. */
  readonly name: string;
  /** Why the hub refused it, in the hub's words. */
  readonly why: string;
  /** Whether it is taken, and so may be free later. */
  readonly taken: boolean;
}

/** The name of one client across all its links. */
export class OwnName {
  #name: string | undefined;
  /** The rename that no link has sent. */
  #rename: RenameRequest | undefined;
  #refusals = 0;
  #lostName: LostName | undefined;
  #isClosed = false;

  /**
   * Starts without a link.
   *
   * @param name the wanted name, in NFC; without one the hub chooses, and its choice is then the wanted name
   */
  constructor(name: string | undefined) {
    this.#name = name;
  }

  /** The wanted name without renames; `undefined` if the hub is to choose. */
  get name(): string | undefined {
    return this.#name;
  }

  /**
   * Adds a rename. It replaces one that no link has sent.
   *
   * @param name the wanted name, in NFC
   * @param afterLine the number of the last message before it
   * @returns resolves with the result
   */
  ask(name: string, afterLine: number): Promise<RenameResult> {
    const { promise, resolve } = Promise.withResolvers<RenameResult>();
    this.#put({ name, afterLine, end: resolve });
    return promise;
  }

  /**
   * Removes and returns the rename that an open link is to send now.
   *
   * @param nextLine the number of the message to send next; `undefined` if there is none
   * @returns the rename, if it comes before that message
   */
  take(nextLine: number | undefined): RenameRequest | undefined {
    const rename = this.#rename;
    if (rename === undefined || (nextLine !== undefined && nextLine <= rename.afterLine)) return undefined;
    this.#rename = undefined;
    return rename;
  }

  /**
   * Puts a rename back whose link ended before the answer came. It is dropped if there is a later one.
   *
   * @param rename the rename
   */
  giveBack(rename: RenameRequest): void {
    if (this.#rename === undefined) this.#put(rename);
    else rename.end({ kind: "dropped" });
  }

  /**
   * Returns which name the next link asks for.
   *
   * @param keep whether it is to be the name of the last link, also if a rename waits
   * @returns the name
   */
  next(keep = false): NameTry {
    if (this.#rename !== undefined && !keep) return { name: this.#rename.name, rename: this.#rename };
    return { name: this.#lostName === undefined ? this.#name : undefined };
  }

  /**
   * Notes that a link is open.
   *
   * @param tried what it asked for
   * @param name the name that the hub gave
   * @returns the wanted name, if the link does not have it
   */
  opened(tried: NameTry, name: string): LostName | undefined {
    const lostName = tried.rename === undefined ? this.#lostName : undefined;
    this.#lostName = undefined;
    this.#refusals = 0;
    if (lostName === undefined) this.#name = name;
    this.#settle(tried.rename, { kind: "renamed", name });
    return lostName;
  }

  /**
   * Notes that the hub refused a link.
   *
   * @param tried what it asked for
   * @param word the hub's error word, if it sent one
   * @param hubMessage the hub's message for the user
   * @param tries how many links ask for a taken name
   * @returns whether to connect again at once, as another name may be accepted
   */
  openRefused(tried: NameTry, word: string | undefined, hubMessage: string, tries = NAME_TRIES): boolean {
    const { name, rename } = tried;
    if (name === undefined || !OF_NAME.has(word)) return false;
    if (rename !== undefined) {
      this.#settle(rename, { kind: "refused", message: hubMessage });
      return true;
    }
    const taken = word === NAME_TAKEN;
    if (taken && ++this.#refusals < tries) return false;
    this.#lostName = { name, why: hubMessage, taken };
    return true;
  }

  /**
   * Notes that an open link has ended.
   *
   * @param name its name; `undefined` if that was not the wanted name
   */
  lost(name: string | undefined): void {
    this.#name = name ?? this.#name;
  }

  /** Drops all renames, also later ones. */
  end(): void {
    this.#isClosed = true;
    this.#rename?.end({ kind: "dropped" });
    this.#rename = undefined;
  }

  #put(rename: RenameRequest): void {
    this.#rename?.end({ kind: "dropped" });
    this.#rename = this.#isClosed ? undefined : rename;
    if (this.#isClosed) rename.end({ kind: "dropped" });
  }

  #settle(rename: RenameRequest | undefined, end: RenameResult): void {
    if (this.#rename === rename) this.#rename = undefined;
    rename?.end(end);
  }
}

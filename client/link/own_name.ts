/**
 * Under which name a client is known from link to link: the one it has, the one it asks for, and none where that is
 * taken.
 *
 * PURE: it is told what becomes of links and requests. A name that was held and is taken now is most often one's own, on
 * a connection that the hub does not yet know to be dead, so it is tried a few times; then the next link does without
 * it, and it is to be claimed there (`claim.ts`). A name that was asked for without a link is asked for once, in the
 * opening of the next one.
 *
 * @module
 */
import type { ErrorWord } from "../../protocol/mod.ts";

/** How often the next link is tried under a name that is taken before one without the name will do. */
export const NAME_TRIES = 3;

/** The hub's word for a name that somebody has. */
export const NAME_TAKEN: ErrorWord = "name_taken";

/** Refusals of a name, not of the one who has it. */
const OF_NAME: ReadonlySet<string | undefined> = new Set<ErrorWord>([
  NAME_TAKEN,
  "name_reserved",
  "bad_name",
]);

/** What has become of a wish for another name. */
export type RenameResult =
  /** It is the name now. */
  | { kind: "renamed"; name: string }
  /** The hub refused, in these words. */
  | { kind: "refused"; message: string }
  /** Another name was asked for before the hub had heard of it, or all is over. */
  | { kind: "dropped" };

/** A wish for another name that the hub has not answered. */
export interface RenameRequest {
  /** The name, in NFC. */
  readonly name: string;
  /** The number of the last line that was said before. */
  readonly afterLine: number;
  /** Says what has become of it. */
  readonly end: (end: RenameResult) => void;
}

/** What the next link is opened with. */
export interface NameTry {
  /** The name to ask for; without one the hub chooses. */
  readonly name?: string | undefined;
  /** The wish that this is, if it is one. */
  readonly rename?: RenameRequest | undefined;
}

/** A name that a link has to do without. */
export interface LostName {
  /** The name. */
  readonly name: string;
  /** Why, in the hub's words. */
  readonly why: string;
  /** Whether it may be had later. */
  readonly taken: boolean;
}

/** The name of one client, across all its links. */
export class OwnName {
  #name: string | undefined;
  /** The wish that no link has been told of. */
  #wish: RenameRequest | undefined;
  #refusals = 0;
  #missed: LostName | undefined;
  #over = false;

  /**
   * Begins without a link.
   *
   * @param name the name wanted, in NFC; without one the hub chooses, and that choice is then the one to keep
   */
  constructor(name: string | undefined) {
    this.#name = name;
  }

  /** The name to have on the next link, wishes aside; `undefined` where the hub is to choose. */
  get name(): string | undefined {
    return this.#name;
  }

  /**
   * Takes a wish for another name, in the place of one that no link was told of.
   *
   * @param name the name wanted, in NFC
   * @param afterLine the number of the last line that was said before
   * @returns resolves when it is known what has become of it
   */
  ask(name: string, afterLine: number): Promise<RenameResult> {
    const { promise, resolve } = Promise.withResolvers<RenameResult>();
    this.#put({ name, afterLine, end: resolve });
    return promise;
  }

  /**
   * Gives the wish that an open link is to be told of, which is then no longer kept here.
   *
   * @param nextLine the number of the line that is to be sent next; `undefined` where there is none
   * @returns the wish, if it is its turn
   */
  take(nextLine: number | undefined): RenameRequest | undefined {
    const wish = this.#wish;
    if (wish === undefined || (nextLine !== undefined && nextLine <= wish.afterLine)) return undefined;
    this.#wish = undefined;
    return wish;
  }

  /**
   * Takes a wish back whose link ended before the answer came. One that came later goes before it.
   *
   * @param wish the wish
   */
  giveBack(wish: RenameRequest): void {
    if (this.#wish === undefined) this.#put(wish);
    else wish.end({ kind: "dropped" });
  }

  /** What the next link is to be opened with. */
  get next(): NameTry {
    if (this.#wish !== undefined) return { name: this.#wish.name, rename: this.#wish };
    return { name: this.#missed === undefined ? this.#name : undefined };
  }

  /**
   * Takes note that a link is open.
   *
   * @param tried what it was opened with
   * @param name the name that it has
   * @returns the name that it has to do without, if there is one
   */
  opened(tried: NameTry, name: string): LostName | undefined {
    const missed = tried.rename === undefined ? this.#missed : undefined;
    this.#missed = undefined;
    this.#refusals = 0;
    if (missed === undefined) this.#name = name;
    this.#settle(tried.rename, { kind: "renamed", name });
    return missed;
  }

  /**
   * Takes note that a hub refused to open a link.
   *
   * @param tried what it was to be opened with
   * @param word the hub's word for the refusal, where it said one
   * @param said the hub's words for people
   * @returns whether to try again at once, since another name may do
   */
  openRefused(tried: NameTry, word: string | undefined, said: string): boolean {
    const { name, rename } = tried;
    if (name === undefined || !OF_NAME.has(word)) return false;
    if (rename !== undefined) {
      this.#settle(rename, { kind: "refused", message: said });
      return true;
    }
    const taken = word === NAME_TAKEN;
    if (taken && ++this.#refusals < NAME_TRIES) return false;
    this.#missed = { name, why: said, taken };
    return true;
  }

  /**
   * Takes note that a link that was open is lost.
   *
   * @param name the name that it had; `undefined` where it had to do without the one that is wanted
   */
  lost(name: string | undefined): void {
    this.#name = name ?? this.#name;
  }

  /** Gives up all wishes, also those to come. */
  end(): void {
    this.#over = true;
    this.#wish?.end({ kind: "dropped" });
    this.#wish = undefined;
  }

  #put(wish: RenameRequest): void {
    this.#wish?.end({ kind: "dropped" });
    this.#wish = this.#over ? undefined : wish;
    if (this.#over) wish.end({ kind: "dropped" });
  }

  #settle(wish: RenameRequest | undefined, end: RenameResult): void {
    if (this.#wish === wish) this.#wish = undefined;
    wish?.end(end);
  }
}

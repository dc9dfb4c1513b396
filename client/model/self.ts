/**
 * Oneself in the eyes of the hub: one's own name, and what of its words to everyone only says what one knows already.
 *
 * PURE. On each connection the hub tells a name and then announces its bearer to everyone; on a change of name it tells
 * the new one and then announces the change. Exactly these announcements are expected, so that a namesake, whom an
 * original hub allows, is not taken for oneself.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";

/** Knows one's own name. */
export class Self {
  #name = "";
  /** The name that was told last. */
  #told = "";
  /** Whether it is still to be announced that one has come; not known before the hub has told a name. */
  #unannounced: boolean | undefined;
  /** The change of name that is still to be announced. */
  #renaming: { old: string; name: string } | undefined;

  /** The name under which the hub knows one; empty before it has told one. */
  get name(): string {
    return this.#name;
  }

  /** Takes note that the connection is another one. */
  begin(): void {
    this.#unannounced = undefined;
    this.#renaming = undefined;
  }

  /**
   * Takes note of one's name.
   *
   * @param name what the hub says it is
   */
  named(name: string): void {
    if (this.#unannounced === undefined) this.#unannounced = true;
    else if (!this.#unannounced && name !== this.#name) this.#renaming = { old: this.#name, name };
    this.#name = name;
  }

  /**
   * Tells whether one's name is to be told, which it then is.
   *
   * @returns `true` where it is another one than was told last
   */
  isNews(): boolean {
    const news = this.#told !== this.#name;
    this.#told = this.#name;
    return news;
  }

  /**
   * Tells whether a name is one's own.
   *
   * @param name any name
   * @returns whether
   */
  is(name: string): boolean {
    return nameKey(name) === nameKey(this.#name);
  }

  /**
   * Tells whether it was to be expected that the hub announces somebody, which it then is no more.
   *
   * @param name who has come
   * @returns `true` where that is oneself
   */
  hasCome(name: string): boolean {
    if (!this.#unannounced || !this.is(name)) return false;
    this.#unannounced = false;
    return true;
  }

  /**
   * Tells whether it was to be expected that the hub announces a change of name, which it then is no more.
   *
   * @param old the name before
   * @param name the name now
   * @returns `true` where that is one's own
   */
  hasRenamed(old: string, name: string): boolean {
    if (this.#renaming?.old !== old || this.#renaming.name !== name) return false;
    this.#renaming = undefined;
    return true;
  }
}

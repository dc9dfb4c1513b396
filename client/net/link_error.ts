/**
 * Why there is no link to a hub, or none any more.
 *
 * @module
 */

/**
 * What became of a link: no hub was there, it would not have us, it was there and is gone, we went, or we would not have
 * it, as it may not be the one that was meant.
 */
export type LinkErrorKind = "unreachable" | "refused" | "lost" | "left" | "untrusted";

/** What else is known of why there is no link. */
export interface LinkErrorOptions extends ErrorOptions {
  /** The hub's own word for its refusal, such as `name_taken`, where it said one. */
  word?: string | undefined;
  /** What the hub itself said for people, where it refused. */
  hubMessage?: string | undefined;
  /** After how many milliseconds it is worth trying again, where the hub said so. */
  retryAfterMs?: number | undefined;
}

/** There is no link, or none any more. */
export class LinkError extends Error {
  /** As for any `Error`. */
  override readonly name = "LinkError";
  /** What became of the link, for programs. */
  readonly kind: LinkErrorKind;
  /** As {@linkcode LinkErrorOptions.word}. */
  readonly word: string | undefined;
  /** As {@linkcode LinkErrorOptions.hubMessage}. */
  readonly hubMessage: string | undefined;
  /** As {@linkcode LinkErrorOptions.retryAfterMs}. */
  readonly retryAfterMs: number | undefined;

  /**
   * Says why there is no link.
   *
   * @param kind what became of it, for programs
   * @param message for people; what the hub itself said is in it as it came
   * @param options what else is known; `cause` as for any `Error`
   */
  constructor(kind: LinkErrorKind, message: string, options: LinkErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
    this.word = options.word;
    this.hubMessage = options.hubMessage;
    this.retryAfterMs = options.retryAfterMs;
  }
}

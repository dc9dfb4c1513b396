/**
 * The error of a link that cannot be opened or has ended.
 *
 * @module
 */

/**
 * What happened to the link. `unreachable`: no hub answered. `refused`: the hub refused. `lost`: the connection was
 * lost. `left`: the client left. `untrusted`: the hub may be the wrong one. `no_key`: the client cannot sign with its
 * key.
 */
export type LinkErrorKind = "unreachable" | "refused" | "lost" | "left" | "untrusted" | "no_key";

/** Details of the error. */
export interface LinkErrorOptions extends ErrorOptions {
  /** The hub's error word, such as `name_taken`, if it sent one. */
  word?: string | undefined;
  /** The hub's message for the user, if it refused. */
  hubMessage?: string | undefined;
  /** A similar name that is free, if the hub refused the name and said so. */
  free?: string | undefined;
  /** After how many milliseconds to try again, if the hub said so. */
  retryAfterMs?: number | undefined;
  /** Whether another attempt cannot help, such as with the wrong scheme in the address. */
  isPermanent?: boolean | undefined;
  /** What the user can do: the end of the message, if a message about several hubs leaves it out. */
  advice?: string | undefined;
}

/** A link cannot be opened or has ended. */
export class LinkError extends Error {
  /** As for any `Error`. */
  override readonly name = "LinkError";
  /** What happened to the link. */
  readonly kind: LinkErrorKind;
  /** As {@linkcode LinkErrorOptions.word}. */
  readonly word: string | undefined;
  /** As {@linkcode LinkErrorOptions.hubMessage}. */
  readonly hubMessage: string | undefined;
  /** As {@linkcode LinkErrorOptions.free}. */
  readonly free: string | undefined;
  /** As {@linkcode LinkErrorOptions.retryAfterMs}. */
  readonly retryAfterMs: number | undefined;
  /** As {@linkcode LinkErrorOptions.isPermanent}. */
  readonly isPermanent: boolean;
  /** As {@linkcode LinkErrorOptions.advice}. */
  readonly advice: string | undefined;

  /**
   * Makes an error.
   *
   * @param kind what happened to the link
   * @param message the message for the user; text of the hub is in it unchanged
   * @param options details; `cause` as for any `Error`
   */
  constructor(kind: LinkErrorKind, message: string, options: LinkErrorOptions = {}) {
    super(message, options);
    this.kind = kind;
    this.word = options.word;
    this.hubMessage = options.hubMessage;
    this.free = options.free;
    this.retryAfterMs = options.retryAfterMs;
    this.isPermanent = options.isPermanent ?? false;
    this.advice = options.advice;
  }
}

/**
 * What a peer can do wrong, as a value with the word that goes on the wire. A fault of ours is never a
 * `ProtocolError`: whoever catches one may tell the peer its message word for word.
 *
 * @module
 */

/** The words that a 206 may carry in `error`; programs read them, people read `message`. */
export const ERROR_WORDS = [
  "bad_frame",
  "bad_message",
  "bad_name",
  "name_taken",
  "name_reserved",
  "too_long",
  "bad_text",
  "too_fast",
  "no_such_user",
  "no_such_room",
  "not_in_room",
  "not_allowed",
  "banned",
  "muted",
  "bad_password",
  "server_full",
  "too_many_from_address",
  "unavailable",
] as const;

/** One of {@linkcode ERROR_WORDS}. */
export type ErrorWord = typeof ERROR_WORDS[number];

/** What else is known of what a peer did wrong. */
export interface ProtocolErrorOptions extends ErrorOptions {
  /** The `ref` of the refused request. */
  ref?: string | undefined;
  /** After how many milliseconds it is worth trying again. */
  retryAfterMs?: number | undefined;
}

/**
 * A peer broke a rule of the protocol.
 *
 * `bad_frame` means that the bytes can no longer be cut into frames, so the connection has to end; after any other
 * word the conversation goes on.
 */
export class ProtocolError extends Error {
  /** As for any `Error`. */
  override readonly name = "ProtocolError";
  /** What went wrong, for programs. */
  readonly word: ErrorWord;
  /** The `ref` of the refused request, where it could be read. */
  readonly ref: string | undefined;
  /** After how many milliseconds it is worth trying again, where that is known. */
  readonly retryAfterMs: number | undefined;

  /**
   * Says what a peer did wrong.
   *
   * @param word what went wrong, for programs
   * @param message what was expected and what came, for people; it goes on the wire
   * @param options see {@linkcode ProtocolErrorOptions}
   */
  constructor(word: ErrorWord, message: string, options: ProtocolErrorOptions = {}) {
    super(message, options);
    this.word = word;
    this.ref = options.ref;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/**
 * The error for a mistake of a peer, with the error word that goes on the wire. An internal error is never a
 * `ProtocolError`, so the message of a `ProtocolError` may always be sent to the peer.
 *
 * @module
 */

/** The values of `error` in a 206. They are for programs; `message` is for people. */
export const ERROR_WORDS = [
  "bad_frame",
  "bad_message",
  "bad_name",
  "name_taken",
  "name_reserved",
  "name_owned",
  "bad_key",
  "bad_signature",
  "too_long",
  "bad_text",
  "too_fast",
  "no_such_user",
  "no_such_room",
  "no_such_message",
  "not_in_room",
  "not_allowed",
  "banned",
  "kicked",
  "muted",
  "bad_password",
  "bad_invite",
  "server_full",
  "too_many_from_address",
  "unavailable",
] as const;

/** One of {@linkcode ERROR_WORDS}. */
export type ErrorWord = typeof ERROR_WORDS[number];

/** Details of a {@linkcode ProtocolError}. */
export interface ProtocolErrorOptions extends ErrorOptions {
  /** The `ref` of the refused request. */
  ref?: string | undefined;
  /** How long to wait before the next attempt, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** A similar name that is free, for a name that is not. */
  free?: string | undefined;
}

/**
 * A peer broke a rule of the protocol.
 *
 * After `bad_frame` the bytes can no longer be split into frames, so the connection must be closed. After any other
 * word it stays open.
 */
export class ProtocolError extends Error {
  /** As for any `Error`. */
  override readonly name = "ProtocolError";
  /** The error word, for programs. */
  readonly word: ErrorWord;
  /** The `ref` of the refused request, if it was readable. */
  readonly ref: string | undefined;
  /** How long to wait before the next attempt, in milliseconds, if that is known. */
  readonly retryAfterMs: number | undefined;
  /** A similar name that is free, for a name that is not. */
  readonly free: string | undefined;

  /**
   * Makes an error.
   *
   * @param word the error word, for programs
   * @param message what was expected and what was received, for people; it goes on the wire
   * @param options see {@linkcode ProtocolErrorOptions}
   */
  constructor(word: ErrorWord, message: string, options: ProtocolErrorOptions = {}) {
    super(message, options);
    this.word = word;
    this.ref = options.ref;
    this.retryAfterMs = options.retryAfterMs;
    this.free = options.free;
  }
}

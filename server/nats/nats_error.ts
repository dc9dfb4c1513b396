/**
 * The errors of NATS as the hub handles them. The text of a {@linkcode ClusterError} is for the operator.
 *
 * @module
 */

/**
 * What went wrong with a request or a publish:
 *
 * - `disconnected`: the connection was away or went away
 * - `timeout`: no answer came in time
 * - `unavailable`: nobody answers at present, such as a stream without a leader
 * - `wrong_sequence`: the subject has another last sequence than expected
 * - `too_large`: the message is larger than the server accepts
 * - `full`: the stream, or the storage of the server or the account, is full
 * - `not_found`: the stream, consumer or message does not exist
 * - `closed`: the connection was closed by this hub
 * - `refused`: any other error of the server
 */
export type NatsErrorKind =
  | "disconnected"
  | "timeout"
  | "unavailable"
  | "wrong_sequence"
  | "too_large"
  | "full"
  | "not_found"
  | "closed"
  | "refused";

/** A request or a publish that failed. */
export class NatsError extends Error {
  /** As {@linkcode NatsErrorKind}. */
  readonly kind: NatsErrorKind;
  /** Whether the request may have been carried out nevertheless: it was sent, and its answer is unknown. */
  readonly outcomeUnknown: boolean;
  /** The `err_code` of JetStream; 0 if there is none. */
  readonly errorCode: number;

  /**
   * Creates an error.
   *
   * @param kind what went wrong
   * @param message the text, for the log
   * @param options `outcomeUnknown` is `false` and `errorCode` is 0 if not given
   */
  constructor(
    kind: NatsErrorKind,
    message: string,
    options: { outcomeUnknown?: boolean; errorCode?: number; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "NatsError";
    this.kind = kind;
    this.outcomeUnknown = options.outcomeUnknown ?? false;
    this.errorCode = options.errorCode ?? 0;
  }
}

/** An error that lasts until the operator changes something. Its message says what happened and what to do. */
export class ClusterError extends Error {
  /**
   * Creates an error.
   *
   * @param message what happened, why, and what to do
   * @param cause the error that shows it
   */
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "ClusterError";
  }
}

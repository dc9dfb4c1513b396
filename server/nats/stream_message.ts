/**
 * Messages of a stream, and how a consumer tells their place in it.
 *
 * PURE.
 *
 * @module
 */

/** A message of a stream. */
export interface StreamMessage {
  /** Its subject. */
  readonly subject: string;
  /** Its sequence in the stream; larger than that of the message before, not always by one. */
  readonly sequence: number;
  /** The payload; it keeps the buffer in memory in which it was read. */
  readonly data: Uint8Array;
  /** When the server stored it, in milliseconds since 1970. */
  readonly timeMs: number;
  /** How many messages of the stream follow it, as far as the server knows. */
  readonly pending: number;
  /**
   * Reads a header.
   *
   * @param name its name, case-sensitive
   * @returns its value; empty if it is missing
   */
  header(name: string): string;
}

/**
 * Reads the place of a message: `$JS.ACK.STREAM.CONSUMER.DELIVERIES.STREAM_SEQUENCE.CONSUMER_SEQUENCE.TIME.PENDING`, or
 * with a domain and an account before the stream, and a token at the end.
 *
 * @param reply the reply subject of the message
 * @returns its place; `undefined` if this is none
 */
export function placeOf(
  reply: string,
): { sequence: number; delivery: number; timeMs: number; pending: number } | undefined {
  const parts = reply.split(".");
  if (parts[0] !== "$JS" || parts[1] !== "ACK" || parts.length < 9) return undefined;
  const at = parts.length === 9 ? 5 : 7;
  return {
    sequence: Number(parts[at]),
    delivery: Number(parts[at + 1]),
    timeMs: Number(parts[at + 2]!.slice(0, -6)),
    pending: Number(parts[at + 3]),
  };
}

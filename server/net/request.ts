/**
 * Requests of a client on their way from the socket to the hub.
 *
 * @module
 */
import type { BodyDecoder, ClientMessage, PlainSay, ProtocolError } from "../../protocol/mod.ts";

/** A request as it arrived: a message, or what is wrong with it; a message with an unknown code has neither. */
export interface Request {
  /** The message, if it is valid and known. */
  message: ClientMessage | PlainSay | undefined;
  /** What is wrong with it. */
  error: ProtocolError | undefined;
}

/** A plain chat message as it arrived; the same object for all plain messages of a read. */
export interface PlainRequest extends Request {
  /** The message. */
  message: PlainSay;
}

/** The bytes of one read, while the connection carries out their requests. */
export interface ReadState {
  /** The number of bytes. */
  count: number;
  /** Holds the bytes that are not carried out yet. */
  decoder: BodyDecoder;
  /** Holds one plain message after the other. */
  plain: PlainRequest;
  /** The request that waits for the rate limit, if one does. */
  throttled: Request | undefined;
}

/** A request with a code that this version does not know. */
export const UNKNOWN_REQUEST: Request = { message: undefined, error: undefined };

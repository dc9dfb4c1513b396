/**
 * Requests to JetStream, which have JSON in both directions, and what its error codes mean.
 *
 * @module
 */
import type { NatsConnection } from "./connection.ts";
import { NatsError, type NatsErrorKind } from "./nats_error.ts";

/** The error in an answer of JetStream. */
export interface JetStreamError {
  /** As of HTTP, such as 400 or 503. */
  code: number;
  /** What went wrong. */
  err_code?: number;
  /** The text of the server. */
  description?: string;
}

/** Codes of JetStream for what the hub handles. */
const KINDS: Readonly<Record<number, NatsErrorKind>> = {
  10005: "unavailable", // no suitable peers for placement
  10008: "unavailable", // system temporarily unavailable
  10009: "unavailable", // not the leader
  10014: "not_found", // consumer
  10023: "full", // insufficient resources
  10037: "not_found", // message
  10054: "too_large",
  10059: "not_found", // stream
  10071: "wrong_sequence",
  10077: "full",
  10047: "full", // storage of the account or server
};

/**
 * Makes an error of the answer of JetStream.
 *
 * @param error the field `error` of the answer
 * @param what the request, for the text
 * @returns the error
 */
export function errorOf(error: JetStreamError, what: string): NatsError {
  const errorCode = error.err_code ?? 0;
  const kind = KINDS[errorCode] ??
    (error.code === 503 ? "unavailable" : error.code === 404 ? "not_found" : "refused");
  const text = error.description ?? `error ${error.code}`;
  return new NatsError(kind, `${what}: ${text}`, { errorCode });
}

/** JetStream, by requests. */
export class JetStreamApi {
  readonly #connection: NatsConnection;

  /**
   * Uses a connection.
   *
   * @param connection the connection
   */
  constructor(connection: NatsConnection) {
    this.#connection = connection;
  }

  /**
   * Sends a request.
   *
   * @param name the request, such as `STREAM.INFO.name`
   * @param body what is sent as JSON; nothing if not given
   * @param timeoutMs how long to wait, in milliseconds; 2 s if not given
   * @returns the answer
   * @throws {NatsError} if it fails
   */
  async call<T>(name: string, body?: unknown, timeoutMs?: number): Promise<T> {
    const data = body === undefined ? "" : JSON.stringify(body);
    const answer = await this.#connection.request(`$JS.API.${name}`, data, timeoutMs);
    const parsed = JSON.parse(new TextDecoder().decode(answer.data)) as T & { error?: JetStreamError };
    if (parsed.error !== undefined) throw errorOf(parsed.error, name);
    return parsed;
  }
}

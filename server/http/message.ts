/**
 * The types of requests and answers.
 *
 * PURE.
 *
 * @module
 */

/** A request, whose head was read. */
export interface HttpRequest {
  /** The method, such as `GET`. */
  readonly method: string;
  /** The decoded segments of the path: `/rooms/ci` is `["rooms", "ci"]`, `/` is `[""]`. */
  readonly path: readonly string[];
  /** The query. */
  readonly query: URLSearchParams;
  /** The headers; a repeated one is one list. */
  readonly headers: Headers;
  /** The address of the client. */
  readonly address: string;
  /** Whether the client uses HTTPS. */
  readonly secure: boolean;
  /**
   * Reads the body.
   *
   * @param limit the largest number of bytes
   * @returns the body
   * @throws {HttpProblem} with status 413 if it is larger
   */
  body(limit: number): Promise<Uint8Array>;
  /** Aborted when the client of a stream has gone. */
  readonly signal: AbortSignal;
}

/**
 * Takes a connection over after the answer, for another protocol.
 *
 * @param early what the client has sent behind its request, as far as it was read
 */
export type TakeOver = (early: Uint8Array) => void;

/** An answer. */
export interface HttpAnswer {
  /** The status. */
  readonly status: number;
  /** The headers, with names in small letters. Those about the length are added; `connection: close` ends it. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The body; one without a known length is sent in chunks. */
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Takes the connection over. Then the answer has no body, and no header is added. */
  readonly takeOver?: TakeOver;
}

/**
 * Answers a request.
 *
 * @param request the request
 * @returns the answer
 * @throws {HttpProblem} if the request cannot be carried out
 */
export type HttpHandler = (request: HttpRequest) => HttpAnswer | Promise<HttpAnswer>;

/**
 * Errors of the API, as problem details (RFC 9457). `word` is that of the protocol, for programs; `detail` says for
 * people what happened and what to do.
 *
 * PURE.
 *
 * @module
 */
import type { ErrorWord } from "../../protocol/mod.ts";

/** The words of errors: those of the protocol, and `bad_token`. */
export type ProblemWord = ErrorWord | "bad_token" | (string & Record<never, never>);

/** What a {@linkcode Problem} has besides its word and its detail. */
export interface ProblemOptions {
  /** The status; by default that of the word. */
  status?: number | undefined;
  /** When to try again, in milliseconds. */
  retryAfterMs?: number | undefined;
  /** The methods that the path has, for a 405. */
  allow?: string | undefined;
}

/** The statuses of the words. */
const STATUS: Readonly<Record<string, number>> = {
  bad_message: 400,
  bad_name: 400,
  bad_text: 400,
  bad_password: 401,
  bad_token: 401,
  bad_invite: 401,
  banned: 403,
  kicked: 403,
  muted: 403,
  not_allowed: 403,
  not_in_room: 404,
  no_such_room: 404,
  no_such_message: 404,
  no_such_user: 404,
  name_owned: 409,
  name_reserved: 409,
  name_taken: 409,
  too_long: 413,
  too_fast: 429,
  too_many_from_address: 429,
  server_full: 503,
  unavailable: 503,
};

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** A request that is not carried out. */
export class Problem extends Error {
  /** As for any `Error`. */
  override readonly name = "Problem";
  /** For programs. */
  readonly word: ProblemWord;
  /** The status of the answer. */
  readonly status: number;
  readonly #options: ProblemOptions;

  /**
   * Makes a problem.
   *
   * @param word for programs
   * @param detail for people: what happened, why, and what to do
   * @param options see {@linkcode ProblemOptions}
   */
  constructor(word: ProblemWord, detail: string, options: ProblemOptions = {}) {
    super(detail);
    this.word = word;
    this.status = options.status ?? STATUS[word] ?? 400;
    this.#options = options;
  }

  /**
   * Makes the answer.
   *
   * @returns its status, headers and body
   */
  answer(): { status: number; headers: Record<string, string>; body: string } {
    const { status, word, message: detail } = this;
    const { retryAfterMs, allow } = this.#options;
    const seconds = retryAfterMs === undefined ? undefined : Math.max(1, Math.ceil(retryAfterMs / 1000));
    return {
      status,
      headers: {
        "content-type": "application/problem+json",
        "cache-control": "no-store",
        ...status === 401 ? { "www-authenticate": 'Bearer realm="riftchat"' } : {},
        ...seconds === undefined ? {} : { "retry-after": String(seconds) },
        ...allow === undefined ? {} : { allow },
      },
      body: JSON.stringify({
        type: "about:blank",
        title: TITLES[status] ?? "Error",
        status,
        detail,
        word,
        ...retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs },
      }) + "\n",
    };
  }
}

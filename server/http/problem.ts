/**
 * Errors of requests, as problem details (RFC 9457).
 *
 * PURE.
 *
 * @module
 */
import type { HttpAnswer } from "./message.ts";
import { reasonOfStatus } from "./response.ts";

/** What an {@linkcode HttpProblem} may have besides. */
export interface HttpProblemOptions {
  /** More headers of the answer. */
  headers?: Readonly<Record<string, string>>;
  /** The error word of the chat protocol; `bad_message` by default. */
  word?: string;
}

/** A request that cannot be carried out. */
export class HttpProblem extends Error {
  /** As for any `Error`. */
  override readonly name = "HttpProblem";
  /** The status of the answer. */
  readonly status: number;
  readonly #options: HttpProblemOptions;

  /**
   * Creates it.
   *
   * @param status the status of the answer
   * @param detail what was expected, what came, and what to do
   * @param options see {@linkcode HttpProblemOptions}
   */
  constructor(status: number, detail: string, options: HttpProblemOptions = {}) {
    super(detail);
    this.status = status;
    this.#options = options;
  }

  /** The answer for the client. */
  get answer(): HttpAnswer {
    const { headers = {}, word = "bad_message" } = this.#options;
    const content = {
      type: "about:blank",
      title: reasonOfStatus(this.status),
      status: this.status,
      detail: this.message,
      word,
    };
    return {
      status: this.status,
      headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...headers },
      body: JSON.stringify(content) + "\n",
    };
  }
}

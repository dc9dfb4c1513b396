/**
 * Checks of what a request says, and simple answers.
 *
 * PURE.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";
import type { TokenUse } from "../tokens/mod.ts";
import { Problem } from "./problem.ts";

/** An answer of the API. */
export interface HttpAnswerParts {
  /** The status. */
  status: number;
  /** The headers, with names in small letters. */
  headers: Record<string, string>;
  /** The body. */
  body: string | AsyncIterable<Uint8Array>;
}

/**
 * Checks the method of a request.
 *
 * @param method the method
 * @param methods those that the path has
 * @throws {Problem} with status 405
 */
export function allow(method: string, ...methods: string[]): void {
  if (methods.includes(method)) return;
  const list = methods.join(", ");
  throw new Problem("bad_message", `Cannot do ${method} there: it takes ${list}`, {
    status: 405,
    allow: list,
  });
}

/**
 * Refuses what a page of another host makes a browser send.
 *
 * @param headers the headers of the request
 * @throws {Problem} `not_allowed`
 */
export function checkSameOrigin(headers: Headers): void {
  const site = headers.get("sec-fetch-site");
  const origin = headers.get("origin");
  const isForeign = site === "cross-site" || site === "same-site" ||
    origin !== null && URL.parse(origin)?.host !== hostOf(headers);
  if (isForeign) throw new Problem("not_allowed", "Cannot do that for a page of another host");
}

/** Returns the header `Host` as the `Origin` has it: in small letters, and without the default port of its scheme. */
function hostOf(headers: Headers): string | undefined {
  const scheme = headers.get("origin")?.startsWith("https:") ? "https" : "http";
  return URL.parse(`${scheme}://${headers.get("host")}`)?.host;
}

/**
 * Checks that a token is for what is asked.
 *
 * @param token the token, if there is one
 * @param power what is asked
 * @param room in which room
 * @throws {Problem} `not_allowed`
 */
export function checkPower(token: TokenUse | undefined, power: "read" | "write", room: string): void {
  if (token === undefined) return;
  if (!token[power]) {
    throw new Problem(
      "not_allowed",
      `Cannot ${power} with your token: it is to ${power === "read" ? "write" : "read"} only`,
    );
  }
  if (token.rooms?.every((one) => nameKey(one) !== nameKey(room)) === true) {
    const rooms = token.rooms.map((one) => `#${one}`).join(", ");
    throw new Problem("not_allowed", `Cannot ${power} there with your token: it is for ${rooms}`);
  }
}

/**
 * Checks that a query has known parameters only, each once.
 *
 * @param query the query
 * @param known the parameters
 * @throws {Problem} `bad_message`
 */
export function checkQuery(query: URLSearchParams, known: readonly string[]): void {
  for (const name of query.keys()) {
    if (!known.includes(name)) {
      throw new Problem(
        "bad_message",
        `Cannot read your request: there is no parameter ${name}; there are ${known.join(", ")}`,
      );
    }
    if (query.getAll(name).length > 1) {
      throw new Problem("bad_message", `Cannot read your request: ${name} is there twice`);
    }
  }
}

/**
 * Reads a number in a query.
 *
 * @param query the query
 * @param name the name of the parameter
 * @param range the range of the number
 * @returns an object with the number by its name; an empty one without the parameter
 * @throws {Problem} `bad_message`
 */
export function numberIn<Name extends string>(
  query: URLSearchParams,
  name: Name,
  { least, most }: { least: number; most: number },
): Partial<Record<Name, number>> {
  const text = query.get(name);
  if (text === null) return {};
  const value = /^\d{1,16}$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return { [name]: value } as Record<Name, number>;
  throw new Problem(
    "bad_message",
    `Cannot read your request: ${name} must be a whole number from ${least} to ${most}: it is ${
      text.slice(0, 40)
    }`,
  );
}

/**
 * Makes an answer of JSON.
 *
 * @param status the status
 * @param value the value
 * @returns the answer
 */
export function json(status: number, value: unknown): HttpAnswerParts {
  return answer(status, "application/json", JSON.stringify(value) + "\n");
}

/**
 * Makes an answer that nobody keeps.
 *
 * @param status the status
 * @param type the `content-type`
 * @param body the body
 * @returns the answer
 */
export function answer(status: number, type: string, body: HttpAnswerParts["body"]): HttpAnswerParts {
  return { status, headers: { "content-type": type, "cache-control": "no-store" }, body };
}

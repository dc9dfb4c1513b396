/**
 * What an operator can ask a hub for, and the answers.
 *
 * @module
 */
import * as v from "valibot";

/** A request of an operator cannot be carried out. The message says why, and what to do. */
export class OperatorError extends Error {
  /** As for any `Error`. */
  override readonly name = "OperatorError";
}

/** A name that belongs to somebody. */
export interface OwnedNameInfo {
  /** The name. */
  name: string;
  /** Since when it is owned, in milliseconds since 1970. */
  since: number;
  /** When it was last used, in milliseconds since 1970, to the hour. */
  lastUsed: number;
  /** When an operator gave it to another key, in milliseconds since 1970. */
  moved?: number | undefined;
  /** Its keys, as the base64 of OpenSSH blobs, the oldest first. */
  keys: string[];
}

const name = v.string();
const request: v.GenericSchema<unknown, OperatorRequest> = v.variant("do", [
  v.object({ do: v.literal("list names") }),
  v.object({ do: v.literal("move name"), name, key: v.string() }),
  v.object({ do: v.literal("free name"), name }),
]);

/** A request: list the owned names, give one to another key, or free one. */
export type OperatorRequest =
  | { do: "list names" }
  | { do: "move name"; name: string; key: string }
  | { do: "free name"; name: string };

/** What a hub answers: the names that were listed or changed, as they are after that. */
export type OperatorAnswer = { names: OwnedNameInfo[] };

/** An answer, or why there is none. */
export type OperatorResult = OperatorAnswer | { error: string };

/**
 * Carries out requests of one kind, such as those about names.
 *
 * @param request the request
 * @returns the answer; `undefined` if the request is of another kind
 * @throws {OperatorError} if it cannot be carried out
 */
export type OperatorHandler = (request: OperatorRequest) => OperatorAnswer | undefined;

/**
 * Makes one handler of several.
 *
 * @param handlers the handlers, each for requests of its own kinds
 * @returns passes each request to the handler for its kind
 */
export function operatorHandler(handlers: readonly OperatorHandler[]): OperatorHandler {
  return (request) => {
    for (const handle of handlers) {
      const answer = handle(request);
      if (answer !== undefined) return answer;
    }
    return undefined;
  };
}

/**
 * Parses a request.
 *
 * @param text one line of JSON
 * @returns the request; `undefined` if it is none that this version knows
 */
export function parseOperatorRequest(text: string): OperatorRequest | undefined {
  try {
    const parsed = v.safeParse(request, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

const result = v.union([
  v.object({ error: v.string() }),
  v.object({
    names: v.array(v.object({
      name,
      since: v.number(),
      lastUsed: v.number(),
      moved: v.exactOptional(v.number()),
      keys: v.array(v.string()),
    })),
  }),
]);

/**
 * Parses an answer.
 *
 * @param text one line of JSON
 * @returns the answer; `undefined` if it is none, or not complete
 */
export function parseOperatorResult(text: string): OperatorResult | undefined {
  try {
    const parsed = v.safeParse(result, JSON.parse(text));
    return parsed.success ? parsed.output : undefined;
  } catch {
    return undefined;
  }
}

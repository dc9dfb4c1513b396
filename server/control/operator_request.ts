/**
 * What an operator can ask a hub for, and the answers.
 *
 * The file is long because half of it is the types of what is asked, and the other half checks them.
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

/** An operator of the hub. */
export interface OperatorInfo {
  /** The name that was added, or the comment of the key; may be empty. */
  shown: string;
  /** Whether it was added as a name, all of whose keys count. */
  isName: boolean;
  /** Its keys, as the base64 of OpenSSH blobs. */
  keys: string[];
  /** Whether it is in the file of operators; otherwise it was added with `riftchat op add`. */
  inFile: boolean;
  /** When it was added, in milliseconds since 1970. */
  at?: number | undefined;
}

/** Something that somebody who moderates has done. */
export interface AuditInfo {
  /** The number of the entry. */
  id: number;
  /** When, in milliseconds since 1970. */
  at: number;
  /** The name of who did it. */
  by: string;
  /** The fingerprint of the key of who did it. */
  byKey?: string | undefined;
  /** Whether that was an operator of the hub. */
  byOperator: boolean;
  /** What, in a word or two. */
  action: string;
  /** To whom or what. */
  target?: string | undefined;
  /** In which room, without `#`. */
  room?: string | undefined;
  /** Until when it holds, in milliseconds since 1970. */
  until?: number | undefined;
  /** Why. */
  reason?: string | undefined;
  /** What else is to know. */
  detail?: string | undefined;
}

/** An invite. */
export interface InviteInfo {
  /** Its name for people. */
  id: string;
  /** When it was made, in milliseconds since 1970. */
  made: number;
  /** Who made it: the name of a user; empty for the operator on the machine of the hub. */
  by: string;
  /** Until when it can be used, in milliseconds since 1970. */
  expires: number;
  /** How often it could be used. */
  uses: number;
  /** How often it can still be used. */
  usesLeft: number;
  /** The room into which it leads, without `#`. */
  room?: string | undefined;
  /** The name that its user gets. */
  name?: string | undefined;
  /** When it was revoked, in milliseconds since 1970. */
  revoked?: number | undefined;
  /** Who has used it, and when. */
  usedBy: { name: string; at: number }[];
}

/** A token with which scripts use the hub. */
export interface TokenInfo {
  /** Its name for people. */
  id: string;
  /** The name under which its messages appear. */
  name: string;
  /** The rooms that it is for, without `#`; absent for all. */
  rooms?: string[] | undefined;
  /** Whether it may read. */
  read: boolean;
  /** Whether it may write. */
  write: boolean;
  /** When it was made, in milliseconds since 1970. */
  made: number;
  /** When it was last used, in milliseconds since 1970, to the hour; absent if it was not. */
  lastUsed?: number | undefined;
}

const name = v.string();
const request: v.GenericSchema<unknown, OperatorRequest> = v.variant("do", [
  v.object({ do: v.literal("list names") }),
  v.object({ do: v.literal("move name"), name, key: v.string() }),
  v.object({ do: v.literal("free name"), name }),
  v.object({ do: v.literal("list operators") }),
  v.object({ do: v.literal("add operator"), name }),
  v.object({ do: v.literal("add operator"), key: v.string(), comment: v.string() }),
  v.object({ do: v.literal("remove operator"), name }),
  v.object({ do: v.literal("remove operator"), key: v.string() }),
  v.object({
    do: v.literal("read audit"),
    since: v.exactOptional(v.number()),
    before: v.exactOptional(v.number()),
    count: v.number(),
  }),
  v.object({
    do: v.literal("make invite"),
    room: v.exactOptional(v.string()),
    name: v.exactOptional(name),
    uses: v.exactOptional(v.number()),
    expiresMs: v.exactOptional(v.number()),
    at: v.exactOptional(v.string()),
  }),
  v.object({ do: v.literal("list invites") }),
  v.object({ do: v.literal("revoke invite"), id: v.string() }),
  v.object({
    do: v.literal("add token"),
    name,
    rooms: v.exactOptional(v.array(v.string())),
    read: v.boolean(),
    write: v.boolean(),
  }),
  v.object({ do: v.literal("list tokens") }),
  v.object({ do: v.literal("revoke token"), id: v.string() }),
]);

/** What an operator wants a token for. */
export interface WantedToken {
  /** The name under which its messages appear. */
  name: string;
  /** The rooms that it is for, without `#`; absent for all. */
  rooms?: string[];
  /** Whether it may read. */
  read: boolean;
  /** Whether it may write. */
  write: boolean;
}

/** What an operator wants an invite for; see `InviteRequest`. */
export interface WantedInvite {
  /** The room, without `#`. */
  room?: string;
  /** The name that its user gets. */
  name?: string;
  /** How often it can be used. */
  uses?: number;
  /** How long it can be used, in milliseconds. */
  expiresMs?: number;
  /** The address for links, which is remembered. */
  at?: string;
}

/** A request: about the owned names, the operators, the audit, invites or tokens. */
export type OperatorRequest =
  | { do: "list names" }
  | { do: "move name"; name: string; key: string }
  | { do: "free name"; name: string }
  | { do: "list operators" }
  | { do: "add operator"; name: string }
  | { do: "add operator"; key: string; comment: string }
  | { do: "remove operator"; name: string }
  | { do: "remove operator"; key: string }
  | { do: "read audit"; since?: number; before?: number; count: number }
  | ({ do: "make invite" } & WantedInvite)
  | { do: "list invites" }
  | { do: "revoke invite"; id: string }
  | ({ do: "add token" } & WantedToken)
  | { do: "list tokens" }
  | { do: "revoke token"; id: string };

/** What a hub answers: what was listed, made or changed, as it is after that. */
export type OperatorAnswer =
  | { names: OwnedNameInfo[] }
  | { operators: OperatorInfo[] }
  | { audit: AuditInfo[] }
  | { link: string; invite: InviteInfo }
  | { invites: InviteInfo[] }
  | { secret: string; token: TokenInfo }
  | { tokens: TokenInfo[] };

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

const invite = v.object({
  id: v.string(),
  made: v.number(),
  by: v.string(),
  expires: v.number(),
  uses: v.number(),
  usesLeft: v.number(),
  room: v.exactOptional(v.string()),
  name: v.exactOptional(name),
  revoked: v.exactOptional(v.number()),
  usedBy: v.array(v.object({ name, at: v.number() })),
});

const token = v.object({
  id: v.string(),
  name,
  rooms: v.exactOptional(v.array(v.string())),
  read: v.boolean(),
  write: v.boolean(),
  made: v.number(),
  lastUsed: v.exactOptional(v.number()),
});

const result = v.union([
  v.object({ secret: v.string(), token }),
  v.object({ tokens: v.array(token) }),
  v.object({ error: v.string() }),
  v.object({ link: v.string(), invite }),
  v.object({ invites: v.array(invite) }),
  v.object({
    names: v.array(v.object({
      name,
      since: v.number(),
      lastUsed: v.number(),
      moved: v.exactOptional(v.number()),
      keys: v.array(v.string()),
    })),
  }),
  v.object({
    operators: v.array(v.object({
      shown: v.string(),
      isName: v.boolean(),
      keys: v.array(v.string()),
      inFile: v.boolean(),
      at: v.exactOptional(v.number()),
    })),
  }),
  v.object({
    audit: v.array(v.object({
      id: v.number(),
      at: v.number(),
      by: v.string(),
      byKey: v.exactOptional(v.string()),
      byOperator: v.boolean(),
      action: v.string(),
      target: v.exactOptional(v.string()),
      room: v.exactOptional(v.string()),
      until: v.exactOptional(v.number()),
      reason: v.exactOptional(v.string()),
      detail: v.exactOptional(v.string()),
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

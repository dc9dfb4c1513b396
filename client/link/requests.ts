/**
 * Matches answers to requests.
 *
 * PURE: it is notified of requests and of the hub's messages, and returns which request a message answers.
 *
 * With the extension a request carries a `ref`, and its answer carries the same one. Several requests may be in flight,
 * and a list may take several messages. A base hub reads one frame at a time: it answers a message with the message
 * itself, and a rename with a 202. So one request may be in flight, and only a message or a rename.
 *
 * @module
 */
import {
  type BanInfo,
  type Bans,
  type Changes,
  type ClientMessage,
  Code,
  type ConversationInfo,
  type Conversations,
  type Done,
  type Hello,
  type History,
  type InviteInfo,
  type InviteLink,
  type InviteList,
  type KeyCode,
  type Keys,
  type Mentions,
  type Moderated,
  type Person,
  type Pong,
  ProtocolError,
  type Refused,
  type Rename,
  type RoomDetails,
  type RoomInfo,
  type Rooms,
  type Said,
  type Say,
  type SayIn,
  type SayTo,
  type ServerMessage,
  type UserInfo,
  type Users,
  type YourName,
} from "../../protocol/mod.ts";

/** The requests of an open connection. */
export type Request = Say | SayIn | SayTo | Rename | ControlRequest;

/** The requests that are neither a message nor a rename. They need the extension, and are sent once only. */
export type ControlRequest = Exclude<ClientMessage, Say | SayIn | SayTo | Rename | Hello>;

/** The answers. A 209, 214, 217, 220, 225 or 231 holds the whole list, however many messages it took. */
export type Answer =
  | Done
  | Refused
  | History
  | Users
  | Rooms
  | Conversations
  | Pong
  | YourName
  | Said
  | Keys
  | KeyCode
  | Person
  | RoomDetails
  | Moderated
  | Bans
  | Changes
  | Mentions
  | InviteLink
  | InviteList;

/**
 * How many requests may be in flight with the extension: enough to use a fast connection, few enough that less than a
 * megabyte waits here if the hub stops reading.
 */
export const MAX_IN_FLIGHT = 64;

/**
 * The longest list of users or rooms, so that a hub cannot make the client collect one forever.
 */
export const MAX_LIST_ENTRIES = 100_000;

/**
 * How many UTF-16 units the incomplete lists of a connection may have together, as JSON, so that a hub cannot fill the
 * memory with long names: 100,000 users with 300 characters each.
 */
export const MAX_LIST_UNITS = 32 * 1024 * 1024;

/** The longest pause of a hub to wait for, in milliseconds, so that a wrong number cannot keep a dead link forever. */
export const MAX_PAUSE_MS = 300_000;

/**
 * Gives for how long the hub reads nothing because of its rate limit. No request is refused by that.
 *
 * @param message any message
 * @returns at most how many milliseconds; 0 if the message is not about that
 */
export function throttledMs(message: ServerMessage): number {
  if (message.code !== Code.Refused || message.error !== "too_fast" || message.ref !== undefined) return 0;
  return Math.min(message.retry_after_ms ?? 0, MAX_PAUSE_MS);
}

/** An answer and the number of its request. */
export interface Answered {
  /** The number of the request, from {@linkcode Requests.add}. */
  id: number;
  /** The answer. */
  answer: Answer;
}

/** The requests and answers of one connection. */
export class Requests {
  readonly #extended: boolean;
  readonly #inFlight = new Map<number, Request>();
  /** The incomplete lists, by the number of the request. */
  readonly #users = new Map<number, List<UserInfo>>();
  readonly #rooms = new Map<number, List<RoomInfo>>();
  readonly #conversations = new Map<number, List<ConversationInfo>>();
  readonly #members = new Map<number, List<string>>();
  readonly #bans = new Map<number, List<BanInfo>>();
  readonly #invites = new Map<number, List<InviteInfo>>();
  /** How many UTF-16 units the incomplete lists have together. */
  #listUnits = 0;
  #lastId = 0;
  #name: string;

  /**
   * Starts without requests, on an open connection.
   *
   * @param extended whether the extension is in use
   * @param name the name of this client
   */
  constructor(extended: boolean, name: string) {
    this.#extended = extended;
    this.#name = name;
  }

  /** The name of this client, from the last 202 or welcome. */
  get name(): string {
    return this.#name;
  }

  /** Whether another request may be sent now. */
  get canSend(): boolean {
    return this.#inFlight.size < (this.#extended ? MAX_IN_FLIGHT : 1);
  }

  /** The number of requests without an answer. */
  get unanswered(): number {
    return this.#inFlight.size;
  }

  /**
   * Adds a request that is about to be sent.
   *
   * @param request the request, without a `ref`
   * @returns the number of the request, and the request to send
   * @throws {RangeError} if it may not be sent now: an error of the caller
   */
  add(request: Request): { id: number; request: Request } {
    if (!this.canSend) throw new RangeError(`Cannot ask: ${this.unanswered} requests wait for their answer`);
    if (!this.#extended && request.code !== Code.Say && request.code !== Code.Rename) {
      throw new RangeError(`Cannot ask a hub without the extension for ${request.code}`);
    }
    const id = ++this.#lastId;
    this.#inFlight.set(id, request);
    return { id, request: this.#extended ? { ...request, ref: String(id) } : request };
  }

  /**
   * Handles a message of the hub.
   *
   * @param message every message, in order
   * @returns the answer and its request, if the message completes an answer
   * @throws {ProtocolError} `bad_frame` if a list does not end or is too long
   */
  receive(message: ServerMessage): Answered | undefined {
    const answered = this.#extended ? this.#byRef(message) : this.#byContent(message);
    if (message.code === Code.YourName) this.#name = message.new;
    if (answered !== undefined) {
      this.#inFlight.delete(answered.id);
      const { id } = answered;
      for (
        const lists of [
          this.#users,
          this.#rooms,
          this.#conversations,
          this.#members,
          this.#bans,
          this.#invites,
        ]
      ) {
        this.#listUnits -= lists.get(id)?.units ?? 0;
        lists.delete(id);
      }
    }
    return answered;
  }

  #byRef(message: ServerMessage): Answered | undefined {
    if (!("ref" in message) || message.ref === undefined) return undefined;
    if (message.code === Code.Welcome) return undefined;
    const id = Number(message.ref);
    if (!this.#inFlight.has(id) || String(id) !== message.ref) return undefined;
    switch (message.code) {
      case Code.Users: {
        const users = this.#appendPart(this.#users, id, message.users);
        return message.more ? undefined : { id, answer: { code: message.code, users, ref: message.ref } };
      }
      case Code.Rooms: {
        const rooms = this.#appendPart(this.#rooms, id, message.rooms);
        return message.more ? undefined : { id, answer: { code: message.code, rooms, ref: message.ref } };
      }
      case Code.Conversations: {
        const { code, last, more, ref } = message;
        const conversations = this.#appendPart(this.#conversations, id, message.conversations);
        return more ? undefined : { id, answer: { code, conversations, last, ref } };
      }
      case Code.RoomDetails: {
        const { more, ...details } = message;
        if (details.members === undefined) return { id, answer: details };
        const members = this.#appendPart(this.#members, id, details.members);
        return more ? undefined : { id, answer: { ...details, members } };
      }
      case Code.Bans: {
        const bans = this.#appendPart(this.#bans, id, message.bans);
        return message.more ? undefined : { id, answer: { code: message.code, bans, ref: message.ref } };
      }
      case Code.Invites: {
        const invites = this.#appendPart(this.#invites, id, message.invites);
        return message.more ? undefined : { id, answer: { code: message.code, invites, ref: message.ref } };
      }
      default:
        return { id, answer: message };
    }
  }

  /**
   * On a base hub names need not be unique: the same message from another user of the same name counts as the answer.
   */
  #byContent(message: ServerMessage): Answered | undefined {
    for (const [id, request] of this.#inFlight) {
      if (request.code === Code.Rename && message.code === Code.YourName) return { id, answer: message };
      if (
        request.code === Code.Say && message.code === Code.Said && message.message.username === this.#name &&
        message.message.message === request.message
      ) return { id, answer: message };
    }
    return undefined;
  }

  /**
   * Appends a part to a list and returns the items of the list. A part counts as one item at least, so that empty parts
   * end, too.
   */
  #appendPart<T>(lists: Map<number, List<T>>, id: number, part: readonly T[]): T[] {
    const list = lists.get(id) ?? { items: [], count: 0, units: 0 };
    list.count += Math.max(part.length, 1);
    if (list.count > MAX_LIST_ENTRIES) {
      throw new ProtocolError("bad_frame", `Cannot read a list of more than ${MAX_LIST_ENTRIES} entries`);
    }
    const units = JSON.stringify(part).length;
    list.units += units;
    this.#listUnits += units;
    if (this.#listUnits > MAX_LIST_UNITS) {
      throw new ProtocolError("bad_frame", `Cannot read lists of more than ${MAX_LIST_UNITS} characters`);
    }
    for (const item of part) list.items.push(item);
    lists.set(id, list);
    return list.items;
  }
}

/** An incomplete list. */
interface List<T> {
  items: T[];
  /** How many items it has; an empty part counts as one. */
  count: number;
  /** Its size as JSON, in UTF-16 units. */
  units: number;
}

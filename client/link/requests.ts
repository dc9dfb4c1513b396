/**
 * Which answer belongs to which request.
 *
 * PURE: it is told what is asked and what comes, and says what was answered. In the extension a request carries a `ref`,
 * the answer carries it back, and several may be on their way; a list may take several messages. A base hub reads one frame at a time and answers a line
 * with the line itself, a new name with its 202; so one request may be on its way, and only a line or a name.
 *
 * @module
 */
import {
  type AskHistory,
  Code,
  type Done,
  type History,
  type Join,
  type Leave,
  type ListRooms,
  type Ping,
  type Pong,
  ProtocolError,
  type Refused,
  type Rename,
  type RoomInfo,
  type Rooms,
  type Said,
  type Say,
  type SayIn,
  type SayTo,
  type ServerMessage,
  type UserInfo,
  type Users,
  type Who,
  type YourName,
} from "../../protocol/mod.ts";

/** All that may be asked once a connection is open. */
export type Request = Say | SayIn | SayTo | Rename | ControlRequest | Ping;

/** What may be asked that is neither a line nor a name: once, and of a hub with the extension alone. */
export type ControlRequest = AskHistory | Who | Join | Leave | ListRooms;

/** All that may come back; a 209 and a 214 hold the whole list, however many messages it took. */
export type Answer = Done | Refused | History | Users | Rooms | Pong | YourName | Said;

/**
 * How many requests may be on their way in the extension: enough to keep a fast line busy, few enough that a hub that
 * stops reading makes us hold no more than a megabyte.
 */
export const MAX_IN_FLIGHT = 64;

/**
 * The longest list of users or of rooms, so that a hub cannot make us gather one for ever: a hub with more has other
 * means.
 */
export const MAX_LIST_ENTRIES = 100_000;

/** The longest pause of a hub that is waited for, in milliseconds: a wrong number must not keep a dead link alive for ever. */
export const MAX_PAUSE_MS = 300_000;

/**
 * Tells whether a hub says that it reads no further for a while, since it was asked too fast. Nothing is refused by that.
 *
 * @param message any message
 * @returns for how many milliseconds at most; 0 where it says nothing of the kind
 */
export function throttledMs(message: ServerMessage): number {
  if (message.code !== Code.Refused || message.error !== "too_fast" || message.ref !== undefined) return 0;
  return Math.min(message.retry_after_ms ?? 0, MAX_PAUSE_MS);
}

/** An answer and the request that it belongs to. */
export interface Answered {
  /** The number that {@linkcode Requests.add} gave the request. */
  id: number;
  /** What the hub answered. */
  answer: Answer;
}

/** The requests and answers of one connection. */
export class Requests {
  readonly #extended: boolean;
  readonly #asked = new Map<number, Request>();
  /** The parts of the lists that are still to be continued, by the number of their request. */
  readonly #users = new Map<number, UserInfo[]>();
  readonly #rooms = new Map<number, RoomInfo[]>();
  #lastId = 0;
  #name: string;

  /**
   * Begins with an open connection, nothing asked.
   *
   * @param extended whether the hub has the extension and this client took it
   * @param name the name under which this client is known
   */
  constructor(extended: boolean, name: string) {
    this.#extended = extended;
    this.#name = name;
  }

  /** The name under which this client is known, from the last 202 or welcome. */
  get name(): string {
    return this.#name;
  }

  /** Whether another request may be sent now. */
  get canSend(): boolean {
    return this.#asked.size < (this.#extended ? MAX_IN_FLIGHT : 1);
  }

  /** How many requests wait for their answer. */
  get unanswered(): number {
    return this.#asked.size;
  }

  /**
   * Takes note of a request that is about to be sent.
   *
   * @param request what is asked, without a `ref`
   * @returns the request's number and the request as it is to be sent
   * @throws {RangeError} where it may not be sent now: a fault of the caller
   */
  add(request: Request): { id: number; request: Request } {
    if (!this.canSend) throw new RangeError(`Cannot ask: ${this.unanswered} requests wait for their answer`);
    if (!this.#extended && request.code !== Code.Say && request.code !== Code.Rename) {
      throw new RangeError(`Cannot ask a hub without the extension for ${request.code}`);
    }
    const id = ++this.#lastId;
    this.#asked.set(id, request);
    return { id, request: this.#extended ? { ...request, ref: String(id) } : request };
  }

  /**
   * Takes a message of the hub.
   *
   * @param message any message, in the order in which they come
   * @returns what it answers, if it is an answer and complete
   * @throws {ProtocolError} `bad_frame` where a list does not end
   */
  receive(message: ServerMessage): Answered | undefined {
    const answered = this.#extended ? this.#byRef(message) : this.#byContent(message);
    if (message.code === Code.YourName) this.#name = message.new;
    if (answered !== undefined) {
      for (const map of [this.#asked, this.#users, this.#rooms]) map.delete(answered.id);
    }
    return answered;
  }

  #byRef(message: ServerMessage): Answered | undefined {
    if (!("ref" in message) || message.ref === undefined) return undefined;
    if (message.code === Code.Welcome) return undefined;
    const id = Number(message.ref);
    if (!this.#asked.has(id) || String(id) !== message.ref) return undefined;
    switch (message.code) {
      case Code.Users: {
        const users = gather(this.#users, id, message.users);
        return message.more ? undefined : { id, answer: { code: message.code, users, ref: message.ref } };
      }
      case Code.Rooms: {
        const rooms = gather(this.#rooms, id, message.rooms);
        return message.more ? undefined : { id, answer: { code: message.code, rooms, ref: message.ref } };
      }
      default:
        return { id, answer: message };
    }
  }

  /** Names need not be unique on a base hub, so a namesake who says the same at the same time is taken for the answer. */
  #byContent(message: ServerMessage): Answered | undefined {
    for (const [id, request] of this.#asked) {
      if (request.code === Code.Rename && message.code === Code.YourName) return { id, answer: message };
      if (
        request.code === Code.Say && message.code === Code.Said && message.message.username === this.#name &&
        message.message.message === request.message
      ) return { id, answer: message };
    }
    return undefined;
  }
}

/** Adds a part of a list to those before it, and gives all of it. */
function gather<T>(lists: Map<number, T[]>, id: number, part: readonly T[]): T[] {
  const list = lists.get(id) ?? [];
  for (const item of part) list.push(item);
  if (list.length > MAX_LIST_ENTRIES) {
    throw new ProtocolError("bad_frame", `Cannot gather a list of more than ${MAX_LIST_ENTRIES}`);
  }
  lists.set(id, list);
  return list;
}

/**
 * A client of the hub in its own process, over a socket in memory. It speaks the protocol, so the hub treats it as any
 * other client.
 *
 * @module
 */
import {
  BodyDecoder,
  type ClientMessage,
  Code,
  encodeFrame,
  nameKey,
  parseBody,
  readServerMessage,
  serialize,
  type ServerMessage,
  type ServerOffer,
} from "../../protocol/mod.ts";
import { costOfHistory, costOfSearch, type RateLimiter } from "../admission/mod.ts";
import { Connection, type ConnectionDependencies } from "../net/mod.ts";
import type { Membership } from "../sessions/mod.ts";
import { MemorySocket } from "./memory_socket.ts";
import { Problem } from "./problem.ts";

/** Who uses a {@linkcode HubClient}. */
export interface HubClientOptions {
  /** The address of the script. */
  address: string;
  /** The rate limit that it shares with other requests; no limit without it. */
  limiter: RateLimiter | undefined;
  /** Whether it has shown a token, so that it needs no password. */
  hasToken: boolean;
  /** Called when the connection has ended. */
  ended: (client: HubClient) => void;
}

/** A connection whose reads of the history count for a limiter that several connections share. */
class LimitedConnection extends Connection {
  charge: (cost: number) => void = () => {};

  override searched(ms: number): void {
    this.charge(costOfSearch(ms));
  }

  override historySent(bytes: number): void {
    this.charge(costOfHistory(bytes));
  }
}

/** A client of the hub. */
export class HubClient {
  readonly #socket = new MemorySocket();
  readonly #connection: LimitedConnection;
  readonly #decoder = new BodyDecoder();
  /** Messages that were received and not asked for yet. */
  #waiting: ServerMessage[] = [];
  /** How many of them came before the last answer. */
  #beforeAnswer = 0;
  #refs = 0;
  #end: Problem | undefined;

  /**
   * Connects to the hub.
   *
   * @param dependencies as for every connection, without a rate
   * @param options see {@linkcode HubClientOptions}
   */
  constructor(
    dependencies: ConnectionDependencies,
    { address, limiter, hasToken, ended }: HubClientOptions,
  ) {
    this.#connection = new LimitedConnection(this.#socket, dependencies, { address });
    if (limiter !== undefined) {
      this.#connection.charge = (cost) => limiter.charge(cost, dependencies.clock.elapsed());
    }
    this.#connection.session.gavePassword = hasToken;
    this.#connection.run(() => ended(this));
  }

  /** The session on the hub. */
  get session(): Connection["session"] {
    return this.#connection.session;
  }

  /**
   * Finds the membership in a room.
   *
   * @param room the name of the room, in any spelling
   * @returns the membership; `undefined` if the client is not in the room
   */
  membershipIn(room: string): Membership | undefined {
    const key = nameKey(room);
    return this.session.memberships.find((membership) => nameKey(membership.room.name) === key);
  }

  /**
   * Waits for the offer of the hub, its first message.
   *
   * @returns the offer
   * @throws {Problem} if the connection ends before
   */
  async offer(): Promise<ServerOffer> {
    for (;;) {
      const message = await this.next();
      if (message === undefined) throw this.endProblem();
      if (message.code === Code.YourName && message.server !== undefined) return message.server;
    }
  }

  /**
   * Sends a request, and waits for its answer. Other messages stay for {@linkcode HubClient.next}.
   *
   * @param message the request, without a `ref`
   * @returns the answer
   * @throws {Problem} if the hub refuses it, or the connection ends before
   */
  async ask<Request extends ClientMessage>(message: Request): Promise<ServerMessage> {
    const ref = String(++this.#refs);
    this.#socket.send(encodeFrame(serialize({ ...message, ref })).slice());
    const others = this.#waiting;
    this.#waiting = [];
    for (;;) {
      const answer = await this.next();
      if (answer === undefined) throw this.endProblem();
      if (!("ref" in answer) || answer.ref !== ref) {
        others.push(answer);
        continue;
      }
      this.#waiting = [...others, ...this.#waiting];
      this.#beforeAnswer = others.length;
      if (answer.code === Code.Refused) throw refusal(answer);
      return answer;
    }
  }

  /** The messages that wait for {@linkcode HubClient.next} and came before the last answer. */
  get beforeAnswer(): readonly ServerMessage[] {
    return this.#waiting.slice(0, this.#beforeAnswer);
  }

  /**
   * Waits for the next message. One call at a time.
   *
   * @returns the message; `undefined` when the connection has ended
   */
  async next(): Promise<ServerMessage | undefined> {
    while (this.#waiting.length === 0) {
      const isOpen = await this.#socket.take((bytes) => {
        this.#decoder.push(bytes);
        for (let text = this.#decoder.next(); text !== undefined; text = this.#decoder.next()) {
          const message = readServerMessage(parseBody(text));
          if (message !== undefined) this.#waiting.push(message);
        }
      });
      if (!isOpen && this.#waiting.length === 0) return undefined;
    }
    const message = this.#waiting.shift()!;
    if (this.#beforeAnswer > 0) this.#beforeAnswer--;
    if (message.code === Code.HubDown) this.#end = hubIsDown();
    else if (message.code === Code.Ending) {
      const { error, reason, retry_after_ms: retryAfterMs } = message;
      this.#end = new Problem(error ?? "unavailable", `The hub ends this: ${reason}`, { retryAfterMs });
    }
    return message;
  }

  /**
   * Says why the connection has ended.
   *
   * @returns the problem
   */
  endProblem(): Problem {
    return this.#end ?? hubIsDown();
  }

  /**
   * Ends the session if it exceeds a time limit. Call it from time to time.
   *
   * @param now the time by `Clock.elapsed`, in milliseconds
   */
  check(now: number): void {
    this.#connection.check(now);
  }

  /**
   * Closes the connection once the client has taken everything. For a hub that shuts down.
   *
   * @returns resolves when it is closed
   */
  drain(): Promise<void> {
    return this.#connection.drain();
  }

  /** Disconnects. Calling it again does nothing. */
  end(): void {
    this.#socket.end();
  }
}

/**
 * Makes a problem of the refusal of the hub.
 *
 * @param refused the 206
 * @returns the problem
 */
export function refusal(
  { error, message, retry_after_ms: retryAfterMs }: {
    error: string;
    message: string;
    retry_after_ms?: number;
  },
): Problem {
  return new Problem(error, message, { retryAfterMs });
}

/**
 * Makes the problem of a hub that shuts down.
 *
 * @returns the problem
 */
export function hubIsDown(): Problem {
  return new Problem("unavailable", "Cannot do that now: the hub shuts down; try again in some seconds", {
    retryAfterMs: 5000,
  });
}

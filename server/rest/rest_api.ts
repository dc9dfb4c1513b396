/**
 * The routes of the API: who asks, how often, and for what.
 *
 * Rules:
 * - Without a token a script is a guest with a random name, where the hub is open to guests.
 * - Requests of one token, or of the guests of one address, share one rate limit. A request beyond it is refused, not
 *   delayed: a script has other things to do.
 * - A web page of another host cannot use the API in the name of who opens it.
 *
 * The file is long because each route is short and all share who asks and how often.
 *
 * @module
 */
import { MAX_HISTORY_LINES, ProtocolError } from "../../protocol/mod.ts";
import { type Rate, RateLimiter, siteOf } from "../admission/mod.ts";
import { MAX_SCRIPT_BODY_BYTES } from "../limits.ts";
import type { ConnectionDependencies } from "../net/mod.ts";
import type { Session } from "../sessions/mod.ts";
import type { TokenManager, TokenUse } from "../tokens/mod.ts";
import { HubClient, hubIsDown } from "./hub_client.ts";
import { messageIn } from "./message_body.ts";
import { OPENAPI } from "./openapi.ts";
import { Problem } from "./problem.ts";
import {
  allow,
  answer,
  checkPower,
  checkQuery,
  checkSameOrigin,
  type HttpAnswerParts,
  json,
  numberIn,
} from "./request_checks.ts";
import { type Introduction, join, pageOf, post, type RoomClient } from "./requests.ts";
import { streamOf } from "./stream.ts";
import { EVENTS, LINES, readEventId, wantsLines } from "./stream_format.ts";

/** What the API uses of a request. */
export interface HttpRequestParts {
  /** Such as `GET`. */
  readonly method: string;
  /** The decoded segments of the path, such as `["rooms", "ci"]`. */
  readonly path: readonly string[];
  /** The query. */
  readonly query: URLSearchParams;
  /** The headers. */
  readonly headers: Headers;
  /** The address of the client. */
  readonly address: string;
  /** Reads the body; throws if it has more bytes than that. */
  body(limit: number): Promise<Uint8Array>;
  /** Aborted when the client goes. */
  readonly signal: AbortSignal;
}

/** Dependencies of {@linkcode RestApi}. */
export interface RestApiDependencies extends Omit<ConnectionDependencies, "rate"> {
  /** The rate limit of a token, or of the guests of an address; none without it. */
  rate?: Rate | undefined;
  /** The tokens; without them there are none. */
  tokens?: TokenManager | undefined;
  /** Whether a script without a token gets in: the hub has no password, and is not for those with an invite only. */
  isOpen: boolean;
}

/** Who asks. */
interface Caller {
  address: string;
  token: (TokenUse & { secret: string }) | undefined;
  limiter: RateLimiter | undefined;
}

type Handler = (request: HttpRequestParts, caller: Caller, room: string) => Promise<HttpAnswerParts>;

/** The API of one hub. */
export class RestApi {
  readonly #dependencies: RestApiDependencies;
  /** The clients of requests that are not finished, with the id of their token. */
  readonly #clients = new Map<HubClient, string | undefined>();
  /** The sessions of those clients. */
  readonly #sessions = new Set<Session>();
  /** Those clients that have a stream. */
  readonly #streams = new Set<HubClient>();
  /** The rate limits by token or address. */
  readonly #limiters = new Map<string, RateLimiter>();
  /** By it the ids of the messages of guests are those of their address. */
  readonly #guestKey = crypto.getRandomValues(new Uint8Array(16));
  /** Whether requests are carried out; otherwise the hub shuts down. */
  #isOpen = true;
  readonly #routes: Readonly<Record<string, Readonly<Record<string, Handler>>>> = {
    "": { POST: (...request) => this.#post(...request) },
    messages: { GET: (...request) => this.#messages(...request) },
    stream: { GET: (...request) => this.#stream(...request) },
  };

  /**
   * Serves scripts.
   *
   * @param dependencies see {@linkcode RestApiDependencies}
   */
  constructor(dependencies: RestApiDependencies) {
    this.#dependencies = dependencies;
    if (dependencies.tokens !== undefined) {
      dependencies.tokens.revoked = ({ id }) => {
        for (const [{ session }, token] of this.#clients) {
          if (token === id) dependencies.hub.end(session, "your token was revoked");
        }
      };
    }
  }

  /** The number of open streams. */
  get streamCount(): number {
    return this.#streams.size;
  }

  /**
   * Tells whether a session is that of a script, which lasts as long as one request.
   *
   * @param session a session of the hub
   */
  serves(session: Session): boolean {
    return this.#sessions.has(session);
  }

  /**
   * Answers a request whose path begins with `rooms`, or is `openapi.json`. Errors are answers, too.
   *
   * @param request the request
   * @returns the answer; its body is to be read to its end, or the signal of the request aborted
   */
  async handle(request: HttpRequestParts): Promise<HttpAnswerParts> {
    try {
      return await this.#handle(request);
    } catch (error) {
      if (error instanceof Problem) return error.answer();
      if (error instanceof ProtocolError) return new Problem(error.word, error.message).answer();
      throw error;
    }
  }

  /**
   * Ends requests that exceed a time limit, and forgets rate limits that are not used. Call it from time to time.
   */
  check(): void {
    const now = this.#dependencies.clock.elapsed();
    for (const client of this.#clients.keys()) client.check(now);
    for (const [key, limiter] of this.#limiters) {
      if (limiter.isFull(now)) this.#limiters.delete(key);
    }
  }

  /**
   * Ends all requests once they have taken what waits for them. For a hub that shuts down, after everyone was told.
   *
   * @returns resolves when they have ended
   */
  async drain(): Promise<void> {
    this.#isOpen = false;
    await Promise.all(this.#clients.keys().map((client) => client.drain()));
  }

  /** Ends all requests at once. */
  closeAll(): void {
    for (const client of this.#clients.keys()) client.end();
  }

  async #handle(request: HttpRequestParts): Promise<HttpAnswerParts> {
    const { method, path: [first, room, action = "", ...rest] } = request;
    if (first === "openapi.json" && room === undefined) {
      allow(method, "GET");
      return json(200, OPENAPI);
    }
    const route = first === "rooms" && rest.length === 0 && Object.hasOwn(this.#routes, action)
      ? this.#routes[action]
      : undefined;
    if (route === undefined || room === undefined || room === "") {
      throw new Problem(
        "bad_message",
        "Cannot find that: there are /rooms/ROOM, /rooms/ROOM/messages and /rooms/ROOM/stream; /openapi.json " +
          "describes them",
        { status: 404 },
      );
    }
    allow(method, ...Object.keys(route));
    checkSameOrigin(request.headers);
    if (!this.#isOpen) throw hubIsDown();
    const caller = this.#callerOf(request);
    return await route[method]!(request, caller, room.replace(/^#/, ""));
  }

  /** Finds out who asks, and counts the request. */
  #callerOf({ headers, address }: HttpRequestParts): Caller {
    const { tokens, isOpen } = this.#dependencies;
    const given = headers.get("authorization");
    if (given === null) {
      if (isOpen) return { address, token: undefined, limiter: this.#limited(siteOf(address)) };
      throw new Problem(
        "bad_token",
        "Cannot do that without a token: this hub is not open to guests; ask its operator for a token " +
          "(riftchat token add) and send it as the header Authorization: Bearer TOKEN",
      );
    }
    const [, secret] = /^bearer +([\w.~+/=-]+) *$/i.exec(given) ?? [];
    const token = secret === undefined ? undefined : tokens?.find(secret);
    if (token !== undefined) {
      return { address, token: { ...token, secret: secret! }, limiter: this.#limited(`token ${token.id}`) };
    }
    // Guesses count for the address.
    this.#limited(siteOf(address));
    throw new Problem(
      "bad_token",
      secret === undefined
        ? "Cannot read the header Authorization: it must be Bearer and a token"
        : tokens === undefined
        ? "Cannot use your token: this hub has no tokens"
        : "Cannot use your token: this hub does not know it, or it was revoked",
    );
  }

  /** Counts a request; refuses it if there were too many. */
  #limited(key: string): RateLimiter | undefined {
    const { rate, clock } = this.#dependencies;
    if (rate === undefined) return undefined;
    const now = clock.elapsed();
    let limiter = this.#limiters.get(key);
    if (limiter === undefined) this.#limiters.set(key, limiter = new RateLimiter(rate, now));
    const retryAfterMs = limiter.wait(now);
    if (retryAfterMs > 0) {
      throw new Problem(
        "too_fast",
        `Cannot do that now: you may send ${rate.burst} requests at once, and ${rate.perSecond} a second after that; ` +
          `try again in ${Math.ceil(retryAfterMs / 1000)} s`,
        { retryAfterMs },
      );
    }
    limiter.spend(1, now);
    return limiter;
  }

  async #post(request: HttpRequestParts, caller: Caller, room: string): Promise<HttpAnswerParts> {
    checkPower(caller.token, "write", room);
    checkQuery(request.query, ["id"]);
    const body = await request.body(MAX_SCRIPT_BODY_BYTES);
    const wanted = messageIn(body, request.headers.get("content-type"), request.query.get("id"));
    return await this.#inRoom(request, caller, room, async (roomClient) => {
      try {
        const { posted, isRepeated } = await post(roomClient, wanted);
        return json(isRepeated ? 200 : 201, posted);
      } catch (error) {
        if (!(error instanceof Problem && error.word === "too_fast" && caller.token === undefined)) {
          throw error;
        }
        // Each of its requests is a new guest, whose time begins again.
        const { room } = roomClient;
        throw new Problem(
          "not_allowed",
          `Cannot send your message without a token: #${room} is in slow mode`,
        );
      }
    }, wanted.id !== undefined);
  }

  async #messages(request: HttpRequestParts, caller: Caller, room: string): Promise<HttpAnswerParts> {
    checkPower(caller.token, "read", room);
    const { query, headers } = request;
    checkQuery(query, ["after", "before", "limit", "match"]);
    const match = query.get("match");
    const wanted = {
      ...numberIn(query, "after", { least: 0, most: Number.MAX_SAFE_INTEGER }),
      ...numberIn(query, "before", { least: 0, most: Number.MAX_SAFE_INTEGER }),
      ...numberIn(query, "limit", { least: 1, most: MAX_HISTORY_LINES }),
      ...match === null ? {} : { match },
    };
    this.#checkExists(room);
    return await this.#inRoom(request, caller, room, async ({ client, room }) => {
      const { messages, more, before } = await pageOf(client, { room, ...wanted });
      if (wantsLines(headers.get("accept"))) {
        const lines = messages.map((line) => JSON.stringify(line) + "\n").join("");
        return answer(200, LINES.type, lines);
      }
      return json(200, { room, messages, more, ...before === undefined ? {} : { before } });
    });
  }

  async #stream(request: HttpRequestParts, caller: Caller, room: string): Promise<HttpAnswerParts> {
    checkPower(caller.token, "read", room);
    const { query, headers, signal } = request;
    checkQuery(query, ["after"]);
    const resumed = headers.get("last-event-id"), after = query.get("after");
    const from = resumed !== null && resumed !== ""
      ? readEventId(resumed, "Last-Event-ID")
      : after === null
      ? undefined
      : readEventId(after, "after");
    const format = wantsLines(headers.get("accept")) ? LINES : EVENTS;
    this.#checkExists(room);
    const client = this.#connect(caller, signal);
    try {
      const roomClient = await this.#join(client, caller, room);
      this.#streams.add(client);
      const { timers } = this.#dependencies;
      return answer(200, format.type, streamOf(roomClient, { from, format, timers }));
    } catch (error) {
      client.end();
      throw error;
    }
  }

  /** Carries out a request in a room, and leaves it. */
  async #inRoom(
    { signal }: HttpRequestParts,
    caller: Caller,
    room: string,
    carryOut: (client: RoomClient) => Promise<HttpAnswerParts>,
    hasId = false,
  ): Promise<HttpAnswerParts> {
    const client = this.#connect(caller, signal);
    try {
      return await carryOut(await this.#join(client, caller, room, hasId));
    } finally {
      client.end();
    }
  }

  #connect({ address, token, limiter }: Caller, signal: AbortSignal): HubClient {
    const { rate: _, ...dependencies } = this.#dependencies;
    const stop = () => client.end();
    const client = new HubClient(dependencies, {
      address,
      limiter,
      hasToken: token !== undefined,
      ended: (client) => {
        signal.removeEventListener("abort", stop);
        this.#clients.delete(client);
        this.#streams.delete(client);
        this.#sessions.delete(client.session);
      },
    });
    this.#clients.set(client, token?.id);
    this.#sessions.add(client.session);
    signal.addEventListener("abort", stop);
    if (signal.aborted) stop();
    return client;
  }

  async #join(
    client: HubClient,
    { token, address }: Caller,
    room: string,
    hasId = false,
  ): Promise<RoomClient> {
    const { nonce, identity = "" } = await client.offer();
    let introduction: Introduction = {};
    if (token !== undefined) {
      const { name: username, secret } = token;
      introduction = {
        username,
        ...this.#dependencies.tokens!.prove(secret, { identity, nonce, username }),
      };
    } else if (hasId) introduction = { session: await this.#guestSession(address) };
    return await join(client, room, introduction);
  }

  /** Makes the secret by which the ids of the messages of guests are known again. */
  async #guestSession(address: string): Promise<string> {
    const bytes = new TextEncoder().encode(`${hex(this.#guestKey)} ${siteOf(address)}`);
    return hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  }

  /** Refuses to read a room that does not exist, as the hub refuses one that nobody else may know of. */
  #checkExists(room: string): void {
    if (this.#dependencies.hub.hasRoom(room)) return;
    throw new Problem(
      "no_such_room",
      `Cannot join #${room}: there is no room of that name that you may join`,
    );
  }
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

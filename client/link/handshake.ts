/**
 * How a connection begins: from the hub's first 202 to a name under which one may speak.
 *
 * PURE: it is told what the hub says, and says what to send and when the connection is open or refused. A hub that
 * offers the extension is told hello (102) and answers with a welcome (210) or a refusal (206). One that offers nothing
 * speaks the base alone: the 202 opens the connection, and a wanted name is asked for (101) and comes in another 202.
 *
 * @module
 */
import {
  type ClientMessage,
  Code,
  type Hello,
  nameKey,
  type Refused,
  type ServerMessage,
  VERSION,
  type Welcome,
  type YourName,
} from "../../protocol/mod.ts";

/** The `ref` of the hello. Requests have numbers. */
const HELLO_REF = "hello";

/** What a client wants of a connection from its beginning on. */
export interface HandshakeOptions {
  /** The name wanted, in NFC; without one the hub's choice stays. */
  readonly name?: string | undefined;
  /** The rooms to be in beside `main`, without `#`. A hub that has none passes them over. */
  readonly rooms?: readonly string[] | undefined;
  /** What is promised: to be heard at least once in so many milliseconds. */
  readonly pingMs?: number | undefined;
  /** The hub's password, where it is known; it is said where the hub wants it. */
  readonly password?: string | undefined;
}

/** What is known of a connection that is open. */
export interface Session {
  /** Whether the hub has the extension. */
  extended: boolean;
  /** The name under which this client is known. */
  name: string;
  /** The hub's welcome; only in the extension. */
  welcome?: Welcome;
}

/**
 * Tells whether a hub can do something beyond the base.
 *
 * @param session an open connection to it
 * @param feature the word for it
 * @returns whether its welcome said so
 */
export function hasFeature(
  session: Session,
  feature: "who" | "ping" | "rooms" | "direct" | "history" | "search",
): boolean {
  return session.welcome?.features.includes(feature) ?? false;
}

/** What follows from a message of the hub. */
export type Step =
  /** Nothing yet. */
  | { kind: "wait" }
  /** Send this. */
  | { kind: "send"; message: ClientMessage }
  /** The connection is open. */
  | { kind: "open"; session: Session }
  /** The hub wants a password, and none is known. */
  | { kind: "password" }
  /** The hub refused. */
  | { kind: "refused"; refusal: Refused };

/** Why a hub ended a connection, for programs, as far as it said so. */
export interface RefusalDetails {
  /** Its word, such as `server_full`. */
  word?: string | undefined;
  /** After how many milliseconds it is worth trying again. */
  retryAfterMs?: number | undefined;
}

/** The beginning of one connection. */
export class Handshake {
  readonly #wanted: HandshakeOptions;
  #lastReason: RefusalDetails = {};
  #state: "silent" | "hello" | "naming" = "silent";
  #lastWords: string | undefined;

  /**
   * Begins with a connection on which nothing was said.
   *
   * @param wanted see {@linkcode HandshakeOptions}
   */
  constructor(wanted: HandshakeOptions = {}) {
    this.#wanted = wanted;
  }

  /** Whether the hub said anything that a hub says. */
  get heardFromHub(): boolean {
    return this.#state !== "silent" || this.#lastWords !== undefined;
  }

  /**
   * What the hub said to this client alone, and so why it ended the connection where it did so before it was open.
   */
  get refusalText(): string | undefined {
    return this.#lastWords;
  }

  /** What belongs to {@linkcode Handshake.refusalText}, for programs. */
  get refusalDetails(): RefusalDetails {
    return this.#lastReason;
  }

  /**
   * Takes a message of the hub.
   *
   * @param message any message, in the order in which they come, until the connection is open
   * @returns what to do
   */
  receive(message: ServerMessage): Step {
    switch (message.code) {
      case Code.YourName:
        return this.#named(message);
      case Code.Welcome: {
        if (this.#state !== "hello") return { kind: "wait" };
        return { kind: "open", session: { extended: true, name: message.username, welcome: message } };
      }
      case Code.Refused:
        if (this.#state === "hello" && message.ref === HELLO_REF) {
          return { kind: "refused", refusal: message };
        }
        this.#lastWords = message.message;
        this.#lastReason = { word: message.error, retryAfterMs: message.retry_after_ms };
        return { kind: "wait" };
      case Code.Ending:
        this.#lastWords = message.reason;
        this.#lastReason = { retryAfterMs: message.retry_after_ms };
        return { kind: "wait" };
      case Code.Said: {
        const { username, sequence, message: text } = message.message;
        if (sequence === undefined && nameKey(username) === "server") {
          this.#lastWords = text;
          this.#lastReason = { word: message.error, retryAfterMs: message.retry_after_ms };
        }
        return { kind: "wait" };
      }
      default:
        return { kind: "wait" };
    }
  }

  #named({ new: name, server }: YourName): Step {
    if (this.#state === "naming") return { kind: "open", session: { extended: false, name } };
    if (this.#state === "hello") return { kind: "wait" };
    const { name: username, rooms = [], pingMs, password } = this.#wanted;
    if (server !== undefined) {
      this.#state = "hello";
      if (server.password && password === undefined) return { kind: "password" };
      const hello: Hello = { code: Code.Hello, client: `riftchat/${VERSION}`, ref: HELLO_REF };
      if (username !== undefined) hello.username = username;
      if (server.password && password !== undefined) hello.password = password;
      if (rooms.length > 0) hello.rooms = [...rooms];
      if (pingMs !== undefined) hello.ping_ms = pingMs;
      return { kind: "send", message: hello };
    }
    this.#state = "naming";
    if (username === undefined) return { kind: "open", session: { extended: false, name } };
    return { kind: "send", message: { code: Code.Rename, username } };
  }
}

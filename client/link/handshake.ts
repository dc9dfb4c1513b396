/**
 * The handshake of a connection: from the hub's first 202 until the client has a name and may send messages.
 *
 * PURE: it receives the hub's messages, and returns what to send and when the connection is open or refused. To a hub
 * that offers the extension the client sends a hello (102); the hub answers with a welcome (210) or a refusal (206). A
 * base hub offers nothing: its 202 opens the connection. To get a name, the client sends a 101, and the hub answers
 * with another 202.
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

/** The `ref` of the hello. The refs of requests are numbers. */
const HELLO_REF = "hello";

/** What the client asks for in the handshake. */
export interface HandshakeOptions {
  /** The wanted name, in NFC; without one the hub chooses. */
  readonly name?: string | undefined;
  /** The rooms to join beside `main`, without `#`. A hub without rooms ignores them. */
  readonly rooms?: readonly string[] | undefined;
  /** The longest time between two messages of this client, in milliseconds, as promised to the hub. */
  readonly pingMs?: number | undefined;
  /** The hub's password, if it is known. It is sent only if the hub requires one. */
  readonly password?: string | undefined;
}

/** The facts of an open connection. */
export interface Session {
  /** Whether the hub has the extension. */
  extended: boolean;
  /** The name of this client. */
  name: string;
  /** The hub's welcome; only with the extension. */
  welcome?: Welcome;
}

/**
 * Whether a hub supports a feature of the extension.
 *
 * @param session an open connection to the hub
 * @param feature the name of the feature
 * @returns whether the hub's welcome lists it
 */
export function hasFeature(
  session: Session,
  feature: "who" | "ping" | "rooms" | "direct" | "history" | "search",
): boolean {
  return session.welcome?.features.includes(feature) ?? false;
}

/** What to do after a message of the hub. */
export type Step =
  /** Wait for the next message. */
  | { kind: "wait" }
  /** Send a message. */
  | { kind: "send"; message: ClientMessage }
  /** The connection is open. */
  | { kind: "open"; session: Session }
  /** The hub requires a password, and none is known. */
  | { kind: "password" }
  /** The hub refused. */
  | { kind: "refused"; refusal: Refused };

/** Details of a refusal. */
export interface RefusalDetails {
  /** The error word of the hub, such as `server_full`. */
  word?: string | undefined;
  /** After how many milliseconds to try again. */
  retryAfterMs?: number | undefined;
}

/** The handshake of one connection. */
export class Handshake {
  readonly #options: HandshakeOptions;
  #refusalDetails: RefusalDetails = {};
  #state: "initial" | "hello" | "naming" = "initial";
  #refusalText: string | undefined;

  /**
   * Starts on a new connection.
   *
   * @param options see {@linkcode HandshakeOptions}
   */
  constructor(options: HandshakeOptions = {}) {
    this.#options = options;
  }

  /** Whether a message came that only a hub sends. */
  get heardFromHub(): boolean {
    return this.#state !== "initial" || this.#refusalText !== undefined;
  }

  /** What the hub said to this client only: the reason, if it closes the connection before that is open. */
  get refusalText(): string | undefined {
    return this.#refusalText;
  }

  /** Details of {@linkcode Handshake.refusalText}. */
  get refusalDetails(): RefusalDetails {
    return this.#refusalDetails;
  }

  /**
   * Handles a message of the hub.
   *
   * @param message every message, in order, until the connection is open
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
        this.#refusalText = message.message;
        this.#refusalDetails = { word: message.error, retryAfterMs: message.retry_after_ms };
        return { kind: "wait" };
      case Code.Ending:
        this.#refusalText = message.reason;
        this.#refusalDetails = { retryAfterMs: message.retry_after_ms };
        return { kind: "wait" };
      case Code.Said: {
        const { username, sequence, message: text } = message.message;
        if (sequence === undefined && nameKey(username) === "server") {
          this.#refusalText = text;
          this.#refusalDetails = { word: message.error, retryAfterMs: message.retry_after_ms };
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
    const { name: username, rooms = [], pingMs, password } = this.#options;
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

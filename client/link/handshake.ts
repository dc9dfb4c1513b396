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
  type ErrorWord,
  type Hello,
  MAX_NAME_CHARS,
  nameKey,
  type Refused,
  type ServerMessage,
  VERSION,
  type Welcome,
  type YourName,
} from "../../protocol/mod.ts";

/** The hub's error word for a name that is taken. */
export const NAME_TAKEN: ErrorWord = "name_taken";

/** The `ref` of the hello. The refs of requests are numbers. */
const HELLO_REF = "hello";

/** The highest suffix of a name that is taken. */
export const MAX_NAME_SUFFIX = 99;

/** Which messages of a hub with a history a client knows. */
export interface KnownMessages {
  /** The number of the last known message of each room. The hub answers in this order. */
  readonly after: Readonly<Record<string, number>>;
  /** How many missed messages of each room to send at most: the newest. */
  readonly newest: number;
}

/** What the client asks for in the handshake. */
export interface HandshakeOptions {
  /** The wanted name, in NFC; without one the hub chooses. */
  readonly name?: string | undefined;
  /**
   * Whether to ask for the name with a suffix (`-2`, `-3`, up to {@linkcode MAX_NAME_SUFFIX}) if it is taken. The
   * default is `false`.
   */
  readonly suffixName?: boolean | undefined;
  /** The rooms to join beside `main`, without `#`. A hub without rooms ignores them. */
  readonly rooms?: readonly string[] | undefined;
  /** The longest time between two messages of this client, in milliseconds, as promised to the hub. */
  readonly pingMs?: number | undefined;
  /** Whether the joins and leaves of this client are hidden from others. A hub without this feature ignores it. */
  readonly quiet?: boolean | undefined;
  /** The secret of this run of the client, by which the hub knows it again on the next connection. */
  readonly session?: string | undefined;
  /** Which messages are known, so that the hub sends the missed ones after its welcome; none if not given. */
  readonly known?: KnownMessages | undefined;
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
  feature: "who" | "ping" | "rooms" | "direct" | "session" | "history" | "search" | "conversations",
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
  #suffix = 1;
  #requiresPassword = false;

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
          if (message.error === NAME_TAKEN && this.#canSuffix) {
            this.#suffix++;
            return { kind: "send", message: this.#hello() };
          }
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
    const { name: username, password } = this.#options;
    if (server !== undefined) {
      this.#state = "hello";
      this.#requiresPassword = server.password ?? false;
      if (this.#requiresPassword && password === undefined) return { kind: "password" };
      return { kind: "send", message: this.#hello() };
    }
    this.#state = "naming";
    if (username === undefined) return { kind: "open", session: { extended: false, name } };
    return { kind: "send", message: { code: Code.Rename, username } };
  }

  get #canSuffix(): boolean {
    const { name, suffixName = false } = this.#options;
    return suffixName && name !== undefined && this.#suffix < MAX_NAME_SUFFIX;
  }

  #hello(): Hello {
    const { name, rooms = [], pingMs, password, quiet = false, session, known } = this.#options;
    const hello: Hello = { code: Code.Hello, client: `riftchat/${VERSION}`, ref: HELLO_REF };
    if (name !== undefined) hello.username = this.#suffix === 1 ? name : suffixedName(name, this.#suffix);
    if (this.#requiresPassword && password !== undefined) hello.password = password;
    if (rooms.length > 0) hello.rooms = [...rooms];
    if (pingMs !== undefined) hello.ping_ms = pingMs;
    if (quiet) hello.quiet = true;
    if (session !== undefined) hello.session = session;
    if (known !== undefined) {
      hello.after = { ...known.after };
      hello.newest = known.newest;
    }
    return hello;
  }
}

/**
 * Appends a number to a name, such as `ci-2`.
 *
 * @param name the name, in NFC
 * @param number the number
 * @returns the name, shortened if it would be longer than a name may be
 */
export function suffixedName(name: string, number: number): string {
  const suffix = `-${number}`;
  return [...name].slice(0, MAX_NAME_CHARS - suffix.length).join("") + suffix;
}

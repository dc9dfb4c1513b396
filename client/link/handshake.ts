/**
 * The handshake of a connection: from the hub's first 202 until the client has a name and may send messages.
 *
 * The file is long because half of it is documentation.
 *
 * PURE: it receives the hub's messages, and returns what to send and when the connection is open or refused. To a hub
 * that offers the extension the client sends a hello (102); the hub answers with a welcome (210) or a refusal (206). A
 * base hub offers nothing: its 202 opens the connection. To get a name, the client sends a 101, and the hub answers
 * with another 202. To a hub with an identity the hello has the key of the client and a signature, for each name a new
 * one; the welcome has a signature of the hub. The caller makes and checks them (`hello_proof.ts`).
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
  type ServerOffer,
  VERSION,
  type Welcome,
  type YourName,
} from "../../protocol/mod.ts";
import { helloStatement, hubStatement, inviteStatement } from "../../identity/mod.ts";

/** The hub's error word for a name that is taken. */
export const NAME_TAKEN: ErrorWord = "name_taken";

/** The hub's error word for a name that belongs to another key. */
export const NAME_OWNED: ErrorWord = "name_owned";

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
  /** The epoch of the welcome of the link on which these numbers became known, if the hub has told one. */
  readonly epoch?: string | undefined;
}

/** What the client asks for in the handshake. */
export interface HandshakeOptions {
  /** The wanted name, in NFC; without one the hub chooses. */
  readonly name?: string | undefined;
  /**
   * Whether to ask for the name that the hub offers, or the name with a suffix (`-2`, `-3`, up to
   * {@linkcode MAX_NAME_SUFFIX}), if it is taken. The default is `false`.
   */
  readonly suffixName?: boolean | undefined;
  /** The same for a name that belongs to somebody. The default is that of `suffixName`. */
  readonly suffixOwned?: boolean | undefined;
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
  /** The public key of the client, as in {@linkcode Hello}. It is sent only to a hub with an identity. */
  readonly key?: string | undefined;
  /** Random bytes for the signature of the hub, as in {@linkcode Hello}. Only a hub with an identity gets them. */
  readonly nonce?: string | undefined;
  /** Whether the client has an invite, which it shows instead of a password. */
  readonly hasInvite?: boolean | undefined;
}

/** The facts of an open connection. */
export interface Session {
  /** Whether the hub has the extension. */
  extended: boolean;
  /** The current name of this client: it follows renames. */
  readonly name: string;
  /** The hub's welcome; only with the extension. */
  welcome?: Welcome;
  /** The public key of the hub, if it has one. */
  identity?: string;
}

/** What a hub with an identity proves in its welcome. */
export interface HubProof {
  /** The public key of the hub, as in its 202. */
  readonly identity: string;
  /** What it must have signed. */
  readonly statement: string;
  /** Its signature; `undefined` if it sent none. */
  readonly signature: string | undefined;
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
  feature:
    | "who"
    | "ping"
    | "rooms"
    | "direct"
    | "session"
    | "history"
    | "search"
    | "conversations"
    | "keys"
    | "private_rooms"
    | "invites"
    | "moderation"
    | "changes",
): boolean {
  return session.welcome?.features.includes(feature) ?? false;
}

/** What to do after a message of the hub. */
export type Step =
  /** Wait for the next message. */
  | { kind: "wait" }
  /** Send a message. */
  | { kind: "send"; message: ClientMessage }
  /**
   * Sign the first statement with the key of the client and the second one with that of the invite, if they are there,
   * and send the hello with the signatures.
   */
  | { kind: "sign"; hello: Hello; statement: string | undefined; inviteStatement: string | undefined }
  /** The connection is open, if the proof holds. */
  | { kind: "open"; session: Session; proof?: HubProof }
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
  /** The name that the hub offers in place of the wanted one. */
  #free: string | undefined;
  #offer: ServerOffer | undefined;

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
        const proof = this.#proofIn(message);
        const session = {
          extended: true,
          name: message.username,
          welcome: message,
          ...proof && { identity: proof.identity },
        };
        return { kind: "open", session, ...proof && { proof } };
      }
      case Code.Refused:
        if (this.#state === "hello" && message.ref === HELLO_REF) {
          if (this.#canSuffix(message)) {
            this.#suffix++;
            this.#free = message.free;
            return this.#sendHello();
          }
          if (message.error === "bad_password" && this.#lacksPassword) return { kind: "password" };
          return { kind: "refused", refusal: message };
        }
        this.#refusalText = message.message;
        this.#refusalDetails = { word: message.error, retryAfterMs: message.retry_after_ms };
        return { kind: "wait" };
      case Code.Ending:
        this.#refusalText = message.reason;
        this.#refusalDetails = { word: message.error, retryAfterMs: message.retry_after_ms };
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

  /** Whether the hub wants a password, and the client has neither one nor an invite. */
  get #lacksPassword(): boolean {
    const { password, hasInvite = false } = this.#options;
    return this.#offer?.password === true && password === undefined && !hasInvite;
  }

  #named({ new: name, server }: YourName): Step {
    if (this.#state === "naming") return { kind: "open", session: { extended: false, name } };
    if (this.#state === "hello") return { kind: "wait" };
    const { name: username } = this.#options;
    if (server !== undefined) {
      this.#state = "hello";
      this.#offer = server;
      // Whoever has come in by an invite with this key is let in without the password.
      if (this.#lacksPassword && (this.#options.key === undefined || server.identity === undefined)) {
        return { kind: "password" };
      }
      return this.#sendHello();
    }
    this.#state = "naming";
    if (username === undefined) return { kind: "open", session: { extended: false, name } };
    return { kind: "send", message: { code: Code.Rename, username } };
  }

  #canSuffix({ error }: Refused): boolean {
    const { name, suffixName = false, suffixOwned = suffixName } = this.#options;
    const isWanted = error === NAME_TAKEN ? suffixName : error === NAME_OWNED && suffixOwned;
    return isWanted && name !== undefined && this.#suffix < MAX_NAME_SUFFIX;
  }

  #sendHello(): Step {
    const hello = this.#hello();
    const { hasInvite = false } = this.#options;
    if (hello.key === undefined && !hasInvite) return { kind: "send", message: hello };
    const { identity = "", nonce } = this.#offer!;
    const { key, username = "" } = hello;
    return {
      kind: "sign",
      hello,
      statement: key === undefined ? undefined : helloStatement(identity, nonce, username),
      inviteStatement: hasInvite ? inviteStatement(identity, nonce, username) : undefined,
    };
  }

  #proofIn({ identity_signature: signature }: Welcome): HubProof | undefined {
    const { identity, nonce = "" } = this.#offer ?? {};
    if (identity === undefined || this.#options.nonce === undefined) return undefined;
    return { identity, statement: hubStatement(this.#options.nonce, nonce, identity), signature };
  }

  #hello(): Hello {
    const { name, rooms = [], pingMs, password, quiet = false, session, known, key, nonce } = this.#options;
    const hello: Hello = { code: Code.Hello, client: `riftchat/${VERSION}`, ref: HELLO_REF };
    if (name !== undefined) {
      hello.username = this.#suffix === 1 ? name : this.#free ?? suffixedName(name, this.#suffix);
    }
    if (this.#offer?.password && password !== undefined && !this.#options.hasInvite) {
      hello.password = password;
    }
    if (rooms.length > 0) hello.rooms = [...rooms];
    if (pingMs !== undefined) hello.ping_ms = pingMs;
    if (quiet) hello.quiet = true;
    if (session !== undefined) hello.session = session;
    if (known !== undefined) {
      hello.after = { ...known.after };
      hello.newest = known.newest;
      if (known.epoch !== undefined) hello.epoch = known.epoch;
    }
    if (this.#offer?.identity !== undefined) {
      if (key !== undefined) hello.key = key;
      if (nonce !== undefined) hello.nonce = nonce;
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

/**
 * A link: one open connection to a hub, with requests and their answers.
 *
 * Rules:
 * - Requests are sent in order, as many at once as the hub takes.
 * - An answer resolves its request after `received` has handled it. When the link ends, all open requests reject.
 * - A lost link stays lost; `reconnecting_link.ts` opens another one.
 *
 * `handshake.ts` has the handshake, `requests.ts` the matching of answers. This file is long because a third of it is
 * documentation.
 *
 * @module
 */
import { Code, type Hello, ProtocolError } from "../../protocol/mod.ts";
import type { Signer } from "../../identity/mod.ts";
import { Credentials } from "../trust/mod.ts";
import {
  type Address,
  type Close,
  type Connect,
  connectTcp,
  connectWithTimeout,
  describeAddress,
  formatAddress,
  type IdentityCheck,
  isLocal,
  LinkError,
  type LinkErrorOptions,
  type Receive,
  type Security,
  Wire,
} from "../net/mod.ts";
import { reasonOf, systemClock, type TimedClock } from "../../runtime/mod.ts";
import { type Answer, type Request, Requests, throttledMs } from "./requests.ts";
import { keyOf, newNonce, signHello, signInvite, whyUnproven } from "./hello_proof.ts";
import {
  Handshake,
  type HandshakeOptions,
  type KnownMessages,
  type Session,
  type Step,
} from "./handshake.ts";

/** How long a hub may take from the connection to the end of the handshake, in milliseconds; anew for each name. */
export const HANDSHAKE_LIMIT_MS = 10_000;

/** How long a hub may answer none of the open requests and not say that they wait, in milliseconds. */
export const ANSWER_LIMIT_MS = 60_000;

/** Options of {@linkcode Link.open}. */
export interface LinkOptions {
  /** The wanted name, in NFC; without one the hub chooses. */
  name?: string | undefined;
  /** Whether to ask for the name with a suffix if it is taken; see {@linkcode HandshakeOptions}. */
  suffixName?: boolean | undefined;
  /** The same for a name that belongs to somebody; see {@linkcode HandshakeOptions}. */
  suffixOwned?: boolean | undefined;
  /** The rooms to join beside `main`, without `#`. */
  rooms?: readonly string[] | undefined;
  /** Whether the joins and leaves of this client are hidden from others. The default is `false`. */
  quiet?: boolean | undefined;
  /** The secret of this run of the client; see {@linkcode HandshakeOptions}. */
  session?: string | undefined;
  /** Which messages are known; see {@linkcode HandshakeOptions}. */
  known?: KnownMessages | undefined;
  /** Handles every message, also those of the handshake; the next is read when it is done. */
  received: Receive;
  /** The promise to the hub to send something at least every so many milliseconds. The caller keeps it. */
  pingMs?: number | undefined;
  /** The hub's password, if it is known. */
  credentials?: Credentials | undefined;
  /** Signs with the key of the client; without one the client is a guest. */
  identity?: Signer | undefined;
  /** Gives up when aborted; closes an open link. */
  signal?: AbortSignal | undefined;
  /** Opens the connection; by default over TCP. */
  connect?: Connect;
  /** The clock; by default that of the system. */
  clock?: TimedClock;
}

/** A request that waits for its answer, or to be sent. */
interface OpenRequest {
  request: Request;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

/** An open connection to a hub. */
export class Link {
  /** The facts of this connection. */
  readonly session: Session;
  /** The security of the connection. */
  readonly security: Security;
  readonly #where: string;
  readonly #wire: Wire;
  readonly #requests: Requests;
  readonly #closed: Promise<Close>;
  /** The requests that were sent, by number, and those that were not. */
  readonly #sent = new Map<number, OpenRequest>();
  readonly #queue: OpenRequest[] = [];
  #waitingForReady: (() => void)[] = [];

  private constructor(where: string, wire: Wire, session: Session, security: Security) {
    const requests = new Requests(session.extended, session.name);
    this.session = {
      ...session,
      get name() {
        return requests.name;
      },
    };
    this.security = security;
    this.#where = where;
    this.#wire = wire;
    this.#requests = requests;
    this.#closed = this.#run();
    // Avoids an unhandled rejection if nobody reads `closed`.
    this.#closed.catch(() => {});
  }

  /**
   * Connects to a hub and makes the handshake.
   *
   * @param address where the hub is
   * @param options see {@linkcode LinkOptions}
   * @returns the open link
   * @throws {LinkError} if no hub answers, it refuses, the connection is lost, or the signal was aborted
   */
  static async open(address: Address, options: LinkOptions): Promise<Link> {
    const { received, identity, signal } = options;
    const { connect = connectTcp, clock = systemClock, credentials = new Credentials() } = options;
    const where = formatAddress(address);
    const connection = await connectWithTimeout(address, { connect, clock, signal });
    const { security = { encrypted: false, local: isLocal(address.hostname, connection) } } = connection;
    const wire = new Wire(connection, received, clock);
    const leave = () => wire.end({ how: "left", why: "left" });
    signal?.addEventListener("abort", leave);
    wire.ended.then(() => signal?.removeEventListener("abort", leave));
    if (signal?.aborted) leave();
    try {
      const key = identity && keyOf(identity);
      const hasInvite = address.invite !== undefined;
      const wanted = { ...options, password: credentials.password, key, nonce: newNonce(), hasInvite };
      const hub = { credentials, address, security, identity, identityCheck: connection.identityCheck };
      const session = await performHandshake(where, wire, wanted, hub);
      return new Link(where, wire, session, security);
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** The current name of this client. */
  get name(): string {
    return this.#requests.name;
  }

  /** Resolves with how the link ended; rejects with what `received` threw. */
  get closed(): Promise<Close> {
    return this.#closed;
  }

  /**
   * Sends a request, after those before it.
   *
   * @param request the request, without a `ref`
   * @returns the answer, which may be a refusal (206)
   * @throws {LinkError} if the link ends before the answer comes
   * @throws {RangeError} for any other request than 100 or 101 to a hub without the extension: an error of the caller
   */
  request(request: Request): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { close } = this.#wire;
    if (close !== undefined) reject(closedError(this.#where, close));
    else this.#queue.push({ request, resolve, reject });
    this.#sendQueued();
    return promise;
  }

  /**
   * Waits until a request would be sent at once, so that a caller with many requests need not queue them here.
   *
   * @returns resolves then, or when the link has ended
   */
  whenReady(): Promise<void> {
    if (this.#canSend || this.#wire.close !== undefined) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waitingForReady.push(resolve);
    return promise;
  }

  /**
   * Leaves in an orderly way: messages that are on their way still arrive. Call it after the last answer. Does nothing
   * if the link has ended.
   */
  leave(): void {
    this.#wire.leave();
  }

  /** Whether a request would be sent at once. */
  get ready(): boolean {
    return this.#canSend && this.#wire.close === undefined;
  }

  /**
   * Closes the connection as lost. Open requests reject. Does nothing if the link has ended.
   *
   * @param why the reason for the user
   */
  drop(why: string): void {
    this.#wire.end({ how: "lost", why });
  }

  /** Closes the connection at once. Does nothing if the link has ended. */
  close(): void {
    this.#wire.end({ how: "left", why: "left" });
  }

  get #canSend(): boolean {
    return this.#queue.length === 0 && this.#requests.canSend;
  }

  #sendQueued(): void {
    while (this.#requests.canSend && this.#wire.close === undefined) {
      const next = this.#queue.shift();
      if (next === undefined) break;
      try {
        const { id, request } = this.#requests.add(next.request);
        this.#sent.set(id, next);
        this.#wire.send(request);
        if (this.#requests.unanswered === 1) this.#expectAnswer();
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        next.reject(error);
      }
    }
    if (this.#canSend) this.#notifyReady();
  }

  async #run(): Promise<Close> {
    try {
      for (let message = await this.#wire.next(); message !== undefined; message = await this.#wire.next()) {
        const answered = this.#requests.receive(message);
        if (answered === undefined) {
          const pausedMs = throttledMs(message);
          // A pong that answers no ping says that requests wait, as the hub does not reach others.
          const waits = pausedMs > 0 || message.code === Code.Pong && message.ref === undefined;
          if (waits && this.#requests.unanswered > 0) this.#expectAnswer(pausedMs);
          continue;
        }
        if (this.#requests.unanswered > 0) this.#expectAnswer();
        else this.#wire.clearDeadline();
        this.#sent.get(answered.id)?.resolve(answered.answer);
        this.#sent.delete(answered.id);
        this.#sendQueued();
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#wire.end({ how: "lost", why: `the hub broke the protocol: ${error.message}` });
    } finally {
      this.close();
      const close = await this.#wire.ended;
      for (const { reject } of [...this.#sent.values(), ...this.#queue]) {
        reject(closedError(this.#where, close));
      }
      this.#notifyReady();
    }
    return this.#wire.ended;
  }

  #expectAnswer(pausedMs = 0): void {
    const limitMs = ANSWER_LIMIT_MS + pausedMs;
    this.#wire.setDeadline(limitMs, `the hub did not answer within ${Math.round(limitMs / 1000)} s`);
  }

  #notifyReady(): void {
    for (const resolve of this.#waitingForReady) resolve();
    this.#waitingForReady = [];
  }
}

/** Makes the handshake. If it fails, the caller ends the wire. */
async function performHandshake(
  where: string,
  wire: Wire,
  wanted: HandshakeOptions,
  { credentials, address, security, identity, identityCheck }:
    & { credentials: Credentials; address: Address; security: Security }
    & Pick<LinkOptions, "identity">
    & { identityCheck: IdentityCheck | undefined },
): Promise<Session> {
  credentials.required = false;
  const handshake = new Handshake(wanted);
  const expectAnswer = () =>
    wire.setDeadline(HANDSHAKE_LIMIT_MS, `no welcome within ${HANDSHAKE_LIMIT_MS / 1000} s`);
  expectAnswer();
  let sent = 0, isChecked = false;
  for (let message = await wire.next(); message !== undefined; message = await wire.next()) {
    // Nothing may be sent to a hub that is not the known one.
    if (message.code === Code.YourName && !isChecked) {
      isChecked = true;
      const { identity: shown, certificate_signature: signature } = message.server ?? {};
      if (address.identity !== undefined && shown !== address.identity) {
        const advice = "someone may be intercepting the connection, or it is another chat: ask its operator";
        const why = `it is not a hub of the same chat, as its identity is another one: ${advice}`;
        throw new LinkError("untrusted", `cannot join ${where}: ${why}`);
      }
      const why = await identityCheck?.whyRefused(shown, signature);
      if (why !== undefined) throw new LinkError("untrusted", `cannot join ${where}: ${why}`);
    }
    const step = handshake.receive(message);
    const hello = step.kind === "send" ? step.message : step.kind === "sign" ? step.hello : undefined;
    if (step.kind === "password" || (hello !== undefined && "password" in hello)) {
      const whyWithheld = credentials.whyWithheld(security);
      if (whyWithheld !== undefined) {
        throw new LinkError("untrusted", `did not join ${where}: ${whyWithheld}`);
      }
    }
    if (step.kind === "send" || step.kind === "sign") {
      const message = step.kind === "send"
        ? step.message
        : await signed(where, wire, step, { identity, address });
      // Each name after the first has its own time: the hub may answer only two a second.
      if (++sent > 1 || step.kind === "sign") expectAnswer();
      wire.send(message);
    }
    if (step.kind === "password") {
      credentials.required = true;
      throw refusedError(where, "it wants a password; name a file that holds it with --password-file", {
        word: "bad_password",
      });
    }
    if (step.kind === "refused") {
      const { message, error, free, retry_after_ms } = step.refusal;
      credentials.required = error === "bad_password";
      throw refusedError(where, message, { word: error, free, retryAfterMs: retry_after_ms });
    }
    if (step.kind === "open") {
      const why = step.proof && await whyUnproven(step.proof);
      if (why !== undefined) {
        throw new LinkError(
          "untrusted",
          `did not join ${where}: it does not prove that it is the hub it says: ${why}; someone may be intercepting ` +
            "the connection: ask its operator",
        );
      }
      if (step.proof !== undefined) await identityCheck?.proven(step.proof.identity);
      wire.clearDeadline();
      return step.session;
    }
  }
  const close = await wire.ended;
  if (close.how === "left" || close.how === "down") throw closedError(where, close);
  if (handshake.refusalText !== undefined) {
    const { word, retryAfterMs = close.retryAfterMs } = handshake.refusalDetails;
    throw refusedError(where, handshake.refusalText, { word, retryAfterMs });
  }
  if (handshake.heardFromHub) throw closedError(where, close);
  throw new LinkError(
    "unreachable",
    `cannot reach ${describeAddress(address)}: ${close.why}; is that a RiftChat hub?`,
  );
}

/**
 * Signs the hello. The hub waits meanwhile: an agent may ask the user first, and has a time limit of its own.
 *
 * @returns the hello with its signature; without one if the wire ends before
 */
async function signed(
  where: string,
  wire: Wire,
  { hello, statement, inviteStatement }: Step & { kind: "sign" },
  { identity, address: { invite } }: Pick<LinkOptions, "identity"> & { address: Address },
): Promise<Hello> {
  if (invite !== undefined && inviteStatement !== undefined) {
    hello = { ...hello, invite: await signInvite(invite.token, inviteStatement) };
  }
  if (identity === undefined || statement === undefined) return hello;
  wire.clearDeadline();
  const signing = signHello(identity, statement).catch((error: Error) => {
    const message = `cannot join ${where}: ${reasonOf(error)}; --no-identity joins as a guest`;
    throw new LinkError("no_key", message, { cause: error, isPermanent: true });
  });
  const signature = await Promise.race([signing, wire.ended.then(() => undefined)]);
  // After the end of the wire nobody waits for it.
  signing.catch(() => {});
  return signature === undefined ? hello : { ...hello, signature };
}

function refusedError(where: string, hubMessage: string, options: LinkErrorOptions): LinkError {
  return new LinkError("refused", `cannot join ${where}: ${hubMessage}`, { ...options, hubMessage });
}

function closedError(where: string, close: Close): LinkError {
  if (close.how === "left") return new LinkError("left", `left ${where}`);
  return new LinkError("lost", `connection to ${where} lost: ${close.why}`);
}

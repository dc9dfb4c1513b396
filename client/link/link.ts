/**
 * A place in a conversation: requests on one side, their answers on the other, over a wire that was opened for it.
 *
 * Rules: requests go out in the order in which they are made, as many at once as the hub takes; an answer is given to
 * who asked after it went to `received`. When the link ends, whoever waits hears that there is no answer. How a
 * connection begins is the business of `opening.ts`, which answer belongs to which request that of `exchange.ts`. A
 * link that is lost stays lost: who wants another one opens it.
 *
 * @module
 */
import { ProtocolError } from "../../protocol/mod.ts";
import { Credentials } from "../trust/mod.ts";
import {
  type Address,
  type Close,
  type Connect,
  connectTcp,
  connectWithTimeout,
  formatAddress,
  LinkError,
  type LinkErrorOptions,
  type Receive,
  type Security,
  Wire,
} from "../net/mod.ts";
import { systemClock, type TimedClock } from "../../runtime/mod.ts";
import { type Answer, type Request, Requests, throttledMs } from "./requests.ts";
import { Handshake, type HandshakeOptions, type Session } from "./handshake.ts";

/** How long a hub may take from the connection to its welcome, in milliseconds. */
export const HANDSHAKE_LIMIT_MS = 10_000;

/** How long a hub may leave everything unanswered that it was asked, in milliseconds: one that is busy may take a while. */
export const ANSWER_LIMIT_MS = 60_000;

/** What a link is opened with. */
export interface LinkOptions {
  /** The name wanted, in NFC; without one the hub chooses. */
  name?: string | undefined;
  /** The rooms to be in beside `main`, without `#`. */
  rooms?: readonly string[] | undefined;
  /** Takes every message, also those of the opening; the next is read when it is done. */
  received: Receive;
  /** What is promised to the hub: to be heard at least once in so many milliseconds. The caller keeps that promise. */
  pingMs?: number | undefined;
  /** The hub's password, where it wants one; without it none is known. */
  credentials?: Credentials | undefined;
  /** Gives up when aborted, and leaves when open. */
  signal?: AbortSignal | undefined;
  /** Opens the connection; by default over TCP. */
  connect?: Connect;
  /** The clock; by default the machine's. */
  clock?: TimedClock;
}

/** A request that waits for its answer or for its turn. */
interface Asked {
  request: Request;
  resolve: (answer: Answer) => void;
  reject: (error: Error) => void;
}

/** An open connection to a hub. */
export class Link {
  /** What is known of this connection since its opening. */
  readonly session: Session;
  /** How safe the connection is. */
  readonly security: Security;
  readonly #where: string;
  readonly #wire: Wire;
  readonly #requests: Requests;
  readonly #closed: Promise<Close>;
  /** Those whose request was sent, by its number, and those whose turn has not come. */
  readonly #sent = new Map<number, Asked>();
  readonly #queue: Asked[] = [];
  #waitingForRoom: (() => void)[] = [];

  private constructor(where: string, wire: Wire, session: Session, security: Security) {
    this.session = session;
    this.security = security;
    this.#where = where;
    this.#wire = wire;
    this.#requests = new Requests(session.extended, session.name);
    this.#closed = this.#run();
    // Who waits hears of it even where nobody asked how the link ended.
    this.#closed.catch(() => {});
  }

  /**
   * Connects to a hub and waits until it lets one speak.
   *
   * @param address where the hub is
   * @param options see {@linkcode LinkOptions}
   * @returns the open link
   * @throws {LinkError} where no hub is there, it refuses, it is lost at once, or the signal was aborted
   */
  static async open(address: Address, options: LinkOptions): Promise<Link> {
    const { name, rooms, received, pingMs, signal, connect = connectTcp, clock = systemClock } = options;
    const { credentials = new Credentials() } = options;
    const where = formatAddress(address);
    const connection = await connectWithTimeout(address, { connect, clock, signal });
    const { security = { encrypted: false } } = connection;
    const wire = new Wire(connection, received, clock);
    const leave = () => wire.end({ how: "left", why: "left" });
    signal?.addEventListener("abort", leave);
    wire.ended.then(() => signal?.removeEventListener("abort", leave));
    if (signal?.aborted) leave();
    try {
      const wanted = { name, rooms, pingMs, password: credentials.password };
      return new Link(
        where,
        wire,
        await begin(where, wire, wanted, { credentials, address, security }),
        security,
      );
    } catch (error) {
      leave();
      throw error;
    }
  }

  /** The name under which this client is known now. */
  get name(): string {
    return this.#requests.name;
  }

  /** Resolves when the link has ended, with how; rejects with what `received` threw. */
  get closed(): Promise<Close> {
    return this.#closed;
  }

  /**
   * Asks the hub.
   *
   * @param request what to ask, without a `ref`
   * @returns the answer, which may be a refusal (206)
   * @throws {LinkError} where the link ended before the answer came
   * @throws {RangeError} for all but a 100 or 101 where the hub has no extension: a fault of the caller
   */
  request(request: Request): Promise<Answer> {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const { close } = this.#wire;
    if (close !== undefined) reject(gone(this.#where, close));
    else this.#queue.push({ request, resolve, reject });
    this.#ask();
    return promise;
  }

  /**
   * Waits until a request would be sent at once, so that who has many need not pile them up here.
   *
   * @returns resolves then, or when the link has ended
   */
  whenReady(): Promise<void> {
    if (this.#hasRoom || this.#wire.close !== undefined) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waitingForRoom.push(resolve);
    return promise;
  }

  /**
   * Leaves in an orderly way: what the hub has said by then still comes. Whoever waits for an answer should have it
   * before. Harmless when the link has ended.
   */
  leave(): void {
    this.#wire.leave();
  }

  /** Whether a request would be sent at once. */
  get ready(): boolean {
    return this.#hasRoom && this.#wire.close === undefined;
  }

  /**
   * Gives the link up as lost: who waits for an answer hears that there is none. Harmless when it has ended.
   *
   * @param why the reason, for people
   */
  drop(why: string): void {
    this.#wire.end({ how: "lost", why });
  }

  /** Ends the connection at once. Harmless when it has ended. */
  close(): void {
    this.#wire.end({ how: "left", why: "left" });
  }

  get #hasRoom(): boolean {
    return this.#queue.length === 0 && this.#requests.canSend;
  }

  #ask(): void {
    while (this.#requests.canSend && this.#wire.close === undefined) {
      const asked = this.#queue.shift();
      if (asked === undefined) break;
      try {
        const { id, request } = this.#requests.add(asked.request);
        this.#sent.set(id, asked);
        this.#wire.send(request);
        if (this.#requests.unanswered === 1) this.#expectAnswer();
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        asked.reject(error);
      }
    }
    if (this.#hasRoom) this.#tellOfRoom();
  }

  async #run(): Promise<Close> {
    try {
      for (let message = await this.#wire.next(); message !== undefined; message = await this.#wire.next()) {
        const answered = this.#requests.receive(message);
        if (answered === undefined) {
          const pausedMs = throttledMs(message);
          if (pausedMs > 0 && this.#requests.unanswered > 0) this.#expectAnswer(pausedMs);
          continue;
        }
        if (this.#requests.unanswered > 0) this.#expectAnswer();
        else this.#wire.clearDeadline();
        this.#sent.get(answered.id)?.resolve(answered.answer);
        this.#sent.delete(answered.id);
        this.#ask();
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#wire.end({ how: "lost", why: `the hub broke the protocol: ${error.message}` });
    } finally {
      this.close();
      const close = await this.#wire.ended;
      for (const { reject } of [...this.#sent.values(), ...this.#queue]) reject(gone(this.#where, close));
      this.#tellOfRoom();
    }
    return this.#wire.ended;
  }

  #expectAnswer(pausedMs = 0): void {
    const limitMs = ANSWER_LIMIT_MS + pausedMs;
    this.#wire.setDeadline(limitMs, `the hub did not answer within ${Math.round(limitMs / 1000)} s`);
  }

  #tellOfRoom(): void {
    for (const resolve of this.#waitingForRoom) resolve();
    this.#waitingForRoom = [];
  }
}

/** Leads the opening of a connection; the wire is the caller's to end where it fails. */
async function begin(
  where: string,
  wire: Wire,
  wanted: HandshakeOptions,
  { credentials, address, security }: { credentials: Credentials; address: Address; security: Security },
): Promise<Session> {
  credentials.required = false;
  const handshake = new Handshake(wanted);
  wire.setDeadline(HANDSHAKE_LIMIT_MS, `no welcome within ${HANDSHAKE_LIMIT_MS / 1000} s`);
  for (let message = await wire.next(); message !== undefined; message = await wire.next()) {
    const step = handshake.receive(message);
    if (step.kind === "password" || (step.kind === "send" && "password" in step.message)) {
      const whyNot = credentials.whyWithheld(address, security);
      if (whyNot !== undefined) throw new LinkError("untrusted", `did not join ${where}: ${whyNot}`);
    }
    if (step.kind === "send") wire.send(step.message);
    if (step.kind === "password") {
      credentials.required = true;
      throw refused(where, "it wants a password; name a file that holds it with --password-file", {
        word: "bad_password",
      });
    }
    if (step.kind === "refused") {
      const { message, error, retry_after_ms } = step.refusal;
      credentials.required = error === "bad_password";
      throw refused(where, message, { word: error, retryAfterMs: retry_after_ms });
    }
    if (step.kind === "open") {
      wire.clearDeadline();
      return step.session;
    }
  }
  const close = await wire.ended;
  if (close.how === "left" || close.how === "down") throw gone(where, close);
  if (handshake.refusalText !== undefined) {
    const { word, retryAfterMs = close.retryAfterMs } = handshake.refusalDetails;
    throw refused(where, handshake.refusalText, { word, retryAfterMs });
  }
  if (handshake.heardFromHub) throw gone(where, close);
  throw new LinkError("unreachable", `cannot reach ${where}: ${close.why}; is that a RiftChat hub?`);
}

function refused(where: string, said: string, options: LinkErrorOptions): LinkError {
  return new LinkError("refused", `cannot join ${where}: ${said}`, { ...options, hubMessage: said });
}

function gone(where: string, close: Close): LinkError {
  if (close.how === "left") return new LinkError("left", `left ${where}`);
  return new LinkError("lost", `connection to ${where} lost: ${close.why}`);
}

/**
 * One socket: bytes in become requests to the hub, replies and room logs become bytes out. How frames are cut out of
 * the stream is known here and nowhere else on the hub.
 *
 * Strategy: thousands are connected and say nothing, so nothing waits with them but one read into a small buffer: no
 * async function, promise or decoder of ours. What a read brings is carried out at once, without a promise either, and
 * by an async function only where there is something to wait for.
 *
 * Rules: one write is in flight at a time, and it is a slice of whole frames; nothing is read while replies pile up or
 * the hub is congested, so that whoever asks for more than the wire can carry waits by himself, nor from who speaks while
 * far behind with reading, until it has taken some, so that no flood is more than its own author takes; nobody is served for
 * longer than `MAX_TURN_MS` at a stretch; who asks faster than its rate waits by not being read from; a peer that breaks the
 * framing is told so and closed; whoever is being ended may take its last words within `PARTING_MS`; whatever goes
 * wrong here ends this connection and no other.
 *
 * @module
 */
import {
  BodyDecoder,
  type ClientMessage,
  Code,
  parseClientMessage,
  type PlainSay,
  PlainText,
  ProtocolError,
} from "../../protocol/mod.ts";
import type { Clock, Timers } from "../../runtime/mod.ts";
import type { Flusher, Hub, Session, Transport } from "../hub/mod.ts";
import { costOf, type Rate, RateLimiter } from "../admission/mod.ts";
import {
  type ConnectionLimits,
  DEFAULT_CONNECTION_LIMITS,
  LINGER_MS,
  MAX_AUTHOR_LAG_BYTES,
  MAX_LAG_FACTOR,
  MAX_MISSED_HEARTBEATS,
  MAX_READ_BYTES,
  MAX_STALL_MS,
  MAX_TURN_MS,
  MAX_TURN_READS,
  MIN_READ_BYTES,
  PASSWORD_MS,
  READ_BYTES_PER_RATE,
  RECONNECT_DELAY_MS,
  THROTTLE_NOTICE_MS,
} from "../limits.ts";

/** The part of `Deno.TcpConn` that a connection needs. */
export type Socket = Pick<Deno.TcpConn, "read" | "write" | "closeWrite" | "close">;

/** What a connection needs from the house around it. */
export interface ConnectionDependencies {
  /** Carries out what the client asks for. */
  hub: Hub;
  /** Decides when to write. */
  flusher: Flusher;
  /** Tells how long a reader has been stuck. */
  clock: Clock;
  /** Bounds how long a parting takes, and lets the others have a turn. */
  timers: Timers;
  /** How fast the client may ask; as fast as it likes without. */
  rate?: Rate | undefined;
  /** How much patience there is with the client; the default where it is not said. */
  limits?: ConnectionLimits | undefined;
  /** Takes note of a fault of ours, which the client is told nothing more about. */
  internalError(session: Session, error: unknown): void;
}

/**
 * Is told that a connection has ended.
 *
 * @param connection which one
 * @param reason why it ended, for the log
 */
export type OnEnded = (connection: Connection, reason: string) => void;

/** One client's socket, from accepting to closing. */
export class Connection implements Transport {
  readonly #socket: Socket;
  readonly #dependencies: ConnectionDependencies;
  /** Where the next read goes. */
  #buffer = new Uint8Array(MIN_READ_BYTES);
  /** Holds a frame that is not whole; there is none while nothing of a frame is there. */
  #decoder: BodyDecoder | undefined;
  /** As {@linkcode Transport.address}. */
  readonly address: string | undefined;
  /** Who this connection is to the hub. */
  readonly session: Session;
  /** What the write in flight has yet to write. */
  #unsent: Uint8Array | undefined;
  /** Whether its client has said something since it was last written to. */
  #spoke = false;
  /** Whether it has said something in what is being served. */
  #speaking = false;
  /** The round in which the write in flight was started. */
  #round = 0;
  /** Since when the write in flight has been seen to go nowhere, by `Clock.elapsed`. */
  #stuckSince: number | undefined;
  /** The same, of any write, however little waits. */
  #unsentSince: number | undefined;
  /** Whether a read is under way, and until when none was, as far as anybody looked. */
  #reading = false;
  #heardFrom = 0;
  /** For how long it has been served since it last let the others have a turn, apart from what is since `#busySince`. */
  #busyMs = 0;
  #busySince = 0;
  #readsThisTurn = 0;
  #requests = 0;
  readonly #limiter: RateLimiter | undefined;
  /** Since when a frame has begun that is not whole, by `Clock.elapsed`. */
  #frameSince: number | undefined;
  #endPause: (() => void) | undefined;
  #closed = false;
  #whyClosed: string | undefined;
  #waiting: PromiseWithResolvers<number> | undefined;
  #ended: OnEnded = () => {};

  /**
   * Brings a new socket to the hub, which gives it a name. Nothing is read before {@linkcode Connection.run}.
   *
   * @param socket an accepted connection; it is closed by this connection
   * @param ports what it needs from the house around it
   * @param address where the client is, as the system says it
   */
  constructor(socket: Socket, dependencies: ConnectionDependencies, address?: string) {
    this.#socket = socket;
    this.#dependencies = dependencies;
    this.address = address;
    this.session = dependencies.hub.connect(this);
    const { rate, clock } = dependencies;
    this.#limiter = rate === undefined ? undefined : new RateLimiter(rate, clock.elapsed());
  }

  /** How many bytes wait to be written, those of the write in flight included. */
  get lagBytes(): number {
    return this.session.waitingBytes + (this.#unsent?.length ?? 0);
  }

  /** How far behind the client may be and still be read from after it has spoken, in bytes. */
  get #authorLagBytes(): number {
    const { lagBytes } = this.#dependencies.limits ?? DEFAULT_CONNECTION_LIMITS;
    return lagBytes === 0 ? MAX_AUTHOR_LAG_BYTES : Math.min(MAX_AUTHOR_LAG_BYTES, lagBytes / 2);
  }

  get #isFarBehind(): boolean {
    return this.lagBytes > this.#authorLagBytes;
  }

  /**
   * Serves the client until it has left or was ended.
   *
   * @param ended is told once that it has ended
   */
  run(ended: OnEnded): void {
    this.#ended = ended;
    this.#listen();
  }

  /**
   * Closes once everything that waits is written. For a hub that goes down.
   *
   * @returns when it is closed
   */
  async drain(): Promise<void> {
    await this.#drained();
    this.close("the hub goes down");
  }

  /**
   * Closes at once. Calling it again does nothing.
   *
   * @param reason why, for the log
   */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#whyClosed ??= reason;
    this.#socket.close();
    this.#endPause?.();
    this.#wake();
  }

  /**
   * Ends the session where the client has left something undone for too long: the rest of a frame, taking what is written
   * to it, or a sign of life that it has promised. To be called from time to time.
   *
   * @param now the time by `Clock.elapsed`, in milliseconds
   */
  check(now: number): void {
    const { frameMs, deadMs } = this.#dependencies.limits ?? DEFAULT_CONNECTION_LIMITS;
    const { hub } = this.#dependencies;
    if (frameMs > 0 && this.#frameSince !== undefined && now - this.#frameSince >= frameMs) {
      const reason = `you have not sent the rest of a frame: it must be whole ${
        frameMs / 1000
      } s after its first byte`;
      hub.end(this.session, reason, "slow_frame", RECONNECT_DELAY_MS);
    }
    if (!this.session.admitted && now - this.session.connectedAt >= PASSWORD_MS) {
      hub.endUnadmitted(this.session);
    }
    if (deadMs === 0) return;
    // What is not read cannot be heard, and that is not the client's doing.
    if (!this.#reading) this.#heardFrom = now;
    if (this.#unsent === undefined) this.#unsentSince = undefined;
    else if (now - (this.#unsentSince ??= now) >= deadMs) {
      this.#endDead(`took nothing for ${deadMs / 1000} s`);
    }
    const silentMs = now - Math.max(this.#heardFrom, this.session.activeAt);
    const { heartbeatMs } = this.session;
    if (heartbeatMs !== undefined && silentMs >= Math.max(deadMs, MAX_MISSED_HEARTBEATS * heartbeatMs)) {
      this.#endDead(`gave no sign of life for ${Math.round(silentMs / 1000)} s`);
    }
  }

  #endDead(why: string): void {
    this.#dependencies.hub.end(this.session, `you seem to be gone: you ${why}`, "dead", RECONNECT_DELAY_MS);
  }

  /** As {@linkcode Transport.repliesQueued}. */
  repliesQueued(): void {
    this.#dependencies.flusher.repliesQueued(this);
  }

  /** As {@linkcode Transport.authorSpoke}. */
  authorSpoke(): void {
    this.#speaking = true;
    if (this.#spoke) return;
    this.#spoke = true;
    this.#dependencies.flusher.authorSpoke(this);
  }

  /** As {@linkcode Transport.sessionEnded}: what waits is written, then the client may go on reading until it closes or time is up. */
  sessionEnded(reason: string): void {
    this.#whyClosed ??= reason;
    const cancel = this.#dependencies.timers.after(LINGER_MS, () => this.close(reason));
    const part = async () => {
      await this.#drained();
      // Half a close: with unread bytes of the client in the kernel a whole one would destroy the last words.
      if (!this.#closed) await this.#socket.closeWrite();
      while (!this.#closed) await this.#woken();
    };
    part().catch((error) => this.close(describe(error))).finally(cancel);
  }

  /** As {@linkcode Writer.flush}; a reader that is too far behind is ended here. */
  flush(round: number): boolean {
    this.#spoke = false;
    if (this.#closed) return false;
    if (this.#unsent !== undefined) {
      this.#checkLag(this.session.waitingBytes + this.#unsent.length);
      return false;
    }
    const bytes = this.session.take();
    if (bytes.length === 0) return false;
    this.#round = round;
    this.#send(bytes);
    return true;
  }

  #send(bytes: Uint8Array): void {
    this.#unsent = bytes;
    this.#socket.write(bytes).then(this.#sent, this.#failed);
  }

  /** Ends a reader that is too far behind and takes nothing, or is so far behind that it will never catch up. */
  #checkLag(lagBytes: number): void {
    const { lagBytes: most } = this.#dependencies.limits ?? DEFAULT_CONNECTION_LIMITS;
    if (most === 0 || lagBytes <= most) return;
    const now = this.#dependencies.clock.elapsed();
    this.#stuckSince ??= now;
    if (now - this.#stuckSince < MAX_STALL_MS && lagBytes <= most * MAX_LAG_FACTOR) return;
    const reason = `you are ${lagBytes} bytes behind, more than ${most}`;
    this.#dependencies.hub.end(this.session, reason, "lag", RECONNECT_DELAY_MS);
  }

  readonly #sent = (count: number): void => {
    const unsent = this.#unsent!;
    this.#stuckSince = undefined;
    this.#unsentSince = undefined;
    this.#dependencies.hub.counters.wrote(count);
    if (count < unsent.length && !this.#closed) {
      this.#send(unsent.subarray(count));
      return this.#wake(count);
    }
    this.#unsent = undefined;
    this.#dependencies.flusher.written(this, this.#round, !this.#closed && this.session.waitingBytes > 0);
    this.#wake(count);
  };

  readonly #failed = (error: unknown): void => {
    this.#unsent = undefined;
    this.#dependencies.flusher.written(this, this.#round, false);
    this.close(describe(error));
  };

  /** Waits for what the client asks next. */
  #listen(): void {
    this.#reading = true;
    this.#socket.read(this.#buffer).then(this.#heard, this.#broken);
  }

  readonly #heard = (count: number | null): void => {
    this.#reading = false;
    if (count === null) this.#part().then(() => this.#finish("left"), this.#broken);
    else if (++this.#readsThisTurn <= MAX_TURN_READS) this.#serve(count);
    else this.#nextTurn().then(() => this.#serve(count));
  };

  readonly #broken = (error: unknown): void => this.#finish(describe(error));

  #finish(reason: string): void {
    try {
      this.#dependencies.hub.disconnect(this.session);
    } catch (error) {
      this.#dependencies.internalError(this.session, error);
    }
    this.close(reason);
    this.#ended(this, this.#whyClosed ?? reason);
  }

  /** Carries out what a read brought, and listens again; what comes after the session is over is thrown away. */
  #serve(count: number): void {
    if (this.session.closed) return this.#listen();
    const decoder = this.#decoder ??= new BodyDecoder();
    const plain: PlainAsked = { message: { code: Code.Say, message: new PlainText() }, error: undefined };
    const read: Read = { count, decoder, plain, held: undefined };
    let wait: Promise<unknown> | undefined;
    try {
      const { hub, clock } = this.#dependencies;
      hub.markActive(this.session);
      hub.counters.read(count);
      decoder.push(this.#buffer.subarray(0, count));
      this.#speaking = false;
      this.#busySince = clock.elapsed();
      wait = this.#carryOutAll(read);
    } catch (error) {
      return this.#broken(error);
    }
    // Nearly always all is carried out at once, and there is nothing to wait for.
    if (wait === undefined) this.#served(read);
    else this.#serveAfter(wait, read).then(() => this.#served(read), this.#broken);
  }

  /** Carries out what is left of a read, waiting each time for what is to be waited for. */
  async #serveAfter(first: Promise<unknown>, read: Read): Promise<void> {
    let wait: Promise<unknown> | undefined = first;
    while (wait !== undefined) {
      await wait;
      wait = this.#obstacle() ?? this.#carryOutAll(read);
    }
  }

  /** What keeps this connection from being served any further for now, if anything does. */
  #obstacle(): Promise<unknown> | undefined {
    const { flusher } = this.#dependencies;
    if (this.#closed) return undefined;
    if (flusher.congested) return flusher.nextRound();
    return this.session.busy ?? (this.session.outbox.full ? this.#woken() : undefined);
  }

  /**
   * Carries out what a read brought until there is something to wait for. No async function: the engine compiles those
   * late, and this is what every line goes through.
   *
   * @returns what to wait for before this is to be called again; nothing when all is carried out
   */
  #carryOutAll(read: Read): Promise<unknown> | undefined {
    for (let asked = this.#next(read); asked !== undefined; asked = this.#next(read)) {
      this.#frameSince = undefined;
      if (read.held !== undefined) read.held = undefined;
      else if (this.#limiter !== undefined) {
        const waitMs = this.#limiter.spend(costOf(asked.message), this.#busySince);
        if (waitMs > 0) {
          read.held = asked;
          return this.#pause(waitMs, this.#limiter.waits === 1 || waitMs >= THROTTLE_NOTICE_MS);
        }
      }
      this.#carryOut(asked);
      // Asking for the time costs a tenth of what a line does, so only now and then.
      if (++this.#requests % 16 === 0) {
        if (this.#countTime() > MAX_TURN_MS) return this.#nextTurn().then(() => this.#taken());
        if (this.#speaking && this.#isFarBehind) return this.#taken();
      }
      const obstacle = this.#obstacle();
      if (obstacle !== undefined) return obstacle;
    }
    return this.#speaking && this.#isFarBehind ? this.#taken() : undefined;
  }

  /** Counts the time for which it is served; gives how long it has been since the others had a turn, in milliseconds. */
  #countTime(): number {
    const now = this.#dependencies.clock.elapsed();
    this.#busyMs += now - this.#busySince;
    this.#busySince = now;
    return this.#busyMs;
  }

  /** Listens again, all of a read being carried out. */
  #served({ count, decoder }: Read): void {
    if (this.#closed) return this.#finish("left");
    this.#countTime();
    // Only from now on it is the client whom the rest of a frame waits for.
    if (decoder.pendingBytes > 0) this.#frameSince ??= this.#busySince;
    else this.#decoder = undefined;
    const size = fittingSize(this.#buffer.length, count, mostReadBytes(this.#dependencies.rate));
    if (size !== this.#buffer.length) this.#buffer = new Uint8Array(size);
    this.#listen();
  }

  /**
   * Waits until somebody who is too far behind has taken as much as it is behind too far. What others say meanwhile does
   * not count: they could keep it from ever being heard.
   */
  async #taken(): Promise<void> {
    let excess = this.lagBytes - this.#authorLagBytes;
    while (this.#speaking && excess > 0 && this.#isFarBehind && !this.#closed && !this.session.closed) {
      excess -= await this.#woken();
    }
    this.#speaking = false;
  }

  /** Someone who sends and closes its sending side at once is still told how it went, or why its session is over. */
  async #part(): Promise<void> {
    this.#dependencies.hub.settleSession(this.session);
    const cancel = this.#dependencies.timers.after(LINGER_MS, () => this.close("left"));
    await this.#drained();
    cancel();
  }

  /** Takes the next whole request, if there is one; a fault of the framing ends the session. */
  #next({ decoder, plain, held }: Read): Asked | undefined {
    if (this.session.closed) return undefined;
    // Nobody takes these replies any more: what else was asked for would only keep the others waiting. Nor does anything
    // that might have to wait for its rate.
    if (this.#closed && (this.#limiter !== undefined || this.session.outbox.full)) return undefined;
    if (held !== undefined) return held;
    try {
      if (!decoder.advance()) return undefined;
      if (decoder.isPlainSay(plain.message.message)) return plain;
      const message = parseClientMessage(decoder.text());
      return message === undefined ? UNKNOWN : { message, error: undefined };
    } catch (error) {
      if (!(error instanceof ProtocolError)) this.#failedHere(error);
      else if (error.word !== "bad_frame") return { message: undefined, error };
      else this.#dependencies.hub.end(this.session, error);
      return undefined;
    }
  }

  #carryOut({ message, error }: Asked): void {
    const { hub } = this.#dependencies;
    try {
      if (message !== undefined) hub.receive(this.session, message);
      else if (error !== undefined) hub.refuse(this.session, error);
      else hub.counters.receive(undefined);
    } catch (error) {
      this.#failedHere(error);
    }
  }

  #failedHere(error: unknown): void {
    this.#dependencies.internalError(this.session, error);
    this.#dependencies.hub.end(this.session, "the hub made a mistake, which is in its log", "fault");
  }

  /**
   * Lets everyone else have a turn. A read of what is there already is done at once, without one: a client that sends
   * faster than it is served would be served alone.
   */
  async #nextTurn(): Promise<void> {
    await new Promise<void>((resume) => this.#dependencies.timers.soon(resume));
    this.#readsThisTurn = 0;
    this.#busyMs = 0;
    this.#busySince = this.#dependencies.clock.elapsed();
  }

  /** Waits without reading, until the time is over or the connection is closed. */
  async #pause(ms: number, told: boolean): Promise<void> {
    if (told) this.#dependencies.hub.notifyThrottled(this.session, ms);
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#dependencies.timers.after(ms, resolve);
    this.#endPause = resolve;
    if (!this.#closed) await promise;
    cancel();
    this.#endPause = undefined;
    this.#readsThisTurn = 0;
    this.#busyMs = 0;
    this.#busySince = this.#dependencies.clock.elapsed();
  }

  async #drained(): Promise<void> {
    while (!this.#closed && (this.#unsent !== undefined || this.session.waitingBytes > 0)) {
      await this.#woken();
    }
  }

  /** Waits until something was taken or the connection is closed; gives how many bytes that were. */
  #woken(): Promise<number> {
    return (this.#waiting ??= Promise.withResolvers<number>()).promise;
  }

  #wake(count = 0): void {
    this.#waiting?.resolve(count);
    this.#waiting = undefined;
  }
}

/** A request as it came: with the message, else with what is wrong with it; one that is not known has neither. */
interface Asked {
  message: ClientMessage | PlainSay | undefined;
  error: ProtocolError | undefined;
}

/** A plain line as it came; the same object for all of a read. */
interface PlainAsked extends Asked {
  message: PlainSay;
}

/** What a read brought, as long as it is carried out. */
interface Read {
  /** How many bytes it had. */
  count: number;
  /** Holds what is left of it. */
  decoder: BodyDecoder;
  /** What its plain lines are put into. */
  plain: PlainAsked;
  /** What was asked for faster than it may be, and waits. */
  held: Asked | undefined;
}

const UNKNOWN: Asked = { message: undefined, error: undefined };

/** How large a buffer to read into may become. */
function mostReadBytes(rate: Rate | undefined): number {
  if (rate === undefined) return MAX_READ_BYTES;
  return Math.max(MIN_READ_BYTES, Math.min(Math.ceil(READ_BYTES_PER_RATE * rate.perSecond), MAX_READ_BYTES));
}

/** How large the next read's buffer should be, after a read of `count` bytes into one of `size`. */
function fittingSize(size: number, count: number, most: number): number {
  if (count === size) return Math.min(2 * size, most);
  if (count < size / 4) return Math.max(size / 2, MIN_READ_BYTES);
  return size;
}

/** Says in a word or two why the operating system ended a connection. */
function describe(error: unknown): string {
  // A client whose TLS connection ended without the farewell that TLS has: it, or the network, was in a hurry.
  if (error instanceof Deno.errors.UnexpectedEof) return "left";
  if (error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe) return "reset";
  return error instanceof Error ? error.message : String(error);
}

/**
 * One client connection: bytes from the socket become requests to the hub, replies and room logs become bytes for the
 * socket. On the hub, only this file knows how frames are cut out of the stream.
 *
 * Strategy: thousands of clients are connected and idle, so an idle connection holds one pending read into a small
 * buffer and nothing else: no async function, promise or decoder of its own. The requests of a read are carried out at
 * once, without a promise either; an async function runs only if there is something to wait for.
 *
 * Rules:
 * - One write is in flight at a time, and it is a slice of whole frames.
 * - Nothing is read while replies pile up or the hub is congested, so that a client that asks for more than the
 *   connection can carry waits itself.
 * - An author that is far behind with reading is not read from until it has caught up, so that a flood is never more
 *   than its own author reads.
 * - One connection is served for at most `MAX_TURN_MS` at a stretch.
 * - A client over its rate limit is not read from until it may send again.
 * - A peer that breaks the framing is told why and closed; one that speaks HTTP, in HTTP.
 * - A session that the hub ends may take its final messages within `LINGER_MS`.
 * - An error here ends this connection and no other.
 *
 * This file is long because reading, serving and writing share the state of one socket; the read loop is measured and
 * kept in one piece.
 *
 * @module
 */
import { BodyDecoder, Code, parseClientMessage, PlainText, ProtocolError } from "../../protocol/mod.ts";
import { maxReadBytes, nextReadBytes } from "../ports/mod.ts";
import { type PlainRequest, type ReadState, type Request, UNKNOWN_REQUEST } from "./request.ts";
import { httpHint, isHttp, type PageAddress } from "./http_answers.ts";
import { closeReason } from "./socket_error.ts";
import type { Clock, Timers } from "../../runtime/mod.ts";
import type { Flusher } from "../fanout/mod.ts";
import type { Hub } from "../hub/mod.ts";
import type { Session, Transport } from "../sessions/mod.ts";
import { costOf, costOfHistory, costOfSearch, type Rate, RateLimiter } from "../admission/mod.ts";
import {
  type ConnectionLimits,
  DEFAULT_CONNECTION_LIMITS,
  LINGER_MS,
  MAX_AUTHOR_LAG_BYTES,
  MAX_LAG_FACTOR,
  MAX_MISSED_HEARTBEATS,
  MAX_STALL_MS,
  MAX_TURN_MS,
  MAX_TURN_READS,
  MIN_READ_BYTES,
  PASSWORD_MS,
  RECONNECT_DELAY_MS,
  THROTTLE_NOTICE_MS,
} from "../limits.ts";

/** The part of `Deno.TcpConn` that a connection uses. */
export type Socket = Pick<Deno.TcpConn, "read" | "write" | "closeWrite" | "close">;

/** Dependencies of a connection. */
export interface ConnectionDependencies {
  /** Carries out the requests of the client. */
  hub: Hub;
  /** Decides when to write. */
  flusher: Flusher;
  /** Measures how long a client is silent or stalled. */
  clock: Clock;
  /** Limits how long a closing connection lingers, and yields turns. */
  timers: Timers;
  /** The rate limit of the client; no limit without it. */
  rate?: Rate | undefined;
  /** The time and lag limits of the client; default `DEFAULT_CONNECTION_LIMITS`. */
  limits?: ConnectionLimits | undefined;
  /** Where the page for browsers is, if the hub has one: for clients that speak HTTP on a port for chat clients. */
  page?: PageAddress | undefined;
  /** Reports an internal error. The client is told only that there was one. */
  internalError(session: Session, error: unknown): void;
}

/**
 * Called when a connection has ended.
 *
 * @param connection the connection
 * @param reason why it ended, for the log
 */
export type OnEnded = (connection: Connection, reason: string) => void;

/** One client connection, from accepting to closing. */
export class Connection implements Transport {
  readonly #socket: Socket;
  readonly #dependencies: ConnectionDependencies;
  /** The buffer of the next read. */
  #buffer = new Uint8Array(MIN_READ_BYTES);
  /** Holds an incomplete frame; `undefined` while there is none. */
  #decoder: BodyDecoder | undefined;
  /** As {@linkcode Transport.address}. */
  readonly address: string | undefined;
  /** As {@linkcode Transport.certificate}. */
  readonly certificate: string | undefined;
  /** As {@linkcode Transport.page}. */
  readonly page: string | undefined;
  /** Its session on the hub. */
  readonly session: Session;
  /** The bytes that the write in flight has yet to write. */
  #unsent: Uint8Array | undefined;
  /** Whether the client has sent a chat message since it was last written to. */
  #authorQueued = false;
  /** Whether it has sent one in the read that is being served. */
  #sentMessage = false;
  /** The round that started the write in flight. */
  #writeRound = 0;
  /** Since when the write in flight makes no progress while the client lags too far, by `Clock.elapsed`. */
  #laggingSince: number | undefined;
  /** Since when any write makes no progress, by `Clock.elapsed`. */
  #stalledSince: number | undefined;
  /** Whether a read is pending, and when last none was, as far as `check` has seen. */
  #reading = false;
  #silentFrom = 0;
  /** How long it was served since it last yielded a turn, without the time since `#busySince`, in milliseconds. */
  #busyMs = 0;
  #busySince = 0;
  #readsThisTurn = 0;
  #requestCount = 0;
  readonly #limiter: RateLimiter | undefined;
  /** Since when an incomplete frame waits for its rest, by `Clock.elapsed`. */
  #frameSince: number | undefined;
  #endThrottle: (() => void) | undefined;
  #closed = false;
  #closeReason: string | undefined;
  #progress: PromiseWithResolvers<number> | undefined;
  #onEnded: OnEnded = () => {};

  /**
   * Opens a session on the hub for a new socket. Nothing is read before {@linkcode Connection.run}.
   *
   * @param socket an accepted socket, which this connection closes
   * @param dependencies see {@linkcode ConnectionDependencies}
   * @param client what is known of the client; see {@linkcode Transport}
   */
  constructor(
    socket: Socket,
    dependencies: ConnectionDependencies,
    { address, certificate, page }: Pick<Transport, "address" | "certificate" | "page"> = {},
  ) {
    this.#socket = socket;
    this.#dependencies = dependencies;
    this.address = address;
    this.certificate = certificate;
    this.page = page;
    this.session = dependencies.hub.connect(this);
    const { rate, clock } = dependencies;
    this.#limiter = rate === undefined ? undefined : new RateLimiter(rate, clock.elapsed());
  }

  /** The number of bytes that wait to be written, including those of the write in flight. */
  get lagBytes(): number {
    return this.session.waitingBytes + (this.#unsent?.length ?? 0);
  }

  /** How far a client that has sent a message may be behind, in bytes, before it is not read from for now. */
  get #maxAuthorLagBytes(): number {
    const { lagBytes } = this.#dependencies.limits ?? DEFAULT_CONNECTION_LIMITS;
    return lagBytes === 0 ? MAX_AUTHOR_LAG_BYTES : Math.min(MAX_AUTHOR_LAG_BYTES, lagBytes / 2);
  }

  get #lagsTooFar(): boolean {
    return this.lagBytes > this.#maxAuthorLagBytes;
  }

  /**
   * Serves the client until it has disconnected or was ended.
   *
   * @param ended called once when the connection has ended
   */
  run(ended: OnEnded): void {
    this.#onEnded = ended;
    this.#readNext();
  }

  /**
   * Closes the connection once everything that waits is written. For a hub that shuts down.
   *
   * @returns resolves when it is closed
   */
  async drain(): Promise<void> {
    await this.#drained();
    this.close("the hub shuts down");
  }

  /**
   * Closes the connection at once. Calling it again does nothing.
   *
   * @param reason why, for the log
   */
  close(reason: string): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#closeReason ??= reason;
    this.#socket.close();
    this.#endThrottle?.();
    this.#notifyProgress();
  }

  /**
   * Ends the session if the client exceeds a time limit: for the rest of a frame, for the password, for reading
   * what is written to it, or for the heartbeat that it has promised. Call it from time to time.
   *
   * @param now the time by `Clock.elapsed`, in milliseconds
   */
  check(now: number): void {
    const { frameMs, deadMs } = this.#dependencies.limits ?? DEFAULT_CONNECTION_LIMITS;
    const { hub } = this.#dependencies;
    if (frameMs > 0 && this.#frameSince !== undefined && now - this.#frameSince >= frameMs) {
      const reason = `your connection sent an incomplete frame: a frame must be complete within ${
        frameMs / 1000
      } s`;
      hub.end(this.session, reason, "slow_frame", RECONNECT_DELAY_MS);
    }
    if (!this.session.admitted && now - this.session.connectedAt >= PASSWORD_MS) {
      hub.endUnadmitted(this.session);
    }
    if (deadMs === 0) return;
    // The client cannot be heard while it is not read from.
    if (!this.#reading) this.#silentFrom = now;
    if (this.#unsent === undefined) this.#stalledSince = undefined;
    else if (now - (this.#stalledSince ??= now) >= deadMs) {
      this.#endDeadClient(`read nothing for ${deadMs / 1000} s`);
    }
    const silentMs = now - Math.max(this.#silentFrom, this.session.activeAt);
    const { heartbeatMs } = this.session;
    if (heartbeatMs !== undefined && silentMs >= Math.max(deadMs, MAX_MISSED_HEARTBEATS * heartbeatMs)) {
      this.#endDeadClient(`sent nothing for ${Math.round(silentMs / 1000)} s`);
    }
  }

  #endDeadClient(why: string): void {
    this.#dependencies.hub.end(
      this.session,
      `your connection seems dead: your client ${why}`,
      "dead",
      RECONNECT_DELAY_MS,
    );
  }

  /** As {@linkcode ReplyQueue.repliesQueued}. */
  repliesQueued(): void {
    this.#dependencies.flusher.repliesQueued(this);
  }

  /** As {@linkcode Transport.authorSpoke}. */
  authorSpoke(): void {
    this.#sentMessage = true;
    if (this.#authorQueued) return;
    this.#authorQueued = true;
    this.#dependencies.flusher.authorSpoke(this);
  }

  /** As {@linkcode Transport.searched}. */
  searched(ms: number): void {
    this.#limiter?.charge(costOfSearch(ms), this.#dependencies.clock.elapsed());
  }

  /** As {@linkcode Transport.historySent}. */
  historySent(bytes: number): void {
    this.#limiter?.charge(costOfHistory(bytes), this.#dependencies.clock.elapsed());
  }

  /**
   * As {@linkcode Transport.sessionEnded}: the waiting bytes are written, then the client may read on until it closes
   * or `LINGER_MS` are over.
   */
  sessionEnded(reason: string): void {
    this.#closeReason ??= reason;
    const cancel = this.#dependencies.timers.after(LINGER_MS, () => this.close(reason));
    const linger = async () => {
      await this.#drained();
      // Only the sending side is closed: with unread bytes of the client in the kernel, a full close would discard
      // the final messages.
      if (!this.#closed) await this.#socket.closeWrite();
      while (!this.#closed) await this.#nextProgress();
    };
    linger().catch((error) => this.close(closeReason(error))).finally(cancel);
  }

  /** As {@linkcode Transport.flush}; also ends a slow reader. */
  flush(round: number): boolean {
    this.#authorQueued = false;
    if (this.#closed) return false;
    if (this.#unsent !== undefined) {
      this.#checkLag(this.session.waitingBytes + this.#unsent.length);
      return false;
    }
    const bytes = this.session.take();
    if (bytes.length === 0) return false;
    this.#writeRound = round;
    this.#send(bytes);
    return true;
  }

  #send(bytes: Uint8Array): void {
    this.#unsent = bytes;
    this.#socket.write(bytes).then(this.#onWritten, this.#onWriteFailed);
  }

  /**
   * Ends a slow reader: one that lags too far and reads nothing, or that is so far behind that it will never catch up.
   */
  #checkLag(lagBytes: number): void {
    const { lagBytes: most } = this.#dependencies.limits ?? DEFAULT_CONNECTION_LIMITS;
    if (most === 0 || lagBytes <= most) return;
    const now = this.#dependencies.clock.elapsed();
    this.#laggingSince ??= now;
    if (now - this.#laggingSince < MAX_STALL_MS && lagBytes <= most * MAX_LAG_FACTOR) return;
    const reason = `you read too slowly: ${lagBytes} bytes wait for you, and the limit is ${most}`;
    this.#dependencies.hub.end(this.session, reason, "lag", RECONNECT_DELAY_MS);
  }

  readonly #onWritten = (count: number): void => {
    const unsent = this.#unsent!;
    this.#laggingSince = undefined;
    this.#stalledSince = undefined;
    this.#dependencies.hub.counters.wrote(count);
    if (count < unsent.length && !this.#closed) {
      this.#send(unsent.subarray(count));
      return this.#notifyProgress(count);
    }
    this.#unsent = undefined;
    this.#dependencies.flusher.written(
      this,
      this.#writeRound,
      !this.#closed && this.session.waitingBytes > 0,
    );
    this.#notifyProgress(count);
  };

  readonly #onWriteFailed = (error: unknown): void => {
    this.#unsent = undefined;
    this.#dependencies.flusher.written(this, this.#writeRound, false);
    this.close(closeReason(error));
  };

  /** Starts the next read. */
  #readNext(): void {
    this.#reading = true;
    this.#socket.read(this.#buffer).then(this.#onRead, this.#onReadFailed);
  }

  readonly #onRead = (count: number | null): void => {
    this.#reading = false;
    if (count === null) this.#writeRemaining().then(() => this.#finish("left"), this.#onReadFailed);
    else if (++this.#readsThisTurn <= MAX_TURN_READS) this.#serve(count);
    else this.#yieldTurn().then(() => this.#serve(count));
  };

  readonly #onReadFailed = (error: unknown): void => this.#finish(closeReason(error));

  #finish(reason: string): void {
    try {
      this.#dependencies.hub.disconnect(this.session);
    } catch (error) {
      this.#dependencies.internalError(this.session, error);
    }
    this.close(reason);
    this.#onEnded(this, this.#closeReason ?? reason);
  }

  /** Carries out the requests of a read, then reads again. After the session has ended, the bytes are discarded. */
  #serve(count: number): void {
    if (this.session.closed) return this.#readNext();
    const decoder = this.#decoder ??= new BodyDecoder();
    const plain: PlainRequest = { message: { code: Code.Say, message: new PlainText() }, error: undefined };
    const read: ReadState = { count, decoder, plain, throttled: undefined };
    let wait: Promise<unknown> | undefined;
    try {
      const { hub, clock } = this.#dependencies;
      hub.markActive(this.session);
      hub.counters.read(count);
      decoder.push(this.#buffer.subarray(0, count));
      this.#sentMessage = false;
      this.#busySince = clock.elapsed();
      wait = this.#carryOutAll(read);
    } catch (error) {
      return this.#onReadFailed(error);
    }
    // Nearly always everything is carried out at once, and there is nothing to wait for.
    if (wait === undefined) this.#finishRead(read);
    else this.#serveAfter(wait, read).then(() => this.#finishRead(read), this.#onReadFailed);
  }

  /** Carries out the rest of a read, and waits each time for what blocks it. */
  async #serveAfter(first: Promise<unknown>, read: ReadState): Promise<void> {
    let wait: Promise<unknown> | undefined = first;
    while (wait !== undefined) {
      await wait;
      wait = this.#blockedBy() ?? this.#carryOutAll(read);
    }
  }

  /** Returns what to wait for before this connection may be served further, if anything. */
  #blockedBy(): Promise<unknown> | undefined {
    const { flusher } = this.#dependencies;
    if (this.#closed) return undefined;
    if (flusher.congested) return flusher.nextRound();
    return this.session.busy ?? (this.session.outbox.full ? this.#nextProgress() : undefined);
  }

  /**
   * Carries out the requests of a read until there is something to wait for. Not an async function: V8 compiles those
   * late, and every message goes through this one.
   *
   * @returns what to wait for before the next call; nothing when all requests are carried out
   */
  #carryOutAll(read: ReadState): Promise<unknown> | undefined {
    for (let request = this.#nextRequest(read); request !== undefined; request = this.#nextRequest(read)) {
      this.#frameSince = undefined;
      if (read.throttled !== undefined) read.throttled = undefined;
      else if (this.#limiter !== undefined) {
        const waitMs = this.#limiter.spend(costOf(request.message), this.#busySince);
        if (waitMs > 0) {
          read.throttled = request;
          return this.#throttle(waitMs, this.#limiter.waits === 1 || waitMs >= THROTTLE_NOTICE_MS);
        }
      }
      this.#carryOut(request);
      // Reading the clock costs a tenth of what a message does, so only every 16th request does.
      if (++this.#requestCount % 16 === 0) {
        if (this.#countTime() > MAX_TURN_MS) return this.#yieldTurn().then(() => this.#caughtUp());
        if (this.#sentMessage && this.#lagsTooFar) return this.#caughtUp();
      }
      const blocker = this.#blockedBy();
      if (blocker !== undefined) return blocker;
    }
    return this.#sentMessage && this.#lagsTooFar ? this.#caughtUp() : undefined;
  }

  /** Counts the time of service; returns how long it is since this connection yielded a turn, in milliseconds. */
  #countTime(): number {
    const now = this.#dependencies.clock.elapsed();
    this.#busyMs += now - this.#busySince;
    this.#busySince = now;
    return this.#busyMs;
  }

  /** Reads again after all requests of a read are carried out. */
  #finishRead({ count, decoder }: ReadState): void {
    if (this.#closed) return this.#finish("left");
    this.#countTime();
    // The time limit of a frame starts here: only from now on the frame waits for the client.
    if (decoder.pendingBytes > 0) this.#frameSince ??= this.#busySince;
    else this.#decoder = undefined;
    const size = nextReadBytes(this.#buffer.length, count, maxReadBytes(this.#dependencies.rate));
    if (size !== this.#buffer.length) this.#buffer = new Uint8Array(size);
    this.#readNext();
  }

  /**
   * Waits until an author that lags too far has read the excess. Messages of others in the meantime do not count: they
   * could keep it from being served forever.
   */
  async #caughtUp(): Promise<void> {
    let excess = this.lagBytes - this.#maxAuthorLagBytes;
    while (this.#sentMessage && excess > 0 && this.#lagsTooFar && !this.#closed && !this.session.closed) {
      excess -= await this.#nextProgress();
    }
    this.#sentMessage = false;
  }

  /** Writes the acknowledgements and the reason of the end to a client that has closed its sending side. */
  async #writeRemaining(): Promise<void> {
    const { hub, timers } = this.#dependencies;
    const cancel = timers.after(LINGER_MS, () => this.close("left"));
    for (let wait = hub.answered(this.session); wait && !this.#closed; wait = hub.answered(this.session)) {
      await Promise.race([wait, this.#nextProgress()]);
    }
    hub.settleSession(this.session);
    await this.#drained();
    cancel();
  }

  /** Takes the next complete request, if there is one; a framing error ends the session. */
  #nextRequest({ decoder, plain, throttled }: ReadState): Request | undefined {
    if (this.session.closed) return undefined;
    // Nobody reads these replies any more: carrying out the rest would only delay the others. That holds also for a
    // request that may have to wait for the rate limit.
    if (this.#closed && (this.#limiter !== undefined || this.session.outbox.full)) return undefined;
    if (throttled !== undefined) return throttled;
    try {
      if (!decoder.advance()) return undefined;
      if (decoder.isPlainSay(plain.message.message)) return plain;
      const message = parseClientMessage(decoder.text());
      return message === undefined ? UNKNOWN_REQUEST : { message, error: undefined };
    } catch (error) {
      if (!(error instanceof ProtocolError)) this.#internalError(error);
      else if (error.word !== "bad_frame") return { message: undefined, error };
      else if (this.#requestCount === 0 && isHttp(decoder.refusedLength)) this.#endHttp();
      else this.#dependencies.hub.end(this.session, error);
      return undefined;
    }
  }

  /** Ends the session of a client that speaks HTTP, with an answer that it can read. */
  #endHttp(): void {
    const { hub, page } = this.#dependencies;
    this.session.outbox.pushFrames(httpHint(this.#buffer, page, this.certificate !== undefined));
    hub.counters.drop("bad_frame");
    hub.disconnect(this.session);
    this.sessionEnded("sent HTTP to a port for chat clients");
  }

  #carryOut({ message, error }: Request): void {
    const { hub } = this.#dependencies;
    try {
      if (message !== undefined) hub.receive(this.session, message);
      else if (error !== undefined) hub.refuse(this.session, error);
      else hub.counters.receive(undefined);
    } catch (error) {
      this.#internalError(error);
    }
  }

  #internalError(error: unknown): void {
    this.#dependencies.internalError(this.session, error);
    this.#dependencies.hub.end(this.session, "the hub had an internal error; its log says more", "fault");
  }

  /**
   * Lets the other connections have a turn. A read of bytes that are there already completes without one, so a client
   * that sends faster than it is served would be served alone.
   */
  async #yieldTurn(): Promise<void> {
    await new Promise<void>((resume) => this.#dependencies.timers.soon(resume));
    this.#readsThisTurn = 0;
    this.#busyMs = 0;
    this.#busySince = this.#dependencies.clock.elapsed();
  }

  /** Waits without reading until the time is over or the connection is closed. */
  async #throttle(ms: number, notify: boolean): Promise<void> {
    if (notify) this.#dependencies.hub.notifyThrottled(this.session, ms);
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#dependencies.timers.after(ms, resolve);
    this.#endThrottle = resolve;
    if (!this.#closed) await promise;
    cancel();
    this.#endThrottle = undefined;
    this.#readsThisTurn = 0;
    this.#busyMs = 0;
    this.#busySince = this.#dependencies.clock.elapsed();
  }

  async #drained(): Promise<void> {
    while (!this.#closed && (this.#unsent !== undefined || this.session.waitingBytes > 0)) {
      await this.#nextProgress();
    }
  }

  /** Waits until bytes were written or the connection is closed; returns how many bytes were written. */
  #nextProgress(): Promise<number> {
    return (this.#progress ??= Promise.withResolvers<number>()).promise;
  }

  #notifyProgress(count = 0): void {
    this.#progress?.resolve(count);
    this.#progress = undefined;
  }
}

/**
 * Reads a stream in order, each message once, for as long as the hub runs. It uses a push consumer that lives in the
 * memory of the server and is made anew after the last message that was delivered: when the connection is back, when a
 * message is missing, and when the server is silent although it sends a heartbeat each second.
 *
 * Rules: a consumer of a stream that was made anew, or that is shorter than the cursor, delivers nothing and reports
 * nothing. So the stream is looked at before each consumer is made. A consumer lives on one server, whose copy of the
 * stream may lag for minutes after a start, while its heartbeats come. So a reader without messages asks the leader of
 * the stream for the last sequence, and one of a stream without gaps for what is missing.
 *
 * The file is long because all states of a reader belong together.
 *
 * @module
 */
import { JetStreamApi } from "./api.ts";
import type { NatsConnection } from "./connection.ts";
import { type NatsMessage, placeOf, type StreamMessage } from "./message.ts";
import { NatsError } from "./nats_error.ts";
import { onceAMinute } from "./reconnecting.ts";
import { type StreamFacts, streamFacts } from "./streams.ts";

/** How often the reader looks whether something came, in milliseconds, and how many times nothing may have come. */
const TICK_MS = 500, SILENT_TICKS = 5;

/** For how long a stream must be shorter than what was read, in milliseconds, before it counts as shorter. */
const SHORTER_MS = 10_000;

/** After how many ticks without a message the reader asks for the last sequence of the stream. */
const CHECK_TICKS = 4;

/** How long to wait before a failed attempt is made again, in milliseconds. */
const RETRY_MS = 200;

/** Why what was read so far is not what the stream has. */
export interface Rewound {
  /** `recreated`: another stream of the same name; `shorter`: it lost its last messages. */
  readonly reason: "recreated" | "shorter";
  /** The cursor of the reader. */
  readonly sequence: number;
  /** The stream as it is. */
  readonly stream: StreamFacts;
}

/** What to read, and who takes it. */
export interface ReaderOptions {
  /** The connection. */
  connection: NatsConnection;
  /** The name of the stream. */
  stream: string;
  /** The subjects to read, with wildcards; all if not given. */
  subject?: string | undefined;
  /** The stream sequence after which to begin; 0 for all messages. */
  after: number;
  /**
   * The stream, as {@linkcode StreamFacts.identity}, if `after` was stored: another one of the same
   * name is recognized.
   */
  identity?: string | undefined;
  /**
   * Whether messages are removed from the beginning of the stream only: a message that is missing between two others is
   * then looked for at the leader. No if not given, as in a stream that keeps the last message of each subject.
   */
  isGapless?: boolean | undefined;
  /** Called with each message, in order. An error that it throws is reported as an uncaught one. */
  deliver(message: StreamMessage): void;
  /**
   * Called before reading goes on when the stream is not the one that was read.
   *
   * @returns the sequence after which to go on
   */
  rewound(what: Rewound): number;
  /** Called with the stream each time that a consumer was made, before it delivers anything. */
  started?(stream: StreamFacts): void;
  /** Called when nothing comes although it should, and when something comes again. */
  silent?(isSilent: boolean): void;
  /** Called with the reason when an attempt to read fails, once a minute with each reason. */
  problem?(text: string): void;
}

/** A reader of one stream. */
export class StreamReader {
  readonly #options: ReaderOptions;
  readonly #connection: NatsConnection;
  readonly #api: JetStreamApi;
  readonly #problem: (text: string) => void;
  #sequence: number;
  #identity: string | undefined;
  /** Each consumer has its number; what belongs to an earlier one is ignored. */
  #generation = 0;
  #isClosed = false;
  #isSilent = true;
  #delivered = 0;
  #hasHeard = false;
  #silentTicks = 0;
  #pending = 0;
  /** The message before which none is missing, whatever the cursor is. */
  #gapEnd = 0;
  /** The last message that was delivered, to recognize it. */
  #last: { subject: string; timeMs: number } | undefined;
  /** Since when the stream seems to be shorter than what was read. */
  #shorterSince: number | undefined;
  /**
   * For the comparison with the leader: ticks, the cursor and the last sequence at the last one, and the sequence up to
   * which all messages after the cursor are deleted.
   */
  readonly #check = { ticks: 0, cursor: 0, last: 0, deleted: 0 };
  #consumer: { name: string; unsubscribe: () => void } | undefined;
  #cancelTick: (() => void) | undefined;
  #cancelRetry: (() => void) | undefined;
  #stopListening: (() => void) | undefined;
  readonly #caughtUp = Promise.withResolvers<void>();

  /**
   * Creates a reader; `start` begins.
   *
   * @param options what to read
   */
  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#connection = options.connection;
    this.#api = new JetStreamApi(options.connection);
    this.#sequence = options.after;
    this.#identity = options.identity;
    this.#problem = onceAMinute(options.problem, options.connection.clock);
  }

  /** The sequence of the last message that was delivered. */
  get sequence(): number {
    return this.#sequence;
  }
  /** The identity of the stream that is read; `undefined` before it is known. */
  get identity(): string | undefined {
    return this.#identity;
  }
  /** How many messages of the stream follow the last one that was delivered, as far as is known. */
  get lag(): number {
    return this.#pending;
  }
  /** Whether nothing comes at present although a message or heartbeat should. */
  get isSilent(): boolean {
    return this.#isSilent;
  }
  /** Resolves when all messages were delivered that the stream had when the first consumer was made. Never rejects. */
  get caughtUp(): Promise<void> {
    return this.#caughtUp.promise;
  }

  /** Begins to read. */
  start(): void {
    this.#stopListening = this.#connection.onChange((change) => {
      if (change === "connected") this.#restart();
      else this.#stop();
    });
    if (this.#connection.isConnected) this.#restart();
  }

  /** Ends; nothing is delivered after this. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#stopListening?.();
    this.#stop();
  }

  /** Stops the consumer. */
  #stop(): void {
    this.#generation++;
    this.#cancelTick?.();
    this.#cancelRetry?.();
    this.#cancelTick = this.#cancelRetry = undefined;
    const consumer = this.#consumer;
    this.#consumer = undefined;
    if (consumer !== undefined) {
      consumer.unsubscribe();
      if (this.#connection.isConnected) {
        // The server removes it by itself some seconds later.
        this.#api.call(`CONSUMER.DELETE.${this.#options.stream}.${consumer.name}`).catch(() => {});
      }
    }
    if (!this.#isClosed) this.#setSilent(true);
  }

  #setSilent(isSilent: boolean): void {
    if (isSilent === this.#isSilent) return;
    this.#isSilent = isSilent;
    this.#options.silent?.(isSilent);
  }

  /** Makes a consumer for what follows the cursor. */
  #restart(): void {
    if (this.#isClosed) return;
    this.#stop();
    const generation = this.#generation;
    this.#make(generation).catch((error) => {
      if (generation !== this.#generation) return;
      if (!(error instanceof NatsError)) {
        reportError(error);
        return;
      }
      if (error.kind === "closed" || error.kind === "disconnected") return;
      this.#problem(error.message);
      this.#cancelRetry = this.#connection.clock.after(RETRY_MS, () => this.#restart());
    });
  }

  async #make(generation: number): Promise<void> {
    const { stream, subject } = this.#options;
    const facts = await streamFacts(this.#api, stream);
    if (generation !== this.#generation) return;
    await this.#lookAt(facts, generation);
    if (generation !== this.#generation) return;
    const inbox = this.#connection.newInbox();
    // Subscribed first: the server delivers only to an inbox that somebody listens to.
    const unsubscribe = this.#connection.subscribe(inbox, (message) => {
      if (generation === this.#generation) this.#receive(message);
    });
    this.#delivered = 0;
    try {
      const made = await this.#api.call<{ name: string; num_pending: number }>(`CONSUMER.CREATE.${stream}`, {
        stream_name: stream,
        config: {
          deliver_subject: inbox,
          deliver_policy: "by_start_sequence",
          opt_start_seq: this.#sequence + 1,
          ...subject === undefined ? {} : { filter_subject: subject },
          ack_policy: "none",
          max_deliver: 1,
          flow_control: true,
          idle_heartbeat: nanoseconds(1000),
          inactive_threshold: nanoseconds(5000),
          mem_storage: true,
          num_replicas: 1,
        },
      });
      if (generation !== this.#generation) {
        unsubscribe();
        this.#api.call(`CONSUMER.DELETE.${stream}.${made.name}`).catch(() => {});
        return;
      }
      this.#consumer = { name: made.name, unsubscribe };
      // Its first messages may have come before the answer.
      if (this.#delivered === 0) this.#pending = made.num_pending;
    } catch (error) {
      unsubscribe();
      throw error;
    }
    this.#setSilent(false);
    this.#silentTicks = 0;
    this.#hasHeard = true;
    this.#tick();
    if (this.#pending === 0) this.#caughtUp.resolve();
  }

  /**
   * Compares the stream with what was read.
   *
   * @throws {NatsError} `unavailable` while it is not known whether the stream has what was read: a server that has
   *   just been started or elected may tell an earlier state
   */
  async #lookAt(facts: StreamFacts, generation: number): Promise<void> {
    const isOther = this.#identity !== undefined && this.#identity !== facts.identity;
    this.#identity = facts.identity;
    if (isOther) {
      this.#rewind("recreated", facts);
    } else if (facts.lastSequence < this.#sequence) {
      const now = this.#connection.clock.elapsed();
      this.#shorterSince ??= now;
      if (now - this.#shorterSince < SHORTER_MS) {
        throw new NatsError("unavailable", "a server of NATS does not have yet what was read before");
      }
      this.#rewind("shorter", facts);
    } else if (this.#shorterSince !== undefined && await this.#hasOtherMessage()) {
      if (generation !== this.#generation) return;
      this.#rewind("shorter", facts);
    }
    if (generation !== this.#generation) return;
    this.#shorterSince = undefined;
    this.#gapEnd = Math.max(this.#gapEnd, facts.firstSequence);
    this.#options.started?.(facts);
  }

  #rewind(reason: Rewound["reason"], stream: StreamFacts): void {
    this.#sequence = this.#options.rewound({ reason, sequence: this.#sequence, stream });
    this.#last = undefined;
    this.#gapEnd = 0;
    this.#check.deleted = 0;
  }

  /** Whether the stream has another message where the last one was that was read: it was shorter meanwhile. */
  async #hasOtherMessage(): Promise<boolean> {
    const last = this.#last;
    if (last === undefined) return false;
    try {
      const { message } = await this.#api.call<{ message: { subject: string; time: string } }>(
        `STREAM.MSG.GET.${this.#options.stream}`,
        { seq: this.#sequence },
      );
      return message.subject !== last.subject || Date.parse(message.time) !== last.timeMs;
    } catch (error) {
      // It was deleted or pruned.
      if (error instanceof NatsError && error.kind === "not_found") return false;
      throw error;
    }
  }

  #receive(message: NatsMessage): void {
    this.#hasHeard = true;
    if (message.status === 0) this.#deliver(message);
    else if (message.status === 100) this.#control(message);
    else this.#restart();
  }

  #deliver(message: NatsMessage): void {
    const place = placeOf(message.reply ?? "");
    if (place === undefined) return;
    if (place.delivery !== this.#delivered + 1) {
      this.#restart();
      return;
    }
    this.#delivered = place.delivery;
    // A server that lags begins before the sequence that it was asked for.
    if (place.sequence <= this.#sequence) return;
    const isGap = place.sequence !== this.#sequence + 1 && place.sequence !== this.#gapEnd;
    if (isGap && this.#options.isGapless === true) {
      this.#lookIntoGap(place.sequence);
      return;
    }
    this.#sequence = place.sequence;
    this.#last = { subject: message.subject, timeMs: place.timeMs };
    this.#pending = place.pending;
    const { subject, data } = message;
    try {
      this.#options.deliver({
        subject,
        data,
        sequence: place.sequence,
        timeMs: place.timeMs,
        pending: place.pending,
        header: (name) => message.header(name),
      });
    } finally {
      if (place.pending === 0 && !this.#isSilent) this.#caughtUp.resolve();
    }
  }

  /** Asks the leader whether messages are missing before this one, and reads on, or again from another server. */
  #lookIntoGap(end: number): void {
    this.#stop();
    const generation = this.#generation;
    this.#nextAtLeader().then(
      (next) => {
        if (next !== undefined && next >= end) this.#gapEnd = end;
        else this.#problem("a server of NATS lacks a message that the others have: reading from another one");
      },
      (error) => {
        if (!(error instanceof NatsError)) reportError(error);
      },
    ).then(() => {
      if (generation !== this.#generation) return;
      this.#cancelRetry = this.#connection.clock.after(RETRY_MS, () => this.#restart());
    });
  }

  /** Answers flow control, and notices by a heartbeat that messages are missing. */
  #control(message: NatsMessage): void {
    const answer = message.reply || message.header("Nats-Consumer-Stalled");
    if (answer && this.#connection.isConnected) this.#connection.publish(answer, "");
    const last = message.header("Nats-Last-Consumer");
    if (last !== "" && Number(last) !== this.#delivered) this.#restart();
  }

  /** Counts the ticks in which nothing came: a process that was stopped for a while counts one. */
  #tick(): void {
    this.#silentTicks = this.#hasHeard ? 0 : this.#silentTicks + 1;
    this.#hasHeard = false;
    if (this.#silentTicks >= SILENT_TICKS) {
      this.#restart();
      return;
    }
    this.#cancelTick = this.#connection.clock.after(TICK_MS, () => this.#tick());
    if (++this.#check.ticks % CHECK_TICKS === 0 && this.#options.subject === undefined) {
      this.#compare(this.#generation).catch((error) => {
        if (!(error instanceof NatsError)) reportError(error);
      });
    }
  }

  /** Makes a consumer if that at hand has not delivered what the stream had at the last comparison. */
  async #compare(generation: number): Promise<void> {
    const check = this.#check;
    const last = check.last;
    check.last = 0;
    if (check.cursor !== this.#sequence) {
      check.cursor = this.#sequence;
      return;
    }
    if (last > this.#sequence) {
      const isMissing = await this.#nextAtLeader() !== undefined;
      if (generation !== this.#generation || check.cursor !== this.#sequence) return;
      if (!isMissing) {
        check.deleted = last;
        return;
      }
      this.#problem("a server of NATS lags behind the others: reading from another one");
      this.#restart();
      return;
    }
    const { lastSequence, identity } = await streamFacts(this.#api, this.#options.stream);
    if (generation !== this.#generation) return;
    if (identity !== this.#identity || lastSequence < this.#sequence) this.#restart();
    else if (lastSequence > check.deleted) check.last = lastSequence;
  }

  /** Asks the leader for the sequence of the first message after the cursor; `undefined` if there is none. */
  async #nextAtLeader(): Promise<number | undefined> {
    const request = { seq: this.#sequence + 1, next_by_subj: ">" };
    try {
      const { message } = await this.#api.call<{ message: { seq: number } }>(
        `STREAM.MSG.GET.${this.#options.stream}`,
        request,
      );
      return message.seq;
    } catch (error) {
      if (error instanceof NatsError && error.kind === "not_found") return undefined;
      throw error;
    }
  }
}

function nanoseconds(ms: number): number {
  return ms * 1e6;
}

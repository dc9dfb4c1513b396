/**
 * Reads a stream in order, each message once, for as long as the hub runs. It uses a push consumer that lives in the
 * memory of the server and is made anew after the last message that was delivered: when the connection is back, when a
 * message is missing, and when the server is silent although it sends a heartbeat each second.
 *
 * Rule: a consumer of a stream that was made anew, or that is shorter than the cursor, delivers nothing and reports
 * nothing. So the stream is looked at before each consumer is made.
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
   * When the stream was created, as {@linkcode StreamFacts.created}, if `after` was stored: another one of the same
   * name is recognized.
   */
  created?: string | undefined;
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
  #created: string | undefined;
  /** Each consumer has its number; what belongs to an earlier one is ignored. */
  #generation = 0;
  #isClosed = false;
  #isSilent = true;
  #delivered = 0;
  #hasHeard = false;
  #silentTicks = 0;
  #pending = 0;
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
    this.#created = options.created;
    this.#problem = onceAMinute(options.problem, options.connection.clock);
  }

  /** The sequence of the last message that was delivered. */
  get sequence(): number {
    return this.#sequence;
  }
  /** When the stream that is read was created; `undefined` before it is known. */
  get created(): string | undefined {
    return this.#created;
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
    this.#lookAt(facts);
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

  /** Compares the stream with what was read. */
  #lookAt(facts: StreamFacts): void {
    const isOther = this.#created !== undefined && this.#created !== facts.created;
    this.#created = facts.created;
    if (isOther || facts.lastSequence < this.#sequence) {
      this.#sequence = this.#options.rewound({
        reason: isOther ? "recreated" : "shorter",
        sequence: this.#sequence,
        stream: facts,
      });
    }
    this.#options.started?.(facts);
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
    this.#sequence = place.sequence;
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
  }
}

function nanoseconds(ms: number): number {
  return ms * 1e6;
}

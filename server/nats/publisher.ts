/**
 * Writes to streams and learns the outcome. Many messages may be in flight; answers come in any order.
 *
 * Rule: a message whose answer is lost may be stored or not. It is rejected with `outcomeUnknown`, and the caller
 * learns from its reader what happened.
 *
 * @module
 */
import { errorOf, type JetStreamError } from "./api.ts";
import type { NatsConnection } from "./connection.ts";
import type { NatsMessage } from "./message.ts";
import { NatsError } from "./nats_error.ts";

/** How long an acknowledgement is awaited, in milliseconds. */
const ACK_TIMEOUT_MS = 5000;

/** Conditions for storing a message. */
export interface PublishOptions {
  /** The server stores one message of this id within the stream's `duplicate_window`. */
  id?: string | undefined;
  /** The last stream sequence of the subject; 0 for a subject without messages. */
  expectLastSubjectSequence?: number | undefined;
  /** Other headers. */
  headers?: Readonly<Record<string, string>> | undefined;
}

/** A message that is stored. */
export interface PubAck {
  /** Its sequence in the stream; that of the first one if it is a duplicate. */
  sequence: number;
  /** Whether a message of this id was stored before; this one is not. */
  duplicate: boolean;
}

interface Pending {
  subject: string;
  deadline: number;
  resolve(ack: PubAck): void;
  reject(error: NatsError): void;
}

/** Writes to streams through one connection. */
export class Publisher {
  readonly #connection: NatsConnection;
  readonly #inbox: string;
  readonly #close: () => void;
  readonly #decoder = new TextDecoder();
  /** Messages without an answer, the oldest first. */
  readonly #pending = new Map<string, Pending>();
  #nextToken = 0;
  #cancelTimer: (() => void) | undefined;

  /**
   * Uses a connection.
   *
   * @param connection the connection
   */
  constructor(connection: NatsConnection) {
    this.#connection = connection;
    this.#inbox = `${connection.newInbox()}.`;
    const unsubscribe = connection.subscribe(`${this.#inbox}*`, (message) => this.#answered(message));
    const stopListening = connection.onChange((change) => {
      if (change !== "connected") {
        this.#rejectAll(new NatsError(change, "the connection to NATS went away", { outcomeUnknown: true }));
      }
    });
    this.#close = () => {
      unsubscribe();
      stopListening();
    };
  }

  /** How many messages wait for their answer. */
  get inFlight(): number {
    return this.#pending.size;
  }

  /**
   * Stores a message. The payload is copied before this returns; messages arrive in the order of the calls.
   *
   * @param subject its subject, which belongs to a stream
   * @param data the payload
   * @param options conditions
   * @returns its place in the stream
   * @throws {NatsError} as a rejection: `disconnected`, `timeout`, `unavailable`, `wrong_sequence`, `too_large`,
   *   `full`, `closed` or `refused`
   */
  publish(subject: string, data: Uint8Array | string, options: PublishOptions = {}): Promise<PubAck> {
    const token = (this.#nextToken++).toString(36);
    try {
      this.#connection.publish(subject, data, { reply: this.#inbox + token, headers: headersOf(options) });
    } catch (error) {
      return Promise.reject(error);
    }
    const { promise, resolve, reject } = Promise.withResolvers<PubAck>();
    const deadline = this.#connection.clock.elapsed() + ACK_TIMEOUT_MS;
    this.#pending.set(token, { subject, deadline, resolve, reject });
    this.#cancelTimer ??= this.#connection.clock.after(ACK_TIMEOUT_MS, () => this.#expire());
    return promise;
  }

  /** Ends: rejects what is in flight. */
  close(): void {
    this.#close();
    this.#rejectAll(new NatsError("closed", "the hub stops", { outcomeUnknown: true }));
  }

  #answered(message: NatsMessage): void {
    const token = message.subject.slice(this.#inbox.length);
    const pending = this.#pending.get(token);
    if (pending === undefined) return;
    this.#pending.delete(token);
    if (this.#pending.size === 0) this.#stopTimer();
    if (message.status === 503) {
      pending.reject(new NatsError("unavailable", `no stream takes ${pending.subject} at present`));
      return;
    }
    const answer = JSON.parse(this.#decoder.decode(message.data)) as {
      seq?: number;
      duplicate?: boolean;
      error?: JetStreamError;
    };
    if (answer.error !== undefined) pending.reject(errorOf(answer.error, pending.subject));
    else pending.resolve({ sequence: answer.seq ?? 0, duplicate: answer.duplicate === true });
  }

  #expire(): void {
    this.#cancelTimer = undefined;
    const now = this.#connection.clock.elapsed();
    for (const [token, { subject, deadline, reject }] of this.#pending) {
      if (deadline > now) {
        this.#cancelTimer = this.#connection.clock.after(deadline - now, () => this.#expire());
        return;
      }
      this.#pending.delete(token);
      reject(new NatsError("timeout", `no answer from NATS to ${subject}`, { outcomeUnknown: true }));
    }
  }

  #rejectAll(error: NatsError): void {
    this.#stopTimer();
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }

  #stopTimer(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

function headersOf(
  { id, expectLastSubjectSequence, headers }: PublishOptions,
): Record<string, string> | undefined {
  if (id === undefined && expectLastSubjectSequence === undefined && headers === undefined) return undefined;
  return {
    ...headers,
    ...id === undefined ? {} : { "Nats-Msg-Id": id },
    ...expectLastSubjectSequence === undefined
      ? {}
      : { "Nats-Expected-Last-Subject-Sequence": String(expectLastSubjectSequence) },
  };
}

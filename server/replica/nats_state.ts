/**
 * The shared state in NATS: a bucket with one message a key.
 *
 * @module
 */
import {
  JetStreamApi,
  type NatsConnection,
  NatsError,
  type Publisher,
  streamFacts,
  type StreamNames,
  StreamReader,
} from "../nats/mod.ts";
import type { StateEntry, StateFacts, StatePort, StateReader, StateWatch } from "./state_port.ts";

/** The state of a cluster. */
export class NatsState implements StatePort {
  readonly #connection: NatsConnection;
  readonly #publisher: Publisher;
  readonly #api: JetStreamApi;
  readonly #stream: string;
  readonly #prefix: string;

  /**
   * Uses the bucket of a cluster, which exists.
   *
   * @param connection the connection
   * @param publisher writes through it
   * @param names the names of the streams
   */
  constructor(connection: NatsConnection, publisher: Publisher, names: StreamNames) {
    this.#connection = connection;
    this.#publisher = publisher;
    this.#api = new JetStreamApi(connection);
    this.#stream = names.state;
    this.#prefix = names.subjects.state;
  }

  /** As {@linkcode StatePort.put}. */
  async put(key: string, value: string, last: number): Promise<number | undefined> {
    try {
      const { sequence } = await this.#publisher.publish(this.#prefix + key, value, {
        expectLastSubjectSequence: last,
      });
      return sequence;
    } catch (error) {
      if (error instanceof NatsError && error.kind === "wrong_sequence") return undefined;
      throw error;
    }
  }

  /** As {@linkcode StatePort.get}. */
  get(key: string): Promise<StateEntry | undefined> {
    return this.#message({ last_by_subj: this.#prefix + key });
  }

  /** As {@linkcode StatePort.at}. */
  at(revision: number): Promise<StateEntry | undefined> {
    return this.#message({ seq: revision });
  }

  async #message(which: object): Promise<StateEntry | undefined> {
    try {
      const { message: { subject, seq, data = "", time } } = await this.#api.call<{
        message: { subject: string; seq: number; data?: string; time: string };
      }>(`STREAM.MSG.GET.${this.#stream}`, which);
      const bytes = Uint8Array.from(atob(data), (byte) => byte.charCodeAt(0));
      return {
        key: subject.slice(this.#prefix.length),
        value: new TextDecoder().decode(bytes),
        revision: seq,
        timeMs: Date.parse(time),
      };
    } catch (error) {
      if (error instanceof NatsError && error.kind === "not_found") return undefined;
      throw error;
    }
  }

  /** As {@linkcode StatePort.forget}. */
  async forget(key: string, upTo: number): Promise<void> {
    await this.#api.call(`STREAM.PURGE.${this.#stream}`, { filter: this.#prefix + key, seq: upTo + 1 });
  }

  /** As {@linkcode StatePort.facts}. */
  async facts(): Promise<StateFacts> {
    const { identity, lastSequence } = await streamFacts(this.#api, this.#stream);
    return { identity, last: lastSequence };
  }

  /** As {@linkcode StatePort.watch}. */
  watch(after: number, identity: string | undefined, taker: StateReader): StateWatch {
    const decoder = new TextDecoder();
    let isBehind = true;
    const caughtUp = () => {
      if (!isBehind) return;
      isBehind = false;
      taker.caughtUp();
    };
    const reader = new StreamReader({
      connection: this.#connection,
      stream: this.#stream,
      after,
      identity,
      started: () => taker.started(),
      deliver: ({ subject, data, sequence, pending, timeMs }) => {
        taker.deliver({
          key: subject.slice(this.#prefix.length),
          value: decoder.decode(data),
          revision: sequence,
          timeMs,
        });
        if (pending === 0) caughtUp();
      },
      rewound: ({ stream }) => {
        isBehind = true;
        taker.rewound({ identity: stream.identity, last: stream.lastSequence });
        // Nothing will be delivered that shows that it was all.
        if (stream.messages === 0) caughtUp();
        return 0;
      },
    });
    reader.start();
    reader.caughtUp.then(caughtUp);
    return reader;
  }
}

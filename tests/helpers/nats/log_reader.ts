/**
 * What the tests of NATS have in common: a connection to real servers, the streams of a cluster, and a reader that
 * collects messages.
 *
 * @module
 */
import {
  type ConnectionChange,
  ensureStreams,
  NatsConnection,
  type NatsOptions,
  Publisher,
  type ReaderOptions,
  type Rewound,
  type StreamFacts,
  type StreamNames,
  StreamReader,
} from "../../../server/nats/mod.ts";
import { withDeadline } from "../deadline.ts";

/** A connection with its publisher and the streams of a cluster. */
export class NatsClient implements AsyncDisposable {
  /** The connection. */
  readonly connection: NatsConnection;
  /** Writes through it. */
  readonly publisher: Publisher;
  readonly #changes: ConnectionChange[] = [];
  #names: StreamNames | undefined;

  private constructor(connection: NatsConnection) {
    this.connection = connection;
    this.publisher = new Publisher(connection);
    connection.onChange((change) => this.#changes.push(change));
  }

  /**
   * Connects.
   *
   * @param servers the addresses of the servers
   * @param options other options
   */
  static async connect(servers: readonly string[], options: Partial<NatsOptions> = {}): Promise<NatsClient> {
    return new NatsClient(await NatsConnection.connect({ servers, name: "test", ...options }));
  }

  /**
   * Connects, and makes the streams of the cluster `test`.
   *
   * @param servers the addresses of the servers
   * @param replicas on how many servers each stream is stored
   * @param options other options of the connection
   */
  static async withStreams(
    servers: readonly string[],
    replicas: 1 | 3 = 1,
    options: Partial<NatsOptions> = {},
  ): Promise<NatsClient> {
    const client = await NatsClient.connect(servers, options);
    try {
      const { names } = await ensureStreams(client.connection, { name: "test", replicas });
      client.#names = names;
      return client;
    } catch (error) {
      await client[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The streams. */
  get names(): StreamNames {
    return this.#names!;
  }

  /**
   * Waits for a change of the connection that was not waited for before.
   *
   * @param wanted the change; those before it are skipped
   */
  async changed(wanted: ConnectionChange): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => {
      const at = this.#changes.indexOf(wanted);
      if (at < 0) return;
      this.#changes.splice(0, at + 1);
      resolve();
    };
    const stop = this.connection.onChange(look);
    look();
    try {
      await withDeadline(promise, () => `waiting for "${wanted}"`);
    } finally {
      stop();
    }
  }

  /**
   * Writes numbered messages, each until it is acknowledged. Their ids make each of them stored once.
   *
   * @param first the first number
   * @param last the last one
   */
  async publishSurely(first: number, last: number): Promise<void> {
    for (let number = first; number <= last; number++) await surely(() => this.publish(number));
  }

  /**
   * Writes a numbered message.
   *
   * @param number its number, which is its text and its id
   */
  publish(number: number): ReturnType<Publisher["publish"]> {
    const { rooms } = this.names.subjects;
    return this.publisher.publish(`${rooms}room`, String(number), { id: `room:${number}` });
  }

  /** Closes the connection. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.publisher.close();
    await this.connection.close();
  }
}

/**
 * Tries something until it works.
 *
 * @param attempt what is tried
 * @returns its result
 */
export async function surely<T>(attempt: () => Promise<T>): Promise<T> {
  let last: unknown;
  let isOver = false;
  const trying = (async () => {
    while (!isOver) {
      try {
        return await attempt();
      } catch (error) {
        last = error;
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }
    throw last;
  })();
  try {
    return await withDeadline(trying, () => String(last));
  } finally {
    isOver = true;
  }
}

/** A reader of a log that collects what it is given. */
export class LogReader implements Disposable {
  /** The texts of the messages. */
  readonly texts: string[] = [];
  /** The sequences of the messages. */
  readonly sequences: number[] = [];
  /** The streams that were not the one before. */
  readonly rewound: Rewound[] = [];
  /** The stream at each start of a consumer. */
  readonly starts: StreamFacts[] = [];
  /** When it became silent, and when it did no longer. */
  readonly silences: boolean[] = [];
  /** The reader. */
  readonly reader: StreamReader;
  #awaited: (() => void) | undefined;

  /**
   * Begins to read the log of a client.
   *
   * @param client the client
   * @param options other than usual
   */
  constructor(client: NatsClient, options: Partial<ReaderOptions> = {}) {
    const changed = () => this.#awaited?.();
    this.reader = new StreamReader({
      connection: client.connection,
      stream: client.names.log,
      after: 0,
      deliver: ({ data, sequence }) => {
        this.texts.push(new TextDecoder().decode(data));
        this.sequences.push(sequence);
        changed();
      },
      rewound: (what) => {
        this.rewound.push(what);
        changed();
        return 0;
      },
      started: (stream) => {
        this.starts.push(stream);
        changed();
      },
      silent: (isSilent) => {
        this.silences.push(isSilent);
        changed();
      },
      ...options,
    });
    this.reader.start();
  }

  /**
   * Waits until something holds.
   *
   * @param holds looked at after each event
   */
  async until(holds: (reader: this) => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#awaited = () => holds(this) && resolve();
    this.#awaited();
    const story = () => `${this.texts.length} messages, the last is ${this.texts.at(-1)}; ${this.silences}`;
    await withDeadline(promise, story, 60_000);
  }

  /** Waits for a number of messages. */
  async count(count: number): Promise<void> {
    await this.until(({ texts }) => texts.length >= count);
  }

  /** Ends. */
  [Symbol.dispose](): void {
    this.reader.close();
  }
}

/**
 * The connection to NATS. It reconnects by itself for as long as the hub runs; only a failure that the operator must
 * end, such as wrong credentials, ends the first attempt.
 *
 * Rules: what is published while the connection is away is lost without an error, so `publish` refuses it. An error in
 * the callback of a subscription must not reach the library, whose reading it would end.
 *
 * The file is long because each property says what it means while the connection is away.
 *
 * @module
 */
import type { NatsConnection as Library } from "@nats-io/nats-core/internal";
import { systemClock, type TimedClock } from "../../runtime/mod.ts";
import {
  libraryOptions,
  type NatsOptions,
  readCertificates,
  rereadableCredentials,
  TIMEOUT_MS,
} from "./connection_options.ts";
import { type MessageHeaders, type NatsMessage, ReceivedMessage } from "./message.ts";
import { NatsError } from "./nats_error.ts";
import { describe, lastingFailure, onceAMinute, versionWarning } from "./reconnecting.ts";
import { type NatsLibrary, useHubTransport } from "./transport.ts";

/** How long the first connection waits between two attempts, in milliseconds. */
const RETRY_MS = 250;

/** What happened to the connection. */
export type ConnectionChange = "connected" | "disconnected" | "closed";

/** A connection to one of the servers. */
export class NatsConnection {
  /** The clock of the connection and of all that uses it. */
  readonly clock: TimedClock;
  readonly #library: Library;
  readonly #makeHeaders: (
    values: MessageHeaders,
  ) => ReturnType<NatsLibrary["headers"]>;
  readonly #newInbox: () => string;
  readonly #listeners = new Set<(change: ConnectionChange) => void>();
  readonly #problem: (text: string) => void;
  #isConnected = true;
  #isClosed = false;
  #watching: Promise<void>;

  private constructor(
    library: Library,
    nats: typeof import("@nats-io/nats-core/internal"),
    options: NatsOptions,
  ) {
    this.clock = options.clock ?? systemClock;
    this.#library = library;
    this.#newInbox = nats.createInbox;
    this.#makeHeaders = (values) => {
      const made = nats.headers();
      for (const [name, value] of Object.entries(values)) made.set(name, value);
      return made;
    };
    this.#problem = onceAMinute(options.problem, this.clock);
    this.#watching = this.#watch();
  }

  /**
   * Connects. Waits for a server for as long as none answers.
   *
   * @param options where and how
   * @returns a connection that is connected
   * @throws {ClusterError} if the operator must change something: credentials, certificates, addresses, files
   * @throws {NatsError} `closed` if the signal is aborted
   */
  static async connect(options: NatsOptions): Promise<NatsConnection> {
    const { servers, caFile, credsFile, signal } = options;
    const clock = options.clock ?? systemClock;
    const shown = servers.map((server) => server.replace(/\/\/[^@/]*@/, "//")).join(",");
    const hasLogin = servers.some((server) => server.includes("@"));
    const ca = caFile === undefined ? undefined : await readCertificates(caFile);
    const settings = libraryOptions(options, ca);
    const credentials = credsFile === undefined ? undefined : await rereadableCredentials(credsFile);
    const nats = await loadLibrary();
    useHubTransport(nats);
    const login = credentials && { authenticator: nats.credsAuthenticator(credentials) };
    const wait = onceAMinute(options.waiting, clock);
    for (;;) {
      if (signal?.aborted) throw new NatsError("closed", "connecting to NATS was given up");
      try {
        const library = await nats.NatsConnectionImpl.connect({ ...settings, ...login });
        if (signal?.aborted) {
          await library.close();
          continue;
        }
        return new NatsConnection(library, nats, options);
      } catch (error) {
        const lasting = lastingFailure(error, shown, { caFile, credsFile, hasLogin });
        if (lasting !== undefined) throw lasting;
        wait(`no NATS server answers at ${shown}: ${describe(error)}`);
        await pause(RETRY_MS, clock, signal);
      }
    }
  }

  /** Whether a server is connected; it may lag behind by the events that the library has not reported yet. */
  get isConnected(): boolean {
    return this.#isConnected;
  }

  /** The version of the connected server, such as `2.10.4`; that of the last one while the connection is away. */
  get version(): string {
    return this.#info.version;
  }
  /** The address of the connected server. */
  get address(): string {
    return this.#library.getServer();
  }
  /** Whether the connected server has JetStream. */
  get hasJetStream(): boolean {
    return this.#info.hasJetStream;
  }
  /** The largest message that the server accepts, headers included, in bytes. */
  get maxPayloadBytes(): number {
    return this.#info.maxPayloadBytes;
  }
  /** A warning about the version of the connected server; `undefined` if none is due. */
  get versionWarning(): string | undefined {
    return versionWarning(this.version);
  }

  #lastInfo = { version: "0", hasJetStream: false, maxPayloadBytes: 1 << 20 };
  get #info(): { version: string; hasJetStream: boolean; maxPayloadBytes: number } {
    // The library has none while it reconnects.
    const info = this.#library.info;
    if (info !== undefined) {
      this.#lastInfo = {
        version: info.version,
        hasJetStream: info.jetstream === true,
        maxPayloadBytes: info.max_payload,
      };
    }
    return this.#lastInfo;
  }

  /**
   * Listens to what happens to the connection.
   *
   * @param listener called once for each change
   * @returns a function that ends the listening
   */
  onChange(listener: (change: ConnectionChange) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Returns a subject for answers that nobody else uses. */
  newInbox(): string {
    return this.#newInbox();
  }

  /**
   * Sends a message. Whether it arrives is not known.
   *
   * @param subject its subject
   * @param data the payload, which is copied
   * @param options the subject for the answer; headers
   * @throws {NatsError} `disconnected` or `closed` if there is no connection; `too_large`
   */
  publish(
    subject: string,
    data: Uint8Array | string,
    options: { reply?: string; headers?: MessageHeaders | undefined } = {},
  ): void {
    this.#checkOpen();
    const { reply, headers } = options;
    try {
      this.#library.publish(subject, data, {
        ...reply === undefined ? {} : { reply },
        ...headers === undefined ? {} : { headers: this.#makeHeaders(headers) },
      });
    } catch (error) {
      throw /max_payload/.test(String(error))
        ? new NatsError("too_large", `a message is larger than ${this.maxPayloadBytes} bytes`, {
          cause: error,
        })
        : error;
    }
  }

  /**
   * Subscribes.
   *
   * @param subject the subject, which may have wildcards
   * @param receive called with each message; an error that it throws is reported as an uncaught one
   * @returns a function that ends the subscription
   */
  subscribe(subject: string, receive: (message: NatsMessage) => void): () => void {
    if (this.#isClosed) return () => {};
    const subscription = this.#library.subscribe(subject, {
      callback: (error, message) => {
        if (error !== null) return;
        try {
          receive(new ReceivedMessage(message));
        } catch (thrown) {
          reportError(thrown);
        }
      },
    });
    return () => {
      if (!this.#isClosed) subscription.unsubscribe();
    };
  }

  /**
   * Sends a request and waits for its answer.
   *
   * @param subject the subject
   * @param data the payload
   * @param timeoutMs how long to wait, in milliseconds
   * @returns the answer
   * @throws {NatsError} `disconnected`, `closed`, `timeout`, or `unavailable` if nobody listens to the subject
   */
  async request(
    subject: string,
    data: Uint8Array | string = "",
    timeoutMs = TIMEOUT_MS,
  ): Promise<NatsMessage> {
    this.#checkOpen();
    const { promise, resolve, reject } = Promise.withResolvers<NatsMessage>();
    const inbox = this.newInbox();
    const unsubscribe = this.subscribe(inbox, resolve);
    const cancel = this.clock.after(timeoutMs, () => {
      reject(new NatsError("timeout", `no answer from NATS to ${subject}`, { outcomeUnknown: true }));
    });
    const stopListening = this.onChange((change) => {
      if (change === "connected") return;
      reject(new NatsError(change, "the connection to NATS went away", { outcomeUnknown: true }));
    });
    try {
      this.publish(subject, data, { reply: inbox });
      const answer = await promise;
      if (answer.status === 503) throw new NatsError("unavailable", `nobody answers to ${subject}`);
      return answer;
    } finally {
      cancel();
      stopListening();
      unsubscribe();
    }
  }

  /** Waits until the server has received all that was sent. */
  async flush(): Promise<void> {
    this.#checkOpen();
    try {
      await this.#library.flush();
    } catch (error) {
      throw new NatsError("disconnected", "the connection to NATS went away", { cause: error });
    }
  }

  /** Closes the connection. What waits for answers is rejected. */
  async close(): Promise<void> {
    if (!this.#library.isClosed()) await this.#library.close();
    await this.#watching;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new NatsError("closed", "the connection to NATS is closed");
    if (!this.#isConnected) throw new NatsError("disconnected", "NATS is not connected");
  }

  async #watch(): Promise<void> {
    for await (const status of this.#library.status()) {
      if (status.type === "disconnect") this.#become("disconnected");
      else if (status.type === "reconnect") this.#become("connected");
      else if (status.type === "error") this.#problem(describe(status.error));
    }
    this.#become("closed");
  }

  #become(change: ConnectionChange): void {
    this.#isConnected = change === "connected";
    this.#isClosed ||= change === "closed";
    for (const listener of [...this.#listeners]) listener(change);
  }
}

function pause(ms: number, clock: TimedClock, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const cancel = clock.after(ms, done);
    signal?.addEventListener("abort", done);
  });
}

/** Loads the library. Of such a module of Node, a bundle has a default export only. */
async function loadLibrary(): Promise<typeof import("@nats-io/nats-core/internal")> {
  const module: typeof import("@nats-io/nats-core/internal") & {
    default?: typeof import("@nats-io/nats-core/internal");
  } = await import("@nats-io/nats-core/internal");
  return module.setTransportFactory === undefined && module.default !== undefined ? module.default : module;
}

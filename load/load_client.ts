/**
 * A client of a load test. It counts the test messages that reach it. If it is a sender, it also sends some.
 *
 * @module
 */
import {
  BodyDecoder,
  type ClientMessage,
  Code,
  encodeFrame,
  type Hello,
  serialize,
  VERSION,
} from "../protocol/mod.ts";
import { type Connection, encryptTcp, type TlsParameters } from "../client/mod.ts";
import { hostPort } from "../runtime/mod.ts";
import type { Latencies } from "./latency.ts";
import { readLoadMessage, writeLoadMessage } from "./load_message.ts";
import { WINDOW } from "./load_plan.ts";
import { WebConnection } from "./web_connection.ts";

/** Options of a client of a load test. */
export interface LoadClientOptions {
  /** Its number among all clients. */
  number: number;
  /** Whether it sends messages. A sender turns on the extension if the hub has it: then it learns of the rate limit. */
  isSender: boolean;
  /** Called when the hub delays its messages because of the rate limit. */
  throttled: () => void;
  /** The id of this load test. */
  loadId: string;
  /** The length of its messages, in bytes. */
  size: number;
  /** Returns the time, in milliseconds of a clock that all workers share. */
  now: () => number;
  /** Counts the latencies of some messages, not of all, so that counting takes no time from the hub. */
  latencies: Latencies;
  /** The latency of every nth message is counted; this is n. */
  sampling: number;
}

/** How long the handshake may take, in milliseconds. */
const HANDSHAKE_MS = 10_000;

const YOUR_NAME = /^\s*\{\s*"code"\s*:\s*202\b/, HUB_DOWN = /^\s*\{\s*"code"\s*:\s*205\b/;
const REFUSED = /^\s*\{\s*"code"\s*:\s*206\b/, WELCOME = /^\s*\{\s*"code"\s*:\s*210\b/;

/** The hub refused a client; the message says why. */
export class RefusedError extends Error {
  /** As for any `Error`. */
  override readonly name = "RefusedError";
}

/** The address of a hub, and how to connect to it. */
export interface LoadAddress {
  /** A host name or an IP address, IPv6 without brackets. */
  hostname: string;
  /** Its port. */
  port: number;
  /** TLS parameters; without them connections are not encrypted. */
  tls?: TlsParameters | undefined;
  /** Whether clients connect through WebSockets, as browsers do. */
  web?: boolean | undefined;
  /** Its password, if it may be sent on such connections. It is sent only if the hub wants one. */
  password?: string | undefined;
}

/** A connected client. */
export class LoadClient {
  readonly #socket: Connection;
  readonly #options: LoadClientOptions;
  readonly #ready = Promise.withResolvers<void>();
  #sent = 0;
  #echoed = 0;
  #received = 0;
  #sending = false;
  #closed = false;
  /** The last notice of the hub to this client only. It is the reason if the hub then closes the connection. */
  #notice: string | undefined;
  #writing: Promise<void> = Promise.resolve();
  readonly #password: string | undefined;
  /** Whether the hello was sent and the hub has not answered yet. */
  #helloSent = false;
  /** Why the hub disconnected it, if it did. */
  endedBecause: string | undefined;

  private constructor(
    socket: Connection,
    password: string | undefined,
    options: LoadClientOptions,
  ) {
    this.#socket = socket;
    this.#password = password;
    this.#options = options;
    this.#read();
  }

  /**
   * Connects, and waits until the hub has sent the name of the client, and has accepted the password if it wants one.
   *
   * @param address the address of the hub
   * @param options see {@linkcode LoadClientOptions}
   * @returns the client
   * @throws {RefusedError} if the hub wants a password and there is none, or it is wrong
   * @throws {Error} if the hub cannot be reached, or disconnects the client
   */
  static async connect(
    { hostname, port, tls, web = false, password }: LoadAddress,
    options: LoadClientOptions,
  ): Promise<LoadClient> {
    const socket = await Deno.connect({ hostname, port });
    socket.setNoDelay(true);
    const noAnswer = `no answer within ${HANDSHAKE_MS / 1000} s`;
    let client: LoadClient | undefined;
    const limit = setTimeout(
      () => client === undefined ? socket.close() : client.#end(noAnswer),
      HANDSHAKE_MS,
    );
    try {
      const connection = web
        ? await WebConnection.open(socket, hostPort(hostname, port))
        : tls === undefined
        ? socket
        : await encryptTcp(socket, tls);
      client = new LoadClient(connection, password, options);
      await client.#ready.promise;
    } finally {
      clearTimeout(limit);
    }
    return client;
  }

  /** The number of messages it has sent. */
  get sent(): number {
    return this.#sent;
  }

  /** The number of test messages that have reached it. */
  get received(): number {
    return this.#received;
  }

  /** Sends messages as fast as the hub delivers them, until {@linkcode LoadClient.stop}. */
  flood(): void {
    this.#sending = true;
    this.#fill();
  }

  /**
   * Sends messages.
   *
   * @param count the number of messages
   */
  send(count: number): void {
    if (count <= 0 || this.#closed) return;
    const { loadId, size, now, number } = this.#options;
    const frames: Uint8Array[] = [];
    for (let i = 0; i < count; i++) {
      const message: ClientMessage = {
        code: Code.Say,
        message: writeLoadMessage(loadId, { author: number, sentAt: now() }, size),
      };
      frames.push(encodeFrame(serialize(message)));
    }
    this.#sent += count;
    this.#writing = this.#writing.then(() => this.#write(frames));
  }

  /** Stops sending messages. */
  stop(): void {
    this.#sending = false;
  }

  /** Disconnects. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#socket.close();
  }

  #fill(): void {
    if (this.#sending) this.send(WINDOW - (this.#sent - this.#echoed));
  }

  async #write(frames: Uint8Array[]): Promise<void> {
    const bytes = new Uint8Array(frames.reduce((sum, frame) => sum + frame.length, 0));
    let at = 0;
    for (const frame of frames) {
      bytes.set(frame, at);
      at += frame.length;
    }
    try {
      for (let sent = 0; sent < bytes.length;) sent += await this.#socket.write(bytes.subarray(sent));
    } catch (error) {
      this.#end(error);
    }
  }

  async #read(): Promise<void> {
    const buffer = new Uint8Array(32_768);
    const decoder = new BodyDecoder();
    try {
      for (let count = await this.#socket.read(buffer); count !== null;) {
        decoder.push(buffer.subarray(0, count));
        for (let body = decoder.next(); body !== undefined; body = decoder.next()) this.#handle(body);
        this.#fill();
        count = await this.#socket.read(buffer);
      }
      this.#end("the hub closed the connection");
    } catch (error) {
      this.#end(error);
    }
  }

  #handle(body: string): void {
    const message = readLoadMessage(this.#options.loadId, body);
    if (message === undefined) {
      if (YOUR_NAME.test(body)) this.#handleName(body);
      else if (WELCOME.test(body)) this.#handleWelcome();
      else if (REFUSED.test(body)) this.#handleRefusal(body);
      else if (HUB_DOWN.test(body)) this.#notice = "the hub shut down";
      else if (body.includes('"username":"server"')) this.#notice = noticeOf(body);
      return;
    }
    if (message.author === this.#options.number) this.#echoed++;
    if (this.#received++ % this.#options.sampling === 0) {
      this.#options.latencies.add(this.#options.now() - message.sentAt);
    }
  }

  /** Handles the name of the client. The client is then connected, unless it sends a hello: then after the answer. */
  #handleName(body: string): void {
    if (this.#helloSent) return;
    const offer = offerIn(body);
    const needsPassword = offer?.password === true;
    const password = this.#password;
    if (needsPassword && password === undefined) {
      return this.#end(
        new RefusedError("it wants a password; give a file that contains it with --password-file"),
      );
    }
    if (!needsPassword && !(this.#options.isSender && offer !== undefined)) return this.#ready.resolve();
    this.#helloSent = true;
    const hello: Hello = { code: Code.Hello, client: `riftchat-bench/${VERSION}`, ref: "hello" };
    if (needsPassword && password !== undefined) hello.password = password;
    this.#writing = this.#writing.then(() => this.#write([encodeFrame(serialize(hello))]));
  }

  #handleWelcome(): void {
    this.#helloSent = false;
    this.#ready.resolve();
  }

  /** Handles a refusal: of the hello, or a notice about the rate limit. */
  #handleRefusal(body: string): void {
    const { error, message } = JSON.parse(body) as { error: string; message: string };
    if (error === "too_fast") this.#options.throttled();
    else if (this.#helloSent) this.#end(new RefusedError(message));
  }

  #end(error: unknown): void {
    if (!this.#closed) {
      this.endedBecause ??= this.#notice ?? (error instanceof Error ? error.message : String(error));
    }
    this.#ready.reject(
      error instanceof RefusedError ? error : new Error(this.endedBecause ?? "disconnected"),
    );
    // After the handshake nothing waits for this promise.
    this.#ready.promise.catch(() => {});
    this.close();
  }
}

/** The offer of the extension in the message with the name; `undefined` if there is none. */
function offerIn(body: string): { password?: boolean } | undefined {
  return body.includes('"server"')
    ? (JSON.parse(body) as { server?: { password?: boolean } }).server
    : undefined;
}

/** The text of a notice. */
function noticeOf(body: string): string {
  const { message } = JSON.parse(body) as { message: { message: string } };
  return message.message;
}

/**
 * One client of a load: it counts the lines of the load that reach it, and says some if it is a sender.
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
import type { TlsParameters } from "../client/mod.ts";
import type { Latencies } from "./latency.ts";
import { readLoadMessage, writeLoadMessage } from "./load_message.ts";
import { WINDOW } from "./load_plan.ts";

/** What a client of a load needs to know. */
export interface LoadClientOptions {
  /** Its number among all clients. */
  number: number;
  /** The mark of this load. */
  loadId: string;
  /** How long its lines are, in bytes. */
  size: number;
  /** Tells the time, in milliseconds of a clock that all workers share. */
  now: () => number;
  /** Where it is counted how long lines took: only some of them, so that counting costs the hub nothing. */
  latencies: Latencies;
  /** Each how many lines the time is counted. */
  sampling: number;
}

/** How long the hub may take for its first words, in milliseconds. */
const HANDSHAKE_MS = 10_000;

const YOUR_NAME = /^\s*\{\s*"code"\s*:\s*202\b/, HUB_DOWN = /^\s*\{\s*"code"\s*:\s*205\b/;
const REFUSED = /^\s*\{\s*"code"\s*:\s*206\b/, WELCOME = /^\s*\{\s*"code"\s*:\s*210\b/;

/** The hub would not have a client; the message says why. */
export class RefusedError extends Error {
  /** As for any `Error`. */
  override readonly name = "RefusedError";
}

/** Where a hub is, for a load. */
export interface LoadAddress {
  /** A host name or an IP address, IPv6 without brackets. */
  hostname: string;
  /** Its port. */
  port: number;
  /** How connections to it are encrypted; they are not without. */
  route?: TlsParameters | undefined;
  /** Its password, where it may be told on such connections; it is where the hub wants one. */
  password?: string | undefined;
}

/** A client that is connected. */
export class LoadClient {
  readonly #socket: Deno.TcpConn | Deno.TlsConn;
  readonly #options: LoadClientOptions;
  readonly #ready = Promise.withResolvers<void>();
  #sent = 0;
  #echoed = 0;
  #heard = 0;
  #sending = false;
  #closed = false;
  /** What the hub said last to this client alone: if it closes then, that is why. */
  #notice: string | undefined;
  #writing: Promise<void> = Promise.resolve();
  readonly #password: string | undefined;
  /** Whether the hub was told the password, and has not answered yet. */
  #asksToBeLetIn = false;
  /** Why the hub ended it, if it did. */
  endedBecause: string | undefined;

  private constructor(
    socket: Deno.TcpConn | Deno.TlsConn,
    password: string | undefined,
    options: LoadClientOptions,
  ) {
    this.#socket = socket;
    this.#password = password;
    this.#options = options;
    this.#read();
  }

  /**
   * Connects, and waits until the hub has said its name, and where that has a password until it is let in.
   *
   * @param address where the hub is
   * @param options what it needs to know
   * @returns the client
   * @throws {RefusedError} where the hub wants a password that is not known, or another one
   * @throws {Error} where it cannot be reached, or ends it at once
   */
  static async connect(
    { hostname, port, route, password }: LoadAddress,
    options: LoadClientOptions,
  ): Promise<LoadClient> {
    const socket = await Deno.connect({ hostname, port });
    socket.setNoDelay(true);
    const client = new LoadClient(
      route === undefined
        ? socket
        : await Deno.startTls(socket, { hostname: route.serverName, caCerts: route.authorities }),
      password,
      options,
    );
    const limit = setTimeout(
      () => client.#end(`no answer within ${HANDSHAKE_MS / 1000} s`),
      HANDSHAKE_MS,
    );
    try {
      await client.#ready.promise;
    } finally {
      clearTimeout(limit);
    }
    return client;
  }

  /** How many lines it has said. */
  get sent(): number {
    return this.#sent;
  }

  /** How many lines of the load have reached it. */
  get received(): number {
    return this.#heard;
  }

  /** Says as many lines as the hub echoes, until {@linkcode LoadClient.stop}. */
  flood(): void {
    this.#sending = true;
    this.#fill();
  }

  /**
   * Says some lines.
   *
   * @param count how many
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

  /** Says no more lines. */
  stop(): void {
    this.#sending = false;
  }

  /** Leaves. */
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
        for (let body = decoder.next(); body !== undefined; body = decoder.next()) this.#take(body);
        this.#fill();
        count = await this.#socket.read(buffer);
      }
      this.#end("the hub closed the connection");
    } catch (error) {
      this.#end(error);
    }
  }

  #take(body: string): void {
    const line = readLoadMessage(this.#options.loadId, body);
    if (line === undefined) {
      if (YOUR_NAME.test(body)) this.#named(body);
      else if (this.#asksToBeLetIn && WELCOME.test(body)) this.#letIn();
      else if (this.#asksToBeLetIn && REFUSED.test(body)) this.#end(new RefusedError(refusalOf(body)));
      else if (HUB_DOWN.test(body)) this.#notice = "the hub went down";
      else if (body.includes('"username":"server"')) this.#notice = noticeOf(body);
      return;
    }
    if (line.author === this.#options.number) this.#echoed++;
    if (this.#heard++ % this.#options.sampling === 0) {
      this.#options.latencies.add(this.#options.now() - line.sentAt);
    }
  }

  /** Is told its name: that is all, unless the hub wants a password. */
  #named(body: string): void {
    if (this.#asksToBeLetIn || !wantsPassword(body)) return this.#ready.resolve();
    if (this.#password === undefined) {
      return this.#end(
        new RefusedError("it wants a password; name a file that holds it with --password-file"),
      );
    }
    this.#asksToBeLetIn = true;
    const hello: Hello = {
      code: Code.Hello,
      client: `riftchat-bench/${VERSION}`,
      ref: "hello",
      password: this.#password,
    };
    this.#writing = this.#writing.then(() => this.#write([encodeFrame(serialize(hello))]));
  }

  #letIn(): void {
    // A refusal from now on is about a line.
    this.#asksToBeLetIn = false;
    this.#ready.resolve();
  }

  #end(error: unknown): void {
    if (!this.#closed) {
      this.endedBecause ??= this.#notice ?? (error instanceof Error ? error.message : String(error));
    }
    this.#ready.reject(error instanceof RefusedError ? error : new Error(this.endedBecause ?? "left"));
    // Whoever is ready already does not wait for it any more.
    this.#ready.promise.catch(() => {});
    this.close();
  }
}

/** Whether a hub that says a name wants a password. */
function wantsPassword(body: string): boolean {
  return body.includes('"password"') &&
    (JSON.parse(body) as { server?: { password?: boolean } }).server?.password === true;
}

/** Why the hub refused. */
function refusalOf(body: string): string {
  const { message } = JSON.parse(body) as { message: string };
  return message;
}

/** What the hub said to this client alone. */
function noticeOf(body: string): string {
  const { message } = JSON.parse(body) as { message: { message: string } };
  return message.message;
}

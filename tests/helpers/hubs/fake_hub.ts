/**
 * A fake hub for tests of the client: it sends what the test tells it to, on one connection after the other.
 *
 * @module
 */
import { type Body, FrameDecoder, parseBody } from "../../../protocol/mod.ts";
import { joined } from "../wire/web_frames.ts";
import { frame } from "./original_server.ts";

const HOST = "127.0.0.1";

/** The errors of a connection that its client has closed. */
const GONE = [Deno.errors.ConnectionAborted, Deno.errors.ConnectionReset, Deno.errors.BrokenPipe];

/** The first byte of a client that speaks TLS. */
const CLIENT_HELLO = 22;

const OFFER = { version: "1.0.0", protocol: 1, nonce: "00" };

/** The hub. It listens from its construction on a free port. */
export class FakeHub implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: HOST, port: 0 });
  readonly #connections: FakeHubConnection[] = [];

  /** Its port on 127.0.0.1. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Waits for the next client that connects. */
  async accept(): Promise<FakeHubConnection> {
    const connection = new FakeHubConnection(await this.#listener.accept());
    this.#connections.push(connection);
    return connection;
  }

  /**
   * Waits for the next client that connects, and answers its 102 with a 210.
   *
   * @param username its name, if it does not request one
   * @param more other fields of the 210; without them the hub has no features
   */
  async welcome(username = "x7f3", more: Record<string, unknown> = {}): Promise<FakeHubConnection> {
    const [connection, hello] = await this.#acceptHello(username);
    connection.hello = hello;
    await connection.welcome(String(hello.username ?? username), hello.ref, more);
    return connection;
  }

  /**
   * Waits for the next client that connects, and refuses its 102.
   *
   * @param error the error word
   * @returns the connection, which the client may use on
   */
  async refuse(error: string): Promise<FakeHubConnection> {
    const [connection, { ref }] = await this.#acceptHello("x7f3");
    await connection.send({ code: 206, error, message: `no: ${error}`, ref });
    return connection;
  }

  /**
   * Waits for the next client that says hello. One that waited too long for that has connected again, and one that has
   * waited for the first message has asked on another connection whether the hub speaks TLS.
   */
  async #acceptHello(username: string): Promise<[connection: FakeHubConnection, hello: Body]> {
    for (;;) {
      const connection = await this.accept();
      try {
        await connection.send({ code: 202, new: username, server: OFFER });
        return [connection, await connection.receive()];
      } catch (error) {
        if (!GONE.some((kind) => error instanceof kind)) throw error;
      }
    }
  }

  /** Closes it and all connections. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of this.#connections) connection.close();
    return Promise.resolve();
  }
}

/** The hub's end of one connection. */
export class FakeHubConnection {
  readonly #connection: Deno.TcpConn;
  readonly #decoder = new FrameDecoder();
  /** The client's 102, after {@linkcode FakeHub.welcome}. */
  hello: Body = { code: 0 };

  /** Takes over an accepted connection. */
  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /**
   * Answers a 102 with a 210.
   *
   * @param username the name of the client
   * @param ref the `ref` of the 102
   * @param more other fields of the 210; without them the hub has no features
   */
  async welcome(username: string, ref: unknown, more: Record<string, unknown> = {}): Promise<void> {
    await this.send({
      code: 210,
      username,
      rooms: ["main"],
      limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65_536 },
      features: [],
      retention_ms: 0,
      ...more,
      ref,
    });
  }

  /** Sends messages to the client. */
  async send(...messages: unknown[]): Promise<void> {
    // In one write: what a client receives together it handles together.
    const bytes = joined(...messages.map(frame));
    for (let sent = 0; sent < bytes.length;) sent += await this.#connection.write(bytes.subarray(sent));
  }

  /** Waits for the next message of the client. */
  async receive(): Promise<Body> {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const body = this.#decoder.next();
      if (body !== undefined) return parseBody(body);
      const count = await this.#connection.read(buffer);
      if (count === null) throw new Deno.errors.ConnectionAborted("the client has disconnected");
      if (buffer[0] === CLIENT_HELLO) throw new Deno.errors.ConnectionAborted("the client asks for TLS");
      this.#decoder.push(buffer.subarray(0, count));
    }
  }

  /** Waits until the client closes its sending side, and closes the connection. Returns how many bytes came then. */
  async waitForClose(): Promise<number> {
    const buffer = new Uint8Array(65_536);
    let bytes = 0;
    for (let count: number | null = 0; count !== null; count = await this.#connection.read(buffer)) {
      bytes += count;
    }
    this.close();
    return bytes;
  }

  /**
   * Waits for the next request with a code, and does not answer those before it.
   *
   * @param code the code
   */
  async receiveOf(code: number): Promise<Body> {
    for (;;) {
      const body = await this.receive();
      if (body.code === code) return body;
    }
  }

  /** Closes the connection. */
  close(): void {
    try {
      this.#connection.close();
    } catch {
      // It is closed already.
    }
  }
}

/**
 * A hub that says what the test tells it to say, one connection after the other.
 *
 * @module
 */
import { type Body, FrameDecoder, parseBody } from "../../../protocol/mod.ts";
import { frame } from "./original_server.ts";

const HOST = "127.0.0.1";

const OFFER = { version: "1.0.0", protocol: 1, nonce: "00" };

/** The hub. It listens from the moment it is made, on a port of its own. */
export class FakeHub implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: HOST, port: 0 });
  readonly #guests: FakeHubConnection[] = [];

  /** The port it listens on, on 127.0.0.1. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Waits for the next client that connects. */
  async accept(): Promise<FakeHubConnection> {
    const guest = new FakeHubConnection(await this.#listener.accept());
    this.#guests.push(guest);
    return guest;
  }

  /**
   * Waits for the next client that connects, and welcomes it to the extension.
   *
   * @param username its name, if it does not ask for one
   * @param more fields of the welcome that differ from those of a hub that can do nothing
   */
  async welcome(username = "x7f3", more: Record<string, unknown> = {}): Promise<FakeHubConnection> {
    const guest = await this.accept();
    await guest.send({ code: 202, new: username, server: OFFER });
    const hello = await guest.receive();
    guest.hello = hello;
    await guest.send({
      code: 210,
      username: hello.username ?? username,
      rooms: ["main"],
      limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65_536 },
      features: [],
      retention_ms: 0,
      ...more,
      ref: hello.ref,
    });
    return guest;
  }

  /**
   * Waits for the next client that connects, and refuses its hello.
   *
   * @param error the word for it
   */
  async refuse(error: string): Promise<void> {
    const guest = await this.accept();
    await guest.send({ code: 202, new: "x7f3", server: OFFER });
    const { ref } = await guest.receive();
    await guest.send({ code: 206, error, message: `no: ${error}`, ref });
  }

  /** Ends it and every connection. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const guest of this.#guests) guest.close();
    return Promise.resolve();
  }
}

/** The hub's end of one connection. */
export class FakeHubConnection {
  readonly #connection: Deno.TcpConn;
  readonly #decoder = new FrameDecoder();
  /** What it said hello with, once it was welcomed. */
  hello: Body = { code: 0 };

  /** Begins with a connection that was accepted. */
  constructor(connection: Deno.TcpConn) {
    this.#connection = connection;
  }

  /** Says something to the client. */
  async send(...messages: unknown[]): Promise<void> {
    for (const message of messages) await this.#connection.write(frame(message));
  }

  /** Waits for the next message of the client. */
  async receive(): Promise<Body> {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const body = this.#decoder.next();
      if (body !== undefined) return parseBody(body);
      const count = await this.#connection.read(buffer);
      if (count === null) throw new Error("the client has left");
      this.#decoder.push(buffer.subarray(0, count));
    }
  }

  /** Waits until the client says no more, and closes. */
  async waitForClose(): Promise<void> {
    const buffer = new Uint8Array(65_536);
    while (await this.#connection.read(buffer) !== null);
    this.close();
  }

  /**
   * Waits for the next request of a kind, and leaves those before it without an answer.
   *
   * @param code its code
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
      // It is closed.
    }
  }
}

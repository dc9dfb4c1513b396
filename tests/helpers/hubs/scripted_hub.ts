/**
 * A hub that says what it is told to say, for what no real hub does: one connection, bytes in, bytes out.
 *
 * @module
 */
import { frame } from "./original_server.ts";

/** The first message of a hub with the extension. */
export const OFFER = { code: 202, new: "x7f3", server: { version: "1.0.0", protocol: 1, nonce: "00" } };

/** Its answer to the hello of a client called `ana`. */
export const WELCOME = {
  code: 210,
  username: "ana",
  rooms: ["main"],
  limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65536 },
  features: [],
  retention_ms: 0,
  ref: "hello",
};

/** The hub. It listens from the moment it is made, on a port of its own, and takes the first who comes. */
export class ScriptedHub implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connection: Promise<Deno.TcpConn> = this.#listener.accept();

  /** The port it listens on. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /**
   * Says something.
   *
   * @param messages objects, each of which becomes a frame, or bytes as they are
   */
  async send(...messages: (unknown | Uint8Array)[]): Promise<void> {
    const connection = await this.#connection;
    for (const message of messages) {
      const bytes = message instanceof Uint8Array ? message : frame(message);
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    }
  }

  /** Waits until the client has said something, and gives it; nothing where the client says no more. */
  async receive(): Promise<string> {
    const buffer = new Uint8Array(65_536);
    const count = await (await this.#connection).read(buffer);
    return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  }

  /** Says no more. */
  async closeWrite(): Promise<void> {
    (await this.#connection).closeWrite();
  }

  /** Closes everything, as soon as a client has come. */
  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#connection).close();
    this.#listener.close();
  }
}

/**
 * A fake hub with one connection that sends any bytes, for what no real hub does.
 *
 * @module
 */
import { frame } from "./original_server.ts";

/** The first message of a hub with the extension. */
export const OFFER = { code: 202, new: "x7f3", server: { version: "1.0.0", protocol: 1, nonce: "00" } };

/** Its answer to the 102 of a client with the name `ana`. */
export const WELCOME = {
  code: 210,
  username: "ana",
  rooms: ["main"],
  limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65536 },
  features: [],
  retention_ms: 0,
  ref: "hello",
};

/** The hub. It listens from its construction on a free port, and accepts one connection. */
export class ScriptedHub implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #connection: Promise<Deno.TcpConn> = this.#listener.accept();

  /** Its port on 127.0.0.1. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /**
   * Sends messages.
   *
   * @param messages objects, each sent as a frame, or bytes, sent as they are
   */
  async send(...messages: (unknown | Uint8Array)[]): Promise<void> {
    const connection = await this.#connection;
    for (const message of messages) {
      const bytes = message instanceof Uint8Array ? message : frame(message);
      for (let sent = 0; sent < bytes.length;) sent += await connection.write(bytes.subarray(sent));
    }
  }

  /** Returns the next bytes of the client, as text; empty if the client closed its sending side. */
  async receive(): Promise<string> {
    const buffer = new Uint8Array(65_536);
    const count = await (await this.#connection).read(buffer);
    return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  }

  /** Closes the sending side. */
  async closeWrite(): Promise<void> {
    (await this.#connection).closeWrite();
  }

  /** Closes everything, after a client has connected. */
  async [Symbol.asyncDispose](): Promise<void> {
    (await this.#connection).close();
    this.#listener.close();
  }
}

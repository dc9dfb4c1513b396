/**
 * A connection that is never read from, and ends by a reset: what a client does that crashes, is killed, or means harm.
 *
 * `Deno.TcpConn` closes in good order only, so this is one of Node's.
 *
 * @module
 */
import net from "node:net";

/** The connection. */
export class ResettingClient {
  readonly #socket: net.Socket;

  private constructor(socket: net.Socket) {
    this.#socket = socket;
  }

  /**
   * Connects.
   *
   * @param port the port of a hub on 127.0.0.1
   * @throws {Error} where nobody listens there
   */
  static async connect(port: number): Promise<ResettingClient> {
    const socket = net.connect(port, "127.0.0.1");
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    socket.pause();
    // That the hub ends it is no error.
    socket.removeAllListeners("error").on("error", () => {});
    return new ResettingClient(socket);
  }

  /**
   * Sends bytes as far as the other end takes them; the rest waits here.
   *
   * @param bytes what to send
   */
  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Ends it at once, whatever waits to be sent or read. */
  async reset(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.resetAndDestroy();
    await closed;
  }
}

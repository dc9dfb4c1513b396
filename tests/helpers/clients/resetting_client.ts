/**
 * A connection that never reads and ends with a TCP reset, as that of a client that crashes, is killed or is hostile.
 *
 * `Deno.TcpConn` cannot reset a connection, so this is a socket of Node.
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
   * @throws {Error} if nothing listens there
   */
  static async connect(port: number): Promise<ResettingClient> {
    const socket = net.connect(port, "127.0.0.1");
    await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("error", reject));
    socket.pause();
    // It is no error if the hub closes the connection.
    socket.removeAllListeners("error").on("error", () => {});
    return new ResettingClient(socket);
  }

  /**
   * Sends bytes as far as the other end accepts them; the rest is buffered.
   *
   * @param bytes what to send
   */
  send(bytes: Uint8Array): void {
    this.#socket.write(bytes);
  }

  /** Resets the connection at once, whatever is buffered. */
  async reset(): Promise<void> {
    if (this.#socket.closed) return;
    const closed = new Promise((resolve) => this.#socket.once("close", resolve));
    this.#socket.resetAndDestroy();
    await closed;
  }
}

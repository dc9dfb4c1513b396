/**
 * A TCP proxy between one client and a server that records all bytes of both directions.
 *
 * @module
 */

/** The proxy. It listens from its construction on a free port, and accepts one connection. */
export class RecordingProxy implements AsyncDisposable {
  /** The bytes that the client sent. */
  fromClient: Uint8Array = new Uint8Array();
  /** The bytes that the server sent. */
  fromServer: Uint8Array = new Uint8Array();
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #relaying: Promise<void>;

  /**
   * Starts to listen.
   *
   * @param port the port of the server on 127.0.0.1
   */
  constructor(port: number) {
    this.#relaying = this.#relay(port);
  }

  /** The port it listens on. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Waits until both sides are closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relaying;
  }

  async #relay(port: number): Promise<void> {
    using client = await this.#listener.accept();
    this.#listener.close();
    using server = await Deno.connect({ hostname: "127.0.0.1", port });
    client.setNoDelay(true);
    server.setNoDelay(true);
    await Promise.all([
      pass(client, server, (bytes) => this.fromClient = concat(this.fromClient, bytes)),
      pass(server, client, (bytes) => this.fromServer = concat(this.fromServer, bytes)),
    ]);
  }
}

/**
 * Splits bytes into the bodies of their frames, without the code of `protocol/`.
 *
 * @param bytes complete frames
 * @returns the text of each body
 * @throws {Error} if the last frame is incomplete
 */
export function bodiesOf(bytes: Uint8Array): string[] {
  const bodies: string[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  for (let start = 0; start < bytes.length;) {
    const end = start + 8 + Number(view.getBigUint64(start));
    if (end > bytes.length) throw new Error(`${end - bytes.length} bytes of the last frame are missing`);
    bodies.push(
      new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes.subarray(start + 8, end)),
    );
    start = end;
  }
  return bodies;
}

/** Forwards bytes until one side closes, then forwards the close. */
async function pass(from: Deno.TcpConn, to: Deno.TcpConn, keep: (bytes: Uint8Array) => void): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
      keep(buffer.subarray(0, count));
      for (let sent = 0; sent < count;) sent += await to.write(buffer.subarray(sent, count));
    }
  } catch {
    // One side was reset; the other side gets a normal close.
  }
  await to.closeWrite().catch(() => {});
}

function concat(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}

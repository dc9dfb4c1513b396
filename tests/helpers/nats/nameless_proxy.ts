/**
 * A proxy before a NATS server that takes the ids from all messages that hubs publish, so that the server refuses none
 * as a duplicate.
 *
 * @module
 */

/** The header with the id of a message, and one of the same length that means nothing to NATS. */
const [ID, NOTHING] = ["Nats-Msg-Id:", "Xats-Msg-Id:"].map((text) => new TextEncoder().encode(text)) as [
  Uint8Array,
  Uint8Array,
];

/** The proxy. */
export class NamelessProxy implements AsyncDisposable {
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #port: number;
  readonly #open = new Set<Deno.TcpConn>();
  readonly #tasks: Promise<void>[] = [];

  /**
   * Starts it.
   *
   * @param port the port of the server on 127.0.0.1
   */
  constructor(port: number) {
    this.#port = port;
    this.#tasks.push(this.#accept());
  }

  /** The address for hubs. */
  get url(): string {
    return `nats://127.0.0.1:${this.#listener.addr.port}`;
  }

  async #accept(): Promise<void> {
    for await (const hub of this.#listener) {
      const server = await Deno.connect({ hostname: "127.0.0.1", port: this.#port });
      this.#open.add(hub).add(server);
      this.#tasks.push(this.#pass(hub, server, true), this.#pass(server, hub, false));
    }
  }

  async #pass(from: Deno.TcpConn, to: Deno.TcpConn, takesIds: boolean): Promise<void> {
    const writer = to.writable.getWriter();
    // What may be the beginning of the header.
    let rest = new Uint8Array(0);
    try {
      for await (const chunk of from.readable) {
        if (!takesIds) {
          await writer.write(chunk);
          continue;
        }
        const bytes = new Uint8Array(rest.length + chunk.length);
        bytes.set(rest);
        bytes.set(chunk, rest.length);
        const end = replaceIds(bytes);
        await writer.write(bytes.slice(0, end));
        rest = bytes.slice(end);
      }
    } catch {
      // One of both is closed: so is the other.
    }
    for (const connection of [from, to]) {
      if (!this.#open.delete(connection)) continue;
      try {
        connection.close();
      } catch {
        // It has closed itself.
      }
    }
  }

  /** Closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    for (const connection of [...this.#open]) {
      this.#open.delete(connection);
      try {
        connection.close();
      } catch {
        // It has closed itself.
      }
    }
    await Promise.all(this.#tasks);
  }
}

/** Replaces each id in place; returns where the beginning of one may be at the end. */
function replaceIds(bytes: Uint8Array): number {
  for (let at = bytes.indexOf(ID[0]!); at >= 0; at = bytes.indexOf(ID[0]!, at + 1)) {
    const length = Math.min(ID.length, bytes.length - at);
    let same = 1;
    while (same < length && bytes[at + same] === ID[same]) same++;
    if (same < length) continue;
    if (length < ID.length) return at;
    bytes.set(NOTHING, at);
  }
  return bytes.length;
}

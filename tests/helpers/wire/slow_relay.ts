/**
 * A TCP relay between clients and a hub that is as slow as a bad network: each byte arrives late, and only so many
 * arrive in a second. The connection to the relay itself is fast, as to a tunnel or a proxy on the same machine.
 *
 * @module
 */

const HOST = "127.0.0.1";

/** How slow a {@linkcode SlowRelay} is. */
export interface SlowRelayOptions {
  /** How long each byte is under way, in either direction, in milliseconds. */
  delayMs?: number;
  /** How many bytes arrive at the client in a second; no limit if not given. */
  bytesPerSecond?: number;
}

/** The relay. It can be made faster or slower at any time. */
export class SlowRelay implements AsyncDisposable {
  readonly #hubPort: number;
  readonly #listener = Deno.listen({ hostname: HOST, port: 0 });
  readonly #open = new Set<Deno.TcpConn>();
  readonly #tasks = new Set<Promise<void>>();
  readonly #end = new AbortController();
  #cuts = 0;
  /** How long each byte is under way, in milliseconds. */
  delayMs: number;
  /** How many bytes arrive at the client in a second. */
  bytesPerSecond: number;
  /** The number of connections that clients have opened. */
  connections = 0;
  /** How many bytes have arrived at clients. */
  delivered = 0;

  /**
   * Starts the relay.
   *
   * @param hubPort the port of the hub on 127.0.0.1
   * @param options see {@linkcode SlowRelayOptions}
   */
  constructor(hubPort: number, { delayMs = 0, bytesPerSecond = Infinity }: SlowRelayOptions = {}) {
    this.#hubPort = hubPort;
    this.delayMs = delayMs;
    this.bytesPerSecond = bytesPerSecond;
    this.#track(this.#accept());
  }

  /** The port for clients, on 127.0.0.1. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Closes all connections on both sides; the relay still accepts new ones. */
  cut(): void {
    this.#cuts++;
    for (const connection of this.#open) close(connection);
    this.#open.clear();
  }

  /** Closes the relay and all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    this.#listener.close();
    this.cut();
    await Promise.all(this.#tasks);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.connections++;
      this.#track(this.#relay(client));
    }
  }

  async #relay(client: Deno.TcpConn): Promise<void> {
    const cuts = this.#cuts;
    const hub = await Deno.connect({ hostname: HOST, port: this.#hubPort }).catch(() => undefined);
    if (hub === undefined || cuts !== this.#cuts) {
      // The hub does not listen, or the relay was cut meanwhile.
      client.close();
      hub?.close();
      return;
    }
    this.#open.add(client).add(hub);
    await Promise.all([
      this.#pass(client, hub, () => Infinity),
      this.#pass(hub, client, () => this.bytesPerSecond, (count) => this.delivered += count),
    ]);
    for (const connection of [client, hub]) {
      close(connection);
      this.#open.delete(connection);
    }
  }

  /** Forwards bytes, late and slowly, until one end closes; then forwards the close, as late. */
  async #pass(
    from: Deno.TcpConn,
    to: Deno.TcpConn,
    bytesPerSecond: () => number,
    delivered: (count: number) => void = () => {},
  ): Promise<void> {
    // Bytes on their way and when they arrive; `null` is the end.
    const underWay: { bytes: Uint8Array | null; at: number }[] = [];
    let arrived = Promise.withResolvers<void>();
    const read = async () => {
      for (let bytes: Uint8Array | null = new Uint8Array(); bytes !== null;) {
        // No more is under way than a network of that speed holds, so that the hub notices how slow it is.
        if (underWay.length > 64) await this.#sleep(5);
        const buffer = new Uint8Array(512);
        const count: number | null = await from.read(buffer).catch(() => null);
        bytes = count === null ? null : buffer.subarray(0, count);
        underWay.push({ bytes, at: performance.now() + this.delayMs });
        arrived.resolve();
      }
    };
    const write = async () => {
      for (;;) {
        const next = underWay.shift();
        if (next === undefined) {
          await arrived.promise;
          arrived = Promise.withResolvers<void>();
          continue;
        }
        await this.#sleep(next.at - performance.now());
        if (next.bytes === null) return await to.closeWrite().catch(() => {});
        await this.#sleep(next.bytes.length * 1000 / bytesPerSecond());
        for (let sent = 0; sent < next.bytes.length;) {
          const count = await to.write(next.bytes.subarray(sent)).catch(() => undefined);
          // That end is closed: the rest goes nowhere.
          if (count === undefined) break;
          sent += count;
          delivered(count);
        }
      }
    };
    await Promise.all([read(), write()]);
  }

  #sleep(ms: number): Promise<void> {
    const { signal } = this.#end;
    if (ms <= 0 || signal.aborted) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, ms);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
    return promise.finally(() => signal.removeEventListener("abort", end));
  }

  #track(task: Promise<void>): void {
    const tracked = task.finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

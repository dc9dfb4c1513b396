/**
 * A TCP proxy between clients and a hub that fails as networks do: it closes the clients' connections without the hub
 * noticing, or it drops bytes without anyone noticing.
 *
 * @module
 */

import { withDeadline } from "../deadline.ts";

const HOST = "127.0.0.1";

/** Both ends of one connection. */
interface Link {
  client: Deno.TcpConn;
  hub: Deno.TcpConn;
  /** Whether bytes from the hub, and bytes from the client, are dropped. */
  dropsFromHub: boolean;
  dropsFromClient: boolean;
}

/** The proxy. A failure affects the connections that are open at that moment; later ones work. */
export class FlakyProxy implements AsyncDisposable {
  #hubPort: number;
  readonly #listener = Deno.listen({ hostname: HOST, port: 0 });
  readonly #links = new Set<Link>();
  readonly #tasks = new Set<Promise<void>>();
  #closed = false;
  /** Set while clients wait to be connected to the hub; resolves when they are. */
  #held: PromiseWithResolvers<void> | undefined;
  /** Resolves when a client is connected to the hub. */
  #connected = Promise.withResolvers<void>();

  /**
   * Starts the proxy.
   *
   * @param hubPort the port of the hub on 127.0.0.1
   */
  constructor(hubPort: number) {
    this.#hubPort = hubPort;
    this.#track(this.#accept());
  }

  /** The port for clients, on 127.0.0.1. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /**
   * Connects the next clients to another hub.
   *
   * @param hubPort its port on 127.0.0.1
   */
  forwardTo(hubPort: number): void {
    this.#hubPort = hubPort;
    this.#connected = Promise.withResolvers<void>();
  }

  /**
   * Waits until a client has been connected to the present hub.
   *
   * @throws {Error} at the deadline
   */
  async connected(): Promise<void> {
    await withDeadline(this.#connected.promise, () => "no client has connected to the hub");
  }

  /**
   * Lets clients wait to be connected to the hub until {@linkcode FlakyProxy.release}. A client that connects again by
   * itself is away so long, however slow the machine is.
   */
  hold(): void {
    this.#held ??= Promise.withResolvers<void>();
  }

  /** Connects the clients that wait, and later ones. */
  release(): void {
    this.#held?.resolve();
    this.#held = undefined;
  }

  /** Drops bytes from the hub; bytes from the clients still arrive. */
  dropFromHub(): void {
    for (const link of this.#links) link.dropsFromHub = true;
  }

  /** Drops all bytes; neither side notices. */
  dropAll(): void {
    for (const link of this.#links) link.dropsFromHub = link.dropsFromClient = true;
  }

  /** Closes the connections of the clients. The hub does not notice. */
  closeClients(): void {
    this.dropAll();
    for (const { client } of this.#links) close(client);
  }

  /** Closes both ends of the connections whose bytes are dropped, so that the hub notices. */
  closeHubEnds(): void {
    for (const link of this.#links) {
      if (!link.dropsFromClient) continue;
      close(link.hub);
      close(link.client);
      this.#links.delete(link);
    }
  }

  /** Closes the proxy and all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    this.#listener.close();
    this.release();
    this.dropAll();
    this.closeHubEnds();
    await Promise.all(this.#tasks);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.#track(this.#connect(client));
    }
  }

  async #connect(client: Deno.TcpConn): Promise<void> {
    let hub: Deno.TcpConn;
    const connected = this.#connected;
    await this.#held?.promise;
    try {
      hub = await Deno.connect({ hostname: HOST, port: this.#hubPort });
    } catch {
      // The hub does not listen: the client's connection is closed.
      return client.close();
    }
    // The proxy was closed meanwhile, and nobody else would close these.
    if (this.#closed) return hub.close(), client.close();
    const link: Link = { client, hub, dropsFromHub: false, dropsFromClient: false };
    this.#links.add(link);
    connected.resolve();
    await Promise.all([
      pass(client, hub, () => link.dropsFromClient),
      pass(hub, client, () => link.dropsFromHub),
    ]);
    close(client);
    close(hub);
    this.#links.delete(link);
  }

  #track(task: Promise<void>): void {
    const tracked = task.finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }
}

/** Forwards bytes until one end closes, then forwards the close, unless bytes are dropped. */
async function pass(from: Deno.TcpConn, to: Deno.TcpConn, drops: () => boolean): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
      for (let sent = 0; sent < count && !drops();) sent += await to.write(buffer.subarray(sent, count));
    }
    if (!drops()) await to.closeWrite();
  } catch {
    // One of the ends was closed.
    if (!drops()) close(to);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

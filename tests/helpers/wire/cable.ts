/**
 * A cable between clients and a hub, over real sockets, that can be damaged as networks are: cut, so that the client
 * knows it and the hub does not; or worn, so that bytes vanish and nobody knows it.
 *
 * @module
 */

const HOST = "127.0.0.1";

/** Both ends of one connection. */
interface Strand {
  client: Deno.TcpConn;
  hub: Deno.TcpConn;
  /** Whether what the hub, or the client, says vanishes. */
  deaf: boolean;
  mute: boolean;
}

/** A cable. Damage is done to the connections that are there; later ones are as new. */
export class Cable implements AsyncDisposable {
  readonly #hubPort: number;
  readonly #listener = Deno.listen({ hostname: HOST, port: 0 });
  readonly #strands = new Set<Strand>();
  readonly #tasks = new Set<Promise<void>>();

  /**
   * Lays a cable.
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

  /** Lets what the hub says vanish; what clients say still arrives. */
  deafen(): void {
    for (const strand of this.#strands) strand.deaf = true;
  }

  /** Lets everything vanish, without a sign of it to anybody. */
  wear(): void {
    for (const strand of this.#strands) strand.deaf = strand.mute = true;
  }

  /** Cuts the cable at the clients' end. The hub goes on as if nothing had happened. */
  cut(): void {
    this.wear();
    for (const { client } of this.#strands) close(client);
  }

  /** Lets the hub find out about the connections that were cut or worn. */
  release(): void {
    for (const strand of this.#strands) {
      if (!strand.mute) continue;
      close(strand.hub);
      close(strand.client);
      this.#strands.delete(strand);
    }
  }

  /** Takes the cable away. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.wear();
    this.release();
    await Promise.all(this.#tasks);
  }

  async #accept(): Promise<void> {
    for await (const client of this.#listener) {
      this.#track(this.#connect(client));
    }
  }

  async #connect(client: Deno.TcpConn): Promise<void> {
    let hub: Deno.TcpConn;
    try {
      hub = await Deno.connect({ hostname: HOST, port: this.#hubPort });
    } catch {
      // No hub: the client finds out as it would with any server in between.
      return client.close();
    }
    const strand: Strand = { client, hub, deaf: false, mute: false };
    this.#strands.add(strand);
    await Promise.all([
      pass(client, hub, () => strand.mute),
      pass(hub, client, () => strand.deaf),
    ]);
    close(client);
    close(hub);
    this.#strands.delete(strand);
  }

  #track(task: Promise<void>): void {
    const tracked = task.finally(() => this.#tasks.delete(tracked));
    this.#tasks.add(tracked);
  }
}

/** Passes on what one end says until it has said all, and then that it has, as long as nothing vanishes. */
async function pass(from: Deno.TcpConn, to: Deno.TcpConn, vanishes: () => boolean): Promise<void> {
  const buffer = new Uint8Array(65_536);
  try {
    for (let count = await from.read(buffer); count !== null; count = await from.read(buffer)) {
      for (let sent = 0; sent < count && !vanishes();) sent += await to.write(buffer.subarray(sent, count));
    }
    if (!vanishes()) await to.closeWrite();
  } catch {
    // One of the ends has gone.
    if (!vanishes()) close(to);
  }
}

function close(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch {
    // It is closed.
  }
}

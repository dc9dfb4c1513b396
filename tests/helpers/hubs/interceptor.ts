/**
 * A machine in the middle between a client and a hub with TLS. It has a certificate of its own.
 *
 * @module
 */
import type { TestCertificate } from "./certificates.ts";

/** What an interceptor needs. */
export interface InterceptorOptions {
  /** The port of the hub that speaks TLS, on 127.0.0.1. */
  tlsPort: number;
  /** The port of the same hub without TLS. */
  plainPort: number;
  /** The certificate of the interceptor. */
  certificate: TestCertificate;
  /** How many of the first connections it passes on to the hub unread. It ends the TLS of all others itself. */
  passed: number;
}

/** Relays connections, and records what clients say on those that it has decrypted. */
export class Interceptor implements AsyncDisposable {
  /** What the clients have said, decrypted. */
  said = "";
  readonly #listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  readonly #tls: Deno.TlsListener;
  readonly #options: InterceptorOptions;
  readonly #running: Promise<unknown>;
  readonly #open = new Set<Deno.Conn>();

  /**
   * Listens on a free port of 127.0.0.1.
   *
   * @param options see {@linkcode InterceptorOptions}
   */
  constructor(options: InterceptorOptions) {
    this.#options = options;
    const { pem: cert, key } = options.certificate;
    this.#tls = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
    this.#running = Promise.all([this.#accept(), this.#decrypt()]);
  }

  /** The port that clients connect to. */
  get port(): number {
    return this.#listener.addr.port;
  }

  /** Stops listening and closes all connections. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#listener.close();
    this.#tls.close();
    await this.#running;
    for (const connection of this.#open) close(connection);
  }

  async #accept(): Promise<void> {
    let count = 0;
    for await (const client of this.#listener) {
      const port = count++ < this.#options.passed ? this.#options.tlsPort : this.#tls.addr.port;
      this.#relay(client, await Deno.connect({ hostname: "127.0.0.1", port }));
    }
  }

  async #decrypt(): Promise<void> {
    for (;;) {
      try {
        const client = await this.#tls.accept();
        const hub = await Deno.connect({ hostname: "127.0.0.1", port: this.#options.plainPort });
        this.#relay(client, hub, (bytes) => this.said += new TextDecoder().decode(bytes));
      } catch (error) {
        if (error instanceof Deno.errors.BadResource || error instanceof Deno.errors.Interrupted) return;
        throw error;
      }
    }
  }

  #relay(client: Deno.Conn, hub: Deno.Conn, record: (bytes: Uint8Array) => void = () => {}): void {
    this.#open.add(client).add(hub);
    const copy = async (from: Deno.Conn, to: Deno.Conn, seen: (bytes: Uint8Array) => void) => {
      try {
        const buffer = new Uint8Array(65_536);
        for (let count; (count = await from.read(buffer)) !== null;) {
          seen(buffer.subarray(0, count));
          for (let at = 0; at < count;) at += await to.write(buffer.subarray(at, count));
        }
      } catch {
        // One of the two has gone.
      }
      close(client);
      close(hub);
    };
    copy(client, hub, record);
    copy(hub, client, () => {});
  }
}

function close(connection: Deno.Conn): void {
  try {
    connection.close();
  } catch {
    // It is closed already.
  }
}

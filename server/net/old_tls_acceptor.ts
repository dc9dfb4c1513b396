/**
 * A port that speaks TLS on a runtime before Deno 2.9, where `TLSSocket` takes no stream, so
 * that `tls_socket.ts` cannot work.
 *
 * Rules: a connection that is closed while it waits for its client keeps its file descriptor until the client acts; the
 * PROXY protocol is not possible, because its header comes before the handshake; a new certificate needs a new
 * listener, so for a few milliseconds nothing listens.
 *
 * @module
 */
import type { Certificate } from "../tls/mod.ts";
import { isOldRuntime } from "../../runtime/mod.ts";
import { type Acceptor, type AcceptorAddress, PortAcceptor, type TlsModule } from "./acceptor.ts";
import type { TlsSocket } from "./tls_socket.ts";
import { ACCEPT_BACKLOG } from "../limits.ts";

/** How often the port is tried, a millisecond apart, before an exchange of the certificate leaves it to `accept`. */
const MAX_BIND_TRIES = 100;

/**
 * Opens a port that speaks TLS, on any runtime.
 *
 * @param address the address to listen on
 * @param tls the certificate to show and the code for TLS
 * @returns the open port
 * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listen`
 */
export function openTlsPort(
  address: AcceptorAddress,
  tls: { certificate: Certificate; module: TlsModule },
): Acceptor {
  return isOldRuntime() ? new OldTlsAcceptor(address, tls.certificate) : new PortAcceptor(address, tls);
}

/** A listening TLS port. */
export class OldTlsAcceptor implements Acceptor {
  /** As {@linkcode Acceptor.encrypted}. */
  readonly encrypted = true;
  /** As {@linkcode Acceptor.address}. */
  readonly address: Deno.NetAddr;
  readonly #host: string;
  #certificate: Certificate;
  #listener: Deno.TlsListener | undefined;
  /** Pending while a new certificate is put in place. */
  #renewal: Promise<void> | undefined;
  #open = true;

  /**
   * Opens the port.
   *
   * @param address the address to listen on
   * @param certificate the certificate to show
   * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listenTls`
   */
  constructor({ host, port }: AcceptorAddress, certificate: Certificate) {
    this.#host = host;
    this.#certificate = certificate;
    this.#listener = listen({ host, port }, certificate);
    this.address = this.#listener.addr;
  }

  /** As {@linkcode Acceptor.certificate}. */
  get certificate(): string {
    return this.#certificate.fingerprint;
  }

  /** As {@linkcode Acceptor.accept}. */
  async accept(): Promise<Deno.TcpConn> {
    for (;;) {
      await this.#renewal;
      // Listens again if the port could not be opened after an exchange.
      const listener = this.#listener ??= this.#listen();
      try {
        return await listener.accept() as unknown as Deno.TcpConn;
      } catch (error) {
        if (!this.#open || listener === this.#listener) throw error;
      }
    }
  }

  /** As {@linkcode Acceptor.secure}: a `Deno.TlsConn` has all methods of a {@linkcode TlsSocket}. */
  secure(tcp: Deno.TcpConn): TlsSocket {
    return tcp as unknown as TlsSocket;
  }

  /** As {@linkcode Acceptor.renew}. */
  renew(certificate: Certificate): void {
    this.#certificate = certificate;
    // If the port cannot be opened now, `accept` tries again.
    this.#renewal = this.#exchange().catch(() => {}).finally(() => this.#renewal = undefined);
  }

  /** As {@linkcode Acceptor.close}. */
  close(): void {
    this.#open = false;
    this.#listener?.close();
    this.#listener = undefined;
  }

  async #exchange(): Promise<void> {
    this.#listener?.close();
    this.#listener = undefined;
    for (let tries = 1; this.#open; tries++) {
      try {
        this.#listener = this.#listen();
        return;
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse) || tries === MAX_BIND_TRIES) throw error;
      }
      // The port is free once the cancelled accept has returned.
      await new Promise((resume) => setTimeout(resume, 1));
    }
  }

  #listen(): Deno.TlsListener {
    if (!this.#open) throw new Deno.errors.BadResource("the port is closed");
    return listen({ host: this.#host, port: this.address.port }, this.#certificate);
  }
}

function listen({ host, port }: AcceptorAddress, { chain, key }: Certificate): Deno.TlsListener {
  return Deno.listenTls({ hostname: host, port, cert: chain, key, tcpBacklog: ACCEPT_BACKLOG });
}

/**
 * A port on which a hub accepts connections: plain TCP, or TLS only.
 *
 * Rules: accepting and the TLS handshake are separate steps, so that a client that is slow with the handshake delays
 * nobody. Replacing a certificate does not affect open connections. TLS is version 1.2 or 1.3: Deno has no other.
 *
 * @module
 */
import type { Certificate } from "../tls/mod.ts";
import type { SecureContext, TlsSocket } from "./tls_socket.ts";
import { ACCEPT_BACKLOG } from "../limits.ts";

/** The protocol of browsers. A client that offers others only is refused. */
export const HTTP_ALPN = "http/1.1";

/** The server side of a connection with TLS. */
export type SecureSocket = Pick<TlsSocket, keyof TlsSocket>;

/** An open connection, plain or with TLS. */
export type AcceptedSocket = Deno.TcpConn | SecureSocket;

/** The server side of a connection on which TLS begins. */
export interface Secured {
  /** The socket, before its handshake. */
  socket: SecureSocket;
  /** The fingerprint of the certificate that the client gets. */
  certificate: string;
}

/** The TLS of a port, as `loadTlsModule` loads it. */
export type TlsModule = Pick<typeof import("./tls_socket.ts"), "secureContext" | "TlsSocket">;

/** The address of a port. */
export interface AcceptorAddress {
  /** An address or a host name of this machine. */
  host: string;
  /** The port; 0 lets the operating system choose one. */
  port: number;
}

/** What accepts connections. */
export interface Acceptor {
  /** The address it listens on. */
  readonly address: Deno.NetAddr;
  /** Whether it speaks TLS. */
  readonly encrypted: boolean;
  /** Whether it is for HTTP only. */
  readonly isWeb: boolean;
  /** How many of its connections were closed and keep their descriptors for some turns of the event loop. */
  readonly ending: number;
  /**
   * Waits for a connection.
   *
   * @returns the connection, before the TLS handshake
   * @throws the error of the operating system, such as if no file descriptor is left; the caller may try again
   * until the port is closed
   */
  accept(): Promise<Deno.TcpConn>;
  /**
   * Starts the TLS handshake on an accepted connection.
   *
   * @param tcp the connection, which belongs to the socket from now on
   * @returns the socket and its certificate; `undefined` if the port does not use TLS
   */
  secure(tcp: Deno.TcpConn): Secured | undefined;
  /**
   * Replaces the certificate for new connections. Does nothing if the port does not use TLS.
   *
   * @param certificate the new certificate, which was checked
   * @returns resolves when new connections get it
   */
  renew(certificate: Certificate): Promise<void>;
  /** Closes the port; accepted connections stay open. */
  close(): void;
}

/** What a port is for. */
export interface PortOptions {
  /** The certificate to show and the code for TLS; without it the port does not use TLS. */
  tls?: { certificate: Certificate; module: TlsModule } | undefined;
  /** Whether it is for HTTP only. */
  isWeb?: boolean;
  /** Whether TLS clients may ask for HTTP. */
  offersHttp?: boolean;
}

/** A listening port. */
export class PortAcceptor implements Acceptor {
  /** As {@linkcode Acceptor.address}. */
  readonly address: Deno.NetAddr;
  readonly #listener: Deno.TcpListener;
  readonly #tls: TlsModule | undefined;
  readonly #alpn: readonly string[] | undefined;
  /** As {@linkcode Acceptor.isWeb}. */
  readonly isWeb: boolean;
  #secure: { context: SecureContext; certificate: string } | undefined;

  /**
   * Opens the port.
   *
   * @param address the address to listen on
   * @param options see {@linkcode PortOptions}
   * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listen`
   */
  constructor({ host, port }: AcceptorAddress, { tls, isWeb = false, offersHttp = false }: PortOptions = {}) {
    this.#tls = tls?.module;
    this.#alpn = offersHttp ? [HTTP_ALPN] : undefined;
    this.isWeb = isWeb;
    if (tls !== undefined) this.#show(tls.module, tls.certificate);
    this.#listener = Deno.listen({ hostname: host, port, tcpBacklog: ACCEPT_BACKLOG });
    this.address = this.#listener.addr;
  }

  /** As {@linkcode Acceptor.ending}. */
  readonly ending = 0;

  /** As {@linkcode Acceptor.encrypted}. */
  get encrypted(): boolean {
    return this.#tls !== undefined;
  }

  /** As {@linkcode Acceptor.accept}. */
  accept(): Promise<Deno.TcpConn> {
    return this.#listener.accept();
  }

  /** As {@linkcode Acceptor.secure}. */
  secure(tcp: Deno.TcpConn): Secured | undefined {
    if (this.#tls === undefined) return undefined;
    const { context, certificate } = this.#secure!;
    return { socket: new this.#tls.TlsSocket(tcp, context, this.#alpn), certificate };
  }

  /** As {@linkcode Acceptor.renew}. */
  renew(certificate: Certificate): Promise<void> {
    if (this.#tls !== undefined) this.#show(this.#tls, certificate);
    return Promise.resolve();
  }

  /** As {@linkcode Acceptor.close}. */
  close(): void {
    this.#listener.close();
  }
  #show(tls: TlsModule, certificate: Certificate): void {
    this.#secure = { context: tls.secureContext(certificate), certificate: certificate.fingerprint };
  }
}

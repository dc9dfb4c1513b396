/**
 * A port that speaks TLS by Deno's own TLS, `Deno.listenTls`: two to three times as fast as `tls_socket.ts`, with a
 * fifth of its memory (see `bench/README.md`).
 *
 * What Deno lacks is done by functions of the system (`system_sockets.ts`): accepted connections send without Nagle's
 * delay, and one that is closed while it waits for its client is ended, as it would keep its file descriptor until the
 * client acts. So it is used where there are these functions; elsewhere only on a runtime before Deno 2.9, where
 * `TLSSocket` takes no stream.
 *
 * Rules: the PROXY protocol is not possible, because its header comes before the handshake; each certificate has a
 * listening socket of its own (`tls_listeners.ts`).
 *
 * @module
 */
import type { Certificate } from "../tls/mod.ts";
import { isOldRuntime, systemTimers, type Timer } from "../../runtime/mod.ts";
import {
  type Acceptor,
  type AcceptorAddress,
  HTTP_ALPN,
  PortAcceptor,
  type Secured,
  type SecureSocket,
  type TlsModule,
} from "./acceptor.ts";
import { type TlsArrival, TlsListeners } from "./tls_listeners.ts";
import type { Agreed } from "./tls_socket.ts";
import { type ConnectionAddresses, endConnection, hasSystemSockets, isEnding } from "./system_sockets.ts";

/** How many turns of the event loop `accept` waits for descriptors that are free soon. */
const MAX_FREEING_TURNS = 50;

/**
 * Tells whether a port can use Deno's own TLS.
 *
 * @param hasProxies whether connections may begin with a PROXY header
 * @returns whether it can; otherwise it needs `tls_socket.ts`
 */
export function canUseNativeTls(hasProxies: boolean): boolean {
  return isOldRuntime() || hasSystemSockets() && !hasProxies;
}

/**
 * Opens a port that speaks TLS.
 *
 * @param address the address to listen on
 * @param tls the certificate to show, and the code for TLS if Deno's own is not used
 * @param offersHttp whether clients may ask for HTTP
 * @returns the open port
 * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listen`
 */
export function openTlsPort(
  address: AcceptorAddress,
  { certificate, module }: { certificate: Certificate; module: TlsModule | undefined },
  offersHttp: boolean,
): Acceptor {
  return module === undefined
    ? new NativeTlsAcceptor(address, certificate, offersHttp)
    : new PortAcceptor(address, { tls: { certificate, module }, offersHttp });
}

/** A connection with Deno's TLS that frees its file descriptor when it is closed. */
class NativeTlsSocket implements SecureSocket {
  readonly #conn: Deno.TlsConn;
  /** The fingerprint of the certificate that the client gets. */
  readonly certificate: string;
  /** The number of writes that wait for the client. A read that waits does not keep the descriptor. */
  #writing = 0;
  /** Deno begins the handshake when it accepts the connection, and until its end the descriptor is kept. */
  #secured = false;
  #closed = false;
  /** Where it adds its descriptor when the connection is ended, as it is not free at once. */
  readonly #ending: Map<number, ConnectionAddresses>;

  constructor({ conn, certificate }: TlsArrival, ending: Map<number, ConnectionAddresses>) {
    this.#conn = conn;
    this.certificate = certificate;
    this.#ending = ending;
  }

  get localAddr(): Deno.NetAddr {
    return this.#conn.localAddr as Deno.NetAddr;
  }

  get remoteAddr(): Deno.NetAddr {
    return this.#conn.remoteAddr as Deno.NetAddr;
  }

  async handshake(): Promise<Agreed> {
    const agreed = await this.#conn.handshake();
    this.#secured = true;
    return agreed;
  }

  read(buffer: Uint8Array): Promise<number | null> {
    return this.#conn.read(buffer);
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#waitFor(this.#conn.write(bytes));
  }

  closeWrite(): Promise<void> {
    return this.#waitFor(this.#conn.closeWrite());
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    const fd = !this.#secured || this.#writing > 0 ? endConnection(this) : undefined;
    this.#conn.close();
    if (fd !== undefined) this.#ending.set(fd, { localAddr: this.localAddr, remoteAddr: this.remoteAddr });
  }

  #waitFor<Result>(operation: Promise<Result>): Promise<Result> {
    this.#writing++;
    return operation.finally(() => this.#writing--);
  }
}

/** A listening TLS port. */
export class NativeTlsAcceptor implements Acceptor {
  /** As {@linkcode Acceptor.encrypted}. */
  readonly encrypted = true;
  /** As {@linkcode Acceptor.isWeb}. */
  readonly isWeb = false;
  readonly #listeners: TlsListeners;
  /** The descriptors of ended connections, some of which may not be free yet. */
  readonly #ending = new Map<number, ConnectionAddresses>();

  /**
   * Opens the port.
   *
   * @param address the address to listen on
   * @param certificate the certificate to show
   * @param offersHttp whether clients may ask for HTTP
   * @param timer as in {@linkcode TlsListeners}
   * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listenTls`
   */
  constructor(
    address: AcceptorAddress,
    certificate: Certificate,
    offersHttp = false,
    timer: Timer = systemTimers,
  ) {
    this.#listeners = new TlsListeners(address, certificate, offersHttp ? [HTTP_ALPN] : undefined, timer);
  }

  /** As {@linkcode Acceptor.address}. */
  get address(): Deno.NetAddr {
    return this.#listeners.address;
  }

  /** As {@linkcode Acceptor.ending}. */
  get ending(): number {
    for (const [fd, addresses] of this.#ending) if (!isEnding(fd, addresses)) this.#ending.delete(fd);
    return this.#ending.size;
  }

  /** As {@linkcode Acceptor.accept}. */
  async accept(): Promise<Deno.TcpConn> {
    await this.#freed();
    // It has what a listener uses of a `Deno.TcpConn`, except its options, which the port has set.
    return new NativeTlsSocket(await this.#listeners.accept(), this.#ending) as unknown as Deno.TcpConn;
  }

  /** As {@linkcode Acceptor.secure}. */
  secure(tcp: Deno.TcpConn): Secured {
    const socket = tcp as unknown as NativeTlsSocket;
    return { socket, certificate: socket.certificate };
  }

  /** As {@linkcode Acceptor.renew}. */
  renew(certificate: Certificate): Promise<void> {
    return this.#listeners.renew(certificate);
  }

  /** As {@linkcode Acceptor.close}. */
  close(): void {
    this.#listeners.close();
  }

  /**
   * Waits until the descriptors of ended connections are free, which takes a few turns of the event loop. Otherwise a
   * hub without free descriptors finds none as often as it ends a connection.
   */
  async #freed(): Promise<void> {
    for (let turns = 0; this.ending > 0; turns++) {
      if (turns === MAX_FREEING_TURNS) return this.#ending.clear();
      await new Promise((resume) => setTimeout(resume, 1));
    }
  }
}

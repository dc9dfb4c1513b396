/**
 * A port that speaks TLS by Deno's own TLS, `Deno.listenTls`: two to three times as fast as `tls_socket.ts`, with a
 * fifth of its memory (see `bench/README.md`).
 *
 * What Deno lacks is done by functions of the system (`system_sockets.ts`): accepted connections send without Nagle's
 * delay, and one that is closed while it waits for its client is ended, as it would keep its file descriptor until the
 * client acts. So it is used where there are these functions; elsewhere only on a runtime before Deno 2.9, where
 * `TLSSocket` takes no stream.
 *
 * Rules: the PROXY protocol is not possible, because its header comes before the handshake; a new certificate needs a
 * new listener, so for a few milliseconds nothing listens.
 *
 * @module
 */
import type { Certificate } from "../tls/mod.ts";
import { isOldRuntime } from "../../runtime/mod.ts";
import {
  type Acceptor,
  type AcceptorAddress,
  HTTP_ALPN,
  PortAcceptor,
  type SecureSocket,
  type TlsModule,
} from "./acceptor.ts";
import type { Agreed } from "./tls_socket.ts";
import {
  type ConnectionAddresses,
  endConnection,
  hasSystemSockets,
  isEnding,
  tuneAccepted,
} from "./system_sockets.ts";
import { ACCEPT_BACKLOG } from "../limits.ts";

/** How often the port is tried, a millisecond apart, before an exchange of the certificate leaves it to `accept`. */
const MAX_BIND_TRIES = 100;

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
  /** The number of writes that wait for the client. A read that waits does not keep the descriptor. */
  #writing = 0;
  /** Deno begins the handshake when it accepts the connection, and until its end the descriptor is kept. */
  #secured = false;
  #closed = false;
  /** Where it adds its descriptor when the connection is ended, as it is not free at once. */
  readonly #ending: Map<number, ConnectionAddresses>;

  constructor(conn: Deno.TlsConn, ending: Map<number, ConnectionAddresses>) {
    this.#conn = conn;
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
  /** As {@linkcode Acceptor.address}. */
  readonly address: Deno.NetAddr;
  readonly #host: string;
  readonly #alpn: string[] | undefined;
  #certificate: Certificate;
  #listener: Deno.TlsListener | undefined;
  /** Pending while a new certificate is put in place. */
  #renewal: Promise<void> | undefined;
  #open = true;
  /** The descriptors of ended connections, some of which may not be free yet. */
  readonly #ending = new Map<number, ConnectionAddresses>();

  /**
   * Opens the port.
   *
   * @param address the address to listen on
   * @param certificate the certificate to show
   * @param offersHttp whether clients may ask for HTTP
   * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listenTls`
   */
  constructor({ host, port }: AcceptorAddress, certificate: Certificate, offersHttp = false) {
    this.#host = host;
    this.#certificate = certificate;
    this.#alpn = offersHttp ? [HTTP_ALPN] : undefined;
    this.#listener = listen({ host, port }, certificate, this.#alpn);
    this.address = this.#listener.addr;
  }

  /** As {@linkcode Acceptor.certificate}. */
  get certificate(): string {
    return this.#certificate.fingerprint;
  }

  /** As {@linkcode Acceptor.ending}. */
  get ending(): number {
    for (const [fd, addresses] of this.#ending) if (!isEnding(fd, addresses)) this.#ending.delete(fd);
    return this.#ending.size;
  }

  /** As {@linkcode Acceptor.accept}. */
  async accept(): Promise<Deno.TcpConn> {
    for (;;) {
      await this.#renewal;
      await this.#freed();
      // Listens again if the port could not be opened after an exchange.
      const listener = this.#listener ??= this.#listen();
      try {
        // It has what a listener uses of a `Deno.TcpConn`, except its options, which the port has set.
        return new NativeTlsSocket(await listener.accept(), this.#ending) as unknown as Deno.TcpConn;
      } catch (error) {
        if (!this.#open || listener === this.#listener) throw error;
      }
    }
  }

  /** As {@linkcode Acceptor.secure}. */
  secure(tcp: Deno.TcpConn): SecureSocket {
    return tcp as unknown as NativeTlsSocket;
  }

  /** As {@linkcode Acceptor.renew}. */
  async renew(certificate: Certificate): Promise<void> {
    this.#certificate = certificate;
    // If the port cannot be opened now, `accept` tries again.
    this.#renewal = this.#exchange().catch(() => {}).finally(() => this.#renewal = undefined);
    await this.#renewal;
  }

  /** As {@linkcode Acceptor.close}. */
  close(): void {
    this.#open = false;
    this.#listener?.close();
    this.#listener = undefined;
  }

  /**
   * Waits until the descriptors of ended connections are free, which takes a few turns of the event loop. Otherwise a
   * hub without free descriptors finds none as often as it ends a connection.
   */
  async #freed(): Promise<void> {
    for (let turns = 0; this.ending > 0; turns++) {
      if (turns === MAX_FREEING_TURNS) return this.#ending.clear();
      await turn();
    }
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
      await turn();
    }
  }

  #listen(): Deno.TlsListener {
    if (!this.#open) throw new Deno.errors.BadResource("the port is closed");
    return listen({ host: this.#host, port: this.address.port }, this.#certificate, this.#alpn);
  }
}

function turn(): Promise<void> {
  return new Promise((resume) => setTimeout(resume, 1));
}

function listen(
  { host, port }: AcceptorAddress,
  { chain, key }: Certificate,
  alpnProtocols: string[] | undefined,
): Deno.TlsListener {
  const options = { hostname: host, port, cert: chain, key, tcpBacklog: ACCEPT_BACKLOG };
  const listener = Deno.listenTls(alpnProtocols === undefined ? options : { ...options, alpnProtocols });
  tuneAccepted(listener.addr);
  return listener;
}

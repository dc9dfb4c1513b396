/**
 * The listening sockets of a TLS port: one for each certificate that is in use.
 *
 * Strategy: Deno has one certificate for each listening socket. For a new certificate a second socket listens on the
 * same address (`SO_REUSEPORT`), and the system gives it all new connections. The one before is open for some seconds
 * more, until the connections that have begun on it are accepted, since the system resets them with their socket. So
 * no connection is refused.
 *
 * Rules:
 * - Only an exchange asks to share the address. So a second hub finds it in use when it starts.
 * - Without the functions of the system, the old socket is closed before the new one is opened. For some milliseconds
 *   connections are refused then.
 *
 * @module
 */
import type { Certificate } from "../tls/mod.ts";
import type { Timer } from "../../runtime/mod.ts";
import type { AcceptorAddress } from "./acceptor.ts";
import { endListener, shareAddress, steerConnections, tuneListener } from "./system_sockets.ts";
import { ACCEPT_BACKLOG, HANDSHAKE_MS } from "../limits.ts";

/** How often the port is tried, a millisecond apart, before an exchange of the certificate leaves it to `accept`. */
const MAX_BIND_TRIES = 100;

/**
 * Whether Deno can listen on an address that is in use. Its option `reusePort` needs the unstable feature `net`, which
 * also adds this function; without it the option ends the process.
 */
const CAN_SHARE = "listenDatagram" in Deno;

/** A listening socket. */
interface ListeningSocket {
  readonly listener: Deno.TlsListener;
  /** Its descriptor, where the system tells it. */
  readonly fd: number | undefined;
  /** The fingerprint of the certificate that its connections get. */
  readonly certificate: string;
  /** Whether it waits for a connection. */
  accepting: boolean;
  /** Cancels its end, once another one has taken its place. */
  cancelEnd?: () => void;
}

/** A connection that was accepted. */
export interface TlsArrival {
  /** The connection, whose handshake begins. */
  conn: Deno.TlsConn;
  /** The fingerprint of the certificate that it gets. */
  certificate: string;
}

/** The listening sockets of one TLS port. */
export class TlsListeners {
  /** The address it listens on. */
  readonly address: Deno.NetAddr;
  readonly #host: string;
  readonly #alpn: string[] | undefined;
  readonly #timer: Timer;
  #certificate: Certificate;
  /**
   * In the order in which the system numbers them: a new one is the last one, and when one ends, the last one takes its
   * place.
   */
  readonly #sockets: ListeningSocket[] = [];
  /** The one for new connections; `undefined` while the port is not open. */
  #newest: ListeningSocket | undefined;
  /** What was accepted, or why that failed, and nobody has taken yet. */
  readonly #arrivals: (TlsArrival | { error: unknown })[] = [];
  /** Continues the `accept` that waits. */
  #wake = () => {};
  /** Pending while the port is closed and opened again. */
  #reopening: Promise<void> | undefined;
  #open = true;

  /**
   * Opens the port.
   *
   * @param address the address to listen on
   * @param certificate the certificate to show
   * @param alpn the protocols that clients may ask for
   * @param timer ends a socket that another one has replaced, after `HANDSHAKE_MS`
   * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listenTls`
   */
  constructor(
    { host, port }: AcceptorAddress,
    certificate: Certificate,
    alpn: string[] | undefined,
    timer: Timer,
  ) {
    this.#host = host;
    this.#certificate = certificate;
    this.#alpn = alpn;
    this.#timer = timer;
    this.address = this.#listen(port).listener.addr;
  }

  /**
   * Waits for a connection.
   *
   * @returns the connection
   * @throws the error of the operating system; the caller may try again until the port is closed
   */
  async accept(): Promise<TlsArrival> {
    for (;;) {
      const arrival = this.#arrivals.shift();
      if (arrival !== undefined) {
        if ("error" in arrival) throw arrival.error;
        return arrival;
      }
      await this.#reopening;
      if (!this.#open) throw new Deno.errors.BadResource("the port is closed");
      // Listens again if the port could not be opened after an exchange.
      if (this.#newest === undefined) this.#listen(this.address.port);
      for (const socket of this.#sockets) this.#acceptFrom(socket);
      await new Promise<void>((resume) => this.#wake = resume);
    }
  }

  /**
   * Replaces the certificate for new connections.
   *
   * @param certificate the new certificate
   * @returns resolves when new connections get it
   */
  async renew(certificate: Certificate): Promise<void> {
    this.#certificate = certificate;
    await this.#reopening;
    if (this.#replace()) return;
    // If the port cannot be opened now, `accept` tries again.
    this.#reopening = this.#reopen().catch(() => {}).finally(() => this.#reopening = undefined);
    this.#wake();
    await this.#reopening;
  }

  /** Closes the port; accepted connections stay open. */
  close(): void {
    this.#open = false;
    this.#endAll();
    for (const arrival of this.#arrivals.splice(0)) if ("conn" in arrival) arrival.conn.close();
    this.#wake();
  }

  #acceptFrom(socket: ListeningSocket): void {
    if (socket.accepting) return;
    socket.accepting = true;
    const { listener, certificate } = socket;
    listener.accept().then(
      (conn) => this.#arrived(socket, { conn, certificate }),
      (error) => this.#arrived(socket, { error }),
    );
  }

  #arrived(socket: ListeningSocket, arrival: TlsArrival | { error: unknown }): void {
    socket.accepting = false;
    if ("error" in arrival) {
      // A socket that was ended fails for that reason.
      if (this.#sockets.includes(socket)) this.#arrivals.push(arrival);
    } else if (this.#open) this.#arrivals.push(arrival);
    else arrival.conn.close();
    this.#wake();
  }

  /** Opens a socket beside the one in use, which gets no more new connections; returns whether the system can. */
  #replace(): boolean {
    const old = this.#newest;
    if (!this.#open || !CAN_SHARE || old?.fd === undefined || !shareAddress(old.fd)) return false;
    try {
      this.#listen(this.address.port, true);
    } catch {
      return false;
    }
    if (this.#steer()) old.cancelEnd = this.#timer.after(HANDSHAKE_MS, () => this.#end(old));
    else this.#end(old);
    this.#wake();
    return true;
  }

  /** Has the system give new connections to the newest socket; returns whether it does. */
  #steer(): boolean {
    if (this.#newest?.fd === undefined) return false;
    return steerConnections(this.#newest.fd, this.#sockets.indexOf(this.#newest));
  }

  async #reopen(): Promise<void> {
    this.#endAll();
    for (let tries = 1; this.#open; tries++) {
      try {
        this.#listen(this.address.port);
        return;
      } catch (error) {
        if (!(error instanceof Deno.errors.AddrInUse) || tries === MAX_BIND_TRIES) throw error;
      }
      // The port is free once the cancelled accept has returned.
      await new Promise((resume) => setTimeout(resume, 1));
    }
  }

  #endAll(): void {
    this.#newest = undefined;
    for (const socket of [...this.#sockets]) this.#end(socket);
  }

  #end(socket: ListeningSocket): void {
    const at = this.#sockets.indexOf(socket);
    const last = this.#sockets.pop()!;
    if (last !== socket) this.#sockets[at] = last;
    socket.cancelEnd?.();
    // Deno closes it some turns later. The numbers of the others must be known when they change.
    if (socket.fd !== undefined) endListener(socket.fd);
    socket.listener.close();
    if (this.#sockets.length > 1) this.#steer();
  }

  #listen(port: number, reusePort = false): ListeningSocket {
    const { chain, key, fingerprint } = this.#certificate;
    const listener = Deno.listenTls({
      hostname: this.#host,
      port,
      cert: chain,
      key,
      tcpBacklog: ACCEPT_BACKLOG,
      ...reusePort ? { reusePort } : {},
      ...this.#alpn === undefined ? {} : { alpnProtocols: this.#alpn },
    });
    const fd = tuneListener(listener.addr, this.#sockets.map((socket) => socket.fd));
    const socket = { listener, fd, certificate: fingerprint, accepting: false };
    this.#sockets.push(socket);
    return this.#newest = socket;
  }
}

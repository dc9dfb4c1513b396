/**
 * The ports on which a hub accepts connections: plain TCP, or TLS only.
 *
 * Rules: accepting and the TLS handshake are separate steps, so that a client that is slow with the handshake delays
 * nobody. Replacing a certificate does not affect open connections. TLS is version 1.2 or 1.3: Deno has no other.
 *
 * @module
 */
import type { Certificate } from "../tls/mod.ts";
import { ACCEPT_BACKLOG, MAX_BIND_TRIES } from "../limits.ts";

/** An accepted connection. */
export type AcceptedSocket = Deno.TcpConn | Deno.TlsConn;

/** A listening port. */
export interface Acceptor {
  /** The address it listens on. */
  readonly address: Deno.NetAddr;
  /** Whether it speaks TLS: then an accepted connection has yet to do the handshake. */
  readonly encrypted: boolean;
  /**
   * Waits for a connection.
   *
   * @returns the connection
   * @throws the error of the operating system, such as where no file descriptor is left; the caller may try again
   * until the port is closed
   */
  accept(): Promise<AcceptedSocket>;
  /** Closes the port; accepted connections stay open. */
  close(): void;
}

/** The address of a port. */
export interface AcceptorAddress {
  /** An address or a host name of this machine. */
  host: string;
  /** The port; 0 lets the operating system choose one. */
  port: number;
}

/**
 * Opens a plain TCP port.
 *
 * @param address the address to listen on
 * @returns the open port
 * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listen`
 */
export function openAcceptor({ host, port }: AcceptorAddress): Acceptor {
  const listener = Deno.listen({ hostname: host, port, tcpBacklog: ACCEPT_BACKLOG });
  return {
    address: listener.addr,
    encrypted: false,
    accept: () => listener.accept(),
    close: () => listener.close(),
  };
}

/** A port that speaks TLS. */
export class TlsAcceptor implements Acceptor {
  /** As {@linkcode Acceptor.encrypted}. */
  readonly encrypted = true;
  /** As {@linkcode Acceptor.address}. */
  readonly address: Deno.NetAddr;
  readonly #host: string;
  #certificate: Certificate;
  #listener: Deno.TlsListener | undefined;
  /** Pending while a new certificate is being put in place. */
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

  /** As {@linkcode Acceptor.accept}. */
  async accept(): Promise<Deno.TlsConn> {
    for (;;) {
      await this.#renewal;
      // Listens again where the port could not be opened after an exchange.
      const listener = this.#listener ??= this.#listen();
      try {
        return await listener.accept();
      } catch (error) {
        if (!this.#open || listener === this.#listener) throw error;
      }
    }
  }

  /**
   * Replaces the certificate for new connections. The operating system does not allow two listeners on one port, so
   * for a few milliseconds nothing listens, and a client that connects just then has to try again.
   *
   * @param certificate the new certificate, which was checked
   * @returns resolves when it is in use
   * @throws the error of the operating system where the port cannot be opened again; `accept` tries on
   */
  renew(certificate: Certificate): Promise<void> {
    this.#certificate = certificate;
    const exchanged = this.#exchange();
    this.#renewal = exchanged.catch(() => {}).finally(() => this.#renewal = undefined);
    return exchanged;
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

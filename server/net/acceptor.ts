/**
 * The ports at which a hub takes connections: plain TCP, or TLS alone.
 *
 * Rules: to accept is one thing and the handshake another, so that one who is slow with it keeps nobody waiting; a
 * certificate is exchanged without touching those who are connected. TLS is version 1.2 or 1.3: the runtime has no other.
 *
 * @module
 */
import type { Certificate } from "../tls/mod.ts";
import { ACCEPT_BACKLOG, MAX_BIND_TRIES } from "../limits.ts";

/** Somebody who has connected. */
export type AcceptedSocket = Deno.TcpConn | Deno.TlsConn;

/** A port that listens. */
export interface Acceptor {
  /** Where it listens. */
  readonly address: Deno.NetAddr;
  /** Whether it speaks TLS: then those who arrive have yet to go through the handshake. */
  readonly encrypted: boolean;
  /**
   * Waits for somebody to connect.
   *
   * @returns the connection
   * @throws what the system says, as where no file descriptor is left; one may try again until it is closed
   */
  accept(): Promise<AcceptedSocket>;
  /** Closes it; those who have come are not touched. */
  close(): void;
}

/** Where to listen. */
export interface AcceptorAddress {
  /** An address, or a name of this machine. */
  host: string;
  /** The port; 0 lets the system pick one. */
  port: number;
}

/**
 * Opens a plain port.
 *
 * @param place where
 * @returns the open door
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
  /** As for any {@linkcode Acceptor}. */
  readonly encrypted = true;
  /** As for any {@linkcode Acceptor}. */
  readonly address: Deno.NetAddr;
  readonly #host: string;
  #certificate: Certificate;
  #listener: Deno.TlsListener | undefined;
  /** Pending as long as one certificate takes the place of another. */
  #renewal: Promise<void> | undefined;
  #open = true;

  /**
   * Opens it.
   *
   * @param place where
   * @param certificate what it shows
   * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listenTls`
   */
  constructor({ host, port }: AcceptorAddress, certificate: Certificate) {
    this.#host = host;
    this.#certificate = certificate;
    this.#listener = listen({ host, port }, certificate);
    this.address = this.#listener.addr;
  }

  /** As for any {@linkcode Acceptor}. */
  async accept(): Promise<Deno.TlsConn> {
    for (;;) {
      await this.#renewal;
      // Where the port could not be had again after an exchange, this is another try.
      const listener = this.#listener ??= this.#listen();
      try {
        return await listener.accept();
      } catch (error) {
        if (!this.#open || listener === this.#listener) throw error;
      }
    }
  }

  /**
   * Has those who connect from now on see another certificate. The system takes two listeners on one port for an error,
   * so for some milliseconds nobody listens, and whoever connects just then has to try again.
   *
   * @param certificate the other one, which was checked
   * @returns when it is in use
   * @throws what the system says where the port is not to be had again; it is tried on
   */
  renew(certificate: Certificate): Promise<void> {
    this.#certificate = certificate;
    const exchanged = this.#exchange();
    this.#renewal = exchanged.catch(() => {}).finally(() => this.#renewal = undefined);
    return exchanged;
  }

  /** As for any {@linkcode Acceptor}. */
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
      // The port is free when the accepting that was called off has come back.
      await new Promise((resume) => setTimeout(resume, 1));
    }
  }

  #listen(): Deno.TlsListener {
    if (!this.#open) throw new Deno.errors.BadResource("the door is closed");
    return listen({ host: this.#host, port: this.address.port }, this.#certificate);
  }
}

function listen({ host, port }: AcceptorAddress, { chain, key }: Certificate): Deno.TlsListener {
  return Deno.listenTls({ hostname: host, port, cert: chain, key, tcpBacklog: ACCEPT_BACKLOG });
}

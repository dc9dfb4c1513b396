/**
 * The proxies in front of a hub: reads their PROXY headers, so that limits and the log go by the addresses of clients.
 *
 * Rules: a connection from the address of a proxy must begin with a header, within the time of a handshake, or it is
 * closed. That is logged, except if it ends without a byte: that was a check whether the port is open. On a port for
 * HTTP it may begin with a request instead, as such a proxy can name the client there. A header from anywhere else is
 * not looked for: anybody could claim any address.
 *
 * @module
 */
import { hostPort, type Logger, type Timers } from "../../runtime/mod.ts";
import { isWithinAny, type Network } from "../admission/mod.ts";
import { HANDSHAKE_MS, PROXY_WARNING_MS } from "../limits.ts";
import type { Socket } from "./connection.ts";
import { ProxyHeaderError, readProxyHeader } from "./proxy_header.ts";
import { RewoundSocket } from "./rewound_socket.ts";

/** Dependencies of {@linkcode Proxies}. */
export interface ProxiesDependencies {
  /** Logs connections that are closed for want of a valid header. */
  log: Logger;
  /** Limits how long a header may take, and how often that is logged. */
  timers: Timers;
}

/** The proxies, and their connections that have sent no complete header yet. */
export class Proxies {
  readonly #networks: readonly Network[];
  readonly #dependencies: ProxiesDependencies;
  readonly #pending = new Set<Deno.TcpConn>();
  /** How many connections were closed since the last warning; `undefined` while a warning may be logged at once. */
  #unreported: number | undefined;
  #cancelReport: () => void = () => {};

  /**
   * Starts without connections.
   *
   * @param networks the addresses of the proxies
   * @param dependencies see {@linkcode ProxiesDependencies}
   */
  constructor(networks: readonly Network[], dependencies: ProxiesDependencies) {
    this.#networks = networks;
    this.#dependencies = dependencies;
  }

  /** The number of connections whose header is not complete. */
  get pending(): number {
    return this.#pending.size;
  }

  /**
   * Checks whether a connection must begin with a header.
   *
   * @param address its address
   * @returns whether it is the address of a proxy
   */
  includes(address: string): boolean {
    return isWithinAny(address, this.#networks);
  }

  /**
   * Reads the header of a connection, and closes the connection if there is no valid one in time.
   *
   * @param tcp the connection
   * @returns the address of the client, or of the proxy if it speaks for itself; `undefined` if the connection
   * was closed
   */
  readAddress(tcp: Deno.TcpConn): Promise<Deno.NetAddr | undefined> {
    return this.#read(tcp, () => readProxyHeader(tcp));
  }

  /**
   * Reads the header of a connection if there is one, and closes the connection if that is not valid or nothing comes
   * in time.
   *
   * @param tcp the connection
   * @returns as {@linkcode Proxies.readAddress}, and from where to read what follows; without a header the address is
   * that of the proxy; `undefined` if the connection was closed
   */
  async findAddress(tcp: Deno.TcpConn): Promise<{ address: Deno.NetAddr; socket: Socket } | undefined> {
    const reader = new RewoundSocket(tcp);
    const address = await this.#read(tcp, async () => {
      try {
        return await readProxyHeader(reader);
      } catch (error) {
        if (!(error instanceof ProxyHeaderError && error.absent)) throw error;
        reader.rewind();
        return undefined;
      }
      // Such a proxy may hold a connection ready for its next request.
    }, () => reader.hasRead);
    return address === undefined ? undefined : { address, socket: reader.isRewound ? reader : tcp };
  }

  async #read(
    tcp: Deno.TcpConn,
    readHeader: () => ReturnType<typeof readProxyHeader>,
    isFault: () => boolean = () => true,
  ): Promise<Deno.NetAddr | undefined> {
    const { remoteAddr } = tcp;
    let late = false;
    this.#pending.add(tcp);
    const cancel = this.#dependencies.timers.after(HANDSHAKE_MS, () => {
      late = true;
      this.#close(tcp);
    });
    try {
      const address = await readHeader();
      if (this.#pending.delete(tcp)) return { ...remoteAddr, ...address };
    } catch (error) {
      if (late) {
        if (isFault()) this.#report(remoteAddr, `it was not complete within ${HANDSHAKE_MS / 1000} s`);
      } else if (error instanceof ProxyHeaderError && !error.empty) this.#report(remoteAddr, error.message);
    } finally {
      cancel();
      this.#close(tcp);
    }
    return undefined;
  }

  /** Closes the connections whose header is not complete. */
  close(): void {
    for (const tcp of this.#pending) this.#close(tcp);
    this.#cancelReport();
  }

  #close(tcp: Deno.TcpConn): void {
    if (this.#pending.delete(tcp)) tcp.close();
  }

  /** Logs a closed connection; more of them within `PROXY_WARNING_MS` are counted and logged together. */
  #report({ hostname, port }: Deno.NetAddr, reason: string): void {
    if (this.#unreported !== undefined) {
      this.#unreported++;
      return;
    }
    const { log, timers } = this.#dependencies;
    log.warn("closed a connection from the proxy {address}: its PROXY header is not valid: {reason}", {
      address: hostPort(hostname, port),
      reason,
    });
    this.#unreported = 0;
    this.#cancelReport = timers.after(PROXY_WARNING_MS, () => {
      const count = this.#unreported;
      this.#unreported = undefined;
      if (count) {
        log.warn("closed {count} more connections from proxies without a valid PROXY header", { count });
      }
    });
  }
}

/**
 * Accepts connections on the ports of a hub, counts them, and refuses those beyond a limit with a reason.
 *
 * Rules:
 * - Limits apply before the TLS handshake, and the handshake has a time limit. A client that is slow with it delays
 *   nobody, and has no session yet.
 * - Running out of file descriptors ends no connection: the open ones are served on, and later ones are refused until
 *   descriptors are free again. Both are logged once, not once for each attempt.
 * - A connection from a proxy is identified by its PROXY header before all else.
 * - A client that disconnects before it is accepted causes no pause.
 *
 * It is long because accepting, refusing and ending connections change the same state.
 *
 * @module
 */
import { hostPort, type Logger, reasonOf } from "../../runtime/mod.ts";
import type { Addresses, LogLimit, Network } from "../admission/mod.ts";
import { Connection, type ConnectionDependencies, type Socket } from "./connection.ts";
import { type Acceptor, type Agreed, HTTP_ALPN, type Secured, type SecureSocket } from "../ports/mod.ts";
import type { WebServer } from "./web_server.ts";
import { Proxies } from "./proxies.ts";
import { type Refusal, Refusals } from "./refusals.ts";
import { isClientGone, isOutOfDescriptors } from "./socket_error.ts";
import {
  ACCEPT_RETRY_MS,
  CHECK_INTERVAL_MS,
  FULL_RETRY_MS,
  HANDSHAKE_MS,
  MAX_REFUSALS_AT_ONCE,
} from "../limits.ts";
import { ConnectionLimit } from "./connection_limit.ts";
import type { FdReserve } from "./fd_reserve.ts";

/** Dependencies of a listener. */
export interface ListenerDependencies extends ConnectionDependencies {
  /** Logs what no client causes. */
  log: Logger;
  /** Logs connects, refusals and ends. */
  logLimit: LogLimit;
  /** Called every `CHECK_INTERVAL_MS`, for other periodic checks. */
  check?(): void;
  /** Counts connections by address, and limits them. */
  addresses: Addresses;
  /** The proxies, whose connections begin with a PROXY header; none by default. */
  proxies?: readonly Network[] | undefined;
  /** Serves HTTP: on the ports for it, and to TLS clients that ask for it. */
  web?: WebServer | undefined;
  /** File descriptors in reserve for when none are left. */
  fdReserve?: FdReserve | undefined;
}

/** What a connection of the chat runs on. */
interface SocketKind {
  /** The fingerprint of the certificate that the client was shown, with TLS. */
  certificate?: string | undefined;
  /** Whether it is a WebSocket. */
  isWebSocket?: boolean;
  /** The origin of the page that has opened it. */
  page?: string | undefined;
}

/** The ports of a hub and the connections that were accepted on them. */
export class Listener {
  readonly #acceptors: readonly Acceptor[];
  readonly #limit: ConnectionLimit;
  readonly #dependencies: ListenerDependencies;
  /** The open connections and their addresses. */
  readonly #connections = new Map<Connection, Deno.NetAddr>();
  readonly #refusals: Refusals;
  readonly #proxies: Proxies;
  #noConnections: PromiseWithResolvers<void> | undefined;
  /** Sockets in the TLS handshake. */
  readonly #handshaking = new Set<SecureSocket>();
  readonly #encrypted = new Set<Connection>();
  readonly #webSockets = new Set<Connection>();
  /** The sockets that speak HTTP. */
  readonly #http = new Set<Socket>();
  #open = true;
  #cancelCheck: () => void = () => {};

  /**
   * Takes over open ports. Nothing is accepted before {@linkcode Listener.run}.
   *
   * @param acceptors the ports, which this listener closes
   * @param maxConnections the largest number of connections; 0 for no limit
   * @param dependencies see {@linkcode ListenerDependencies}
   */
  constructor(acceptors: readonly Acceptor[], maxConnections: number, dependencies: ListenerDependencies) {
    this.#acceptors = acceptors;
    this.#limit = new ConnectionLimit(maxConnections, dependencies);
    this.#dependencies = dependencies;
    this.#refusals = new Refusals(dependencies);
    this.#proxies = new Proxies(dependencies.proxies ?? [], dependencies);
  }

  /** The open connections. */
  get connections(): IteratorObject<Connection> {
    return this.#connections.keys();
  }

  /** The number of open connections. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** The largest number of connections now; 0 for no limit. */
  get mostConnections(): number {
    return this.#limit.most;
  }

  /** Whether file descriptors are scarce, so that fewer connections are accepted than configured. */
  get descriptorsScarce(): boolean {
    return this.#limit.lowered;
  }

  /** The number of open connections that use TLS. */
  get encrypted(): number {
    return this.#encrypted.size;
  }

  /** The number of open connections on WebSockets. */
  get webSocketCount(): number {
    return this.#webSockets.size;
  }

  /**
   * Accepts connections until the listener is closed.
   *
   * @returns resolves when it is closed
   */
  async run(): Promise<void> {
    this.#checkLater();
    await Promise.all(this.#acceptors.map((acceptor) => this.#acceptFrom(acceptor)));
  }

  async #acceptFrom(acceptor: Acceptor): Promise<void> {
    const { log, timers } = this.#dependencies;
    let failing = false;
    while (this.#open) {
      let socket: Deno.TcpConn;
      try {
        socket = await acceptor.accept();
      } catch (error) {
        if (!this.#open) return;
        if (isOutOfDescriptors(error) && this.#limit.lower(this.#count) || isClientGone(error)) continue;
        if (!failing) log.error("cannot accept connections: {error}; trying again", { error: String(error) });
        failing = true;
        await new Promise<void>((resume) => timers.after(ACCEPT_RETRY_MS, resume));
        continue;
      }
      if (failing) log.info("accepting connections again");
      failing = false;
      this.#accepted(socket, acceptor);
    }
  }

  /** Stops accepting. Open connections stay; those that are not ready yet are closed. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cancelCheck();
    for (const acceptor of this.#acceptors) acceptor.close();
    for (const socket of this.#handshaking) socket.close();
    this.#handshaking.clear();
    this.#proxies.close();
  }

  /**
   * Closes every connection once everything that waits for it is written.
   *
   * @returns resolves when no connection is open
   */
  async drain(): Promise<void> {
    const emptied = this.#noConnections ??= Promise.withResolvers();
    await Promise.all([...this.#connections.keys()].map((connection) => connection.drain()));
    if (this.#connections.size > 0) await emptied.promise;
    await this.#refusals.settled();
  }

  /**
   * Closes every connection at once.
   *
   * @param reason why, for the log
   * @returns the number of connections
   */
  closeAll(reason: string): number {
    const count = this.#connections.size;
    for (const connection of this.connections) connection.close(reason);
    return count;
  }

  /** Checks the time limits of all connections, every `CHECK_INTERVAL_MS`. */
  #checkLater(): void {
    const { clock, timers } = this.#dependencies;
    this.#cancelCheck = timers.after(CHECK_INTERVAL_MS, () => {
      const now = clock.elapsed();
      for (const connection of this.connections) connection.check(now);
      this.#limit.check();
      this.#dependencies.check?.();
      this.#checkLater();
    });
  }

  /** The number of connections, with those that are not ready yet, and those that still have a descriptor. */
  get #count(): number {
    const ending = this.#acceptors.reduce((sum, acceptor) => sum + acceptor.ending, 0);
    return this.#connections.size + this.#handshaking.size + this.#http.size + this.#proxies.pending + ending;
  }

  #accepted(tcp: Deno.TcpConn, acceptor: Acceptor): void {
    const { remoteAddr } = tcp;
    try {
      // Writes are batched already: with Nagle's algorithm a reply would wait 40 ms for an acknowledgement.
      tcp.setNoDelay(true);
      // A base client promises no heartbeat, so the operating system probes the connection.
      tcp.setKeepAlive(true);
    } catch {
      // Some systems fail here if the client has reset already; the next read will fail, too. A port with Deno's own
      // TLS has set both for all its connections.
    }
    if (acceptor.isWeb) this.#acceptedWeb(tcp, remoteAddr);
    else if (this.#proxies.includes(remoteAddr.hostname)) this.#acceptedFromProxy(tcp, acceptor);
    else this.#identified(tcp, remoteAddr, acceptor);
  }

  /** Reads the PROXY header of a connection; never rejects. */
  async #acceptedFromProxy(tcp: Deno.TcpConn, acceptor: Acceptor): Promise<void> {
    // The client can be told that the hub is full only after the header, so a few more may be pending.
    if (this.#limit.reached(this.#count - MAX_REFUSALS_AT_ONCE)) return tcp.close();
    const address = await this.#proxies.readAddress(tcp);
    if (address === undefined) return;
    if (this.#open) this.#identified(tcp, address, acceptor);
    else tcp.close();
  }

  /** Goes on with a connection whose address is known. */
  #identified(tcp: Deno.TcpConn, address: Deno.NetAddr, acceptor: Acceptor): void {
    const refusal = this.#whyRefused(address.hostname);
    if (refusal !== undefined && !this.#refusals.report(address, refusal, this.#limit.refusalsAtOnce)) {
      return tcp.close();
    }
    let secured: Secured | undefined;
    try {
      secured = acceptor.secure(tcp);
    } catch (error) {
      this.#failed(address, error);
      if (refusal === undefined) this.#dependencies.addresses.disconnected(address.hostname);
      return tcp.close();
    }
    if (refusal !== undefined) {
      const isHttp = async () => secured !== undefined && this.#asksForHttp(await secured.socket.handshake());
      this.#refusals.tell(secured?.socket ?? tcp, address.hostname, refusal, isHttp);
    } else if (secured !== undefined) this.#handshake(secured, address);
    else this.#admit(tcp, address);
  }

  /** Serves HTTP on a connection to a port for it; never rejects. */
  async #acceptedWeb(tcp: Deno.TcpConn, peer: Deno.NetAddr): Promise<void> {
    if (!this.#proxies.includes(peer.hostname)) return this.#identifiedWeb(tcp, peer);
    if (this.#limit.reached(this.#count - MAX_REFUSALS_AT_ONCE)) return tcp.close();
    const found = await this.#proxies.findAddress(tcp);
    if (found === undefined) return;
    if (this.#open) this.#identifiedWeb(found.socket, found.address);
    else tcp.close();
  }

  /**
   * Serves HTTP to a client whose address is known, or to a proxy, which names its clients in each request; those are
   * counted when they open a WebSocket.
   */
  #identifiedWeb(socket: Socket, address: Deno.NetAddr): void {
    const isProxy = this.#proxies.includes(address.hostname);
    const refusal = isProxy ? this.#whyFull() : this.#whyRefused(address.hostname);
    if (refusal === undefined) this.#serveWeb(socket, address, undefined, isProxy);
    else if (!this.#refusals.report(address, refusal, this.#limit.refusalsAtOnce)) socket.close();
    else this.#refusals.tell(socket, address.hostname, refusal, () => true);
  }

  /** Serves HTTP on a connection; never rejects. */
  async #serveWeb(
    socket: Socket,
    address: Deno.NetAddr,
    certificate: string | undefined,
    isProxy = false,
  ): Promise<void> {
    const { addresses, web } = this.#dependencies;
    const { hostname } = address;
    /** The address that is counted for this connection. */
    let counted = isProxy ? undefined : hostname;
    this.#http.add(socket);
    await web!.serve(socket, {
      address: hostname,
      secure: certificate !== undefined,
      isProxy,
      isProxyAt: (other) => this.#proxies.includes(other),
      admit: (client) => {
        const refusal = isProxy ? this.#whyRefused(client) : undefined;
        if (refusal === undefined) counted = client;
        return refusal;
      },
      open: (webSocket, client, page) => {
        this.#http.delete(socket);
        counted = undefined;
        const from = { ...address, hostname: client };
        if (this.#open) this.#admit(webSocket, from, { certificate, isWebSocket: true, page });
        else webSocket.close();
      },
    });
    this.#http.delete(socket);
    if (counted !== undefined) addresses.disconnected(counted);
  }

  /** Opens a connection for an accepted socket. */
  #admit(socket: Socket, address: Deno.NetAddr, kind: SocketKind = {}): void {
    try {
      this.#serve(socket, address, kind);
    } catch (error) {
      this.#failed(address, error);
      socket.close();
    }
  }

  #failed({ hostname }: Deno.NetAddr, error: unknown): void {
    this.#dependencies.logLimit.write("failed", hostname, "a connection failed: {error}", { error });
  }

  /** Whether a TLS client is served HTTP. */
  #asksForHttp({ alpnProtocol }: Agreed): boolean {
    return alpnProtocol === HTTP_ALPN && this.#dependencies.web !== undefined;
  }

  /** Runs the TLS handshake, then opens a connection; never rejects. */
  async #handshake({ socket, certificate }: Secured, address: Deno.NetAddr): Promise<void> {
    const { addresses, hub, logLimit, timers } = this.#dependencies;
    const { hostname, port } = address;
    this.#handshaking.add(socket);
    const close = () => {
      if (this.#handshaking.delete(socket)) socket.close();
    };
    const cancel = timers.after(HANDSHAKE_MS, close);
    try {
      const agreed = await socket.handshake();
      // The socket may have been closed in the meantime.
      if (this.#handshaking.delete(socket)) {
        if (this.#asksForHttp(agreed)) this.#serveWeb(socket, address, certificate);
        else this.#admit(socket, address, { certificate });
        return;
      }
      addresses.disconnected(hostname);
    } catch (error) {
      const reason = this.#handshaking.has(socket)
        ? reasonOf(error)
        : this.#open
        ? `it took more than ${HANDSHAKE_MS / 1000} s`
        : "the hub shuts down";
      addresses.disconnected(hostname);
      hub.counters.failHandshake();
      logLimit.write("handshake", hostname, "the TLS handshake with {address} failed: {reason}", {
        address: hostPort(hostname, port),
        reason,
      });
      close();
    } finally {
      cancel();
    }
  }

  /** Returns why a connection from this address is refused, if it is; else the address is counted. */
  #whyRefused(address: string): Refusal | undefined {
    const full = this.#whyFull();
    if (full !== undefined) return full;
    const refusal = this.#dependencies.addresses.connected(address, this.#dependencies.clock.elapsed());
    if (refusal === undefined) return undefined;
    const { reason, retryAfterMs = FULL_RETRY_MS } = refusal;
    return { word: "too_many_from_address", reason, retryAfterMs };
  }

  #whyFull(): Refusal | undefined {
    if (!this.#limit.reached(this.#count)) return undefined;
    const reason = `the hub is full: it accepts at most ${this.#limit.most} connections; try again later`;
    return { word: "server_full", reason, retryAfterMs: FULL_RETRY_MS };
  }

  #serve(
    socket: Socket,
    address: Deno.NetAddr,
    { certificate, isWebSocket = false, page }: SocketKind,
  ): void {
    const encrypted = certificate !== undefined;
    const { hostname } = address;
    const connection = new Connection(socket, this.#dependencies, { address: hostname, certificate, page });
    const { id } = connection.session;
    this.#connections.set(connection, address);
    this.#dependencies.hub.counters.connect();
    if (encrypted) this.#encrypted.add(connection);
    if (isWebSocket) this.#webSockets.add(connection);
    const template = `{connection} connected from {address}${encrypted ? " with TLS" : ""}`;
    this.#dependencies.logLimit.write("connected", address.hostname, template, {
      connection: id,
      address: hostPort(address.hostname, address.port),
    });
    connection.run(this.#ended);
  }

  readonly #ended = (connection: Connection, reason: string): void => {
    const { addresses, clock, logLimit } = this.#dependencies;
    const { id, connectedAt, name, announced } = connection.session;
    const { hostname } = this.#connections.get(connection)!;
    addresses.disconnected(hostname);
    this.#connections.delete(connection);
    this.#encrypted.delete(connection);
    this.#webSockets.delete(connection);
    if (this.#connections.size === 0) this.#noConnections?.resolve();
    const seconds = Math.round((clock.elapsed() - connectedAt) / 1000);
    const template = `{connection}${announced ? " {name}" : ""} ended after {seconds} s: {reason}`;
    const named = announced ? { name } : {};
    logLimit.write("ended", hostname, template, { connection: id, ...named, seconds, reason });
  };
}

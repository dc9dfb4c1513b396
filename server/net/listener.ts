/**
 * Accepts connections at its doors, counts them, and refuses those beyond a limit with a word of why.
 *
 * Rules: limits hold before the handshake of TLS, which has a limit of time; whoever is slow with it keeps nobody else
 * waiting and is nobody to the hub yet. Running out of file descriptors ends nothing: those who are here are served on,
 * and accepting goes on as soon as it can; it is logged once, not once a try. A client that is gone before it came in
 * costs nobody a pause.
 *
 * @module
 */
import type { Logger } from "@logtape/logtape";
import { encodeFrame, type ErrorWord, serialize } from "../../protocol/mod.ts";
import type { Addresses } from "../admission/mod.ts";
import { Connection, type ConnectionDependencies } from "./connection.ts";
import type { AcceptedSocket, Acceptor } from "./acceptor.ts";
import { hostPort, reasonOf } from "../../runtime/mod.ts";
import { serverLine } from "../hub/mod.ts";
import {
  ACCEPT_RETRY_MS,
  CHECK_INTERVAL_MS,
  FULL_RETRY_MS,
  HANDSHAKE_MS,
  LINGER_MS,
  MAX_REFUSALS_AT_ONCE,
} from "../limits.ts";
import type { FdReserve } from "./fd_reserve.ts";

/** What a listener needs from the house around it. */
export interface ListenerDependencies extends ConnectionDependencies {
  /** Where connects, refusals and ends are logged. */
  log: Logger;
  /** Looks after what else is to be looked after, each `LOOK_MS`. */
  check?(): void;
  /** Who has come from where, and what one address may do. */
  addresses: Addresses;
  /** File descriptors that are held for when there are no more. */
  fdReserve?: FdReserve | undefined;
}

/** Why someone may not come in: for programs and for people. */
interface Refusal {
  word: ErrorWord;
  why: string;
  /** When it is worth trying again, in milliseconds. */
  retryAfterMs: number;
}

/** Those who stand at the doors of a hub, and those who came in. */
export class Listener {
  readonly #acceptors: readonly Acceptor[];
  #maxConnections: number;
  readonly #dependencies: ListenerDependencies;
  /** Those who are connected, and from where. */
  readonly #connections = new Map<Connection, Deno.NetAddr>();
  readonly #refusing = new Set<Promise<void>>();
  #emptied: PromiseWithResolvers<void> | undefined;
  /** Those who are in the handshake of TLS. */
  readonly #arriving = new Set<AcceptedSocket>();
  readonly #encrypted = new Set<Connection>();
  #refusals = 0;
  #open = true;
  #cancelLook: () => void = () => {};

  /**
   * Takes over open doors. Nobody is accepted before {@linkcode Listener.run}.
   *
   * @param doors where clients connect; they are closed by this listener
   * @param maxConnections how many connections there may be; 0 for any number
   * @param ports what it needs from the house around it
   */
  constructor(acceptors: readonly Acceptor[], maxConnections: number, dependencies: ListenerDependencies) {
    this.#acceptors = acceptors;
    this.#maxConnections = maxConnections;
    this.#dependencies = dependencies;
  }

  /** Those who are connected. */
  get connections(): IteratorObject<Connection> {
    return this.#connections.keys();
  }

  /** How many are connected. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /** How many of them speak TLS. */
  get encrypted(): number {
    return this.#encrypted.size;
  }

  /**
   * Accepts until it is closed.
   *
   * @returns when it is closed
   */
  async run(): Promise<void> {
    this.#look();
    await Promise.all(this.#acceptors.map((acceptor) => this.#watch(acceptor)));
  }

  async #watch(acceptor: Acceptor): Promise<void> {
    const { log, timers } = this.#dependencies;
    let failing = false;
    while (this.#open) {
      let socket: AcceptedSocket;
      try {
        socket = await acceptor.accept();
      } catch (error) {
        if (!this.#open) return;
        if (this.#atLimit(error) || hasGone(error)) continue;
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

  /** Stops accepting. Those who are connected stay; those who are still in the handshake go. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#cancelLook();
    for (const acceptor of this.#acceptors) acceptor.close();
    for (const socket of this.#arriving) socket.close();
    this.#arriving.clear();
  }

  /**
   * Closes every connection once all that waits for it is written.
   *
   * @returns when nobody is connected any more
   */
  async drain(): Promise<void> {
    const emptied = this.#emptied ??= Promise.withResolvers();
    await Promise.all([...this.#connections.keys()].map((connection) => connection.drain()));
    if (this.#connections.size > 0) await emptied.promise;
    await Promise.all(this.#refusing);
  }

  /**
   * Closes every connection at once.
   *
   * @param reason why, for the log
   * @returns how many there were
   */
  closeAll(reason: string): number {
    const count = this.#connections.size;
    for (const connection of this.connections) connection.close(reason);
    return count;
  }

  /** Looks for clients that leave something undone for too long, from time to time. */
  #look(): void {
    const { clock, timers } = this.#dependencies;
    this.#cancelLook = timers.after(CHECK_INTERVAL_MS, () => {
      const now = clock.elapsed();
      for (const connection of this.connections) connection.check(now);
      this.#dependencies.check?.();
      this.#look();
    });
  }

  /** Where there are no more file descriptors: takes no more connections than there are, with the reserve for the rest. */
  #atLimit(error: unknown): boolean {
    if (!isOutOfDescriptors(error) || !this.#dependencies.fdReserve?.release()) return false;
    const [most, count] = [this.#maxConnections, this.#connections.size + this.#arriving.size];
    this.#maxConnections = Math.max(1, count);
    this.#dependencies.log.warn(
      "the system gives this process no more file descriptors: the hub takes {count} connections from now on, not " +
        "{most}; raise the limit (ulimit -n) and start it again",
      { count, most: most === 0 ? "any number" : most },
    );
    return true;
  }

  #accepted(socket: AcceptedSocket, { encrypted }: Acceptor): void {
    const refusal = this.#whyNot(socket.remoteAddr.hostname);
    if (refusal === undefined) {
      if (encrypted && "handshake" in socket) this.#shakeHands(socket);
      else this.#admit(socket, false);
      return;
    }
    const told = this.#refuse(socket, refusal)
      .catch((error) => this.#dependencies.log.error("a connection failed: {error}", { error }))
      .finally(() => this.#refusing.delete(told));
    this.#refusing.add(told);
  }

  /** Lets somebody in who may come in. */
  #admit(socket: AcceptedSocket, encrypted: boolean): void {
    try {
      this.#serve(socket, encrypted);
    } catch (error) {
      this.#dependencies.log.error("a connection failed: {error}", { error });
      socket.close();
    }
  }

  /** Leads the handshake of TLS, and lets in who gets through it; never rejects. */
  async #shakeHands(socket: Deno.TlsConn): Promise<void> {
    const { addresses, hub, log, timers } = this.#dependencies;
    const { hostname, port } = socket.remoteAddr;
    this.#arriving.add(socket);
    const close = () => {
      if (this.#arriving.delete(socket)) socket.close();
    };
    const cancel = timers.after(HANDSHAKE_MS, close);
    try {
      await socket.handshake();
      // It may have been closed in the meantime.
      if (this.#arriving.delete(socket)) return this.#admit(socket, true);
      addresses.disconnected(hostname);
    } catch (error) {
      const reason = this.#arriving.has(socket)
        ? reasonOf(error)
        : this.#open
        ? `not done within ${HANDSHAKE_MS / 1000} s`
        : "the hub goes down";
      addresses.disconnected(hostname);
      hub.counters.failHandshake();
      log.debug("{address} did not get through the handshake of TLS: {reason}", {
        address: hostPort(hostname, port),
        reason,
      });
      close();
    } finally {
      cancel();
    }
  }

  /** Why someone from this address may not come in, if so; else it is counted. */
  #whyNot(address: string): Refusal | undefined {
    if (this.#maxConnections > 0 && this.#connections.size + this.#arriving.size >= this.#maxConnections) {
      const why = `the hub is full: it takes ${this.#maxConnections} connections; try again later`;
      return { word: "server_full", why, retryAfterMs: FULL_RETRY_MS };
    }
    const turned = this.#dependencies.addresses.connected(address, this.#dependencies.clock.elapsed());
    if (turned === undefined) return undefined;
    const { reason, retryAfterMs = FULL_RETRY_MS } = turned;
    return { word: "too_many_from_address", why: reason, retryAfterMs };
  }

  #serve(socket: AcceptedSocket, encrypted: boolean): void {
    const { remoteAddr } = socket;
    try {
      // What is written is batched already: with Nagle's algorithm a reply would wait 40 ms for an acknowledgement.
      // The runtime has no such calls for the server's side of TLS.
      if ("setNoDelay" in socket) {
        socket.setNoDelay(true);
        // A client that speaks the base alone promises no sign of life, so the operating system asks its machine for one.
        socket.setKeepAlive(true);
      }
    } catch {
      // Some systems refuse it where the client has reset already; reading will tell.
    }
    const connection = new Connection(socket, this.#dependencies, remoteAddr.hostname);
    const { id } = connection.session;
    this.#connections.set(connection, remoteAddr);
    this.#dependencies.hub.counters.connect();
    if (encrypted) this.#encrypted.add(connection);
    this.#dependencies.log.info(`{connection} connected from {address}${encrypted ? " with TLS" : ""}`, {
      connection: id,
      address: hostPort(remoteAddr.hostname, remoteAddr.port),
    });
    connection.run(this.#ended);
  }

  readonly #ended = (connection: Connection, reason: string): void => {
    const { addresses, clock, log } = this.#dependencies;
    const { id, connectedAt } = connection.session;
    addresses.disconnected(this.#connections.get(connection)!.hostname);
    this.#connections.delete(connection);
    this.#encrypted.delete(connection);
    if (this.#connections.size === 0) this.#emptied?.resolve();
    const seconds = Math.round((clock.elapsed() - connectedAt) / 1000);
    log.info("{connection} ended after {seconds} s: {reason}", { connection: id, seconds, reason });
  };

  async #refuse(socket: AcceptedSocket, { why, word, retryAfterMs }: Refusal): Promise<void> {
    const { clock, hub, log, timers } = this.#dependencies;
    const { hostname, port } = socket.remoteAddr;
    hub.counters.refuse(word);
    log.warn("refused {address}: {why}", { address: hostPort(hostname, port), why });
    if (this.#refusals >= MAX_REFUSALS_AT_ONCE) return socket.close();
    this.#refusals++;
    let open = true;
    const close = () => {
      if (open) socket.close();
      open = false;
    };
    const cancel = timers.after(LINGER_MS, close);
    try {
      // Nobody knows yet whether it has the extension: what a 216 would say stands beside the line.
      const line = { ...serverLine(why, clock.wall()), error: word, retry_after_ms: retryAfterMs };
      await socket.write(encodeFrame(serialize(line)));
      await socket.closeWrite();
      const scratch = new Uint8Array(256);
      while (await socket.read(scratch) !== null);
    } catch {
      // The one who was refused has gone already, or took too long: there is nobody left to tell.
    } finally {
      cancel();
      close();
      this.#refusals--;
    }
  }
}

/** Whether the operating system has no file descriptor left, for this process or at all. */
function isOutOfDescriptors(error: unknown): boolean {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return code === "EMFILE" || code === "ENFILE" || /os error (?:23|24)\b/.test(String(error));
}

/** Whether only the one who was to be accepted is concerned: it reset its connection before it came in. */
function hasGone(error: unknown): boolean {
  const { ConnectionAborted, ConnectionReset, NotConnected } = Deno.errors;
  return error instanceof NotConnected || error instanceof ConnectionReset ||
    error instanceof ConnectionAborted;
}

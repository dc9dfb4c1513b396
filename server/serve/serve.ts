/**
 * Puts the parts of a hub together, from listening to having told everyone good-bye.
 *
 * @module
 */
import type { Certificate, TlsOptions } from "../tls/mod.ts";
import type { Logger } from "@logtape/logtape";
import { Addresses, type AddressLimits, type PasswordGate, type Rate } from "../admission/mod.ts";
import { type Clock, systemClock, systemTimers, type Timers } from "../../runtime/mod.ts";
import { type Acceptor, FdReserve, Listener, openAcceptor, SelfPipe, TlsAcceptor } from "../net/mod.ts";
import { Flusher, Hub } from "../hub/mod.ts";
import type { History } from "../history/mod.ts";
import { HistoryKeeper } from "./history_keeper.ts";
import {
  type ConnectionLimits,
  RESERVED_DESCRIPTORS,
  type RoomLimits,
  SELF_PIPE_RETRY_MS,
  SELF_PIPE_STOP_MS,
  SHUTDOWN_MS,
} from "../limits.ts";
import type { Measures } from "../metrics/mod.ts";
import { RunningClock } from "./running_clock.ts";

/** Where a hub listens and how many it takes. */
export interface ServeOptions {
  /** The address, or a name of this machine, to listen on. */
  host: string;
  /** The port; 0 lets the system pick one. */
  port: number;
  /** How TLS is spoken; without it nobody does. */
  tls?: TlsOptions | undefined;
  /** How many connections there may be; 0 for any number. */
  maxConnections: number;
  /** What one address may do; as much as it likes without. */
  addresses?: AddressLimits | undefined;
  /** How fast one client may ask; as fast as it likes without. */
  rate?: Rate | undefined;
  /** How much patience there is with one client; the default where it is not said. */
  limits?: ConnectionLimits | undefined;
  /** How many rooms there may be; the default where it is not said. */
  rooms?: RoomLimits | undefined;
  /** Whether some file descriptors are held for when there are no more: for a process that is a hub and nothing else. */
  reserves?: boolean;
  /** The message of the day; without it there is none. */
  motd?: string | undefined;
  /** Asks those who come for a password; nobody is asked without it. */
  passwordGate?: PasswordGate | undefined;
  /** Keeps what is said, and is closed when the hub has stopped; nothing is kept without it. */
  history?: History | undefined;
}

/** The port for TLS beside the other one cannot be had; the cause says why. */
export class TlsPortError extends Error {
  /** As for any `Error`. */
  override readonly name = "TlsPortError";
}

const NO_LIMITS: AddressLimits = { atOnce: 0, perMinute: 0, trusted: [] };

/** A hub that listens. */
export interface RunningHub {
  /** Where it listens. */
  readonly address: Deno.NetAddr;
  /** Where it speaks TLS, if it does: that address, or another port of it. */
  readonly tlsAddress: Deno.NetAddr | undefined;
  /** The certificate that is shown to those who connect from now on. */
  readonly certificate: Certificate | undefined;
  /** The message of the day; setting it changes what those are shown who arrive from now on. */
  motd: string | undefined;
  /** What can be measured of it. */
  readonly measures: Measures;
  /**
   * Shows another certificate to those who connect from now on. Those who are connected notice nothing.
   *
   * @param certificate the other one
   * @returns when it is in use
   * @throws what the system says where a port cannot be had again, which is tried on
   */
  renew(certificate: Certificate): Promise<void>;
  /**
   * Stops accepting, tells everyone 205, writes what waits for up to `SHUTDOWN_MS`, and closes.
   *
   * @returns when nobody is connected any more
   */
  stop(): Promise<void>;
}

/** The time that a hub goes by. */
export interface ServeDependencies {
  /** The two clocks; those of this machine without. */
  clock?: Clock;
  /** Lets things happen later; those of this machine without. */
  timers?: Timers;
}

/**
 * Starts a hub.
 *
 * @param options where it listens and how many it takes
 * @param log where connects, refusals and ends are logged
 * @param ports the time that it goes by
 * @returns the hub, which listens
 * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listen`, when it cannot listen there
 * @throws {TlsPortError} when it cannot listen on the port for TLS beside that one
 */
export function startHub(
  options: ServeOptions,
  log: Logger,
  dependencies: ServeDependencies = {},
): RunningHub {
  const { host, port, maxConnections, motd, rate, limits, rooms, history, passwordGate } = options;
  const { addresses = NO_LIMITS, reserves = false } = options;
  const acceptors = openDoors({ host, port }, options.tls);
  const { clock = new RunningClock(systemClock), timers = systemTimers } = dependencies;
  let selfPipe: SelfPipe | undefined;
  let stopped = false;
  let cancelRetry: (() => void) | undefined;
  const putUp = () =>
    SelfPipe.open().then((opened) => {
      selfPipe = opened;
      if (stopped) opened.close();
    }, () => log.debug("there is no loopback here: what comes while much is written is read later"));
  const opening = putUp();
  const flusher = new Flusher({
    timers,
    elapsed: () => clock.elapsed(),
    settle: () => hub.settle(),
    afterReads: (run) => {
      if (selfPipe === undefined) return timers.soon(run);
      selfPipe.notify(run, () => {
        selfPipe = undefined;
        timers.soon(run);
        if (stopped) return;
        log.debug("the doorbell is broken: what comes while much is written is read later for a while");
        cancelRetry = timers.after(SELF_PIPE_RETRY_MS, putUp);
      });
    },
  });
  const historyKeeper = history === undefined
    ? undefined
    : new HistoryKeeper(history, { clock, timers, log });
  const fdReserve = reserves ? new FdReserve(RESERVED_DESCRIPTORS) : undefined;
  let cancelTick: (() => void) | undefined;
  const hub: Hub = new Hub({
    clock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    roomGrew: (room, bytes) => flusher.roomGrew(room, bytes),
    wakeAfter: (ms) => {
      cancelTick = timers.after(ms, () => hub.tick());
    },
    rooms,
    passwordGate,
    history: historyKeeper,
    // By the word alone: what was said is nobody's business.
    refused: ({ id }, word) => log.debug("{connection} was refused: {word}", { connection: id, word }),
  });
  hub.motd = motd;
  historyKeeper?.begin(hub);
  const listener = new Listener(acceptors, maxConnections, {
    hub,
    flusher,
    clock,
    timers,
    log,
    rate,
    limits,
    fdReserve,
    addresses: new Addresses(addresses),
    check: () => selfPipe?.check(),
    internalError: (session, error) =>
      log.error("{connection} met a fault of ours: {error}", { connection: session.id, error }),
  });
  const accepted = listener.run();
  let accepting = true;
  let certificate = options.tls?.certificate;
  return {
    address: acceptors[0].address,
    tlsAddress: acceptors.find(({ encrypted }) => encrypted)?.address,
    get certificate() {
      return certificate;
    },
    async renew(other) {
      certificate = other;
      await Promise.all(
        acceptors.map((acceptor) => acceptor instanceof TlsAcceptor ? acceptor.renew(other) : undefined),
      );
    },
    get motd() {
      return hub.motd;
    },
    set motd(text) {
      hub.motd = text;
    },
    measures: {
      counters: hub.counters,
      get connections() {
        return listener.connectionCount;
      },
      get encrypted() {
        return listener.encrypted;
      },
      get certificateExpiresAt() {
        return certificate?.expiresAt;
      },
      get sessions() {
        return hub.sessionCount;
      },
      get rounds() {
        return flusher.rounds;
      },
      get lags() {
        return listener.connections.map((connection) => connection.lagBytes);
      },
      get accepting() {
        return accepting;
      },
    },
    async stop() {
      accepting = false;
      listener.close();
      await accepted;
      hub.shutDown();
      const cancelCut = timers.after(SHUTDOWN_MS, () => {
        const count = listener.closeAll("took no more when the hub went down");
        log.warn("{count} connections could not be told that the hub goes down", { count });
      });
      await listener.drain();
      cancelCut();
      cancelTick?.();
      flusher.stop();
      stopped = true;
      // On a machine that drops what it sends itself it would be waited for in vain.
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const cancelLate = timers.after(SELF_PIPE_STOP_MS, resolve);
      await Promise.race([opening, late]);
      cancelLate();
      cancelRetry?.();
      selfPipe?.close();
      fdReserve?.release();
      historyKeeper?.end();
    },
  };
}

/** Opens the ports of a hub, all or none; the first is the one that everybody is told. */
function openDoors(
  place: { host: string; port: number },
  tls: TlsOptions | undefined,
): [Acceptor, ...Acceptor[]] {
  if (tls === undefined) return [openAcceptor(place)];
  if (tls.port === undefined) return [new TlsAcceptor(place, tls.certificate)];
  const plain = openAcceptor(place);
  try {
    return [plain, new TlsAcceptor({ host: place.host, port: tls.port }, tls.certificate)];
  } catch (error) {
    plain.close();
    throw new TlsPortError("cannot listen on the port for TLS", { cause: error });
  }
}

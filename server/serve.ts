/**
 * Puts the parts of a hub together, from listening to having told everyone good-bye.
 *
 * @module
 */
import type { Logger } from "@logtape/logtape";
import { Addresses, type AddressLimits } from "./addresses.ts";
import { type Clock, systemClock, systemTimers, type Timers } from "./clock.ts";
import { Flusher } from "./flush.ts";
import type { Gate } from "./gate.ts";
import { Hub } from "./hub.ts";
import type { History } from "./history/mod.ts";
import { Keeper } from "./keeper.ts";
import {
  ACCEPT_BACKLOG,
  type ConnectionLimits,
  RESERVED_DESCRIPTORS,
  type RoomLimits,
  SHUTDOWN_MS,
} from "./limits.ts";
import { Listener } from "./listener.ts";
import type { Measures } from "./measures.ts";
import type { Rate } from "./rate_limiter.ts";
import { Reserve } from "./reserve.ts";
import { RunningClock } from "./running_clock.ts";

/** Where a hub listens and how many it takes. */
export interface ServeOptions {
  /** The address, or a name of this machine, to listen on. */
  host: string;
  /** The port; 0 lets the system pick one. */
  port: number;
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
  gate?: Gate | undefined;
  /** Keeps what is said, and is closed when the hub has stopped; nothing is kept without it. */
  history?: History | undefined;
}

const NO_LIMITS: AddressLimits = { atOnce: 0, perMinute: 0, trusted: [] };

/** A hub that listens. */
export interface RunningHub {
  /** Where it listens. */
  readonly address: Deno.NetAddr;
  /** The message of the day; setting it changes what those are shown who arrive from now on. */
  motd: string | undefined;
  /** What can be measured of it. */
  readonly measures: Measures;
  /**
   * Stops accepting, tells everyone 205, writes what waits for up to `SHUTDOWN_MS`, and closes.
   *
   * @returns when nobody is connected any more
   */
  stop(): Promise<void>;
}

/** The time that a hub goes by. */
export interface ServePorts {
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
 */
export function startHub(options: ServeOptions, log: Logger, ports: ServePorts = {}): RunningHub {
  const { host, port, maxConnections, motd, rate, limits, rooms, history, gate } = options;
  const { addresses = NO_LIMITS, reserves = false } = options;
  const socket = Deno.listen({ hostname: host, port, tcpBacklog: ACCEPT_BACKLOG });
  const { clock = new RunningClock(systemClock), timers = systemTimers } = ports;
  const flusher = new Flusher(timers, () => hub.settle());
  const keeper = history === undefined ? undefined : new Keeper(history, { clock, timers, log });
  const reserve = reserves ? new Reserve(RESERVED_DESCRIPTORS) : undefined;
  let cancelTick: (() => void) | undefined;
  const hub: Hub = new Hub({
    clock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    spoken: (room, bytes) => flusher.spoken(room, bytes),
    wakeAfter: (ms) => {
      cancelTick = timers.after(ms, () => hub.tick());
    },
    rooms,
    gate,
    history: keeper,
    // By the word alone: what was said is nobody's business.
    refused: ({ id }, word) => log.debug("{connection} was refused: {word}", { connection: id, word }),
  });
  hub.motd = motd;
  keeper?.begin(hub);
  const listener = new Listener(socket, maxConnections, {
    hub,
    flusher,
    clock,
    timers,
    log,
    rate,
    limits,
    reserve,
    addresses: new Addresses(addresses),
    fault: (session, error) =>
      log.error("{connection} met a fault of ours: {error}", { connection: session.id, error }),
  });
  const accepted = listener.run();
  let accepting = true;
  return {
    address: socket.addr,
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
        const count = listener.cut("took no more when the hub went down");
        log.warn("{count} connections could not be told that the hub goes down", { count });
      });
      await listener.drain();
      cancelCut();
      cancelTick?.();
      flusher.stop();
      reserve?.release();
      keeper?.end();
    },
  };
}

/**
 * Detects a dead connection: if the hub sends nothing for a while it gets a ping, and if it then still sends nothing it
 * is dead.
 *
 * Rules:
 * - Every message is a sign of life, so a busy link is never pinged.
 * - The time in which the client handles a message does not count.
 * - A dead hub is detected within {@linkcode IDLE_LIMIT_MS} + {@linkcode PING_TIMEOUT_MS}.
 *
 * @module
 */
import type { TimedClock } from "../../runtime/mod.ts";

/** After how much silence the hub gets a ping, in milliseconds: often enough for routers that drop idle connections. */
export const IDLE_LIMIT_MS = 45_000;

/** How long the hub may be silent after a ping, in milliseconds: several times the slowest round trip on earth. */
export const PING_TIMEOUT_MS = 20_000;

/**
 * How often the client sends at least a ping, in milliseconds, as promised to the hub. So the hub does not drop a
 * client that only reads. It drops a client after three missing ones.
 */
export const HEARTBEAT_MS = 60_000;

/** What a heartbeat needs. */
export interface HeartbeatOptions {
  /** The clock. */
  clock: TimedClock;
  /** Sends a ping. */
  ping: () => void;
  /** Called once when the hub is dead. */
  dead: () => void;
}

/** The heartbeat of one link. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  /** When the last message came, by `Clock.elapsed`. */
  #receivedAt: number;
  /** Until when the hub reads nothing, as it has said. */
  #pausedUntil = 0;
  #delivering = false;
  /** Whether a message came since the last ping. */
  #isAlive = false;
  #cancel: () => void;

  /**
   * Starts as if a message came just now.
   *
   * @param options see {@linkcode HeartbeatOptions}
   */
  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#receivedAt = options.clock.elapsed();
    this.#cancel = options.clock.after(IDLE_LIMIT_MS, () => this.#checkIdle());
  }

  /** Notes that a message came and is being handled. */
  deliveryStarted(): void {
    this.#delivering = true;
  }

  /**
   * Notes that the message was handled.
   *
   * @param pausedMs for how long the hub reads nothing, as the message says, in milliseconds
   */
  deliveryEnded(pausedMs = 0): void {
    this.#delivering = false;
    this.#isAlive = true;
    this.#receivedAt = this.#options.clock.elapsed();
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#receivedAt + pausedMs);
  }

  /** Sends a ping now. */
  check(): void {
    const { ping, dead } = this.#options;
    this.#isAlive = false;
    const pauseMs = Math.max(0, this.#pausedUntil - this.#options.clock.elapsed());
    this.#after(
      pauseMs + PING_TIMEOUT_MS,
      () => this.#isAlive || this.#delivering ? this.#checkIdle() : dead(),
    );
    ping();
  }

  /** Stops all timers. */
  stop(): void {
    this.#cancel();
  }

  #checkIdle(): void {
    const idleMs = this.#options.clock.elapsed() - this.#receivedAt;
    if (this.#delivering) this.#after(IDLE_LIMIT_MS, () => this.#checkIdle());
    else if (idleMs >= IDLE_LIMIT_MS) this.check();
    else this.#after(IDLE_LIMIT_MS - idleMs, () => this.#checkIdle());
  }

  #after(ms: number, action: () => void): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(ms, action);
  }
}

/**
 * Finds out that the other end of a link has gone without a word: where nothing was heard for a while it is asked, and
 * where then nothing is heard either it is dead.
 *
 * Rules: whatever is heard is a sign of life, so that a busy link is never asked; the time that a message takes here is
 * not the hub's. A hub that goes silent is found within {@linkcode IDLE_LIMIT_MS} and {@linkcode PING_TIMEOUT_MS}.
 *
 * @module
 */
import type { TimedClock } from "../../runtime/mod.ts";

/** After how long a silence the hub is asked, in milliseconds: often enough for what forgets idle connections on the way. */
export const IDLE_LIMIT_MS = 45_000;

/** How long it may then go on being silent, in milliseconds: several times the slowest round trip on earth. */
export const PING_TIMEOUT_MS = 20_000;

/**
 * What is promised to the hub, in milliseconds: to be heard that often, however much it says, so that it need not take a
 * reader for gone. Three may be missing before it does.
 */
export const HEARTBEAT_MS = 60_000;

/** What a pulse is taken with. */
export interface HeartbeatOptions {
  /** The clock. */
  clock: TimedClock;
  /** Asks the hub for a sign of life. */
  ping: () => void;
  /** Called once where there is none. */
  dead: () => void;
}

/** The pulse of one link. */
export class Heartbeat {
  readonly #options: HeartbeatOptions;
  /** When the hub was last heard, by `Clock.elapsed`. */
  #heardAt: number;
  /** Until when the hub has said that it will not read on. */
  #excusedUntil = 0;
  #taking = false;
  /** Whether anything was heard since the hub was asked. */
  #alive = false;
  #cancel: () => void;

  /**
   * Begins with a hub that was heard just now.
   *
   * @param options see {@linkcode HeartbeatOptions}
   */
  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#heardAt = options.clock.elapsed();
    this.#cancel = options.clock.after(IDLE_LIMIT_MS, () => this.#capabilities());
  }

  /** Takes note that a message has come, which somebody now deals with. */
  deliveryStarted(): void {
    this.#taking = true;
  }

  /**
   * Takes note that somebody has dealt with the message.
   *
   * @param pausedMs for how long the hub said by it that it reads no further, in milliseconds
   */
  deliveryEnded(pausedMs = 0): void {
    this.#taking = false;
    this.#alive = true;
    this.#heardAt = this.#options.clock.elapsed();
    this.#excusedUntil = Math.max(this.#excusedUntil, this.#heardAt + pausedMs);
  }

  /** Asks for a sign of life now, where there is a reason to doubt. */
  check(): void {
    const { ping, dead } = this.#options;
    this.#alive = false;
    const excusedMs = Math.max(0, this.#excusedUntil - this.#options.clock.elapsed());
    this.#after(
      excusedMs + PING_TIMEOUT_MS,
      () => this.#alive || this.#taking ? this.#capabilities() : dead(),
    );
    ping();
  }

  /** Stops: the link has ended. */
  stop(): void {
    this.#cancel();
  }

  #capabilities(): void {
    const quietMs = this.#options.clock.elapsed() - this.#heardAt;
    if (this.#taking) this.#after(IDLE_LIMIT_MS, () => this.#capabilities());
    else if (quietMs >= IDLE_LIMIT_MS) this.check();
    else this.#after(IDLE_LIMIT_MS - quietMs, () => this.#capabilities());
  }

  #after(ms: number, action: () => void): void {
    this.#cancel();
    this.#cancel = this.#options.clock.after(ms, action);
  }
}

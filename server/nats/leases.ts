/**
 * Leases: which hubs are alive. Each hub writes its lease every three seconds; each of the others counts, on its own
 * clock that never jumps, for how long it has seen no renewal.
 *
 * Rules: a hub that reads nothing itself declares nobody dead. A hub that was stopped itself, or cut off, gives all
 * others their whole time again.
 *
 * @module
 */
import type { TimedClock } from "../../runtime/mod.ts";
import { JetStreamApi } from "./api.ts";
import type { NatsConnection } from "./connection.ts";
import { NatsError } from "./nats_error.ts";
import type { Publisher } from "./publisher.ts";
import { StreamReader } from "./reader.ts";
import type { StreamMessage } from "./message.ts";
import { fromKey, type StreamNames, toKey } from "./subjects.ts";

/** How often a lease is renewed, in milliseconds. */
export const RENEWAL_MS = 3000;

/** How long to wait before the first lease is tried again, in milliseconds. */
const RETRY_MS = 250;

/** After which time without a renewal a hub is dead, in milliseconds. */
export const DEAD_MS = 10_000;

/** How often the watcher looks, in milliseconds. */
const TICK_MS = 500;

/** How late a tick must come to mean that this process was stopped, in milliseconds. */
const STOPPED_MS = 2000;

/** What a hub tells about itself in its lease. */
export interface HubLease {
  /** The hub: an identity that no other hub has. */
  readonly hub: string;
  /** Its epoch: another one with each start, and when it was declared dead. */
  readonly epoch: number;
  /** Anything else that it shows: its version, address, sessions, lag. */
  readonly shown: Readonly<Record<string, string | number | boolean>>;
}

/** The lease of this hub. */
export class OwnLease {
  readonly #connection: NatsConnection;
  readonly #publisher: Publisher;
  readonly #subject: string;
  readonly #value: () => HubLease;
  readonly #clock: TimedClock;
  #cancel: (() => void) | undefined;
  #stopListening: (() => void) | undefined;

  /**
   * Creates a lease; `start` begins it.
   *
   * @param connection the connection
   * @param publisher writes through it
   * @param names the names of the streams
   * @param value returns what to show, at each renewal; its `hub` never changes
   * @param clock the clock; that of the connection if not given
   */
  constructor(
    connection: NatsConnection,
    publisher: Publisher,
    names: StreamNames,
    value: () => HubLease,
    clock: TimedClock = connection.clock,
  ) {
    this.#clock = clock;
    this.#connection = connection;
    this.#publisher = publisher;
    this.#subject = names.subjects.hubs + toKey(value().hub);
    this.#value = value;
  }

  /**
   * Begins: writes the lease, and again every three seconds and whenever the connection is back.
   *
   * @param failed called with the reason each time that it cannot be written, until it is
   * @returns resolves when it is written for the first time; its stream may have no leader yet
   * @throws {NatsError} `closed` if the connection is closed
   */
  async start(failed: (reason: string) => void = () => {}): Promise<void> {
    this.#schedule();
    this.#stopListening = this.#connection.onChange((change) => {
      if (change === "connected") this.renew();
    });
    for (;;) {
      try {
        return await this.#publish();
      } catch (error) {
        if (!(error instanceof NatsError) || error.kind === "closed") throw error;
        failed(error.message);
      }
      await new Promise<void>((resolve) => this.#connection.clock.after(RETRY_MS, resolve));
    }
  }

  /** Renews the lease at once, such as when what it shows has changed. */
  renew(): void {
    this.#publish().catch(() => {
      // The next renewal comes in time, or the connection reports that it is back.
    });
  }

  /** Ends the lease: the others see the hub go at once. Without a connection they see it some seconds later. */
  async resign(): Promise<void> {
    this.stop();
    try {
      await this.#publisher.publish(this.#subject, JSON.stringify({ ...this.#value(), resigned: true }));
    } catch (error) {
      if (!(error instanceof NatsError)) throw error;
    }
  }

  /** Ends the renewals. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#stopListening?.();
  }

  async #publish(): Promise<void> {
    await this.#publisher.publish(this.#subject, JSON.stringify(this.#value()));
  }

  #schedule(): void {
    this.#cancel = this.#clock.after(RENEWAL_MS, () => {
      this.#schedule();
      this.renew();
    });
  }
}

/** Who is told about hubs. */
export interface LeaseEvents {
  /** A hub is alive: it is new, or has another epoch. */
  alive(lease: HubLease): void;
  /** A hub that was alive is dead or has left; with another epoch of it, `alive` follows. */
  gone(lease: HubLease, why: "dead" | "left" | "restarted"): void;
}

interface Watched {
  lease: HubLease;
  sequence: number;
  seenAt: number;
}

/** Watches the leases of all hubs, this one included. */
export class LeaseWatcher {
  readonly #clock: TimedClock;
  readonly #api: JetStreamApi;
  readonly #names: StreamNames;
  readonly #events: LeaseEvents;
  readonly #hubs = new Map<string, Watched>();
  readonly #reader: StreamReader;
  #lastTick = 0;
  #cancel: (() => void) | undefined;

  /**
   * Creates a watcher; `start` begins.
   *
   * @param connection the connection
   * @param names the names of the streams
   * @param events who is told
   * @param clock the clock; that of the connection if not given
   */
  constructor(
    connection: NatsConnection,
    names: StreamNames,
    events: LeaseEvents,
    clock: TimedClock = connection.clock,
  ) {
    this.#clock = clock;
    this.#api = new JetStreamApi(connection);
    this.#names = names;
    this.#events = events;
    this.#reader = new StreamReader({
      connection,
      stream: names.hubs,
      after: 0,
      deliver: (message) => this.#renewed(message),
      rewound: () => {
        this.#giveTime();
        return 0;
      },
      silent: () => this.#giveTime(),
    });
  }

  /**
   * Begins.
   *
   * @returns when the leases are read that exist
   */
  async start(): Promise<void> {
    this.#reader.start();
    this.#lastTick = this.#clock.elapsed();
    this.#tick();
    await this.#reader.caughtUp;
  }

  /** Ends. */
  close(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#reader.close();
  }

  /** The leases of the hubs that are alive, each with the milliseconds since its last renewal was seen. */
  get leases(): { lease: HubLease; ageMs: number }[] {
    const now = this.#clock.elapsed();
    return [...this.#hubs.values()].map(({ lease, seenAt }) => ({ lease, ageMs: now - seenAt }));
  }

  #renewed({ subject, data, sequence }: StreamMessage): void {
    const hub = fromKey(subject.slice(this.#names.subjects.hubs.length));
    const read = readLease(data);
    if (hub === undefined || read === undefined || read.lease.hub !== hub) return;
    const known = this.#hubs.get(hub);
    const { lease, resigned } = read;
    if (resigned) {
      if (known !== undefined) this.#remove({ ...known, sequence }, "left");
      return;
    }
    if (known !== undefined && known.lease.epoch !== lease.epoch) {
      this.#hubs.delete(hub);
      this.#events.gone(known.lease, "restarted");
    }
    const isNew = !this.#hubs.has(hub);
    this.#hubs.set(hub, { lease, sequence, seenAt: this.#clock.elapsed() });
    if (isNew) this.#events.alive(lease);
  }

  #remove(watched: Watched, why: "dead" | "left"): void {
    this.#hubs.delete(watched.lease.hub);
    // Who starts later need not wait for a lease that has ended. A renewal that came meanwhile stays.
    this.#api.call(`STREAM.PURGE.${this.#names.hubs}`, {
      filter: this.#names.subjects.hubs + toKey(watched.lease.hub),
      seq: watched.sequence + 1,
    }).catch(() => {});
    this.#events.gone(watched.lease, why);
  }

  #giveTime(): void {
    const now = this.#clock.elapsed();
    for (const watched of this.#hubs.values()) watched.seenAt = now;
  }

  #tick(): void {
    const now = this.#clock.elapsed();
    if (now - this.#lastTick > TICK_MS + STOPPED_MS) this.#giveTime();
    this.#lastTick = now;
    if (!this.#reader.isSilent) {
      for (const watched of [...this.#hubs.values()]) {
        if (now - watched.seenAt >= DEAD_MS) this.#remove(watched, "dead");
      }
    }
    this.#cancel = this.#clock.after(TICK_MS, () => this.#tick());
  }
}

/**
 * Reads a lease.
 *
 * @param data the payload of its message
 * @returns the lease, and whether the hub has ended it; `undefined` if it is none
 */
export function readLease(data: Uint8Array): { lease: HubLease; resigned: boolean } | undefined {
  try {
    const { hub, epoch, shown, resigned } = JSON.parse(new TextDecoder().decode(data));
    if (typeof hub !== "string" || typeof epoch !== "number") return undefined;
    return { lease: { hub, epoch, shown: shown ?? {} }, resigned: resigned === true };
  } catch {
    return undefined;
  }
}

/**
 * The backplane of a hub on one machine that keeps what is said: events are numbered as they come and wait; at the start
 * of a round all lines that wait are written down in one transaction, and then all events are applied in their order.
 * So nobody has seen, and nobody has been acknowledged, what a `kill -9` can take back.
 *
 * When the disk does not take a line (it is full, as a rule), the chat goes on: lines are numbered and shown and said to
 * be not stored. Whoever calls `tryAgain` from time to time has them stored again as soon as that is possible. Before that
 * their numbers are written down, so that they are not given again.
 *
 * @module
 */
import { Code } from "../../protocol/mod.ts";
import { type History, type KeptLine, type Place, type Receipt, StorageError } from "../history/mod.ts";
import type { Apply, Backplane, RoomEvent } from "./mod.ts";
import { Receipts } from "./receipts.ts";

/** What this backplane needs from the house around it. */
export interface StoredPorts {
  /** Shows an event. */
  apply: Apply;
  /** The time of day, in milliseconds since 1970. */
  now(): number;
  /** About so many bytes are to be shown when `settle` is called, which is to be soon. */
  waiting(bytes: number): void;
  /** Lines were kept. */
  kept(): void;
  /** Lines are no longer kept, for this reason; `marked` says whether the next start would know. */
  paused(error: StorageError, marked: boolean): void;
  /** Lines are kept again. */
  resumed(): void;
  /** An event could not be shown, by a fault of ours. */
  failed(error: unknown): void;
}

/** An event that waits, and its line where it has one. */
interface Waiting {
  event: RoomEvent;
  line: KeptLine | undefined;
}

/** About how many bytes an event takes on the wire beside its text. */
const EVENT_BYTES = 120;

/** Orders, numbers and keeps events within this process. */
export class StoredBackplane implements Backplane {
  readonly #history: History;
  readonly #ports: StoredPorts;
  readonly #receipts = new Receipts();
  #waiting: Waiting[] = [];
  #lines: KeptLine[] = [];
  #settled = 0;
  #paused = false;
  #damaged = false;
  /** Places in which numbers were given to lines that are not kept. */
  readonly #unkept = new Set<Place>();

  /**
   * Goes on where the history ends.
   *
   * @param history keeps lines
   * @param ports what it needs from the house around it
   */
  constructor(history: History, ports: StoredPorts) {
    this.#history = history;
    this.#ports = ports;
  }

  /** As {@linkcode Backplane.settled}. */
  get settled(): number {
    return this.#settled;
  }

  /** As {@linkcode Backplane.settles}. */
  get settles(): number {
    return this.#settled + 1;
  }

  /** As {@linkcode Backplane.publish}. */
  publish(event: RoomEvent): void {
    const { message } = event;
    let line: KeptLine | undefined;
    let bytes = EVENT_BYTES;
    if (message.code === Code.Said || message.code === Code.SaidTo) {
      line = this.#number(event, message.message);
      bytes += message.message.message.length;
      this.#lines.push(line);
    }
    this.#waiting.push({ event, line });
    this.#ports.waiting(bytes);
  }

  #number(
    event: RoomEvent,
    said: { timestamp: number; username: string; message: string; to?: string },
  ): KeptLine {
    const { timestamp, username, message, to } = said;
    const place = this.#history.place(event.room);
    const sequence = ++place.last;
    const line: KeptLine = { place, sequence, timestamp, username, to, message, verified: false };
    if (event.mark !== undefined) {
      line.receipt = { ...event.mark, sequence, stored: true, timestamp };
      this.#receipts.add(line.receipt);
    }
    return line;
  }

  /** As {@linkcode Backplane.settle}. */
  settle(): void {
    const waiting = this.#waiting, lines = this.#lines;
    this.#waiting = [];
    this.#lines = [];
    this.#settled++;
    const stored = lines.length === 0 || this.#store(lines);
    for (const { event, line } of waiting) {
      try {
        this.#ports.apply(event, line?.sequence ?? 0, stored);
      } catch (error) {
        // A fault of ours in one of them must not cost the others.
        this.#ports.failed(error);
      }
    }
  }

  /** Keeps lines, or takes note that they are not kept. */
  #store(lines: readonly KeptLine[]): boolean {
    if (!this.#paused) {
      try {
        this.#history.keep(lines);
        this.#ports.kept();
        return true;
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        this.#pause(error);
      }
    }
    for (const { place, receipt } of lines) {
      this.#unkept.add(place);
      if (receipt !== undefined) receipt.stored = false;
    }
    return false;
  }

  #pause(error: StorageError): void {
    this.#paused = true;
    this.#damaged = error.damaged;
    let marked = true;
    try {
      this.#history.mark({ unkept: true, damaged: error.damaged });
    } catch {
      marked = false;
    }
    this.#ports.paused(error, marked);
  }

  /**
   * Has lines kept again, where they are not and that is possible.
   *
   * @returns whether they are kept
   */
  tryAgain(): boolean {
    if (!this.#paused) return true;
    if (this.#damaged) return false;
    const receipts = [...this.#receipts.all].filter(({ stored }) => !stored);
    try {
      // Few bytes may fit where a line does not, and nobody wants to be told of each.
      this.#history.checkRoom();
      // What waits is not in the database yet: its receipts say that it will be.
      this.#history.keep([], this.#unkept, receipts);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#damaged = error.damaged;
      return false;
    }
    try {
      this.#history.mark({ unkept: false, damaged: false });
    } catch {
      // At worst the next start leaves a gap in the numbers.
    }
    this.#paused = false;
    this.#unkept.clear();
    this.#ports.resumed();
    return true;
  }

  /** As {@linkcode Backplane.receipt}. */
  receipt(author: string, id: string): Receipt | undefined {
    return this.#receipts.find(author, id, this.#ports.now()) ?? this.#history.receipt(author, id);
  }

  /** As {@linkcode Backplane.last}. */
  last(room: string): number {
    return this.#history.place(room).last;
  }

  /** As {@linkcode Backplane.close}. */
  close(room: string): boolean {
    try {
      const place = this.#history.place(room);
      if (this.#lines.some((line) => line.place === place)) return true;
      return this.#history.page({ place: room, limit: 1, bytes: 1 }).lines.length > 0;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return true;
    }
  }
}

/**
 * The backplane of a hub on one machine that keeps what is said: events are numbered and applied at once, and written down
 * before anything of that goes out. Until `settle` nothing that was applied may be written to anybody; it writes all of it
 * in one piece, and only then are those acknowledged who asked for it. So nobody has seen, and nobody has been acknowledged,
 * what a `kill -9` can take back.
 *
 * When the disk does not take a line (it is full, as a rule), the chat goes on: lines are numbered and shown and said to
 * be not stored. Whoever calls `tryAgain` from time to time has them stored again as soon as that is possible. Before that
 * their numbers are written down, so that they are not given again.
 *
 * @module
 */
import { Code } from "../../protocol/mod.ts";
import {
  directFrame,
  type History,
  markFrame,
  type Place,
  type Receipt,
  StorageError,
} from "../history/mod.ts";
import type { Acknowledge, Apply, Backplane, RoomEvent } from "./backplane.ts";
import { Receipts } from "./receipts.ts";

/** What this backplane needs from the house around it. */
export interface StoredBackplaneDependencies {
  /** Shows an event. */
  apply: Apply;
  /** Tells the author of a line how it went. */
  acknowledge: Acknowledge;
  /** The time of day, in milliseconds since 1970. */
  now(): number;
  /** Gives what the members of rooms were shown since this was asked last, as frames that are good until more is said. */
  takeShown(): Uint8Array[];
  /** Lines were kept. */
  stored(): void;
  /** Lines are no longer kept, for this reason; `marked` says whether the next start would know. */
  paused(error: StorageError, marked: boolean): void;
  /** Lines are kept again. */
  resumed(): void;
}

/** Orders, numbers and keeps events within this process. */
export class StoredBackplane implements Backplane {
  readonly #history: History;
  readonly #dependencies: StoredBackplaneDependencies;
  readonly #known = new Receipts();
  /** Where lines were said that are not written down. */
  readonly #places = new Set<Place>();
  /** What is to be written down of these besides what is shown in rooms. */
  #frames: Uint8Array[] = [];
  #receipts: Receipt[] = [];
  /** The lines whose authors are to be told how it went, and their numbers. */
  #asked: { event: RoomEvent; sequence: number }[] = [];
  #settled = 0;
  #paused = false;
  #damaged = false;
  /** Places in which numbers were given to lines that are not kept. */
  readonly #unkept = new Set<Place>();
  #last: { room: string; place: Place } | undefined;

  /**
   * Goes on where the history ends.
   *
   * @param history keeps lines
   * @param ports what it needs from the house around it
   */
  constructor(history: History, dependencies: StoredBackplaneDependencies) {
    this.#history = history;
    this.#dependencies = dependencies;
  }

  /** As {@linkcode Backplane.settleCount}. */
  get settleCount(): number {
    return this.#settled;
  }

  /** Whether lines are not kept for now. */
  get paused(): boolean {
    return this.#paused;
  }

  /** As {@linkcode Backplane.settlesAt}. */
  get settlesAt(): number {
    return this.#settled + 1;
  }

  /** As {@linkcode Backplane.publish}. */
  publish(event: RoomEvent): void {
    const { message, messageId, ref } = event;
    if (message.code !== Code.Said && message.code !== Code.SaidTo) return this.#dependencies.apply(event, 0);
    const place = this.#placeOf(event.room);
    const sequence = ++place.last;
    message.message.sequence = sequence;
    this.#places.add(place);
    if (messageId !== undefined) {
      const receipt = { ...messageId, sequence, stored: true, timestamp: message.message.timestamp };
      this.#known.add(receipt);
      this.#receipts.push(receipt);
      this.#frames.push(markFrame({ place: event.room, sequence, ...messageId }));
    }
    if (message.code === Code.SaidTo) this.#frames.push(directFrame(message));
    if (ref !== undefined) this.#asked.push({ event, sequence });
    this.#dependencies.apply(event, sequence);
  }

  /** Finds a place; bursts are in one. */
  #placeOf(room: string): Place {
    if (this.#last?.room === room && this.#places.has(this.#last.place)) return this.#last.place;
    const place = this.#history.place(room);
    this.#last = { room, place };
    return place;
  }

  /** As {@linkcode Backplane.settle}. */
  settle(): void {
    const shown = this.#dependencies.takeShown();
    if (this.#places.size === 0) return;
    const frames = this.#frames, receipts = this.#receipts, asked = this.#asked;
    if (frames.length > 0) this.#frames = [];
    if (receipts.length > 0) this.#receipts = [];
    if (asked.length > 0) this.#asked = [];
    this.#settled++;
    const stored = this.#store(frames.length === 0 ? shown : [...frames, ...shown], receipts);
    this.#places.clear();
    for (const { event, sequence } of asked) this.#dependencies.acknowledge(event, sequence, stored);
  }

  /** Writes lines down, or takes note that they are not kept. */
  #store(frames: readonly Uint8Array[], receipts: readonly Receipt[]): boolean {
    if (!this.#paused) {
      try {
        this.#history.append(frames, receipts);
        this.#dependencies.stored();
        return true;
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        this.#pause(error);
      }
    }
    for (const place of this.#places) this.#unkept.add(place);
    for (const receipt of receipts) receipt.stored = false;
    return false;
  }

  #pause(error: StorageError): void {
    this.#paused = true;
    this.#damaged = error.damaged;
    let marked = true;
    try {
      // That it is damaged may have been found elsewhere: it is not taken back here.
      this.#history.mark({ unkept: true, ...(error.damaged ? { damaged: true } : {}) });
    } catch {
      marked = false;
    }
    this.#dependencies.paused(error, marked);
  }

  /**
   * Has lines kept again, where they are not and that is possible.
   *
   * @returns whether they are kept
   */
  retryStorage(): boolean {
    if (!this.#paused) return true;
    if (this.#damaged) return false;
    // What waits is not to be kept: it is said to be that when it is settled.
    this.settle();
    const receipts = [...this.#known.all].filter(({ stored }) => !stored);
    try {
      // Few bytes may fit where a line does not, and nobody wants to be told of each.
      this.#history.checkRoom();
      this.#history.keep([], { places: this.#unkept, receipts });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#damaged = error.damaged;
      return false;
    }
    try {
      this.#history.mark({ unkept: false });
    } catch {
      // At worst the next start leaves a gap in the numbers.
    }
    this.#paused = false;
    this.#unkept.clear();
    this.#dependencies.resumed();
    return true;
  }

  /** As {@linkcode Backplane.receipt}. */
  receipt(author: string, id: string): Receipt | undefined {
    return this.#known.find(author, id, this.#dependencies.now()) ?? this.#history.receipt(author, id);
  }

  /** As {@linkcode Backplane.last}. */
  last(room: string): number {
    return this.#history.place(room).last;
  }

  /** As {@linkcode Backplane.close}. */
  close(room: string): boolean {
    try {
      const place = this.#history.place(room);
      if (this.#places.has(place)) return true;
      return this.#history.isKept(place);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return true;
    }
  }
}

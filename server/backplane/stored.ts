/**
 * The backplane of a hub on one machine that stores messages. Events are numbered and applied at once, and stored
 * before anything is written to a client. Until `settle`, nothing that was applied may be written. `settle` stores all
 * of it in one write, and acknowledges the messages after that. So no client has received a message or an
 * acknowledgement that a `kill -9` can undo.
 *
 * When the disk refuses a message (usually because it is full), the chat continues: messages are numbered and shown,
 * and acknowledged as not stored. The hub then calls `retryStorage` from time to time. As soon as the disk accepts data
 * again, it stores the last numbers, so that no number is given twice, and then storing starts again.
 *
 * The file is long because each step of that is explained.
 *
 * @module
 */
import { Code, type LineChanged, ProtocolError } from "../../protocol/mod.ts";
import { saidFrame } from "./batch.ts";
import {
  changeFrame,
  type ChangeRecord,
  type Conversation,
  copyFrame,
  directFrame,
  type History,
  messageIdFrame,
  type Progress,
  progressFrame,
  type Receipt,
  StorageError,
} from "../history/mod.ts";
import type { Acknowledge, Apply, Backplane, RoomEvent } from "./backplane.ts";
import { Receipts } from "./receipts.ts";

/** Dependencies of this backplane. */
export interface StoredBackplaneDependencies {
  /** Shows an event. */
  apply: Apply;
  /** Acknowledges a message to its author. */
  acknowledge: Acknowledge;
  /** Returns the time of day, in milliseconds since 1970. */
  now(): number;
  /** Takes the frames that the members of rooms were shown since the last call; they are valid until more is shown. */
  takeShown(): Uint8Array[];
  /** Called with the number of messages that were stored. */
  stored(count: number): void;
  /** Called with the number of messages that could not be stored. */
  notStored?(count: number): void;
  /** Called when storing stops, with the reason; `recorded`: whether that is on disk, for the next start. */
  paused(error: StorageError, recorded: boolean): void;
  /** Called when messages are stored again. */
  resumed(): void;
  /**
   * Takes how far the log was copied from which the messages since the last call come. It is stored with them, all or
   * nothing. Without it they come from no log.
   */
  takeProgress?: (() => Progress) | undefined;
}

/** Orders, numbers and stores events within this process. */
export class StoredBackplane implements Backplane {
  readonly #history: History;
  readonly #dependencies: StoredBackplaneDependencies;
  readonly #recent = new Receipts();
  /** The conversations with messages that are not stored yet. */
  readonly #changed = new Set<Conversation>();
  /** The frames to store besides those that room members are shown. */
  #frames: Uint8Array[] = [];
  #receipts: Receipt[] = [];
  /** The messages to acknowledge, and their numbers, in the order in which they were sent. */
  #unacknowledged: { event: RoomEvent; sequence: number }[] = [];
  #settled = 0;
  /** The changes since the last `settle`. */
  #changes: ChangeRecord[] = [];
  /** The changes that were applied and could not be stored. */
  #unstoredChanges: ChangeRecord[] = [];
  /** The number of messages since the last `settle`. */
  #count = 0;
  #paused = false;
  #damaged = false;
  /** Conversations in which messages that are not stored have numbers. */
  readonly #unstored = new Set<Conversation>();
  #lastUsed: { room: string; place: Conversation } | undefined;

  /**
   * Continues where the history ends.
   *
   * @param history stores messages
   * @param dependencies see {@linkcode StoredBackplaneDependencies}
   */
  constructor(history: History, dependencies: StoredBackplaneDependencies) {
    this.#history = history;
    this.#dependencies = dependencies;
  }

  /** As {@linkcode Backplane.settleCount}. */
  get settleCount(): number {
    return this.#settled;
  }

  /** Whether storing has stopped. */
  get paused(): boolean {
    return this.#paused;
  }

  /** As {@linkcode Backplane.settlesAt}. */
  get settlesAt(): number {
    return this.#settled + 1;
  }

  /** As {@linkcode Backplane.publish}. */
  publish(event: RoomEvent): void {
    const { message } = event;
    if (message.code === Code.LineChanged) {
      if (this.#paused) {
        throw new ProtocolError(
          "unavailable",
          "Cannot change a message now: the hub cannot store it; try again later",
        );
      }
      return this.#change(event, message);
    }
    this.add(event);
  }

  /**
   * Applies an event, and stores a message with the next settle.
   *
   * @param event the event
   * @param number the number that a shared log gave a message or a change; by default the next one
   */
  add(event: RoomEvent, number?: number): void {
    const { message, messageId, ref } = event;
    if (message.code === Code.LineChanged) return this.#change(event, message, number);
    if (message.code !== Code.Said && message.code !== Code.SaidTo) {
      this.#dependencies.apply(event, 0);
      return;
    }
    const place = this.#placeOf(event.room);
    const sequence = place.last = number ?? place.last + 1;
    this.#count++;
    message.message.sequence = sequence;
    this.#changed.add(place);
    if (messageId !== undefined) {
      const receipt = { ...messageId, sequence, stored: true, timestamp: message.message.timestamp };
      this.#recent.add(receipt);
      this.#receipts.push(receipt);
      this.#frames.push(messageIdFrame({ place: event.room, sequence, ...messageId }));
    }
    if (message.code === Code.SaidTo) this.#frames.push(directFrame(message));
    if (ref !== undefined) this.#unacknowledged.push({ event, sequence });
    const isShown = this.#dependencies.apply(event, sequence);
    if (!isShown && message.code === Code.Said) this.#frames.push(saidFrame(message));
  }

  /** Accepts a change of a message. */
  #change(event: RoomEvent, message: LineChanged, given?: number): void {
    const { room, change, messageId, ref } = event;
    const number = this.#history.nextChange(given);
    message.change = number;
    this.#changes.push({ place: room, change: number, ...change!, messageId });
    if (messageId !== undefined) {
      const receipt = { ...messageId, sequence: change!.sequence, stored: true, timestamp: change!.at };
      this.#recent.add(receipt);
      this.#receipts.push(receipt);
    }
    if (ref !== undefined) this.#unacknowledged.push({ event, sequence: number });
    this.#dependencies.apply(event, number);
  }

  /** Finds a conversation. It tries the last one first: most messages of a burst are in the same conversation. */
  #placeOf(room: string): Conversation {
    if (this.#lastUsed?.room === room && this.#changed.has(this.#lastUsed.place)) return this.#lastUsed.place;
    const place = this.#history.conversation(room);
    this.#lastUsed = { room, place };
    return place;
  }

  /** As {@linkcode Backplane.settle}. */
  settle(): void {
    const shown = this.#dependencies.takeShown();
    if (this.#changed.size === 0 && this.#changes.length === 0) return this.#settleAgain();
    const frames = this.#frames, receipts = this.#receipts, unacknowledged = this.#unacknowledged;
    if (frames.length > 0) this.#frames = [];
    if (receipts.length > 0) this.#receipts = [];
    if (unacknowledged.length > 0) this.#unacknowledged = [];
    this.#settled++;
    const changes = this.#changes;
    if (changes.length > 0) this.#changes = [];
    const progress = this.#dependencies.takeProgress?.();
    const records = frames.length + changes.length === 0
      ? shown
      : [...frames, ...shown, ...changes.map(changeFrame)];
    const stored = this.#store(
      progress === undefined ? records : [copyFrame(), ...records, progressFrame(progress)],
      receipts,
      changes,
    );
    this.#count = 0;
    this.#changed.clear();
    for (const { event, sequence } of unacknowledged) this.#dependencies.acknowledge(event, sequence, stored);
  }

  /**
   * Acknowledges a message that was sent before, with the next settle, after all that was applied before.
   *
   * @param event the message
   * @param receipt how it was acknowledged
   */
  acknowledgeAgain(event: RoomEvent, { sequence }: Pick<Receipt, "sequence">): void {
    if (event.ref !== undefined) this.#unacknowledged.push({ event, sequence });
  }

  /** Acknowledges what was sent again, where nothing is to be stored. */
  #settleAgain(): void {
    const unacknowledged = this.#unacknowledged;
    if (unacknowledged.length === 0) return;
    this.#unacknowledged = [];
    this.#settled++;
    for (const { event, sequence } of unacknowledged) this.#dependencies.acknowledge(event, sequence, true);
  }

  /** Stores messages, or records that they are not stored. */
  #store(
    frames: readonly Uint8Array[],
    receipts: readonly Receipt[],
    changes: readonly ChangeRecord[],
  ): boolean {
    if (!this.#paused) {
      try {
        this.#history.append(frames, receipts);
        this.#dependencies.stored(this.#count);
        return true;
      } catch (error) {
        if (!(error instanceof StorageError)) throw error;
        this.#pause(error);
      }
    }
    this.#dependencies.notStored?.(this.#count);
    for (const place of this.#changed) this.#unstored.add(place);
    for (const receipt of receipts) receipt.stored = false;
    this.#unstoredChanges.push(...changes);
    return false;
  }

  #pause(error: StorageError): void {
    this.#paused = true;
    this.#damaged = error.damaged;
    let recorded = true;
    try {
      // Without damage here, the field is left out: other code may have recorded damage.
      this.#history.recordState({ unkept: true, ...(error.damaged ? { damaged: true } : {}) });
    } catch {
      recorded = false;
    }
    this.#dependencies.paused(error, recorded);
  }

  /**
   * Tries to store messages again if storing has stopped.
   *
   * @returns whether messages are stored
   */
  retryStorage(): boolean {
    if (!this.#paused) return true;
    if (this.#damaged) return false;
    // Messages that wait now are acknowledged as not stored.
    this.settle();
    const receipts = [...this.#recent.all].filter(({ stored }) => !stored);
    try {
      // A few bytes may fit where a message does not: without this check, storing would resume and stop again and
      // again.
      this.#history.checkDiskSpace();
      this.#history.insert([], { conversations: this.#unstored, receipts, changes: this.#unstoredChanges });
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#damaged = error.damaged;
      return false;
    }
    try {
      // A copy of a log lacks messages now: the next start copies it again.
      if (this.#dependencies.takeProgress === undefined) this.#history.recordState({ unkept: false });
    } catch {
      // At worst, the next start leaves a gap in the numbers.
    }
    this.#paused = false;
    this.#unstored.clear();
    this.#unstoredChanges = [];
    this.#dependencies.resumed();
    return true;
  }

  /** As {@linkcode Backplane.receipt}. */
  receipt(author: string, id: string): Receipt | undefined {
    return this.#recent.find(author, id) ?? this.#history.receipt(author, id);
  }

  /** As {@linkcode Backplane.detach}. */
  detach(name: string): void {
    this.settle();
    this.#recent.forget(name);
    this.#history.detach(name);
  }

  /** As {@linkcode Backplane.erase}. */
  erase(room: string): void {
    this.settle();
    this.#lastUsed = undefined;
    this.#history.erase(room);
  }

  /** As {@linkcode Backplane.lastSequence}. */
  lastSequence(room: string): number {
    return this.#history.conversation(room).last;
  }

  /** As {@linkcode Backplane.close}. */
  close(room: string): boolean {
    try {
      const place = this.#history.conversation(room);
      if (this.#changed.has(place)) return true;
      return this.#history.hasMessages(place);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return true;
    }
  }
}

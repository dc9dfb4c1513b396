/**
 * The backplane of a hub on one machine that stores nothing: events are ordered as they arrive, numbered in memory and
 * applied at once. Numbers begin at 1 with each start, and in each newly created room.
 *
 * @module
 */
import { Code, ProtocolError } from "../../protocol/mod.ts";
import type { Receipt } from "../history/mod.ts";
import type { Acknowledge, Apply, Backplane, RoomEvent } from "./backplane.ts";
import { Receipts } from "./receipts.ts";

/** Orders and numbers events within this process. */
export class EmbeddedBackplane implements Backplane {
  /** As {@linkcode Backplane.settleCount}. */
  readonly settleCount = 0;
  /** As {@linkcode Backplane.settlesAt}: at once. */
  readonly settlesAt = 0;
  readonly #apply: Apply;
  readonly #acknowledge: Acknowledge;
  readonly #now: () => number;
  readonly #lastSequence = new Map<string, number>();
  readonly #receipts = new Receipts();

  /**
   * Creates a backplane without events.
   *
   * @param apply shows an event; called before `publish` returns
   * @param acknowledge acknowledges a message; called after `apply`
   * @param now returns the time of day, in milliseconds since 1970
   */
  constructor(apply: Apply, acknowledge: Acknowledge, now: () => number) {
    this.#apply = apply;
    this.#acknowledge = acknowledge;
    this.#now = now;
  }

  /** As {@linkcode Backplane.publish}. */
  publish(event: RoomEvent): void {
    let sequence = 0;
    if (event.message.code === Code.Said) {
      sequence = (this.#lastSequence.get(event.room) ?? 0) + 1;
      this.#lastSequence.set(event.room, sequence);
    } else if (event.message.code === Code.LineChanged) {
      throw new ProtocolError("unavailable", "Cannot change a message: this hub stores no messages");
    }
    if (event.messageId !== undefined) {
      this.#receipts.add({ ...event.messageId, sequence, stored: true, timestamp: this.#now() });
    }
    this.#apply(event, sequence);
    if (event.ref !== undefined) this.#acknowledge(event, sequence, true);
  }

  /** As {@linkcode Backplane.settle}: nothing waits. */
  settle(): void {}

  /** As {@linkcode Backplane.receipt}. */
  receipt(author: string, id: string): Receipt | undefined {
    return this.#receipts.find(author, id);
  }

  /** As {@linkcode Backplane.detach}: only receipts are kept. */
  detach(name: string): void {
    this.#receipts.forget(name);
  }

  /** As {@linkcode Backplane.erase}: nothing is stored. */
  erase(): void {}

  /** As {@linkcode Backplane.lastSequence}: nothing is stored. */
  lastSequence(): number {
    return 0;
  }

  /** As {@linkcode Backplane.close}. */
  close(room: string): boolean {
    this.#lastSequence.delete(room);
    return false;
  }
}

/**
 * The backplane of a hub on one machine: events are in the order in which they come, and numbered in memory. Numbers
 * begin at 1 with each start, and in each room that is made anew, since nothing is kept.
 *
 * @module
 */
import { Code } from "../../protocol/mod.ts";
import type { Apply, Backplane, RoomEvent } from "./mod.ts";

/** Orders and numbers events within this process. */
export class EmbeddedBackplane implements Backplane {
  readonly #apply: Apply;
  readonly #lastSequence = new Map<string, number>();

  /**
   * Makes a backplane in which nothing has happened.
   *
   * @param apply shows an event; called before `publish` returns
   */
  constructor(apply: Apply) {
    this.#apply = apply;
  }

  /** As {@linkcode Backplane.publish}. */
  publish(event: RoomEvent): void {
    let sequence = 0;
    if (event.message.code === Code.Said) {
      sequence = (this.#lastSequence.get(event.room) ?? 0) + 1;
      this.#lastSequence.set(event.room, sequence);
    }
    this.#apply(event, sequence);
  }

  /** As {@linkcode Backplane.close}. */
  close(room: string): void {
    this.#lastSequence.delete(room);
  }
}

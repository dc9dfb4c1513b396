/**
 * Who orders, numbers and keeps what happens in the rooms. The hub hands an accepted event to a backplane and shows it
 * only when it comes back, in one order for a room; whether that order is made in this process or by several machines
 * together is the backplane's business alone.
 *
 * @module
 */
import type { Joined, Left, Renamed, RoomJoined, RoomLeft, Said } from "../../protocol/mod.ts";

/** Something that happened in a room and that everyone in it is to see. */
export interface RoomEvent {
  /** The room, without `#`. */
  room: string;
  /** What its members are told. A line gets its `sequence` when it is applied. */
  message: Said | Joined | Renamed | Left | RoomJoined | RoomLeft;
  /** The id of the session that it came from. */
  from: string;
  /** The `ref` of the request that it came from, answered when it is applied. */
  ref?: string | undefined;
}

/**
 * Shows an event to everyone in its room. Called by a backplane, in one order for a room.
 *
 * @param event what happened
 * @param sequence the number of a line in its room, 1, 2, 3 …; 0 for what is not a line
 */
export type Apply = (event: RoomEvent, sequence: number) => void;

/** Orders, numbers and keeps events. */
export interface Backplane {
  /**
   * Takes an event that the hub has accepted. It is applied once, now or later.
   *
   * @param event what happened
   */
  publish(event: RoomEvent): void;
  /**
   * Takes note that nobody is in a room any more.
   *
   * @param room its name, without `#`
   */
  close(room: string): void;
}

export { EmbeddedBackplane } from "./embedded.ts";

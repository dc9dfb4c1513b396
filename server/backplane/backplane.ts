/**
 * The interface of a backplane, which orders, numbers and stores events. The hub passes each accepted event to its
 * backplane, and shows it only when the backplane returns it, in one order for each room. Whether one process or
 * several machines decide that order, and whether messages are stored first, only the backplane knows.
 *
 * @module
 */
import type {
  Joined,
  Left,
  LineChanged,
  PlainSaid,
  Renamed,
  RoomJoined,
  RoomLeft,
  Said,
  SaidTo,
} from "../../protocol/mod.ts";
import type { Receipt, StoredChange } from "../history/mod.ts";

/** An event that everyone in a room, or the two users of a direct conversation, receive. */
export interface RoomEvent {
  /** The room, without `#`; for a direct message the result of `directKey`. */
  room: string;
  /**
   * The message for them. A chat message gets its `sequence` when it is applied. A plain one must be applied before
   * `publish` returns, or its text be copied: it is not valid any longer. A changed message gets
   * the number of its `change` when it is applied.
   */
  message: Said | PlainSaid | SaidTo | LineChanged | Joined | Renamed | Left | RoomJoined | RoomLeft;
  /** What is stored of a {@linkcode LineChanged}; the message that it changes was applied before. */
  change?: StoredChange | undefined;
  /** In a cluster, the number of the last change that its hub knew when it decided this one. */
  base?: number | undefined;
  /** Whether others came first, so that it changes nothing. */
  isSuperseded?: boolean | undefined;
  /** The id of the session that caused it; `undefined` if that is at another hub. */
  from: string | undefined;
  /** The key of the name that a direct message is for. */
  to?: string | undefined;
  /** The `ref` of the request, acknowledged once the event is applied and stored. */
  ref?: string | undefined;
  /**
   * For deduplication, if the client gave the message, or the new text of one, an id: its author as `Session.author`
   * gives it, that id or its `editedId`, and the `contentDigest` of the message.
   */
  messageId?: { author: string; id: string; digest: string } | undefined;
}

/**
 * Shows an event to everyone in its room. The backplane calls it, in one order for each room.
 *
 * @param event the event
 * @param sequence the number of a chat message in its room, 1, 2, 3 …; the number of a change; 0 for other events
 * @returns whether a message in a room is in the log of the room; it is not if nobody is there
 */
export type Apply = (event: RoomEvent, sequence: number) => boolean;

/**
 * Acknowledges a chat message or a change to its author, if it has a `ref`. The backplane calls it after the event was
 * applied.
 *
 * @param event the event
 * @param sequence its number; 0 if it has none
 * @param stored whether it is stored; `true` if the hub stores no messages
 */
export type Acknowledge = (event: RoomEvent, sequence: number, stored: boolean) => void;

/** Orders, numbers and stores events. */
export interface Backplane {
  /** How many times `settle` has acknowledged messages. */
  readonly settleCount: number;
  /**
   * The value of `settleCount` at which a message that is published now is acknowledged; not above `settleCount` if
   * that happens at once.
   */
  readonly settlesAt: number;
  /**
   * Accepts an event. It is applied once, now or later.
   *
   * @param event the event
   * @throws {StorageError} if the next number of the room cannot be read; then nothing has happened
   * @throws {ProtocolError} `unavailable` for a change while nothing is stored; then nothing has happened
   */
  publish(event: RoomEvent): void;
  /**
   * Stores all applied messages and acknowledges them. Before that, nothing that was applied may be written to any
   * client. Never throws for an error of the storage.
   */
  settle(): void;
  /**
   * Looks up a message that may have been sent before.
   *
   * @param author its author, as in a receipt
   * @param id the id that the author gave it
   * @returns how it was or will be acknowledged; `undefined` if the message is unknown
   * @throws {StorageError} if that cannot be read
   */
  receipt(author: string, id: string): Receipt | undefined;
  /**
   * Keeps what belongs to a name from whoever has the name next: its direct conversations and its receipts.
   *
   * @param name the key of the name
   * @throws {StorageError} if the history cannot be changed
   */
  detach(name: string): void;
  /**
   * Deletes the stored messages of a room.
   *
   * @param room its name, without `#`
   * @throws {StorageError} if the history cannot be changed
   */
  erase(room: string): void;
  /**
   * Returns the last number of a room.
   *
   * @param room its name, without `#`
   * @returns the number of the last message that was ever sent in it; 0 for none
   * @throws {StorageError} if that cannot be read
   */
  lastSequence(room: string): number;
  /**
   * Records that a room has no members left.
   *
   * @param room its name, without `#`
   * @returns whether some of its messages are stored
   */
  close(room: string): boolean;
}

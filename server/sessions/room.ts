/**
 * A room: its members, and the log of the frames that they receive.
 *
 * @module
 */
import { BroadcastLog, type LogCursor } from "../fanout/mod.ts";
import { MAIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES, SMALL_SEGMENT_BYTES } from "../limits.ts";
import type { MemberRoom, Membership, Session } from "./session.ts";

/** The room that every user is a member of, and the only one that base clients see. */
export const MAIN_ROOM = "main";

/** One room. */
export class Room implements MemberRoom {
  /** Its name, without `#`, in the spelling of the user who created it. */
  readonly name: string;
  /** The sequence number of its last message; 0 for none. */
  lastSequence: number;
  /** The frames that its members receive, encoded once for all of them. */
  readonly log: BroadcastLog;
  /** The cursor of the journal, if messages are stored: it reads each frame before the members do. */
  readonly journalCursor: LogCursor | undefined;
  /** The sessions that are members. */
  readonly members: Set<Session> = new Set();

  /**
   * Creates a room without members.
   *
   * @param name its name, without `#`
   * @param lastSequence the sequence number of the last message ever sent in it; 0 for none
   * @param journaled whether its messages are stored
   */
  constructor(name: string, lastSequence: number, journaled = false) {
    this.name = name;
    this.lastSequence = lastSequence;
    this.log = name === MAIN_ROOM
      ? new BroadcastLog(MAIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES)
      : new BroadcastLog(SMALL_SEGMENT_BYTES);
    if (journaled) this.journalCursor = this.log.cursor();
  }

  /**
   * Adds a session; it receives what is appended from now on.
   *
   * @param session the session
   */
  add(session: Session): void {
    this.members.add(session);
    // Not pushed: V8 grows an array by 16 slots at once, and most users are in few rooms.
    const membership = { room: this, cursor: this.log.cursor(), sinceSequence: this.lastSequence };
    session.memberships = session.memberships.concat(membership);
  }

  /**
   * Removes a session.
   *
   * @param session the session
   */
  remove(session: Session): void {
    this.members.delete(session);
    session.memberships.find(({ room }) => room === this)?.cursor.leave();
    session.memberships = session.memberships.filter(({ room }) => room !== this);
  }
}

/**
 * Returns the mailbox of a session: a private room for the direct messages that others send to it. Creates it if it
 * does not exist yet.
 *
 * @param session the session
 * @returns its membership in the mailbox
 */
export function mailboxOf(session: Session): Membership {
  if (session.mailbox === undefined) {
    const room = new Room("", 0);
    room.members.add(session);
    session.mailbox = { room, cursor: room.log.cursor(), sinceSequence: 0 };
  }
  return session.mailbox;
}

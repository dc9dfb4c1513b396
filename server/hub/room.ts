/**
 * A room: who is in it, and the log of what they see.
 *
 * @module
 */
import { BroadcastLog, type LogCursor } from "./broadcast_log.ts";
import { MAIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES, SMALL_SEGMENT_BYTES } from "../limits.ts";
import type { MemberRoom, Membership, Session } from "./session.ts";

/** The room that everyone is in, and the only one that base clients see. */
export const MAIN_ROOM = "main";

/** One room. */
export class Room implements MemberRoom {
  /** Its name, without `#`, as the first who joined it spelled it. */
  readonly name: string;
  /** The number of the last line that was said in it; 0 where there is none. */
  lastSequence: number;
  /** What its members see, encoded once for all of them. */
  readonly log: BroadcastLog;
  /** Where it is read first, by who keeps what is said. */
  readonly journalCursor: LogCursor | undefined;
  /** Those who are in it. */
  readonly members: Set<Session> = new Set();

  /**
   * Makes an empty room.
   *
   * @param name its name, without `#`
   * @param lastSequence the number of the last line that was ever said in it; 0 where there is none
   * @param keeping whether what is said in it is to be kept
   */
  constructor(name: string, lastSequence: number, keeping = false) {
    this.name = name;
    this.lastSequence = lastSequence;
    this.log = name === MAIN_ROOM
      ? new BroadcastLog(MAIN_SEGMENT_BYTES, MAX_SEGMENT_BYTES)
      : new BroadcastLog(SMALL_SEGMENT_BYTES);
    if (keeping) this.journalCursor = this.log.cursor();
  }

  /**
   * Lets a session in; it sees what is said from now on.
   *
   * @param session who comes
   */
  add(session: Session): void {
    this.members.add(session);
    // Not pushed: an array that grows makes room for 16 more, and most people are in few rooms.
    const membership = { room: this, cursor: this.log.cursor(), sinceSequence: this.lastSequence };
    session.memberships = session.memberships.concat(membership);
  }

  /**
   * Lets a session go.
   *
   * @param session who leaves
   */
  remove(session: Session): void {
    this.members.delete(session);
    session.memberships.find(({ room }) => room === this)?.cursor.leave();
    session.memberships = session.memberships.filter(({ room }) => room !== this);
  }
}

/**
 * Gives the mailbox of a session, which is made if it is not there: a room of its own, that other people's direct messages go to.
 *
 * @param session whose it is
 * @returns its membership there
 */
export function mailboxOf(session: Session): Membership {
  if (session.mailbox === undefined) {
    const room = new Room("", 0);
    room.members.add(session);
    session.mailbox = { room, cursor: room.log.cursor(), sinceSequence: 0 };
  }
  return session.mailbox;
}

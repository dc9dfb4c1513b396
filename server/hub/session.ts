/**
 * One client of the hub: its name and what waits to be told to it.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";
import type { Writer } from "./writer.ts";
import { Outbox } from "./outbox.ts";
import type { BroadcastLog, LogCursor } from "./broadcast_log.ts";

/** Takes what a session is told to wherever its client is. */
export interface Transport extends Writer {
  /** Where its client is, as the system says it, where that is known. */
  readonly address?: string | undefined;
  /** There are bytes in the outbox; they are to be written soon. */
  repliesQueued(): void;
  /** The session's client has said something, and waits to see it. */
  authorSpoke(): void;
  /**
   * The hub has ended this session: what is in the outbox is the last that it is told.
   *
   * @param reason why, for people
   */
  sessionEnded(reason: string): void;
}

/** A room as its members know it. A type of its own, so that sessions and rooms do not import each other. */
export interface MemberRoom {
  /** Its name, without `#`; empty for a mailbox. */
  readonly name: string;
  /** The number of the last line in it; 0 where there is none. */
  readonly lastSequence: number;
  /** Those who are in it. */
  readonly members: ReadonlySet<Session>;
  /** What its members see. */
  readonly log: BroadcastLog;
  /** The first reader of the log, which keeps what is said, where that is kept. */
  readonly journalCursor: LogCursor | undefined;
  /** Takes a session out. */
  remove(session: Session): void;
}

/** That a session is in a room, and how far it has read there. */
export interface Membership {
  /** The room. */
  readonly room: MemberRoom;
  /** The session's place in the room's log. */
  readonly cursor: LogCursor;
  /** The number of the last line that had been shown when the session came: what is above it is told to it as it is said. */
  readonly sinceSequence: number;
}

/** One client of the hub, from connecting to leaving. */
export class Session {
  /** Its number on this hub, such as `c17`; also what the log calls its connection. */
  readonly id: string;
  /** Where what it is told goes. */
  readonly transport: Transport;
  /** When all that it has asked for will have been applied: once `Backplane.settled` is that. */
  settlesAt = 0;
  /** Kept as long as something it asked for takes several turns: nothing more is read from it until then. */
  busy: Promise<void> | undefined;
  /** What makes its name the same in all spellings. */
  key: string;
  #name: string;
  /** Whether it asked for the extension. */
  extended = false;
  /** Whether its hello was answered with a welcome. */
  welcomed = false;
  /** Whether it may see and say anything: where the hub wants a password, that was given. */
  admitted = true;
  /** Whether everyone has been told that it came. */
  announced = false;
  /** Within how many milliseconds its client has promised to be heard again and again, where it has. */
  heartbeatMs: number | undefined;
  /** Whether it has left or was ended. */
  closed = false;
  /** When it came, by `Clock.elapsed`, in milliseconds. */
  readonly connectedAt: number;
  /** When it last sent anything, by `Clock.elapsed`, in milliseconds. */
  activeAt: number;
  /** What it alone is told. */
  readonly outbox: Outbox = new Outbox();
  /** The rooms it is in. */
  memberships: Membership[] = [];
  /** What other people say to it alone; made when the first of them does. */
  mailbox: Membership | undefined;
  /** The room whose log is taken last, once the hub goes down: there it says so. */
  lastRoom: MemberRoom | undefined;
  /** Which of these had its turn last. */
  #turn = 0;

  /**
   * Makes a session that is in no room yet.
   *
   * @param id its number on this hub
   * @param name its first name
   * @param outlet where what it is told goes
   * @param now the time by `Clock.elapsed`, in milliseconds
   */
  constructor(id: string, name: string, outlet: Transport, now: number) {
    this.id = id;
    this.#name = name;
    this.key = nameKey(name);
    this.transport = outlet;
    this.connectedAt = this.activeAt = now;
  }

  /** Its name now. */
  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.#name = name;
    this.key = nameKey(name);
  }

  /** How many bytes wait to be told to it. */
  get waitingBytes(): number {
    let bytes = this.outbox.byteLength;
    for (const { cursor } of this.memberships) bytes += cursor.lagBytes;
    return bytes + (this.mailbox?.cursor.lagBytes ?? 0);
  }

  /**
   * Keeps what was said in a room and is not taken yet, ahead of all replies that follow: it is about to leave the room.
   *
   * @param room one of its rooms
   */
  queueUnread(room: MemberRoom): void {
    const cursor = this.memberships.find((membership) => membership.room === room)?.cursor;
    for (const frames of cursor?.takeRemaining() ?? []) this.outbox.pushFrames(frames);
  }

  /**
   * Takes the next bytes to be told to it: its own replies first, then what was said in its rooms and to it alone, each in
   * its turn, so that a flood in one of them keeps nothing else back.
   *
   * @returns whole frames in one piece; none when nothing waits
   */
  take(): Uint8Array {
    if (this.outbox.byteLength > 0) return this.outbox.take();
    const { memberships, mailbox } = this;
    const count = memberships.length + (mailbox === undefined ? 0 : 1);
    let last: LogCursor | undefined;
    for (let tried = 0; tried < count; tried++) {
      this.#turn = this.#turn + 1 < count ? this.#turn + 1 : 0;
      const { room, cursor } = memberships[this.#turn] ?? mailbox!;
      if (cursor.lagBytes === 0) continue;
      if (room !== this.lastRoom) return cursor.take();
      last = cursor;
    }
    return last?.take() ?? NOTHING;
  }
}

const NOTHING = new Uint8Array(0);

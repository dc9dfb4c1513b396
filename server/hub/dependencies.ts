/**
 * Dependencies of the hub: what it calls, and what it reports to its host.
 *
 * @module
 */
import type { PasswordGate } from "../admission/mod.ts";
import type { SharedLog } from "../backplane/mod.ts";
import type { History, StorageError } from "../history/mod.ts";
import type { Moderation } from "../moderation/mod.ts";
import type { InviteDesk } from "../invites/mod.ts";
import type { NameOwnership } from "../registry/mod.ts";
import type { RoomLimits } from "../limits.ts";
import type { ErrorWord, ModerateAction } from "../../protocol/mod.ts";
import type { Clock } from "../../runtime/mod.ts";
import type { MemberRoom, PeopleEvent, Session } from "../sessions/mod.ts";

/** Dependencies of the hub. */
export interface HubDependencies {
  /** The time of day and the elapsed time. */
  clock: Clock;
  /** Returns that many unpredictable random bytes. */
  randomBytes(count: number): Uint8Array;
  /** Called when about `bytes` bytes were appended to the log of a room, so that its members need a write. */
  roomGrew(room: MemberRoom, bytes: number): void;
  /** Asks for one call of `Hub.tick` after `ms` milliseconds, instead of the call that was asked for before. */
  wakeAfter(ms: number): void;
  /** Checks passwords; without it the hub needs none. */
  passwordGate?: PasswordGate | undefined;
  /** After how long a silent client is announced, in milliseconds; default `ANNOUNCE_SILENT_MS`. */
  announceMs?: number | undefined;
  /** How many rooms there may be, and up to how many people they announce; default `DEFAULT_ROOM_LIMITS`. */
  rooms?: RoomLimits | undefined;
  /** Called when a session is announced, and with its `old` name when it changes its name. */
  named?(session: Session, old?: string): void;
  /** Called when the hub refuses a request, with the error word. */
  refused?(session: Session, word: ErrorWord): void;
  /** Who owns which name; without it all names are free. */
  ownership?: NameOwnership | undefined;
  /** Who is banned or muted, and who moderates; without it nobody is, and nobody does. */
  moderation?: Moderation | undefined;
  /** Called when somebody has moderated: what was done, to whom, in which room. */
  moderated?(action: ModerationNews): void;
  /** Called when the hub cannot store what somebody who moderates wants. */
  moderationFailed?(error: unknown): void;
  /** Decides over invites; without it there are none. */
  invites?: InviteDesk | undefined;
  /** Stores messages; without it the hub stores none. */
  history?: HubHistory | undefined;
  /** The other hubs, if the hub is in a cluster; that needs a history. */
  cluster?: HubCluster | undefined;
}

/** The other hubs of a cluster, as a hub uses them. */
export interface HubCluster {
  /** The log that they share. */
  readonly log: SharedLog;
  /**
   * Tells all hubs, this one included, what happens to a session.
   *
   * @param event what happens
   * @returns `false` if NATS is away, so that nobody is told; later all sessions are told again
   */
  tell(event: PeopleEvent): boolean;
  /**
   * Has the other hubs show a text to everyone. Lost if NATS is away.
   *
   * @param text the text
   * @param room only in this room, if it is given
   */
  announce(text: string, room: string | undefined): void;
}

/** What somebody who moderates has done. */
export interface ModerationNews {
  /** Who. */
  by: Session;
  /** What: the action of a 124, or the deletion of messages. */
  action: ModerateAction | "delete";
  /** The name of the room; `undefined` for the whole hub. */
  room: string | undefined;
  /** To whom; `undefined` if it is about nobody. */
  target: string | undefined;
}

/** Dependencies of a hub that stores messages. */
export interface HubHistory {
  /** The stored messages. */
  history: History;
  /** Calls `run` after `ms` milliseconds, in which the event loop serves all connections. */
  pause(ms: number, run: () => void): void;
  /** Called when messages were stored. */
  stored(): void;
  /** Called when storing stops, with the reason; `recorded`: whether that is on disk, for the next start. */
  paused(error: StorageError, recorded: boolean): void;
  /** Called when messages are stored again. */
  resumed(): void;
  /** Called when stored messages cannot be read. */
  readFailed(error: unknown): void;
}

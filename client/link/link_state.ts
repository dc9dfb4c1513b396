/**
 * The states of a reconnecting link, as plain objects. They hold times of `Clock.elapsed`, so the caller can show how
 * long a state has lasted and how long the link still waits.
 *
 * @module
 */
import type { NameReclaimProgress } from "./name_reclaim.ts";
import type { Address, Close, LinkErrorKind } from "../net/mod.ts";
import type { Session } from "./handshake.ts";
import type { OwnLine } from "./pending.ts";

/** Connecting. */
export interface Connecting {
  /** The kind of state. */
  kind: "connecting";
  /** Since when, by `Clock.elapsed`. */
  since: number;
  /** The number of this attempt since it was last open: 1, 2, 3 … */
  attempt: number;
}

/** Connected. */
export interface Open {
  /** The kind of state. */
  kind: "open";
  /** Since when, by `Clock.elapsed`. */
  since: number;
  /** The facts of this connection. */
  session: Session;
  /** Where the hub is. */
  address: Address;
  /** Whether the link before was to another hub. */
  hasMoved: boolean;
  /** The wanted name and its progress, if the hub gave another name. */
  reclaim?: NameReclaimProgress;
  /** Whether own messages wait for the wanted name; only with `reclaim`. */
  holdsMessages?: boolean;
}

/** Disconnected; the next attempt follows. */
export interface Waiting {
  /** The kind of state. */
  kind: "waiting";
  /** Since when, by `Clock.elapsed`. */
  since: number;
  /** When the next attempt begins, by `Clock.elapsed`. */
  until: number;
  /** Whether that is now, as there is another hub to try. */
  isMoving?: true;
  /** The number of failed attempts since it was last open; 0 if it was open until now. */
  attempt: number;
  /** What happened to the link. */
  how: Loss["how"];
  /** The reason for the user; text of the hub is in it unchanged. */
  why: string;
}

/** A name that the hub refused. */
export interface RefusedName {
  /** Whether it belongs to another key; else somebody has it who is online. */
  isOwned: boolean;
  /** Why, in the hub's words. */
  message: string;
  /** A similar name that is free, if the hub named one. */
  free: string | undefined;
}

/** Ended for good. */
export interface Ended {
  /** The kind of state. */
  kind: "ended";
  /**
   * `unreachable`: the first attempt reached no hub. `refused`: the hub refused this client. `lost`: the connection was
   * lost during the first attempt or while leaving. `left`: the client left. `untrusted`: the hub may be the wrong one.
   * `no_key`: the client cannot sign with its key.
   */
  how: LinkErrorKind;
  /** The reason for the user; text of the hub is in it unchanged. */
  why: string;
  /** The hub's message for the user, if it refused. */
  hubMessage?: string | undefined;
  /** The name that the hub refused as it is taken or belongs to somebody, if that is why. */
  refusedName?: RefusedName | undefined;
  /** The pending messages that are given up: each is `unsent` or `unknown`. */
  unsettled: readonly OwnLine[];
}

/** The state of a reconnecting link. */
export type LinkState = Connecting | Open | Waiting | Ended;

/** Why a link could not be opened, or has ended. */
export interface Loss {
  /** What happened: `Close.how` if the link was open, `LinkError.kind` if an attempt failed. */
  how: Close["how"] | LinkErrorKind;
  /** The reason for the user. */
  why: string;
  /** The hub's error word, if it sent one. */
  word?: string | undefined;
  /** The hub's message for the user, if it refused. */
  hubMessage?: string | undefined;
  /** A similar name that is free, if the hub refused the name and said so. */
  free?: string | undefined;
  /** After how many milliseconds to try again, if the hub said so. */
  retryAfterMs?: number | undefined;
  /** Whether another attempt cannot help. */
  isPermanent?: boolean | undefined;
  /** As in `LinkError`. */
  advice?: string | undefined;
}

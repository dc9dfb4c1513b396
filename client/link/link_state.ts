/**
 * What becomes of a tether, as values: whoever holds one is told each, and can show how long something takes or still
 * has to wait from the value and the clock alone.
 *
 * @module
 */
import type { NameReclaimProgress } from "./name_reclaim.ts";
import type { Close, LinkErrorKind } from "../net/mod.ts";
import type { Session } from "./handshake.ts";
import type { OwnLine } from "./pending.ts";

/** It connects. */
export interface Connecting {
  /** What it is. */
  kind: "connecting";
  /** Since when, by `Clock.elapsed`. */
  since: number;
  /** The number of this try since it was last open: 1, 2, 3 … */
  attempt: number;
}

/** It is open. */
export interface Open {
  /** What it is. */
  kind: "open";
  /** Since when, by `Clock.elapsed`. */
  since: number;
  /** What is known of this connection since its opening. */
  session: Session;
  /** The name that could not be had and is to be had back; not there where all is well. */
  reclaim?: NameReclaimProgress;
}

/** It is lost, and will be tried again. */
export interface Waiting {
  /** What it is. */
  kind: "waiting";
  /** Since when, by `Clock.elapsed`. */
  since: number;
  /** When it connects, by `Clock.elapsed`. */
  untilMs: number;
  /** The number of tries that failed since it was last open; 0 where it was open until now. */
  attempt: number;
  /** What happened. */
  how: Loss["how"];
  /** Why, for people; what the hub itself said is in it as it came. */
  why: string;
}

/** It is over; nothing follows. */
export interface Ended {
  /** What it is. */
  kind: "ended";
  /**
   * `unreachable`: no hub was there at first. `refused`: the hub would not have this client. `lost`: it was lost at
   * first, or while leaving. `left`: by us.
   */
  how: LinkErrorKind;
  /** Why, for people; what the hub itself said is in it as it came. */
  why: string;
  /** The lines that were pending and are given up: each is `unsent` or `unknown`. */
  unsettled: readonly OwnLine[];
}

/** What a tether is at one moment. */
export type LinkState = Connecting | Open | Waiting | Ended;

/** Why there is no link, or none any more. */
export interface Loss {
  /**
   * As in {@linkcode Close} for one that was open; for one that was not `unreachable`, `refused`, `lost` or `left`.
   */
  how: Close["how"] | LinkErrorKind;
  /** Why, for people. */
  why: string;
  /** The hub's own word for its refusal, where it said one. */
  word?: string | undefined;
  /** What the hub itself said for people, where it refused. */
  hubMessage?: string | undefined;
  /** After how many milliseconds it is worth trying again, where the hub said so. */
  retryAfterMs?: number | undefined;
}

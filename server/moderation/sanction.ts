/**
 * The types of moderation: what is in force against whom, who did it, and whom a question is about; and what somebody
 * reads whom a sanction hits.
 *
 * PURE.
 *
 * @module
 */
import type { Owner } from "../registry/mod.ts";

const SECOND_MS = 1000, MINUTE_MS = 60_000, HOUR_MS = 3_600_000, DAY_MS = 86_400_000;

/** Up to which wait a client is told to try again, in milliseconds. */
const SHORT_MS = HOUR_MS;

/** The kinds of sanctions. */
export type SanctionKind = "ban" | "mute" | "slow" | "lockdown";

/** Whom a hub lets in: everybody, owners of names, or those with an invite and owners of names. */
export type LockdownMode = "off" | "owned" | "invited";

/** A ban, a mute, a slow mode or a lockdown, on the whole hub or in one room. */
export interface Sanction {
  /** Its number, which is never given again. */
  readonly id: number;
  /** Its kind. */
  readonly kind: SanctionKind;
  /** For whom: a name, `SHA256:` and a fingerprint, an address or a network; empty for slow mode and lockdown. */
  readonly target: string;
  /** The room, without `#`; `undefined` for the whole hub. */
  readonly room: string | undefined;
  /** The name of who did it. */
  readonly by: string;
  /** Whether that was an operator of the hub. */
  readonly byOperator: boolean;
  /** When, in milliseconds since 1970. */
  readonly at: number;
  /** Until when it is in force, in milliseconds since 1970; `undefined` until somebody ends it. */
  readonly until: number | undefined;
  /** Why, if a reason was given. */
  readonly reason: string | undefined;
  /** Of slow mode: the shortest time between two messages of one person, in milliseconds. */
  readonly everyMs: number | undefined;
  /** Of a lockdown: who may come in. */
  readonly mode: LockdownMode | undefined;
  /** The fingerprints of the keys that it holds for. */
  readonly keys: readonly string[];
  /** The addresses and networks that it holds for, such as `192.0.2.1` or `2001:db8::/64`. */
  readonly networks: readonly string[];
}

/** Somebody whom a sanction may hit. What is not known is left out. */
export interface Subject {
  /** The name, in any spelling. */
  name?: string | undefined;
  /** The owner of the name, if the name belongs to the client. */
  owner?: Owner | undefined;
  /** The key that the client has proved to have, as the base64 of an OpenSSH blob. */
  identity?: string | undefined;
  /** The address, as the operating system reports it. */
  address?: string | undefined;
  /** A room, without `#`: then its sanctions count beside those of the whole hub. */
  room?: string | undefined;
  /** Whether it moderates the room: then only what operators of the hub did counts. */
  moderates?: boolean | undefined;
}

/** Who moderates. */
export interface Actor {
  /** The name. */
  name: string;
  /** The key, as the base64 of an OpenSSH blob, if there is one. */
  identity?: string | undefined;
  /** Whether it is an operator of the hub, and not only the owner or a moderator of a room. */
  operator: boolean;
}

/** What has changed: who the operators are, who moderates a room, or bans and the like. */
export type ModerationChange =
  | { what: "operators" }
  /** `elsewhere`: the number of the owner who is a moderator or is none any longer, if another hub has changed that. */
  | { what: "moderators"; room: string; elsewhere?: number }
  | { what: "sanctions"; room: string | undefined; elsewhere?: SanctionElsewhere }
  | KickElsewhere;

/** Somebody was put out at another hub of a cluster, and is to be put out at each. */
export interface KickElsewhere {
  /** Which action. */
  readonly what: "kick";
  /** The name of whom. */
  readonly target: string;
  /** The room, without `#`; `undefined` for the whole hub. */
  readonly room: string | undefined;
  /** The name of who did it. */
  readonly by: string;
  /** Why, if a reason was given. */
  readonly reason: string | undefined;
  /** When, in milliseconds since 1970, by the clock of that hub. */
  readonly at: number;
}

/** A sanction that another hub of a cluster has changed. */
export interface SanctionElsewhere {
  /** Its kind. */
  readonly kind: SanctionKind;
  /** The sanction as it was, if there was one. */
  readonly before: Sanction | undefined;
  /** The sanction as it is, if there is one. */
  readonly after: Sanction | undefined;
}

/** A request of somebody who moderates cannot be carried out. The message says why, and what to do. */
export class ModerationError extends Error {
  /** As for any `Error`. */
  override readonly name = "ModerationError";
}

/**
 * Describes a sanction to somebody whom it hits.
 *
 * @param sanction the sanction
 * @param now the time of day, in milliseconds since 1970
 * @param contact whom to ask, as the operator of the hub says it; `undefined` for nobody
 * @returns a part of a sentence, such as `you are banned from this hub until 2026-11-28 10:00 UTC (2 h): spam`
 */
export function sanctionText(sanction: Sanction, now: number, contact: string | undefined): string {
  const { kind, room, until, reason } = sanction;
  const isMute = kind === "mute";
  const what = room === undefined
    ? isMute ? "muted on this hub" : "banned from this hub"
    : `${isMute ? "muted in" : "banned from"} #${room}`;
  const end = until === undefined ? "" : ` until ${minuteOf(until)} (${shortTime(until - now)})`;
  const why = reason === undefined ? "" : `: ${reason}`;
  const ask = contact === undefined || room !== undefined ? "" : `; ask ${contact}`;
  return `you are ${what}${end}${why}${ask}`;
}

/**
 * Returns when a client may try again, if that is worth waiting for.
 *
 * @param sanction the sanction
 * @param now the time of day, in milliseconds since 1970
 * @returns milliseconds; `undefined` if it takes longer than an hour
 */
export function retryAfterMs({ until }: Sanction, now: number): number | undefined {
  return until !== undefined && until - now <= SHORT_MS ? Math.max(0, until - now) : undefined;
}

/**
 * Formats a time for people, rounded up.
 *
 * @param ms the time, in milliseconds
 * @returns such as `45 s`, `30 min`, `2 h` or `7 d`
 */
export function shortTime(ms: number): string {
  const count = (unit: number) => Math.max(1, Math.ceil(ms / unit));
  if (count(SECOND_MS) < 120) return `${count(SECOND_MS)} s`;
  if (count(MINUTE_MS) < 120) return `${count(MINUTE_MS)} min`;
  return count(HOUR_MS) < 48 ? `${count(HOUR_MS)} h` : `${count(DAY_MS)} d`;
}

/** Formats a time of day to the minute, rounded up, in UTC. */
function minuteOf(ms: number): string {
  const minute = new Date(Math.ceil(ms / MINUTE_MS) * MINUTE_MS).toISOString();
  return `${minute.slice(0, 10)} ${minute.slice(11, 16)} UTC`;
}

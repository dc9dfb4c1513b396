/**
 * Who may do what to whom.
 *
 * Rules: operators may do everything everywhere. The owner of a room and its moderators may do what concerns their room
 * alone. Nobody acts against himself or an operator, and a moderator not against the owner or another moderator.
 *
 * PURE.
 *
 * @module
 */

/** What somebody who moderates can do. */
export type ModerationAction =
  | "kick"
  | "ban"
  | "unban"
  | "mute"
  | "unmute"
  | "mod"
  | "unmod"
  | "slow"
  | "lockdown"
  | "announce"
  | "delete";

/** What somebody is, with regard to a room. */
export interface Standing {
  /** Whether it is an operator of the hub. */
  operator: boolean;
  /** Whether it owns the room. */
  owner: boolean;
  /** Whether it is a moderator of the room. */
  moderator: boolean;
}

/** Somebody against whom an action is. */
export interface TargetStanding extends Standing {
  /** Whether it is the same person as the one who acts. */
  self: boolean;
}

/** What is to be done. */
export interface Attempt {
  /** What. */
  action: ModerationAction;
  /** The name of the room, without `#`; `undefined` for the whole hub. */
  room: string | undefined;
  /** Who does it. */
  actor: Standing;
  /** Against whom, if it is known; a key, an address or a name that nobody uses need not be. */
  target?: TargetStanding | undefined;
}

/** What an owner and the moderators may do in their room. */
const IN_ROOMS: ReadonlySet<ModerationAction> = new Set([
  "kick",
  "ban",
  "unban",
  "mute",
  "unmute",
  "mod",
  "unmod",
  "slow",
  "delete",
]);

/** What is done against somebody. */
const AGAINST: ReadonlySet<ModerationAction> = new Set(["kick", "ban", "mute"]);

/**
 * Decides whether somebody may do something.
 *
 * @param attempt see {@linkcode Attempt}
 * @returns why not, as a part of a sentence; `undefined` if it is allowed
 */
export function whyNot({ action, room, actor, target }: Attempt): string | undefined {
  const leads = room !== undefined && (actor.owner || actor.moderator);
  if (!actor.operator) {
    if (!IN_ROOMS.has(action)) return "only operators of the hub may do that";
    if (!leads) {
      return room === undefined
        ? "only operators of the hub may do that; in your own room, name the room"
        : `only the owner of #${room}, its moderators and operators of the hub may do that`;
    }
  }
  if (action === "unmod" && !actor.operator && !actor.owner && target?.self !== true) {
    return `only the owner of #${room} and operators of the hub may do that`;
  }
  if (target === undefined || !AGAINST.has(action)) return undefined;
  if (target.self) return "that is you";
  if (target.operator) return "that is an operator of the hub";
  if (actor.operator || actor.owner) return undefined;
  if (target.owner) return `that is the owner of #${room}`;
  if (target.moderator) return `that is a moderator of #${room}; only the owner may do that`;
  return undefined;
}

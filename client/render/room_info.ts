/**
 * What the hub says of rooms that belong to somebody: their changes, and invitations.
 *
 * PURE.
 *
 * @module
 */
import type { Invited, RoomChanged, RoomHistory, RoomMode } from "../../protocol/mod.ts";
import { roomOf, targetLabel } from "../model/mod.ts";
import { sanitize, sanitizeName } from "../text/mod.ts";

/**
 * Says what has changed in a room.
 *
 * @param news the notice of the hub
 * @param isSelf returns whether a name is the user's own; by default none is
 * @returns one line, sanitized
 */
export function roomNewsText(
  { room, by, topic, mode, history = "joined", owner, invited, removed, deleted }: Omit<RoomChanged, "code">,
  isSelf: (name: string) => boolean = () => false,
): string {
  const label = targetLabel(roomOf(room));
  const shown = (name: string) => isSelf(name) ? "you" : sanitizeName(name);
  const who = by === undefined ? "the hub" : shown(by);
  if (deleted) return `${who} deleted ${label} and its messages`;
  if (invited !== undefined) return `${who} invited ${shown(invited)} to ${label}`;
  if (removed !== undefined) {
    if (who !== shown(removed)) return `${who} removed ${shown(removed)} from ${label}`;
    return who === "you"
      ? `you are not a member of ${label} any more`
      : `${who} left the members of ${label}`;
  }
  const changes: string[] = [];
  if (topic === "") changes.push(`${who} removed the topic of ${label}`);
  else if (topic !== undefined) changes.push(`${who} set the topic of ${label}: ${sanitize(topic)}`);
  if (mode !== undefined) changes.push(`${who} set ${label} to ${mode}: ${roomModeText(mode, history)}`);
  if (owner !== undefined) changes.push(`${who} gave ${label} to ${shown(owner)}`);
  return changes.length > 0 ? changes.join("; ") : `${who} changed ${label}`;
}

/**
 * Says that the user is a member of a room.
 *
 * @param invitation the notice of the hub
 * @param isOpen whether the user is in the room
 * @returns one line, sanitized
 */
export function invitationText({ room, by }: Omit<Invited, "code">, isOpen = false): string {
  const label = targetLabel(roomOf(room));
  const who = sanitizeName(by);
  return isOpen ? `${who} made you a member of ${label}` : `${who} invited you to ${label}: :join ${label}`;
}

/**
 * Says what a mode and a history mean for users.
 *
 * @param mode who may join the room
 * @param history what may be read
 * @returns a clause
 */
export function roomModeText(mode: RoomMode, history: RoomHistory): string {
  const all = history === "all";
  if (mode === "private") {
    return "only members find it and join it; they read " +
      (all ? "all of it" : "what is said since they are members");
  }
  return `everyone can join it${
    all ? " and read all of it" : "; what was said before stays with the members"
  }`;
}

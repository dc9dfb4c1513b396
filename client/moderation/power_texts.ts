/**
 * What the user may moderate, as text for the user.
 *
 * PURE.
 *
 * @module
 */
import type { UserPowers } from "../commands/mod.ts";
import { roomOf, targetLabel } from "../model/mod.ts";

/**
 * Says what has changed about what the user may do.
 *
 * @param before what the user could moderate before; `undefined` if that is not known yet, as at the first connection
 * @param after what the user may moderate
 * @param isOwn returns whether the user makes a room just now
 * @returns sentences; none if there is nothing to tell
 */
export function powerTexts(
  before: UserPowers | undefined,
  after: UserPowers,
  isOwn: (room: string) => boolean,
): string[] {
  const texts: string[] = [];
  if (after.operator && !before?.operator) {
    texts.push("you are an operator of this hub: :help lists the commands that keep order on all of it");
  }
  if (before === undefined) return texts;
  if (before.operator && !after.operator) texts.push("you are not an operator of this hub any more");
  const label = (room: string) => targetLabel(roomOf(room));
  const missing = (rooms: readonly string[], in_: readonly string[]) =>
    rooms.filter((room) => !in_.includes(room));
  const gained = missing(after.rooms, before.rooms).filter((room) => !isOwn(room));
  const lost = missing(before.rooms, after.rooms);
  if (gained.length > 0) {
    texts.push(`you may keep order in ${gained.map(label).join(", ")} now; :help lists the commands`);
  }
  if (lost.length > 0) texts.push(`you may not keep order in ${lost.map(label).join(", ")} any more`);
  return texts;
}

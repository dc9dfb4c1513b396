/**
 * The description of a room, as lines for the user.
 *
 * PURE.
 *
 * @module
 */
import type { RoomDetails } from "../../protocol/mod.ts";
import { roomOf, targetLabel } from "../model/mod.ts";
import { roomModeText } from "../render/mod.ts";
import { formatDay, info, type OffsetMinutes, sanitize, sanitizeName, type StyledLine } from "../text/mod.ts";

/**
 * Describes a room.
 *
 * @param details what the hub knows of it
 * @param offsetMinutes the minutes that local time is ahead of UTC at a time
 * @param isSelf returns whether a name is the user's own
 * @returns its lines
 */
export function roomDetailsLines(
  { room, mode, history, owner, since, topic, members }: Omit<RoomDetails, "code" | "ref">,
  offsetMinutes: OffsetMinutes,
  isSelf: (name: string) => boolean,
): StyledLine[] {
  const label = targetLabel(roomOf(room));
  if (owner === undefined) return [info(`${label} is ${mode}, and belongs to nobody`)];
  const day = since === undefined ? undefined : formatDay(since, offsetMinutes);
  const whose = isSelf(owner) ? "you" : sanitizeName(owner);
  const facts = [`topic: ${topic === undefined ? "none" : sanitize(topic)}`, roomModeText(mode, history)];
  if (members !== undefined) {
    const count = members.length === 1 ? "1 member" : `${members.length} members`;
    facts.push(`${count}: ${members.map(sanitizeName).join(", ")}`);
  }
  return [
    info(`${label} is ${mode}, and belongs to ${whose}${day === undefined ? "" : ` since ${day}`}`),
    ...facts.map((fact): StyledLine => [{ text: `  ${fact}`, style: "cell" }]),
  ];
}

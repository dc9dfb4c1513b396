/**
 * The list of rooms, in columns: first the open ones, with their numbers and unread messages.
 *
 * PURE.
 *
 * @module
 */
import type { RoomInfo } from "../../protocol/mod.ts";
import { type Buffers, type ChatBuffer, roomOf, targetKey, targetLabel } from "../model/mod.ts";
import { type StyledLine, widthOf } from "../text/mod.ts";

/**
 * Formats rooms in columns: number, name, number of users, unread messages. The open buffers come first, then the
 * other rooms, the largest first.
 *
 * @param rooms the rooms of the hub
 * @param buffers the open buffers
 * @param isListed whether a room or buffer of this name is listed; all are if not given
 * @returns a line for each room or open buffer
 */
export function roomRows(
  rooms: readonly RoomInfo[],
  buffers: Buffers,
  isListed: (name: string) => boolean = () => true,
): StyledLine[] {
  const byKey = new Map(rooms.map((room) => [targetKey(roomOf(room.name)), room]));
  const own = buffers.all.filter(({ name }) => isListed(name)).map((buffer): string[] => [
    String(buffers.numberOf(buffer)),
    targetLabel(buffer),
    formatUsers(byKey.get(targetKey(buffer))),
    buffer === buffers.current ? "you are here" : formatUnread(buffer),
  ]);
  const others = rooms.filter(({ name }) => isListed(name) && buffers.find(roomOf(name)) === undefined)
    .toSorted((a, b) => b.users - a.users)
    .map((room): string[] => ["", targetLabel(roomOf(room.name)), formatUsers(room), ""]);
  const rows = [...own, ...others];
  const widths = [0, 1, 2].map((column) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[column]!)), 0)
  );
  return rows.map(([number = "", name = "", users = "", more = ""]): StyledLine => [
    { text: `  ${number.padStart(widths[0]!)}  `, style: "faint" },
    { text: name, style: "heading" },
    {
      text: `${" ".repeat(widths[1]! - widthOf(name))}  ${users.padEnd(widths[2]!)}  ${more}`.trimEnd(),
      style: "plain",
    },
  ]);
}

function formatUsers(room: RoomInfo | undefined): string {
  if (room === undefined) return "";
  return room.users === 1 ? "1 person" : `${room.users} people`;
}

function formatUnread({ unread, mentions, kind }: ChatBuffer): string {
  if (unread === 0) return "";
  return `${unread} new${kind === "room" && mentions > 0 ? `, ${mentions} with your name` : ""}`;
}

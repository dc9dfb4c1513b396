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

/** How many other rooms are listed at most, the largest first. No user reads more. */
export const MAX_LISTED_ROOMS = 200;

/**
 * Formats rooms in columns: number, name, number of users, unread messages.
 *
 * @param rooms the rooms of the hub
 * @param buffers the open buffers
 * @returns a line for each room or open buffer
 */
export function roomRows(rooms: readonly RoomInfo[], buffers: Buffers): StyledLine[] {
  const byKey = new Map(rooms.map((room) => [targetKey(roomOf(room.name)), room]));
  const own = buffers.all.map((buffer): string[] => [
    String(buffers.numberOf(buffer)),
    targetLabel(buffer),
    formatUsers(byKey.get(targetKey(buffer))),
    buffer === buffers.current ? "you are here" : formatUnread(buffer),
  ]);
  const others = rooms.filter(({ name }) => buffers.find(roomOf(name)) === undefined)
    .toSorted((a, b) => b.users - a.users);
  const listed = others.slice(0, MAX_LISTED_ROOMS)
    .map((room): string[] => ["", targetLabel(roomOf(room.name)), formatUsers(room), ""]);
  const rows = [...own, ...listed];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => widthOf(row[column]!))));
  const lines = rows.map(([number = "", name = "", users = "", more = ""]): StyledLine => [
    { text: `  ${number.padStart(widths[0]!)}  `, style: "faint" },
    { text: name, style: "notice" },
    {
      text: `${" ".repeat(widths[1]! - widthOf(name))}  ${users.padEnd(widths[2]!)}  ${more}`.trimEnd(),
      style: "plain",
    },
  ]);
  const omitted = others.length - listed.length;
  return omitted > 0 ? [...lines, [{ text: `  and ${omitted} more`, style: "plain" }]] : lines;
}

function formatUsers(room: RoomInfo | undefined): string {
  if (room === undefined) return "";
  return room.users === 1 ? "1 person" : `${room.users} people`;
}

function formatUnread({ unread, mentions, kind }: ChatBuffer): string {
  if (unread === 0) return "";
  return `${unread} new${kind === "room" && mentions > 0 ? `, ${mentions} with your name` : ""}`;
}

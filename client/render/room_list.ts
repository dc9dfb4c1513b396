/**
 * The rooms there are, as rows for people: those one is in first, with their numbers and what waits there.
 *
 * PURE.
 *
 * @module
 */
import type { RoomInfo } from "../../protocol/mod.ts";
import { type Buffers, type ChatBuffer, roomOf, targetKey, targetLabel } from "../model/mod.ts";
import { type StyledLine, widthOf } from "../text/mod.ts";

/** How many rooms one is not in are listed at most, the fullest first: more than anybody reads. */
export const MAX_LISTED_ROOMS = 200;

/**
 * Shows rooms in columns: number, name, how many are in it, and what waits.
 *
 * @param rooms the rooms there are, as the hub lists them
 * @param places the places one is in
 * @returns a line for each
 */
export function roomRows(rooms: readonly RoomInfo[], buffers: Buffers): StyledLine[] {
  const byKey = new Map(rooms.map((room) => [targetKey(roomOf(room.name)), room]));
  const mine = buffers.all.map((target): string[] => [
    String(buffers.numberOf(target)),
    targetLabel(target),
    wordUsers(byKey.get(targetKey(target))),
    target === buffers.current ? "you are here" : waiting(target),
  ]);
  const others = rooms.filter(({ name }) => buffers.find(roomOf(name)) === undefined)
    .toSorted((a, b) => b.users - a.users);
  const listed = others.slice(0, MAX_LISTED_ROOMS)
    .map((room): string[] => ["", targetLabel(roomOf(room.name)), wordUsers(room), ""]);
  const rows = [...mine, ...listed];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => widthOf(row[column]!))));
  const lines = rows.map(([number = "", name = "", users = "", more = ""]): StyledLine => [
    { text: `  ${number.padStart(widths[0]!)}  `, style: "faint" },
    { text: name, style: "notice" },
    {
      text: `${" ".repeat(widths[1]! - widthOf(name))}  ${users.padEnd(widths[2]!)}  ${more}`.trimEnd(),
      style: "plain",
    },
  ]);
  const left = others.length - listed.length;
  return left > 0 ? [...lines, [{ text: `  and ${left} more`, style: "plain" }]] : lines;
}

function wordUsers(room: RoomInfo | undefined): string {
  if (room === undefined) return "";
  return room.users === 1 ? "1 person" : `${room.users} people`;
}

function waiting({ unread, mentions, kind }: ChatBuffer): string {
  if (unread === 0) return "";
  return `${unread} new${kind === "room" && mentions > 0 ? `, ${mentions} with your name` : ""}`;
}

/**
 * The list of users, in columns.
 *
 * PURE.
 *
 * @module
 */
import type { UserInfo } from "../../protocol/mod.ts";
import { sanitizeName, type StyledLine, widthOf } from "../text/mod.ts";

/**
 * Formats a list of users for a pipe or a plain terminal.
 *
 * @param users the users online
 * @returns a line with their number, and one for each user
 */
export function userList(users: readonly UserInfo[]): StyledLine[] {
  const heading: StyledLine = [{ text: "* ", style: "faint" }, {
    text: `${users.length} here`,
    style: "faint",
  }];
  return [heading, ...userRows(users)];
}

/**
 * Formats users in columns.
 *
 * @param users the users to list
 * @returns a line for each
 */
export function userRows(users: readonly UserInfo[]): StyledLine[] {
  const rows = users.map((user) => [
    sanitizeName(user.username),
    user.rooms.map((room) => `#${sanitizeName(room)}`).join(" "),
    `here ${formatDuration(user.connected_ms)}`,
    `idle ${formatDuration(user.idle_ms)}`,
    [user.verified ? "verified" : "", user.quiet ? "quiet" : ""].filter(Boolean).join(" "),
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? "")), 0)
  );
  const padded = (text: string, column: number) => text + " ".repeat(widths[column]! - widthOf(text));
  return rows.map(([user = "", ...cells]): StyledLine => {
    const padding = padded(user, 0).slice(user.length);
    const rest = cells.map((cell, i) => "  " + padded(cell, i + 1)).join("").trimEnd();
    return [{ text: "  ", style: "plain" }, { text: user, style: "name" }, {
      text: padding + rest,
      style: "plain",
    }];
  });
}

/** Formats milliseconds in their two largest units, without seconds from one minute on. */
function formatDuration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${minutes % 60}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

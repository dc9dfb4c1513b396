/**
 * The list of users, in columns. On a hub where names can belong to keys a `~` is before each name that does not belong
 * to its user.
 *
 * PURE.
 *
 * @module
 */
import { nameKey, type UserInfo } from "../../protocol/mod.ts";
import { sanitizeName, type Span, type StyledLine, widthOf } from "../text/mod.ts";
import { UNOWNED } from "./hub_event.ts";

/** What a line begins with; the mark of a name takes the last column of it. */
const INDENT = "  ";

/** The distance between two columns of names; the mark of a name takes the last column of it. */
const GAP_COLUMNS = 2;

/** How users are listed. */
export interface UserListOptions {
  /** Whether names that do not belong to their users are marked: the hub says it of each user. */
  readonly marks: boolean;
}

/**
 * Formats a list of users for a pipe or a plain terminal.
 *
 * @param users the users online
 * @param options see {@linkcode UserListOptions}
 * @returns a line with their number, and one for each user
 */
export function userList(users: readonly UserInfo[], options: UserListOptions): StyledLine[] {
  const heading: StyledLine = [{ text: "* ", style: "faint" }, {
    text: `${users.length} here`,
    style: "faint",
  }];
  return [heading, ...userRows(users, options)];
}

/**
 * Formats users in columns.
 *
 * @param users the users to list
 * @param options see {@linkcode UserListOptions}
 * @returns a line for each
 */
export function userRows(users: readonly UserInfo[], { marks }: UserListOptions): StyledLine[] {
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
  return rows.map(([user = "", ...cells], row): StyledLine => {
    const padding = padded(user, 0).slice(user.length);
    const rest = cells.map((cell, i) => "  " + padded(cell, i + 1)).join("").trimEnd();
    return [...marked(INDENT, marks && !users[row]!.verified), { text: user, style: "name" }, {
      text: padding + rest,
      style: "cell",
    }];
  });
}

/**
 * Formats the names of users in columns, in alphabetical order from left to right. As many columns as fit are used, as
 * `ls -x` does.
 *
 * @param users the users to list
 * @param columns the width of the terminal
 * @param options see {@linkcode UserListOptions}
 * @returns the lines, which fit, except for a single name that is wider
 */
export function userColumns(
  users: readonly UserInfo[],
  columns: number,
  { marks }: UserListOptions,
): StyledLine[] {
  const names = users.map(({ username, verified }) => ({ name: sanitizeName(username), verified }))
    .toSorted(({ name: a }, { name: b }) => compare(nameKey(a), nameKey(b)) || compare(a, b));
  const widths = names.map(({ name }) => widthOf(name));
  const widest = columnWidths(widths, columns - INDENT.length);
  return Array.from({ length: Math.ceil(names.length / widest.length) }, (_, row): StyledLine => {
    const first = row * widest.length;
    return names.slice(first, first + widest.length).flatMap(({ name, verified }, i): Span[] => {
      const gap = i === 0 ? INDENT : " ".repeat(widest[i - 1]! - widths[first + i - 1]! + GAP_COLUMNS);
      return [...marked(gap, marks && !verified), { text: name, style: "name" }];
    });
  });
}

/** Returns the space before a name, with the mark of a name that does not belong to its user. */
function marked(space: string, isMarked: boolean): Span[] {
  return isMarked ? [{ text: space.slice(1), style: "plain" }, UNOWNED] : [{ text: space, style: "plain" }];
}

/** Returns the widths of the most columns that fit, at least one, if texts of these widths fill them row by row. */
function columnWidths(widths: readonly number[], room: number): number[] {
  const most = Math.max(1, Math.min(widths.length, Math.floor((room + GAP_COLUMNS) / (1 + GAP_COLUMNS))));
  for (let count = most;; count--) {
    const widest = Array.from({ length: count }, () => 0);
    for (const [i, width] of widths.entries()) widest[i % count] = Math.max(widest[i % count]!, width);
    if (count === 1 || widest.reduce((sum, width) => sum + width + GAP_COLUMNS, -GAP_COLUMNS) <= room) {
      return widest;
    }
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
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

/**
 * What a hub says, as styled lines for people.
 *
 * PURE. Rules: everything from a hub is rendered as if it were hostile (`visible.ts`); what somebody said begins with
 * the time of day, what happened with `*`, what the hub tells this client alone with `!`, and further lines of one
 * message stand behind a gutter, so that no message can look like another. Answers to requests are not shown here: who
 * asked shows them.
 *
 * @module
 */
import {
  type OffsetMinutes,
  sanitize,
  sanitizeLines,
  sanitizeName,
  type Span,
  type StyledLine,
  widthOf,
} from "../text/mod.ts";
import { type ChatLine, Code, nameKey, type ServerMessage, type UserInfo } from "../../protocol/mod.ts";
import { isMain, roomOf, targetLabel } from "../model/mod.ts";

/** As wide as a time of day and the space after it, so that the gutter stands under the name. */
const GUTTER = "      │ ";

/** Turns the messages of one connection into lines, in the order in which they come. */
export class Transcript {
  readonly #offsetMinutes: OffsetMinutes;
  /** Whether the hub has the extension; an original one lets anybody be called `server`. */
  #extended: boolean | undefined;

  /**
   * Begins the transcript of a connection.
   *
   * @param offsetMinutes the minutes that local time is ahead of UTC at a time in milliseconds since 1970
   */
  constructor(offsetMinutes: OffsetMinutes) {
    this.#offsetMinutes = offsetMinutes;
  }

  /**
   * Shows a message of the hub.
   *
   * @param message the message
   * @returns its lines; none for what is an answer or tells people nothing
   */
  receive(message: ServerMessage): StyledLine[] {
    switch (message.code) {
      case Code.Said:
        return this.#said(message.message);
      case Code.SaidTo:
        return this.#said(message.message, [{ text: " (direct)", style: "faint" }]);
      case Code.Joined:
        return [event(name(message.new), " joined")];
      case Code.Left:
        return [event(name(message.username), " left")];
      case Code.Renamed:
        return [event(name(message.old), " is now ", name(message.new))];
      case Code.RoomJoined:
        return [event(name(message.username), ` joined ${targetLabel(roomOf(message.room))}`)];
      case Code.RoomLeft:
        return [event(name(message.username), ` left ${targetLabel(roomOf(message.room))}`)];
      case Code.YourName:
        this.#extended ??= message.server !== undefined;
        // The name a hub gives in its offer is replaced by the one in its welcome.
        return message.server === undefined ? [event("your name is ", name(message.new))] : [];
      case Code.Welcome:
        return [
          event("your name is ", name(message.username)),
          ...(message.motd === undefined ? [] : notice(message.motd)),
        ];
      case Code.HubDown:
        return [event("the hub is going down")];
      case Code.Ending:
        return [event(`the hub ends this connection: ${sanitize(message.reason)}`)];
      case Code.Refused:
        return message.ref === undefined
          ? [[{ text: `! ${sanitize(message.message)}`, style: "error" }]]
          : [];
      case Code.Done:
      case Code.History:
      case Code.Users:
      case Code.Rooms:
      case Code.Pong:
        return [];
    }
  }

  /** @param after what stands behind the name */
  #said(line: ChatLine, after: StyledLine = []): StyledLine[] {
    if (this.#extended !== false && isNotice(line)) return notice(line.message);
    const [first = "", ...rest] = sanitizeLines(line.message);
    return [
      [
        { text: timeOfDay(line.timestamp, this.#offsetMinutes), style: "time" },
        plain(" "),
        ...where(line),
        name(line.username),
        ...after,
        plain(`  ${first}`),
      ],
      ...rest.map((text): StyledLine => [{ text: GUTTER, style: "faint" }, plain(text)]),
    ];
  }
}

/**
 * Tells whether a line is the hub's own word to this client alone.
 *
 * @param line a line from a hub with the extension; an original one lets anybody be called `server`
 * @returns whether
 */
export function isNotice(line: ChatLine): boolean {
  return line.sequence === undefined && nameKey(line.username) === "server";
}

/**
 * Shows who is here, in columns.
 *
 * @param users those who are here
 * @returns a line with their number and one for each
 */
export function listUsers(users: readonly UserInfo[]): StyledLine[] {
  return [event(`${users.length} here`), ...userRows(users)];
}

/**
 * Shows users in columns.
 *
 * @param users those who are here
 * @returns a line for each
 */
export function userRows(users: readonly UserInfo[]): StyledLine[] {
  const rows = users.map((user) => [
    sanitizeName(user.username),
    user.rooms.map((room) => `#${sanitizeName(room)}`).join(" "),
    `here ${duration(user.connected_ms)}`,
    `idle ${duration(user.idle_ms)}`,
    user.verified ? "verified" : "",
  ]);
  const widths = [0, 1, 2, 3, 4].map((column) =>
    rows.reduce((widest, row) => Math.max(widest, widthOf(row[column] ?? "")), 0)
  );
  const padded = (text: string, column: number) => text + " ".repeat(widths[column]! - widthOf(text));
  return rows.map(([user = "", ...cells]): StyledLine => {
    const padding = padded(user, 0).slice(user.length);
    const rest = cells.map((cell, i) => "  " + padded(cell, i + 1)).join("").trimEnd();
    return [plain("  "), { text: user, style: "name" }, plain(padding + rest)];
  });
}

/**
 * Tells the time of day on a clock of this place.
 *
 * @param timestamp milliseconds since 1970, UTC
 * @param offsetMinutes as in {@linkcode Transcript}
 * @returns such as `14:03`; `--:--` for a time that no clock can show
 */
export function timeOfDay(timestamp: number, offsetMinutes: OffsetMinutes): string {
  const local = new Date(timestamp + offsetMinutes(timestamp) * 60_000);
  return Number.isNaN(local.getTime()) ? "--:--" : local.toISOString().match(/T(\d\d:\d\d)/)?.[1] ?? "--:--";
}

/** @param ms milliseconds; the two largest units say enough */
function duration(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${minutes % 60}m`;
  return `${Math.floor(hours / 24)}d ${hours % 24}h`;
}

/**
 * Shows what the hub says to this client alone.
 *
 * @param text any text, which may have several lines
 * @returns its lines; all but the first stand behind a gutter
 */
export function notice(text: string): StyledLine[] {
  return sanitizeLines(text).map((line, i) => [{ text: i === 0 ? "! " : "  │ ", style: "faint" }, {
    text: line,
    style: "notice",
  }]);
}

/** Names the room of a line where it is not the one that everyone is in. */
function where({ room }: ChatLine): Span[] {
  if (room === undefined || isMain(roomOf(room))) return [];
  return [{ text: `${targetLabel(roomOf(room))} `, style: "faint" }];
}

function event(...parts: (string | Span)[]): StyledLine {
  return [
    { text: "* ", style: "faint" },
    ...parts.map((part): Span => typeof part === "string" ? { text: part, style: "faint" } : part),
  ];
}

function name(text: string): Span {
  return { text: sanitizeName(text), style: "name" };
}

function plain(text: string): Span {
  return { text, style: "plain" };
}

/**
 * The transcript of a connection: the messages of the hub as styled lines, for a pipe or a plain terminal.
 *
 * PURE. Rules:
 * - All text from the hub is untrusted and is sanitized (`sanitize.ts`).
 * - A message starts with the time of day, an event with `*`, a notice of the hub with `!`. The other lines of a
 *   message have a gutter. So no message looks like another one.
 * - On a hub where names can belong to keys a `~` is before the name of an author to whom it does not belong.
 * - Answers to requests are not shown here: the code that sent the request shows the answer.
 *
 * @module
 */
import {
  failure,
  formatIsoTime,
  formatTimeOfDay,
  type OffsetMinutes,
  sanitize,
  sanitizeLines,
  sanitizeName,
  type Span,
  type StyledLine,
} from "../text/mod.ts";
import type { ChatLine, LineChange, PastLine, ServerMessage } from "../../protocol/mod.ts";
import {
  marksText,
  messageLabel,
  reactionsText,
  reactionText,
  targetOfConversation,
} from "../changes/mod.ts";
import { isMain, type PresenceChange, roomOf, targetLabel } from "../model/mod.ts";
import { HubEventReader, motdLines, noticeLines, UNOWNED } from "./hub_event.ts";
import { invitationText, roomNewsText } from "./room_info.ts";

/** The gutter of further lines is below the name, so it is as wide as a time and the space after it. */
const GUTTER_COLUMNS = { local: 6, iso: 25 };

/**
 * Returns the start of every row of a message except the first.
 *
 * @param iso as in {@linkcode TranscriptOptions}
 * @returns the gutter, with a space at its end
 */
export function transcriptGutter(iso = false): string {
  return " ".repeat(GUTTER_COLUMNS[iso ? "iso" : "local"]) + "│ ";
}

/** Options of {@linkcode Transcript}. */
export interface TranscriptOptions {
  /** Whether times are as in the hub's log, such as `2026-11-23T14:03:07.000Z`. The default is `false`: `14:03`. */
  iso?: boolean;
}

/** Turns the messages of one connection into lines, in the order of arrival. */
export class Transcript {
  readonly #offsetMinutes: OffsetMinutes;
  readonly #iso: boolean;
  readonly #gutter: string;
  readonly #reader = new HubEventReader();

  /**
   * Starts the transcript of a connection.
   *
   * @param offsetMinutes the minutes that local time is ahead of UTC at a time in milliseconds since 1970
   * @param options see {@linkcode TranscriptOptions}
   */
  constructor(offsetMinutes: OffsetMinutes, { iso = false }: TranscriptOptions = {}) {
    this.#offsetMinutes = offsetMinutes;
    this.#iso = iso;
    this.#gutter = transcriptGutter(iso);
  }

  /**
   * Formats a message of the hub.
   *
   * @param message the message
   * @returns its lines; none for an answer to a request and for messages that the user need not see
   */
  receive(message: ServerMessage): StyledLine[] {
    const event = this.#reader.read(message);
    switch (event?.kind) {
      case undefined:
        return [];
      case "message":
        return this.#message(event.line);
      case "direct":
        return this.#reader.isNotice(event.line)
          ? noticeLines(event.line.message)
          : this.#message(event.line, [{ text: " (direct)", style: "faint" }]);
      case "notice":
        return noticeLines(event.text);
      case "presence":
        return [presenceLine(event.change, event.room)];
      case "name":
        return event.isOffer ? [] : [eventLine("your name is ", nameSpan(event.name))];
      case "welcome":
        return [
          eventLine("your name is ", nameSpan(event.name)),
          ...(event.motd === undefined ? [] : motdLines(event.motd, eventLine("message of the day:"))),
        ];
      case "status":
        return [eventLine(event.text + sanitize(event.detail))];
      case "roomChanged":
        return [eventLine(roomNewsText(event.news))];
      case "invited":
        return [eventLine(invitationText(event.invitation))];
      case "lineChanged":
        return this.#change(event.change);
      case "error":
        return [failure(event.text)];
    }
  }

  /** @param after the spans after the name */
  #message(line: PastLine, after: StyledLine = []): StyledLine[] {
    const [first = "", ...rest] = sanitizeLines(line.message);
    const { timestamp, reply_to: answered } = line;
    const marks = marksText(line);
    const marked = marks === "" ? [] : [faint(line.deleted ? marks : ` ${marks}`)];
    const time = this.#iso ? formatIsoTime(timestamp) : formatTimeOfDay(timestamp, this.#offsetMinutes);
    return [
      [
        { text: time, style: "time" },
        plain(" "),
        ...roomSpans(line),
        ...(this.#reader.hasKeys && line.verified !== true ? [UNOWNED] : []),
        nameSpan(line.username),
        ...after,
        ...(answered === undefined ? [] : [faint(` (reply to ${answered})`)]),
        plain(`  ${first}`),
        ...(rest.length === 0 ? marked : []),
      ],
      ...rest.map((text, i): StyledLine => [
        faint(this.#gutter),
        plain(text),
        ...(i === rest.length - 1 ? marked : []),
      ]),
    ];
  }

  /** Says what has changed in a message: its deletion, its new text and its reactions. */
  #change(
    { room, sequence, username = "", by, deleted, message, reaction, removed, reactions }: LineChange,
  ): StyledLine[] {
    const target = targetOfConversation(room);
    const where = isMain(target) ? undefined : targetLabel(target);
    const labelled = messageLabel({ sequence, username }, {
      isSelf: () => false,
      offsetMinutes: this.#offsetMinutes,
      where,
    });
    const who = nameSpan(by ?? username);
    if (deleted) return [eventLine(who, ` deleted ${labelled}`)];
    const lines: StyledLine[] = [];
    if (message !== undefined) {
      const [first = "", ...rest] = sanitizeLines(message);
      lines.push(
        [...eventLine(who, ` edited ${labelled}: `), plain(first)],
        ...rest.map((text): StyledLine => [faint(this.#gutter), plain(text)]),
      );
    }
    // A list has an empty array if there never was a reaction.
    if (reactions !== undefined && (reaction !== undefined || reactions.length > 0)) {
      const counts = reactionsText(reactions) || "none left";
      const what = reaction === undefined ? "" : reactionText(reaction);
      lines.push(
        reaction === undefined ? eventLine(`reactions to ${labelled} (${counts})`) : eventLine(
          who,
          removed
            ? ` took ${what} back from ${labelled} (${counts})`
            : ` reacted to ${labelled} with ${what} (${counts})`,
        ),
      );
    }
    return lines;
  }
}

function presenceLine(change: PresenceChange, room: string | undefined): StyledLine {
  if (change.kind === "renamed") return eventLine(nameSpan(change.name), " is now ", nameSpan(change.to));
  const where = room === undefined ? "" : ` ${targetLabel(roomOf(room))}`;
  return eventLine(nameSpan(change.name), ` ${change.kind}${where}`);
}

/** Returns the label of the room of a message, except for the room that every user is in. */
function roomSpans({ room }: ChatLine): Span[] {
  if (room === undefined || isMain(roomOf(room))) return [];
  return [{ text: `${targetLabel(roomOf(room))} `, style: "faint" }];
}

function eventLine(...parts: (string | Span)[]): StyledLine {
  return [
    { text: "* ", style: "faint" },
    ...parts.map((part): Span => typeof part === "string" ? { text: part, style: "faint" } : part),
  ];
}

function nameSpan(text: string): Span {
  return { text: sanitizeName(text), style: "name" };
}

function faint(text: string): Span {
  return { text, style: "faint" };
}

function plain(text: string): Span {
  return { text, style: "plain" };
}

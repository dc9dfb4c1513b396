/**
 * Texts about messages and their changes.
 *
 * PURE. Texts of users are sanitized and on one line.
 *
 * @module
 */
import type { PastLine, ReactionCount } from "../../protocol/mod.ts";
import { formatTimeOfDay, type OffsetMinutes, sanitize, sanitizeName } from "../text/mod.ts";

/** How many characters of a message are quoted. */
const MAX_QUOTED_CHARACTERS = 60;

/** How many characters of a reaction are shown: as many as one may have. */
const MAX_REACTION_CHARACTERS = 8;

/** How many reactions to a message are named; of the others the number is shown. */
const MAX_NAMED_REACTIONS = 10;

/** How a message is described. */
export interface LabelOptions {
  /** Returns whether a name is the user's own. */
  readonly isSelf: (name: string) => boolean;
  /** Returns the minutes that local time is ahead of UTC at a time. */
  readonly offsetMinutes: OffsetMinutes;
  /** The room of the message, if it has to be named. */
  readonly where?: string | undefined;
}

/**
 * Describes a message: by its number, its author and, if it is known, its time.
 *
 * @param line the message
 * @param options see {@linkcode LabelOptions}
 * @returns such as `message 412 of ana, 14:03` or `your message 412, 14:03`
 */
export function messageLabel(
  { sequence, username, timestamp }:
    & Pick<PastLine, "sequence" | "username">
    & Partial<Pick<PastLine, "timestamp">>,
  { isSelf, offsetMinutes, where }: LabelOptions,
): string {
  const number = sequence === undefined ? "" : ` ${sequence}`;
  const whose = isSelf(username) ? `your message${number}` : `message${number} of ${sanitizeName(username)}`;
  const time = timestamp === undefined ? "" : `, ${formatTimeOfDay(timestamp, offsetMinutes)}`;
  return `${whose}${where === undefined ? "" : ` in ${where}`}${time}`;
}

/**
 * Names who changed a message.
 *
 * @param name the name; `undefined` if the hub has not told it
 * @param isSelf returns whether a name is the user's own
 * @returns the name, `you` or `the hub`
 */
export function changedBy(name: string | undefined, isSelf: (name: string) => boolean): string {
  if (name === undefined) return "the hub";
  return isSelf(name) ? "you" : sanitizeName(name);
}

/**
 * Quotes the beginning of a text.
 *
 * @param text any text
 * @param maxCharacters how many characters of it
 * @returns one line, sanitized
 */
export function quoteOf(text: string, maxCharacters = MAX_QUOTED_CHARACTERS): string {
  const characters = [...text.slice(0, 4 * maxCharacters).replaceAll(/\s+/g, " ").trim()];
  const isCut = characters.length > maxCharacters || text.length > 4 * maxCharacters;
  return sanitize(characters.slice(0, maxCharacters).join("")) + (isCut ? "…" : "");
}

/**
 * Formats a reaction.
 *
 * @param reaction the reaction, as the hub sent it
 * @returns one word, sanitized
 */
export function reactionText(reaction: string): string {
  return quoteOf(reaction, MAX_REACTION_CHARACTERS);
}

/**
 * Lists reactions with their counts.
 *
 * @param reactions the reactions
 * @returns such as `+1: 3, tada: 1`, sanitized; empty if there are none
 */
export function reactionsText(reactions: readonly ReactionCount[]): string {
  const named = reactions.slice(0, MAX_NAMED_REACTIONS).map(({ reaction, count }) =>
    `${reactionText(reaction)}: ${count}`
  );
  const more = reactions.length - named.length;
  return [...named, ...more > 0 ? [`${more} more`] : []].join(", ");
}

/**
 * Says after the text of a message what has become of it.
 *
 * @param line the message
 * @returns such as `(edited, +1: 3)`, sanitized; empty if it was not changed
 */
export function marksText({ deleted, edited, reactions = [] }: PastLine): string {
  if (deleted) return "(deleted)";
  const marks = [
    ...edited === undefined ? [] : ["edited"],
    ...reactions.length === 0 ? [] : [reactionsText(reactions)],
  ];
  return marks.length === 0 ? "" : `(${marks.join(", ")})`;
}

/**
 * Says which message another one answers.
 *
 * @param sequence the number of the answered message
 * @param original that message, if it is known
 * @param options see {@linkcode LabelOptions}
 * @returns one line, sanitized
 */
export function replyText(sequence: number, original: PastLine | undefined, options: LabelOptions): string {
  if (original === undefined) return `reply to message ${sequence}`;
  const text = original.deleted ? "(deleted)" : quoteOf(original.message);
  return `reply to ${messageLabel(original, options)}: ${text}`;
}

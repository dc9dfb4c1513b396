/**
 * Separators between messages: the day, the current target, new messages.
 *
 * PURE.
 *
 * @module
 */
import { type EarlierMessages, type Target, targetLabel } from "../model/mod.ts";
import { formatDay, formatTimeOfDay, type OffsetMinutes, type StyledLine } from "../text/mod.ts";

/** The gutter of a separator that is broken into several rows. */
export const SEPARATOR_GUTTER: StyledLine = [{ text: "── ", style: "mark" }];

/**
 * Formats a separator.
 *
 * @param text its text
 * @param style its style
 * @param columns the width of the terminal
 * @returns the line
 */
export function separatorLine(text: string, style: "faint" | "mark", columns: number): StyledLine {
  const framed = `── ${text} ──`;
  return [{ text: framed.length <= columns ? framed : `── ${text}`, style }];
}

/**
 * Formats the text of the separator above a buffer that becomes current.
 *
 * @param target the target of the buffer
 * @param counts how many messages are unread, and how many of them were dropped
 * @returns such as `#dev, 3 new`
 */
export function bufferText(
  target: Target,
  { unread, dropped }: { readonly unread: number; readonly dropped: number },
): string {
  const label = targetLabel(target);
  if (unread === 0) return label;
  return dropped === 0
    ? `${label}, ${unread} new`
    : `${label}, ${unread} new, the first ${dropped} not shown`;
}

/**
 * Formats the text of the separator before new messages of the history: how many there are, and since when. Of the
 * messages that are not included nobody knows how many are the user's own or hidden.
 *
 * @param earlier the earlier messages; `newCount` counts those of others that are shown
 * @param now the time, in milliseconds since 1970
 * @param offsetMinutes the minutes that local time is ahead of UTC at a time
 * @returns such as `14 new since 10:42`, or `50 new since 10:42, and up to 86 before them`
 */
export function newMessagesText(
  { newCount = 0, skipped, lastReadAt }: EarlierMessages,
  now: number,
  offsetMinutes: OffsetMinutes,
): string {
  const count = newCount === 0 ? `up to ${skipped}` : String(newCount);
  const before = newCount === 0
    ? ", before these lines"
    : `, and up to ${skipped} before ${newCount === 1 ? "it" : "them"}`;
  const more = skipped === 0 ? "" : before;
  if (lastReadAt === undefined) return `${count} while you were away${more}`;
  const day = formatDay(lastReadAt, offsetMinutes);
  const on = day === formatDay(now, offsetMinutes) || day === undefined ? "" : ` on ${day}`;
  return `${count} new since ${formatTimeOfDay(lastReadAt, offsetMinutes)}${on}${more}`;
}

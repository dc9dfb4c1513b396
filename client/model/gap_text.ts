/**
 * What the user is told of messages that the hub does not have any more.
 *
 * PURE.
 *
 * @module
 */

/** The highest difference of two numbers that counts messages: after damage a hub goes on with much higher numbers. */
const MAX_COUNT = 1_000_000_000;

/** What the user is told when the hub has another history than the client knows. */
export const RESTORED_TEXT: string =
  "the hub has an earlier state of its messages, as from a backup: it has lost the last " +
  "ones that you saw, and goes on from there";

/**
 * Formats how many messages are missing.
 *
 * @param count how many numbers are between the last known message and the next one that the hub has
 * @param label the room or person
 * @returns the text
 */
export function missingText(count: number, label: string): string {
  if (count > MAX_COUNT) {
    return `messages in ${label} may be missing: the hub has lost the last ones`;
  }
  return count === 1
    ? `up to 1 message in ${label} is missing: the hub does not store it any more`
    : `up to ${count} messages in ${label} are missing: the hub does not store them any more`;
}

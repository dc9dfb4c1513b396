/**
 * Numbers of things.
 *
 * PURE.
 *
 * @module
 */

/**
 * Writes how many there are.
 *
 * @param count the number
 * @param what one of them: `message`
 * @returns such as `1 message` or `2 messages`
 */
export function plural(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

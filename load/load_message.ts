/**
 * The text of a message of a load test: it contains the id of the test, the author and the time.
 *
 * PURE.
 *
 * @module
 */

/** The content of a message. */
export interface LoadMessage {
  /** The number of the client that sent it. */
  author: number;
  /** When it was sent, in milliseconds of a clock that all workers share. */
  sentAt: number;
}

/**
 * Formats a message.
 *
 * @param loadId the id of this load test, without spaces
 * @param message the content
 * @param size the length in bytes; the text is longer if the content needs more
 * @returns the text
 */
export function writeLoadMessage(loadId: string, { author, sentAt }: LoadMessage, size: number): string {
  return `${loadId} ${author} ${sentAt.toFixed(3)} `.padEnd(size, ".");
}

/** The beginning of a 200, compact or as Python writes it. */
const CHAT_MESSAGE = /^\s*\{\s*"code"\s*:\s*200\b/;

/**
 * Parses a message of this load test.
 *
 * @param loadId the id of this load test
 * @param body a message of the hub, as JSON
 * @returns the content; `undefined` if it is not a message of this load test
 */
export function readLoadMessage(loadId: string, body: string): LoadMessage | undefined {
  const at = CHAT_MESSAGE.test(body) ? body.indexOf(loadId) : -1;
  if (at < 0) return undefined;
  const [, author = "", sentAt = ""] = body.slice(at, at + 80).split(" ");
  return { author: Number(author), sentAt: Number(sentAt) };
}

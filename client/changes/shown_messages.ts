/**
 * The last messages that the screen has shown, in their last form, so that one can be copied, answered or shown again.
 *
 * PURE. Bounded by number and size, so that a hub cannot fill the memory.
 *
 * @module
 */
import { nameKey, type PastLine } from "../../protocol/mod.ts";

/** How many messages are kept: more than anybody counts back. */
export const MAX_SHOWN_MESSAGES = 500;

/** How many UTF-16 units their texts may have together. */
export const MAX_SHOWN_UNITS = 1024 * 1024;

/** A message and its conversation. */
interface ShownMessage {
  line: PastLine;
  readonly conversation: string;
}

/** The last messages that were shown, in the order of showing. */
export class ShownMessages {
  #messages: ShownMessage[] = [];
  #units = 0;

  /** How many messages are kept. */
  get count(): number {
    return this.#messages.length;
  }

  /**
   * Adds the message that was shown last.
   *
   * @param line the message
   * @param conversation the key of its room or direct conversation, as `conversationOf` returns it
   */
  add(line: PastLine, conversation: string): void {
    this.#messages.push({ line, conversation });
    this.#units += line.message.length;
    this.#limit();
  }

  /**
   * Returns messages by their place, counted from the last one.
   *
   * @param first the place of the first, from 1; the last message has 1
   * @param last the place of the last, at most that of the first
   * @returns the messages in the order of showing; `undefined` if the first one is not kept
   */
  lastOnes(first: number, last: number): readonly PastLine[] | undefined {
    if (first > this.count) return undefined;
    return this.#messages.slice(this.count - first, this.count - last + 1).map(({ line }) => line);
  }

  /**
   * Returns the last message of a user that was not deleted.
   *
   * @param username the user, in any case
   * @returns the message; `undefined` if none is kept
   */
  lastOf(username: string): PastLine | undefined {
    const key = nameKey(username);
    return this.#messages.findLast(({ line }) => !line.deleted && nameKey(line.username) === key)?.line;
  }

  /**
   * Finds a message by its number.
   *
   * @param conversation the key of its room or direct conversation
   * @param sequence its number there
   * @returns the message; `undefined` if it is not kept
   */
  find(conversation: string, sequence: number): PastLine | undefined {
    return this.#messages.findLast((one) => isOne(one, conversation, sequence))?.line;
  }

  /**
   * Sets the form of a message that was changed, each time that it was shown.
   *
   * @param conversation the key of its room or direct conversation
   * @param sequence its number there
   * @param line the message as it is now
   */
  update(conversation: string, sequence: number, line: PastLine): void {
    for (const one of this.#messages) {
      if (!isOne(one, conversation, sequence)) continue;
      this.#units += line.message.length - one.line.message.length;
      one.line = line;
    }
    this.#limit();
  }

  /**
   * Returns the messages of a conversation that have a number, each once and in the order of their numbers.
   *
   * @param conversation the key of the room or direct conversation
   * @returns the messages
   */
  of(conversation: string): PastLine[] {
    const lines = new Map<number, PastLine>();
    for (const { line, conversation: key } of this.#messages) {
      if (key === conversation && line.sequence !== undefined) lines.set(line.sequence, line);
    }
    return [...lines.values()].sort((a, b) => a.sequence! - b.sequence!);
  }

  /**
   * Forgets the messages of a conversation after a number, because the hub has other messages with these numbers.
   *
   * @param conversation the key of the room or direct conversation
   * @param sequence the last number that is the same
   */
  forgetAfter(conversation: string, sequence: number): void {
    for (const one of this.#messages) {
      if (one.conversation !== conversation || (one.line.sequence ?? 0) <= sequence) continue;
      const { sequence: _, ...line } = one.line;
      one.line = line;
    }
  }

  #limit(): void {
    while (this.#messages.length > MAX_SHOWN_MESSAGES || (this.#units > MAX_SHOWN_UNITS && this.count > 1)) {
      this.#units -= this.#messages.shift()!.line.message.length;
    }
  }
}

function isOne({ line, conversation: key }: ShownMessage, conversation: string, sequence: number): boolean {
  return line.sequence === sequence && key === conversation;
}

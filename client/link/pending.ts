/**
 * The client's own messages that the hub has not acknowledged, in order.
 *
 * PURE: it is notified of what happens to a message, and returns the new state of the message.
 *
 * Rules:
 * - If the link is lost before the acknowledgement, nobody knows whether the hub has the message. If it was sent with a
 *   message id and the hub deduplicates by it, it is sent again as often as needed. Otherwise it is sent once more
 *   only. Under another name it is not sent again, unless the hub deduplicates by the session of the client.
 * - No message is lost silently: one that exceeds the limits is refused, and one that is given up says whether the hub
 *   may have it.
 *
 * @module
 */
import { isMain, MAIN, type Target } from "../model/mod.ts";

/** How many messages may be pending: more than anyone types while the hub is down. */
export const MAX_PENDING_LINES = 1000;

/** How many bytes of UTF-8 the pending messages may have in all. */
export const MAX_PENDING_BYTES = 1024 * 1024;

/** The state of an own message. */
export type LineState =
  /** Waits for a link or for its turn. */
  | { kind: "waiting" }
  /** Sent, not acknowledged. */
  | { kind: "sent" }
  /** Sent, but the link was lost before the acknowledgement; it will be sent again. */
  | { kind: "unsure" }
  /** The hub has it; with its sequence number in the room if the hub has the extension. Final. */
  | { kind: "acknowledged"; sequence?: number }
  /** Refused by the hub, in its words, or by the client before it was sent. Final. */
  | { kind: "refused"; message: string }
  /** The hub may have it or not: it was sent and never acknowledged. Final. */
  | { kind: "unknown" }
  /** Never sent, and will not be. Final. */
  | { kind: "unsent" };

/** An own message in one state. */
export interface OwnLine {
  /** Its number: 1, 2, 3 … in the order of the messages. */
  readonly id: number;
  /** The text. */
  readonly text: string;
  /** The room or person it is for; `main` if not given. */
  readonly target?: Target;
  /** The number of the message of its target that it answers. */
  readonly replyTo?: number;
  /** Whether it was sent twice to a hub that may not deduplicate, and so may appear twice. */
  readonly resent: boolean;
  /** The state. */
  readonly state: LineState;
}

/** How a message is sent. */
export interface Sending {
  /** The key of the name under which it is sent. */
  readonly name: string;
  /** By what the hub knows it again: that key, or {@linkcode SESSION}. */
  readonly author: string;
  /** Whether the hub is sure to deduplicate it. */
  readonly deduplicates: boolean;
}

/** Stands for the session of the client, by which a hub knows a message again. No key of a name is like this. */
export const SESSION = "@session";

const utf8 = new TextEncoder();

/**
 * Returns the message id of an own message.
 *
 * @param prefix the prefix of the ids of this client
 * @param id the number of the message
 * @returns the message id
 */
export function messageIdOf(prefix: string, id: number): string {
  return `${prefix}-${id}`;
}

/** The pending messages of one client across all its links. */
export class PendingLines {
  /** By number, ascending: those that were sent are before those that were not. */
  readonly #lines = new Map<number, OwnLine>();
  /** How each sent message was sent last, by its number. */
  readonly #sendings = new Map<number, Sending>();
  #bytes = 0;
  #lastId = 0;

  /** The number of pending messages. */
  get size(): number {
    return this.#lines.size;
  }

  /** The pending messages, oldest first. */
  get lines(): OwnLine[] {
    return [...this.#lines.values()];
  }

  /** The number of the last message; 0 before the first. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The message to send next; `undefined` if all were sent. */
  get next(): OwnLine | undefined {
    for (const line of this.#lines.values()) if (line.state.kind !== "sent") return line;
    return undefined;
  }

  /**
   * Finds a pending message.
   *
   * @param id its number
   * @returns the message; `undefined` if it is not pending
   */
  find(id: number): OwnLine | undefined {
    return this.#lines.get(id);
  }

  /**
   * Adds a message.
   *
   * @param text the text, as `checkText` allows it
   * @param target the room or person it is for; `main` if not given
   * @param replyTo the number of the message that it answers, if it answers one
   * @returns the message: `waiting`, or `refused` if too much is pending
   */
  say(text: string, target: Target = MAIN, replyTo?: number): OwnLine {
    const id = ++this.#lastId;
    const line = {
      id,
      text,
      ...(isMain(target) ? {} : { target }),
      ...(replyTo === undefined ? {} : { replyTo }),
      resent: false,
    };
    const bytes = utf8.encode(text).length;
    const why = this.#limitReached(bytes);
    if (why !== undefined) return { ...line, state: { kind: "refused", message: why } };
    this.#bytes += bytes;
    return this.#put({ ...line, state: { kind: "waiting" } });
  }

  /** Whether a message was sent, and its link was lost before the acknowledgement. */
  get hasUnsure(): boolean {
    return this.lines.some(({ state }) => state.kind === "unsure");
  }

  /**
   * Whether a message must not be sent in some way: it was sent under another name, and the hub could not know it
   * again.
   *
   * @param line the message of {@linkcode PendingLines.next}
   * @param sending how it would be sent
   * @returns whether it must not; {@linkcode PendingLines.giveUpUnsure} gives it up
   */
  isOfOtherName(line: OwnLine, { name, author }: Sending): boolean {
    return line.state.kind === "unsure" && author !== SESSION && this.#sendings.get(line.id)?.name !== name;
  }

  /**
   * Notes that a message is sent.
   *
   * @param line the message of {@linkcode PendingLines.next}
   * @param sending how it is sent
   * @returns the message: `sent`
   */
  sent(line: OwnLine, sending: Sending): OwnLine {
    const again = line.state.kind === "unsure";
    const before = this.#sendings.get(line.id);
    const isKnown = sending.deduplicates &&
      (!again || before?.deduplicates === true && before.author === sending.author);
    this.#sendings.set(line.id, { ...sending, deduplicates: isKnown });
    return this.#put({ ...line, resent: again && !isKnown, state: { kind: "sent" } });
  }

  /**
   * Notes that the hub has a message.
   *
   * @param id its number
   * @param sequence its sequence number in the room, if there is one
   * @returns the message: `acknowledged`; `undefined` if it is not pending
   */
  acknowledge(id: number, sequence?: number): OwnLine | undefined {
    return this.#settle(
      id,
      sequence === undefined ? { kind: "acknowledged" } : { kind: "acknowledged", sequence },
    );
  }

  /**
   * Notes that the hub refused a message.
   *
   * @param id its number
   * @param message the hub's words
   * @returns the message: `refused`; `undefined` if it is not pending
   */
  refuse(id: number, message: string): OwnLine | undefined {
    return this.#settle(id, { kind: "refused", message });
  }

  /**
   * Notes that the hub does not take a message yet.
   *
   * @param id its number
   * @returns the message: `waiting`; `undefined` if it is not pending
   */
  postpone(id: number): OwnLine | undefined {
    const line = this.#lines.get(id);
    return line && this.#put({ ...line, state: { kind: "waiting" } });
  }

  /** Whether a message was sent and is not acknowledged. */
  get hasSent(): boolean {
    return this.lines.some(({ state }) => state.kind === "sent");
  }

  /**
   * Notes that the link is lost.
   *
   * @returns the sent messages: `unsure`, or `unknown` if they were sent twice; oldest first
   */
  linkLost(): OwnLine[] {
    const sent = this.lines.filter(({ state }) => state.kind === "sent");
    return sent.map((line) =>
      line.resent
        ? this.#settle(line.id, { kind: "unknown" })!
        : this.#put({ ...line, state: { kind: "unsure" } })
    );
  }

  /**
   * Gives up a message that was sent and cannot be sent again.
   *
   * @param id its number
   * @returns the message: `unknown`; `undefined` if it is not pending
   */
  giveUpUnsure(id: number): OwnLine | undefined {
    return this.#settle(id, { kind: "unknown" });
  }

  /**
   * Gives up all pending messages.
   *
   * @returns the messages: `unsent`, or `unknown` if they were sent; oldest first
   */
  giveUp(): OwnLine[] {
    return this.lines.map(({ id, state }) =>
      this.#settle(id, { kind: state.kind === "waiting" ? "unsent" : "unknown" })!
    );
  }

  /** Explains why a message of so many bytes cannot be added; `undefined` if it can. */
  #limitReached(bytes: number): string | undefined {
    if (this.size >= MAX_PENDING_LINES) {
      return `Cannot send this message: at most ${MAX_PENDING_LINES} messages may wait for the hub: ${this.size} do`;
    }
    const sum = this.#bytes + bytes;
    if (sum <= MAX_PENDING_BYTES) return undefined;
    return `Cannot send this message: at most ${MAX_PENDING_BYTES} bytes may wait for the hub: it would be ${sum}`;
  }

  #put(line: OwnLine): OwnLine {
    this.#lines.set(line.id, line);
    return line;
  }

  #settle(id: number, state: LineState): OwnLine | undefined {
    const line = this.#lines.get(id);
    if (line === undefined) return undefined;
    this.#lines.delete(id);
    this.#sendings.delete(id);
    this.#bytes -= utf8.encode(line.text).length;
    return { ...line, state };
  }
}

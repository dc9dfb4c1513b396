/**
 * Lines that were said and are not yet acknowledged, in the order in which they were said.
 *
 * PURE: it is told what became of a line, and says what that makes of it. A line is said once; where the link is lost
 * before its acknowledgement, nobody knows whether it was heard. Where it was sent with a mark by which the hub knows it
 * again, it is sent again as often as it takes; otherwise it is said once more and no oftener. Nothing is dropped in
 * silence: a line beyond the bounds is refused, and one that is given up says whether it may have been heard.
 *
 * @module
 */
import { isMain, MAIN, type Target } from "../model/mod.ts";

/** How many lines may be pending: more than anybody types while a hub is away. */
export const MAX_PENDING_LINES = 1000;

/** How many bytes of UTF-8 they may have together. */
export const MAX_PENDING_BYTES = 1024 * 1024;

/** What has become of a line. */
export type LineState =
  /** It waits for the link, or for its turn. */
  | { kind: "waiting" }
  /** It was sent. */
  | { kind: "sent" }
  /** It was sent and the link was lost before the acknowledgement; it will be sent once more. */
  | { kind: "unsure" }
  /** The hub has it, with its number in the room where the hub has the extension. Nothing follows. */
  | { kind: "acknowledged"; sequence?: number }
  /** It was not said, and why: the words of the hub, or ours where it was never sent. Nothing follows. */
  | { kind: "refused"; message: string }
  /** It may have been heard or not: it was sent without an acknowledgement. Nothing follows. */
  | { kind: "unknown" }
  /** It was never sent, and will not be. Nothing follows. */
  | { kind: "unsent" };

/** A line of one's own, as it stands at one moment. */
export interface OwnLine {
  /** Its number: 1, 2, 3 … in the order in which lines were said. */
  readonly id: number;
  /** What is said. */
  readonly text: string;
  /** Where; in `main` if not given. */
  readonly target?: Target;
  /** Whether it was sent a second time to a hub that may not know it again, and so may have been heard twice. */
  readonly resent: boolean;
  /** What has become of it. */
  readonly state: LineState;
}

const utf8 = new TextEncoder();

/** The pending lines of one conversation, across all its links. */
export class PendingLines {
  /** By their numbers, which rise: those that were sent stand before those that were not. */
  readonly #lines = new Map<number, OwnLine>();
  /** Under which name each line that was sent is known again by the hub, by its number. */
  readonly #known = new Map<number, string>();
  #bytes = 0;
  #lastId = 0;

  /** How many lines are pending. */
  get size(): number {
    return this.#lines.size;
  }

  /** The lines that are pending, oldest first. */
  get lines(): OwnLine[] {
    return [...this.#lines.values()];
  }

  /** The number of the line that was said last; 0 before the first. */
  get lastId(): number {
    return this.#lastId;
  }

  /** The line to send next; `undefined` where all were sent. */
  get next(): OwnLine | undefined {
    for (const line of this.#lines.values()) if (line.state.kind !== "sent") return line;
    return undefined;
  }

  /**
   * Finds a pending line.
   *
   * @param id its number
   * @returns the line as it stands; `undefined` where it is not pending
   */
  find(id: number): OwnLine | undefined {
    return this.#lines.get(id);
  }

  /**
   * Takes a line that somebody says.
   *
   * @param text what is said, as `checkText` allows it
   * @param place where; in `main` if not given
   * @returns the line: `waiting`, or `refused` where too much is pending
   */
  say(text: string, target: Target = MAIN): OwnLine {
    const id = ++this.#lastId;
    const line = { id, text, ...(isMain(target) ? {} : { target }), resent: false };
    const bytes = utf8.encode(text).length;
    const why = this.#fullness(bytes);
    if (why !== undefined) return { ...line, state: { kind: "refused", message: why } };
    this.#bytes += bytes;
    return this.#put({ ...line, state: { kind: "waiting" } });
  }

  /**
   * Takes note that a line is sent.
   *
   * @param line the one that {@linkcode PendingLines.next} gave
   * @param knownAs the key of the name under which the hub will know it again; nothing where it will not
   * @returns the line: `sent`
   */
  sent(line: OwnLine, knownAs?: string): OwnLine {
    const again = line.state.kind === "unsure";
    const known = knownAs !== undefined && (!again || this.#known.get(line.id) === knownAs);
    if (known) this.#known.set(line.id, knownAs);
    else this.#known.delete(line.id);
    return this.#put({ ...line, resent: again && !known, state: { kind: "sent" } });
  }

  /**
   * Takes note that the hub has a line.
   *
   * @param id its number
   * @param sequence its number in the room, where there is one
   * @returns the line: `acknowledged`; `undefined` where it is not pending
   */
  acknowledge(id: number, sequence?: number): OwnLine | undefined {
    return this.#settle(
      id,
      sequence === undefined ? { kind: "acknowledged" } : { kind: "acknowledged", sequence },
    );
  }

  /**
   * Takes note that the hub does not want a line.
   *
   * @param id its number
   * @param message the hub's words
   * @returns the line: `refused`; `undefined` where it is not pending
   */
  refuse(id: number, message: string): OwnLine | undefined {
    return this.#settle(id, { kind: "refused", message });
  }

  /**
   * Takes note that the link is lost.
   *
   * @returns those that were sent: `unsure`, or `unknown` where they were sent a second time; oldest first
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
   * Gives up all that is pending.
   *
   * @returns those lines: `unsent`, or `unknown` where they were sent; oldest first
   */
  giveUp(): OwnLine[] {
    return this.lines.map(({ id, state }) =>
      this.#settle(id, { kind: state.kind === "waiting" ? "unsent" : "unknown" })!
    );
  }

  /** Says why a line of so many bytes cannot be kept, if it cannot. */
  #fullness(bytes: number): string | undefined {
    if (this.size >= MAX_PENDING_LINES) {
      return `Cannot keep this line for the hub: at most ${MAX_PENDING_LINES} lines may wait: ${this.size} do`;
    }
    const sum = this.#bytes + bytes;
    if (sum <= MAX_PENDING_BYTES) return undefined;
    return `Cannot keep this line for the hub: at most ${MAX_PENDING_BYTES} bytes may wait: it would be ${sum}`;
  }

  #put(line: OwnLine): OwnLine {
    this.#lines.set(line.id, line);
    return line;
  }

  #settle(id: number, state: LineState): OwnLine | undefined {
    const line = this.#lines.get(id);
    if (line === undefined) return undefined;
    this.#lines.delete(id);
    this.#known.delete(id);
    this.#bytes -= utf8.encode(line.text).length;
    return { ...line, state };
  }
}

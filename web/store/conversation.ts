/**
 * The messages and notes of one room or person, in the order in which they are shown.
 *
 * PURE.
 *
 * @module
 */
import type { PastLine, RoomMode } from "../../protocol/mod.ts";
import { type Target, targetKey, targetLabel } from "../../client/model/mod.ts";

/** How many messages and notes of a conversation are kept. Older ones are fetched again when the user scrolls up. */
export const MAX_ITEMS = 3000;

/** What stands in a conversation. */
export type Item =
  /** A message, and whether it came just now and not from the history. */
  | { readonly kind: "message"; readonly id: number; readonly line: PastLine; readonly isLive?: boolean }
  /** A note of the page itself, to this user only. */
  | { readonly kind: "note"; readonly id: number; readonly text: string; readonly isError: boolean }
  /** Below it are the new messages. */
  | { readonly kind: "new"; readonly id: number; readonly count: number };

let lastId = 0;

/** A room or a direct conversation. */
export class Conversation implements Target {
  /** As in `Target`. */
  readonly kind: Target["kind"];
  /** As in `Target`. */
  name: string;
  /** What is shown, oldest first. */
  items: readonly Item[] = [];
  /** How many messages the user has not seen. */
  unread = 0;
  /** How many of them mention the user. */
  mentions = 0;
  /** What is typed and not sent. */
  draft = "";
  /** The message that the draft answers, or that it changes. */
  about: { readonly kind: "reply" | "edit"; readonly line: PastLine } | undefined;
  /** The topic of the room; empty for none. */
  topic = "";
  /** Who may join the room, if that is known. */
  mode: RoomMode | undefined;
  /** Whom the room belongs to, if to anybody. */
  owner: string | undefined;
  /** Whether the hub may have messages before the first. */
  hasEarlier = true;
  /** Whether earlier messages are being fetched. */
  isLoading = false;
  /** The number of the newest message. */
  last: number | undefined;

  /**
   * Begins empty.
   *
   * @param target the room or person
   */
  constructor({ kind, name }: Target) {
    this.kind = kind;
    this.name = name;
  }

  /** The key of its target. */
  get key(): string {
    return targetKey(this);
  }

  /** What it is called: `#dev`, or the name of the person. */
  get label(): string {
    return this.kind === "room" ? targetLabel(this) : targetLabel(this).slice(1);
  }

  /** Its messages, oldest first. */
  get lines(): PastLine[] {
    return this.items.flatMap((item) => item.kind === "message" ? [item.line] : []);
  }

  /** The number of its first message, if any has a number. */
  get first(): number | undefined {
    for (const item of this.items) {
      if (item.kind === "message" && item.line.sequence !== undefined) return item.line.sequence;
    }
    return undefined;
  }

  /**
   * Adds messages at the end; those that are there already are left out.
   *
   * @param lines the messages, oldest first
   * @param newCount how many of the last of them are new, if the user is told so
   * @param isLive whether they came just now and not from the history
   */
  add(lines: readonly PastLine[], newCount = 0, isLive = false): void {
    const fresh = lines.filter(({ sequence }) =>
      sequence === undefined || this.last === undefined || sequence > this.last
    );
    const items: Item[] = fresh.map((line) => ({ kind: "message", id: ++lastId, line, isLive }));
    if (newCount > 0 && newCount <= items.length) {
      items.splice(items.length - newCount, 0, { kind: "new", id: ++lastId, count: newCount });
    }
    const kept = newCount > 0 ? this.items.filter(({ kind }) => kind !== "new") : this.items;
    this.items = [...kept, ...items].slice(-MAX_ITEMS);
    this.last = fresh.findLast(({ sequence }) => sequence !== undefined)?.sequence ?? this.last;
  }

  /**
   * Puts earlier messages before all others.
   *
   * @param lines the messages, oldest first
   */
  prepend(lines: readonly PastLine[]): void {
    const before = this.first ?? Infinity;
    const earlier = lines.filter(({ sequence = 0 }) => sequence < before);
    const items: Item[] = earlier.map((line) => ({ kind: "message", id: ++lastId, line }));
    this.items = [...items, ...this.items];
    this.last ??= lines.at(-1)?.sequence;
  }

  /**
   * Adds a note.
   *
   * @param text the text
   * @param isError whether it says that something failed
   */
  note(text: string, isError = false): void {
    this.items = [...this.items, { kind: "note", id: ++lastId, text, isError } as const].slice(-MAX_ITEMS);
  }

  /**
   * Replaces a message by its new form.
   *
   * @param line the message as it is now
   */
  update(line: PastLine): void {
    this.items = this.items.map((item) =>
      item.kind === "message" && item.line.sequence === line.sequence ? { ...item, line } : item
    );
  }

  /**
   * Finds a message.
   *
   * @param sequence its number
   */
  find(sequence: number): PastLine | undefined {
    return this.lines.find((line) => line.sequence === sequence);
  }

  /**
   * Removes messages.
   *
   * @param isRemoved returns whether to remove one
   */
  remove(isRemoved: (line: PastLine) => boolean): void {
    this.items = this.items.filter((item) => item.kind !== "message" || !isRemoved(item.line));
  }

  /**
   * Forgets the messages after a number: the hub has other ones.
   *
   * @param sequence the last number that is the same
   */
  forgetAfter(sequence: number): void {
    this.remove((line) => (line.sequence ?? 0) > sequence);
    if (this.last !== undefined) this.last = Math.min(this.last, sequence);
  }

  /**
   * Goes on with other numbers: the person has another name, and that is another conversation on the hub. Its earlier
   * messages are not shown here: with the old name again, they would be those that are there without numbers.
   */
  restartNumbers(): void {
    this.hasEarlier = false;
    this.last = undefined;
    this.about = undefined;
    this.items = this.items.map((item) => {
      if (item.kind !== "message") return item;
      const { sequence: _sequence, reply_to: _replyTo, ...line } = item.line;
      return { ...item, line };
    });
  }

  /** Forgets the messages and their numbers: it is another conversation on the hub. */
  restart(): void {
    this.last = undefined;
    this.items = this.items.filter(({ kind }) => kind !== "message");
  }
}

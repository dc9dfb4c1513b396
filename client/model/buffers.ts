/**
 * The open buffers: rooms and direct conversations. One is current, and the others collect unread messages.
 *
 * PURE. `main` is always the first. The others are in the order of opening. Their numbers start at 1 and are the
 * digits for Alt. The rooms that the hub has for this user are not the task of this file. It is long because a buffer
 * has many small parts.
 *
 * @module
 */
import type { PastLine } from "../../protocol/mod.ts";
import { Backlog, type BacklogContents } from "./backlog.ts";
import { MAIN, type Target, targetKey } from "./target.ts";
import type { MissedRange } from "./earlier_messages.ts";
import type { LineNews } from "./line_news.ts";
import type { PresenceChange } from "./presence.ts";
import type { ReadMarker } from "./read_marker.ts";

/** An open target with its unread messages. */
export class ChatBuffer implements Target {
  /** Whether it is a room or a direct conversation. */
  readonly kind: Target["kind"];
  /** Its name in the last known spelling. */
  name: string;
  readonly #backlog = new Backlog();
  #unread = 0;
  #mentions = 0;
  #readMarker: ReadMarker | undefined;
  /** The numbers of the first and the last message of this run, also if they are hidden. */
  #first: number | undefined;
  #last: number | undefined;
  /** The numbers of the messages that are not shown with the others. */
  #missed: MissedRange | undefined;

  /**
   * Opens it without messages.
   *
   * @param target the room or person
   */
  constructor({ kind, name }: Target) {
    this.kind = kind;
    this.name = name;
  }

  /** The number of unread messages of other users. */
  get unread(): number {
    return this.#unread;
  }

  /** How many of them mention the user or are direct messages. */
  get mentions(): number {
    return this.#mentions;
  }

  /** The last message shown in this run; `undefined` if no message with a number was shown. */
  get readMarker(): ReadMarker | undefined {
    return this.#readMarker;
  }

  /**
   * Marks a message and all before it as read.
   *
   * @param sequence its number, if it has one
   * @param now the time, in milliseconds since 1970
   */
  markRead(sequence: number | undefined, now: number): void {
    if (sequence !== undefined) this.#readMarker = { sequence, at: now };
  }

  /**
   * Notes the number of a message that arrives, also if it is hidden. It counts as read when the buffer is shown.
   *
   * @param sequence its number, if it has one
   */
  noteArrival(sequence: number | undefined): void {
    if (sequence === undefined) return;
    this.#last = sequence;
    this.#first = Math.min(sequence, this.#first ?? sequence);
  }

  /**
   * Forgets the numbers after one, because the hub has other messages with them.
   *
   * @param sequence the last number that is the same
   */
  forgetAfter(sequence: number): void {
    if (this.#first !== undefined && this.#first > sequence) this.#first = undefined;
    if (this.#last !== undefined) this.#last = Math.min(this.#last, sequence);
    const marker = this.#readMarker;
    if (marker !== undefined && marker.sequence > sequence) this.#readMarker = { ...marker, sequence };
    if (this.#missed !== undefined && this.#missed.before > sequence) this.#missed = undefined;
  }

  /** Forgets all numbers: the next messages are those of another conversation of the hub. */
  restartNumbers(): void {
    this.#first =
      this.#last =
      this.#readMarker =
      this.#missed =
        undefined;
  }

  /** The number of the first message of this run; `undefined` if there is none. */
  get first(): number | undefined {
    return this.#first;
  }

  /**
   * Marks all messages that have arrived as read.
   *
   * @param now the time, in milliseconds since 1970
   */
  markAllRead(now: number): void {
    this.markRead(this.#last, now);
  }

  /**
   * Adds earlier messages that are not new.
   *
   * @param lines the messages
   * @param separator the text of the separator before the new messages that follow
   */
  addEarlier(lines: readonly PastLine[], separator?: string): void {
    for (const line of lines) this.#backlog.add({ kind: "line", line });
    if (separator !== undefined) this.#backlog.add({ kind: "separator", text: separator });
  }

  /**
   * Adds a message that arrives while the buffer is not current.
   *
   * @param line the message
   * @param flags whether the user wrote it, and whether it mentions the user
   */
  addLine(line: PastLine, { own, mentioned }: { own: boolean; mentioned: boolean }): void {
    this.#backlog.add({ kind: "line", line, isNew: !own, mentioned });
    if (own) return;
    this.#unread++;
    if (mentioned) this.#mentions++;
  }

  /**
   * Notes messages that are not shown with those after them.
   *
   * @param range their numbers
   */
  addMissed({ after, before }: MissedRange): void {
    this.#missed = {
      after: Math.min(after, this.#missed?.after ?? Infinity),
      before: Math.max(before, this.#missed?.before ?? 0),
    };
  }

  /**
   * Removes and returns the range of the messages that are not shown with the others.
   *
   * @returns the smallest range that has them all; `undefined` if there are none
   */
  takeMissed(): MissedRange | undefined {
    const missed = this.#missed;
    this.#missed = undefined;
    return missed;
  }

  /**
   * Removes the messages of some authors that are not shown yet.
   *
   * @param isHidden returns whether the messages of an author are removed
   */
  hide(isHidden: (username: string) => boolean): void {
    for (const { isNew = false, mentioned = false } of this.#backlog.remove(isHidden)) {
      if (!isNew) continue;
      this.#unread--;
      if (mentioned) this.#mentions--;
    }
  }

  /**
   * Adds a join, leave or rename that arrives while the buffer is not current.
   *
   * @param change the change
   */
  addChange(change: PresenceChange): void {
    this.#backlog.add({ kind: "change", change });
  }

  /**
   * Finds a message that is not shown yet.
   *
   * @param sequence its number
   * @returns the message; `undefined` if it does not wait here
   */
  lineOf(sequence: number): PastLine | undefined {
    return this.#backlog.find(sequence)?.line;
  }

  /**
   * Gives a message that is not shown yet another form. A message that was deleted is not unread any more.
   *
   * @param line the message as it is now
   * @param mentioned whether it mentions the user
   */
  updateLine(line: PastLine, mentioned: boolean): void {
    const old = this.#backlog.find(line.sequence ?? 0);
    if (old === undefined) return;
    const isNew = old.isNew === true && !line.deleted;
    const counts = isNew && mentioned;
    this.#backlog.replace(old, { kind: "line", line, isNew, mentioned: counts });
    this.#unread += Number(isNew) - Number(old.isNew ?? false);
    this.#mentions += Number(counts) - Number((old.isNew && old.mentioned) ?? false);
  }

  /**
   * Adds what has happened to a message that was shown, while the buffer is not current.
   *
   * @param news what has happened
   */
  addNews(news: LineNews): void {
    this.#backlog.add({ kind: "news", news });
  }

  /**
   * Removes and returns all that is not shown yet. It counts as read from then on. Dropped messages are missed then,
   * see {@linkcode ChatBuffer.takeMissed}.
   *
   * @returns the entries, and how many of their messages are unread
   */
  take(): BacklogContents & { readonly unread: number } {
    const unread = this.#unread;
    this.#unread = this.#mentions = 0;
    const contents = this.#backlog.take();
    if (contents.droppedRange !== undefined) this.addMissed(contents.droppedRange);
    return { ...contents, unread };
  }
}

/** All open buffers. */
export class Buffers {
  #list: ChatBuffer[] = [new ChatBuffer(MAIN)];
  #current: ChatBuffer = this.#list[0]!;
  /** The buffers that were current before, the last first. */
  #previous: ChatBuffer[] = [];

  /** The current buffer: messages that the user types go there. */
  get current(): ChatBuffer {
    return this.#current;
  }

  /** All buffers in order; the number of each is its index plus 1. */
  get all(): readonly ChatBuffer[] {
    return this.#list;
  }

  /** The names of the rooms, without `main`. */
  get rooms(): string[] {
    return this.#list.slice(1).filter(({ kind }) => kind === "room").map(({ name }) => name);
  }

  /** How many messages in other buffers mention the user or are direct messages. */
  get mentions(): number {
    return this.#list.reduce((sum, { mentions }) => sum + mentions, 0);
  }

  /** The buffer that was current before this one; `undefined` if there is none. */
  get previous(): ChatBuffer | undefined {
    return this.#previous[0];
  }

  /**
   * The next buffer with unread messages, in the order of the numbers after the current one. Those with mentions or
   * direct messages come first. `undefined` if there is none.
   */
  get nextUnread(): ChatBuffer | undefined {
    const at = this.#list.indexOf(this.#current);
    const others = [...this.#list.slice(at + 1), ...this.#list.slice(0, at)];
    return others.find(({ mentions }) => mentions > 0) ?? others.find(({ unread }) => unread > 0);
  }

  /**
   * Finds a buffer.
   *
   * @param target the room or person, in any case
   * @returns the buffer, if it is open
   */
  find(target: Target): ChatBuffer | undefined {
    const key = targetKey(target);
    return this.#list.find((open) => targetKey(open) === key);
  }

  /**
   * Returns the number of a buffer.
   *
   * @param target an open buffer
   * @returns its number, from 1
   */
  numberOf(target: ChatBuffer): number {
    return this.#list.indexOf(target) + 1;
  }

  /**
   * Opens a buffer at the end of the list, if it is not open yet.
   *
   * @param target the room or person; an open buffer takes its spelling
   * @returns the buffer
   */
  open(target: Target): ChatBuffer {
    let open = this.find(target);
    if (open === undefined) this.#list.push(open = new ChatBuffer(target));
    else open.name = target.name;
    return open;
  }

  /**
   * Makes a buffer the current one.
   *
   * @param target an open buffer
   * @returns whether another one was current before
   */
  switchTo(target: ChatBuffer): boolean {
    if (target === this.#current) return false;
    this.#previous = [
      this.#current,
      ...this.#previous.filter((one) => one !== this.#current && one !== target),
    ];
    this.#current = target;
    return true;
  }

  /**
   * Closes a buffer and drops its contents. If it is current, the buffer before it becomes current.
   *
   * @param target an open buffer, except `main`
   * @returns whether the current buffer changed
   */
  close(target: ChatBuffer): boolean {
    if (target === this.#list[0]) return false;
    this.#list = this.#list.filter((one) => one !== target);
    this.#previous = this.#previous.filter((one) => one !== target);
    if (target !== this.#current) return false;
    this.#current = this.#previous.shift() ?? this.#list[0]!;
    return true;
  }

  /**
   * Renames the direct conversation with a user, unless there is one with the new name already. The numbers of its
   * messages start again.
   *
   * @param old the old name
   * @param name the new name
   */
  renamed(old: string, name: string): void {
    const target = this.find({ kind: "person", name: old });
    if (target === undefined) return;
    const other = this.find({ kind: "person", name });
    if (other !== undefined && other !== target) return;
    if (other === undefined) target.restartNumbers();
    target.name = name;
  }

  /** Notes that the user has another name: the numbers of the messages of all direct conversations start again. */
  restartConversations(): void {
    for (const target of this.#list) if (target.kind === "person") target.restartNumbers();
  }
}

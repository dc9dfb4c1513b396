/**
 * The places one is in, in their order: rooms, and conversations with one person; which of them one looks at, and what
 * waits in the others.
 *
 * PURE. `main` is always the first. The others stand in the order in which they were opened, and their numbers, from 1,
 * are what Alt and a digit go to. Which rooms the hub knows one to be in is for others to see to.
 *
 * @module
 */
import type { ChatLine } from "../../protocol/mod.ts";
import { Backlog, type Backlogged } from "./backlog.ts";
import { MAIN, type Target, targetKey } from "./target.ts";
import type { PresenceChange } from "./presence.ts";
import type { ReadMarker } from "./read_marker.ts";

/** A place one is in. */
export class ChatBuffer implements Target {
  /** Which kind. */
  readonly kind: Target["kind"];
  /** Its name, as it is spelt now. */
  name: string;
  readonly #backlog = new Backlog();
  #unread = 0;
  #mentions = 0;
  #seen: ReadMarker | undefined;

  /**
   * Opens it, with nothing in it.
   *
   * @param place which one
   */
  constructor({ kind, name }: Target) {
    this.kind = kind;
    this.name = name;
  }

  /** How many lines of others wait to be read. */
  get unread(): number {
    return this.#unread;
  }

  /** How many of them mention one, or are for one alone. */
  get mentions(): number {
    return this.#mentions;
  }

  /** What was seen of it in this run; nothing where no line with a number was. */
  get seen(): ReadMarker | undefined {
    return this.#seen;
  }

  /**
   * Takes note that a line is seen, and all before it.
   *
   * @param sequence its number, where it has one
   * @param now the time, in milliseconds since 1970
   */
  saw(sequence: number | undefined, now: number): void {
    if (sequence !== undefined) this.#seen = { sequence, at: now };
  }

  /**
   * Keeps lines from before one came, of which some are not new.
   *
   * @param lines the lines that are not new
   * @param mark what stands before those that follow and are new
   */
  keepPast(lines: readonly ChatLine[], mark?: string): void {
    for (const line of lines) this.#backlog.add({ kind: "line", line });
    if (mark !== undefined) this.#backlog.add({ kind: "mark", text: mark });
  }

  /**
   * Keeps a line that is said while one is elsewhere.
   *
   * @param line the line
   * @param whose whether it is one's own, and whether one is mentioned in it
   */
  keepLine(line: ChatLine, { own, mentioned }: { own: boolean; mentioned: boolean }): void {
    this.#backlog.add({ kind: "line", line });
    if (own) return;
    this.#unread++;
    if (mentioned) this.#mentions++;
  }

  /**
   * Keeps what happens to somebody while one is elsewhere.
   *
   * @param change what happens
   */
  keepChange(change: PresenceChange): void {
    this.#backlog.add({ kind: "change", change });
  }

  /**
   * Takes what waits, which then counts as read.
   *
   * @returns what waits, and how many of its lines are unread
   */
  take(): Backlogged & { readonly unread: number } {
    const unread = this.#unread;
    this.#unread = this.#mentions = 0;
    return { ...this.#backlog.take(), unread };
  }
}

/** All places one is in. */
export class Buffers {
  #list: ChatBuffer[] = [new ChatBuffer(MAIN)];
  #current: ChatBuffer = this.#list[0]!;
  /** Where one was before, the last first. */
  #before: ChatBuffer[] = [];

  /** Where one is: what is typed is said there. */
  get current(): ChatBuffer {
    return this.#current;
  }

  /** All of them in their order; the number of each is one more than its index. */
  get all(): readonly ChatBuffer[] {
    return this.#list;
  }

  /** The names of the rooms, `main` left out. */
  get rooms(): string[] {
    return this.#list.slice(1).filter(({ kind }) => kind === "room").map(({ name }) => name);
  }

  /** How many lines in other places mention one, or are for one alone. */
  get mentions(): number {
    return this.#list.reduce((sum, { mentions }) => sum + mentions, 0);
  }

  /**
   * Finds a place.
   *
   * @param place the place, in any spelling
   * @returns the place, if one is in it
   */
  find(target: Target): ChatBuffer | undefined {
    const key = targetKey(target);
    return this.#list.find((open) => targetKey(open) === key);
  }

  /**
   * Tells the number of a place.
   *
   * @param place one of them
   * @returns its number from 1
   */
  numberOf(target: ChatBuffer): number {
    return this.#list.indexOf(target) + 1;
  }

  /**
   * Opens a place at the end of the list, where one is not in it yet.
   *
   * @param place which one; where one is in it, it takes the spelling of this
   * @returns the place
   */
  open(target: Target): ChatBuffer {
    let open = this.find(target);
    if (open === undefined) this.#list.push(open = new ChatBuffer(target));
    else open.name = target.name;
    return open;
  }

  /**
   * Goes to a place.
   *
   * @param place one of them
   * @returns whether one was elsewhere
   */
  goTo(target: ChatBuffer): boolean {
    if (target === this.#current) return false;
    this.#before = [this.#current, ...this.#before.filter((one) => one !== this.#current && one !== target)];
    this.#current = target;
    return true;
  }

  /**
   * Closes a place, and with it all that waits there. Who is there goes to where one was before.
   *
   * @param place one of them, but not `main`
   * @returns whether one is elsewhere now
   */
  close(target: ChatBuffer): boolean {
    if (target === this.#list[0]) return false;
    this.#list = this.#list.filter((one) => one !== target);
    this.#before = this.#before.filter((one) => one !== target);
    if (target !== this.#current) return false;
    this.#current = this.#before.shift() ?? this.#list[0]!;
    return true;
  }

  /**
   * Takes note that somebody has another name, and so the conversation with them, unless there is one of that name.
   *
   * @param old the name before
   * @param name the name now
   */
  renamed(old: string, name: string): void {
    const target = this.find({ kind: "person", name: old });
    if (target === undefined) return;
    const other = this.find({ kind: "person", name });
    if (other === undefined || other === target) target.name = name;
  }
}

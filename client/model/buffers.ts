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
import { MAIN, type Place, placeKey } from "./target.ts";
import type { Change } from "./presence.ts";
import type { Seen } from "./read_marker.ts";

/** A place one is in. */
export class OpenPlace implements Place {
  /** Which kind. */
  readonly kind: Place["kind"];
  /** Its name, as it is spelt now. */
  name: string;
  readonly #backlog = new Backlog();
  #unread = 0;
  #mentions = 0;
  #seen: Seen | undefined;

  /**
   * Opens it, with nothing in it.
   *
   * @param place which one
   */
  constructor({ kind, name }: Place) {
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
  get seen(): Seen | undefined {
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
  keepChange(change: Change): void {
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
export class Places {
  #list: OpenPlace[] = [new OpenPlace(MAIN)];
  #current: OpenPlace = this.#list[0]!;
  /** Where one was before, the last first. */
  #before: OpenPlace[] = [];

  /** Where one is: what is typed is said there. */
  get current(): OpenPlace {
    return this.#current;
  }

  /** All of them in their order; the number of each is one more than its index. */
  get all(): readonly OpenPlace[] {
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
  find(place: Place): OpenPlace | undefined {
    const key = placeKey(place);
    return this.#list.find((open) => placeKey(open) === key);
  }

  /**
   * Tells the number of a place.
   *
   * @param place one of them
   * @returns its number from 1
   */
  numberOf(place: OpenPlace): number {
    return this.#list.indexOf(place) + 1;
  }

  /**
   * Opens a place at the end of the list, where one is not in it yet.
   *
   * @param place which one; where one is in it, it takes the spelling of this
   * @returns the place
   */
  open(place: Place): OpenPlace {
    let open = this.find(place);
    if (open === undefined) this.#list.push(open = new OpenPlace(place));
    else open.name = place.name;
    return open;
  }

  /**
   * Goes to a place.
   *
   * @param place one of them
   * @returns whether one was elsewhere
   */
  goTo(place: OpenPlace): boolean {
    if (place === this.#current) return false;
    this.#before = [this.#current, ...this.#before.filter((one) => one !== this.#current && one !== place)];
    this.#current = place;
    return true;
  }

  /**
   * Closes a place, and with it all that waits there. Who is there goes to where one was before.
   *
   * @param place one of them, but not `main`
   * @returns whether one is elsewhere now
   */
  close(place: OpenPlace): boolean {
    if (place === this.#list[0]) return false;
    this.#list = this.#list.filter((one) => one !== place);
    this.#before = this.#before.filter((one) => one !== place);
    if (place !== this.#current) return false;
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
    const place = this.find({ kind: "person", name: old });
    if (place === undefined) return;
    const other = this.find({ kind: "person", name });
    if (other === undefined || other === place) place.name = name;
  }
}

/**
 * Shows long listings page by page: the first page at once, each further one with `:more`.
 *
 * Rules:
 * - A page has at most as many rows as the terminal, except if a single entry has more.
 * - There is one listing at a time: `:more` continues the last one. But a long message that was folded after its last
 *   page is what the user has just seen, so `:more` unfolds that first.
 * - If a page cannot be fetched, such as without a link, the next `:more` tries again at the same place.
 *
 * @module
 */
import type { PastLine } from "../../protocol/mod.ts";
import { info, type StyledLine } from "../text/mod.ts";
import type { CommandContext } from "./command_context.ts";

/** How many rows of the terminal a page leaves free: for the title, the note and the input. */
const RESERVED_ROWS = 4;

/** The least number of rows of a page, however small the terminal is. */
const MIN_PAGE_ROWS = 5;

/** What is listed. */
export interface Listing {
  /** The messages or lines that are not shown yet. */
  readonly entries: readonly (PastLine | StyledLine)[];
  /** Fetches and shows the page after these; false if there was no answer. Absent if there is no such page. */
  readonly next?: () => Promise<boolean>;
  /** What that page has, such as "earlier messages". */
  readonly nextKind?: string;
}

/** Options of a {@linkcode Pager}. */
export interface PagerOptions {
  /** Prints notes. */
  context: CommandContext;
  /** Returns the time, in milliseconds since 1970. */
  now: () => number;
  /** Returns the height of the terminal, in rows. */
  terminalRows: () => number;
  /** Returns the rows of an earlier message, and of a line of the client. */
  rowsOf: (entry: PastLine | StyledLine) => string[];
  /** Counts the rows of an entry that may be shown later. */
  countRows: (entry: PastLine | StyledLine) => number;
  /** Called with each message that is shown. */
  shown: (line: PastLine) => void;
  /** When the last long message was folded, in milliseconds since 1970; `undefined` if none is. */
  foldedAt: () => number | undefined;
  /** Returns the rest of the last long message that is folded. */
  unfold: () => string[];
  /** Returns the rows of a separator. */
  separator: (text: string) => string[];
  /** Shows rows. */
  show: (rows: readonly string[]) => void;
}

/** Shows listings page by page. */
export class Pager {
  readonly #options: PagerOptions;
  #listing: Listing | undefined;
  /** When its last page was shown, in milliseconds since 1970. */
  #listedAt = 0;
  /** Whether a page is being fetched. */
  #isFetching = false;

  /**
   * Starts without a listing.
   *
   * @param options see {@linkcode PagerOptions}
   */
  constructor(options: PagerOptions) {
    this.#options = options;
  }

  /** How many rows a page has. */
  get pageRows(): number {
    return Math.max(MIN_PAGE_ROWS, this.#options.terminalRows() - RESERVED_ROWS);
  }

  /**
   * Shows a title and the first page of a listing.
   *
   * @param title the text of the separator above it
   * @param listing the listing
   */
  begin(title: string, listing: Listing): void {
    this.#options.show(this.#options.separator(title));
    this.#showPage(listing);
  }

  /**
   * Whether lines fit on one page.
   *
   * @param lines the lines
   * @returns whether they do
   */
  fits(lines: readonly StyledLine[]): boolean {
    let rows = 0;
    return lines.every((line) => (rows += this.#options.countRows(line)) <= this.pageRows);
  }

  /**
   * Shows a heading and lines of the client, the first page of them if they do not fit on one.
   *
   * @param heading the heading
   * @param lines the lines, whose texts are sanitized
   */
  list(heading: string, lines: readonly StyledLine[]): void {
    const { context } = this.#options;
    if (this.fits(lines)) return context.print([info(heading), ...lines]);
    context.note(heading);
    this.#showPage({ entries: lines });
  }

  /**
   * Offers a listing of which nothing is shown yet: the next `:more` shows its first page.
   *
   * @param listing the listing
   */
  offer(listing: Listing): void {
    this.#listing = listing;
    this.#listedAt = this.#options.now();
  }

  /**
   * Shows the next page.
   *
   * @returns resolves when it is done, or an error was printed
   */
  async more(): Promise<void> {
    const listing = this.#listing;
    const { foldedAt, show, unfold } = this.#options;
    const folded = foldedAt();
    if (folded !== undefined && (listing === undefined || folded > this.#listedAt)) return show(unfold());
    if (listing === undefined) {
      return this.#options.context.note("nothing more to show; :history and :search begin a new listing");
    }
    if (listing.entries.length > 0) return this.#showPage(listing);
    await this.once(async () => {
      if (await listing.next?.() && this.#listing === listing) this.#listing = undefined;
    });
  }

  /**
   * Fetches a page, unless one is being fetched.
   *
   * @param fetch fetches and shows it
   * @returns resolves when that is done
   */
  async once(fetch: () => Promise<void>): Promise<void> {
    if (this.#isFetching) return;
    this.#isFetching = true;
    try {
      await fetch();
    } finally {
      this.#isFetching = false;
    }
  }

  /** Shows as much as fits, and says how to see the rest. */
  #showPage({ entries, next, nextKind = "earlier messages" }: Listing): void {
    const { context, countRows, rowsOf, separator, show, shown } = this.#options;
    const rows: string[] = [];
    let count = 0;
    for (const entry of entries) {
      if (count > 0 && rows.length + countRows(entry) > this.pageRows) break;
      rows.push(...rowsOf(entry));
      if ("message" in entry) shown(entry);
      count++;
    }
    show(rows);
    this.#listedAt = this.#options.now();
    const left = entries.slice(count);
    this.#listing = left.length === 0 && next === undefined
      ? undefined
      : { entries: left, nextKind, ...(next && { next }) };
    if (left.length > 0) context.note(`${left.length} more; :more shows them`);
    else if (next !== undefined) context.note(`there are ${nextKind}; :more shows them`);
    else show(separator("end"));
  }
}

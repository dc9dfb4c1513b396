/**
 * The commands `:history`, `:search` and `:more`, and the keys PageUp and PageDown: fetch earlier messages from the hub
 * and show them page by page.
 *
 * Rules:
 * - A page has at most as many rows as the terminal, except if a single message has more. The rest waits for `:more`.
 * - `:history` fetches all its messages first and shows the oldest page first. `:search` shows the newest page first
 *   and fetches each earlier page when it is wanted.
 * - PageUp shows the messages before those that this run has shown, one page further back with each press.
 * - If a page cannot be fetched, such as without a link, the next try continues at the same place.
 *
 * The file is long because all of them share one listing.
 *
 * @module
 */
import { Code, MAX_HISTORY_LINES, type PastLine } from "../../protocol/mod.ts";
import { wireName } from "./catch_up.ts";
import type { CommandContext } from "./command_context.ts";
import type { Answer, ControlRequest } from "../link/mod.ts";
import { type HistoryAction, MAX_REQUESTED_LINES } from "../commands/mod.ts";
import { sanitize } from "../text/mod.ts";
import { type ChatBuffer, type Target, targetLabel } from "../model/mod.ts";

/** How many messages one search request asks for at most. */
const SEARCH_LINES = 50;

/** How many messages `:history` fetches at most to find enough that are not hidden. */
const MAX_FETCHED_LINES = 2 * MAX_REQUESTED_LINES;

/** How many rows of the terminal a page leaves free: for the title, the note and the input. */
const RESERVED_ROWS = 4;

/** The least number of rows of a page, however small the terminal is. */
const MIN_PAGE_ROWS = 5;

/** Options of {@linkcode HistoryCommands}. */
export interface HistoryCommandsOptions {
  /** Access to the hub and the output. */
  context: CommandContext;
  /** Returns the current target. */
  target: () => Target;
  /** Returns the time, in milliseconds since 1970. */
  now: () => number;
  /** Returns the height of the terminal, in rows. */
  terminalRows: () => number;
  /** Returns whether the messages of an author are hidden. Such messages are neither shown nor counted. */
  isHidden: (username: string) => boolean;
  /** Returns the rows of an earlier message. */
  rowsOf: (line: PastLine) => string[];
  /** When the last long message was folded, in milliseconds since 1970; `undefined` if none is. */
  foldedAt: () => number | undefined;
  /** Returns the rest of the last long message that is folded. */
  unfold: () => string[];
  /** Returns the rows of a separator. */
  separator: (text: string) => string[];
  /** Shows rows. */
  show: (rows: readonly string[]) => void;
}

/** The rest of a listing, which `:more` shows. */
interface Listing {
  /** The messages that are fetched and not shown yet. */
  lines: readonly PastLine[];
  /** Fetches and shows the page after these messages; false if there was no answer. Absent if there is no page. */
  next?: () => Promise<boolean>;
}

/** Runs the commands about the history. */
export class HistoryCommands {
  readonly #options: HistoryCommandsOptions;
  #listing: Listing | undefined;
  /** When its last page was shown, in milliseconds since 1970. */
  #listedAt = 0;
  /** The number of the first message that PageUp has shown, since {@linkcode HistoryCommands.forgetPages}. */
  #firstShown: number | undefined;
  /** Whether a page is being fetched. */
  #isFetching = false;

  /**
   * Starts without a listing.
   *
   * @param options see {@linkcode HistoryCommandsOptions}
   */
  constructor(options: HistoryCommandsOptions) {
    this.#options = options;
  }

  /**
   * Runs a command.
   *
   * @param action what to do
   * @returns resolves when it is done, or an error was printed
   */
  async do(action: HistoryAction): Promise<void> {
    switch (action.kind) {
      case "history":
        return await this.#history(action);
      case "search":
        return await this.#search(action.words);
      case "more":
        return await this.#more();
    }
  }

  /**
   * Shows the page of messages before those that were shown. While a page is being fetched, does nothing.
   *
   * @param buffer the current buffer
   * @returns resolves when it is done, or an error was printed
   */
  async showOlder(buffer: ChatBuffer): Promise<void> {
    await this.#once(() => this.#older(buffer));
  }

  /**
   * Shows the newest messages again, as `:history` does.
   *
   * @returns resolves when it is done, or an error was printed
   */
  async showNewest(): Promise<void> {
    this.forgetPages();
    await this.#history({});
  }

  /** Forgets the pages that PageUp has shown: the next one begins before the first message of this run. */
  forgetPages(): void {
    this.#firstShown = undefined;
  }

  async #older(buffer: ChatBuffer): Promise<void> {
    const { context, rowsOf, separator, show } = this.#options;
    const label = targetLabel(buffer);
    const action = `show the history of ${label}`;
    if (!context.require("history", action)) return;
    let before = this.#firstShown ?? buffer.first;
    let lines: PastLine[] = [];
    for (let more = true, fetched = 0; more && lines.length === 0 && fetched < MAX_FETCHED_LINES;) {
      const answer = await this.#ask({
        code: Code.AskHistory,
        room: wireName(buffer),
        ...(before === undefined ? {} : { before }),
        limit: this.#pageRows,
      }, action);
      if (answer === undefined) return;
      fetched += answer.messages.length;
      before = answer.messages[0]?.sequence;
      lines = this.#visible(answer.messages);
      more = answer.more && before !== undefined;
    }
    if (lines.length === 0) return context.note(`there are no earlier messages in ${label}`);
    show(separator(`${label}, earlier`));
    const page = this.#lastPage(lines);
    this.#firstShown = page[0]?.sequence;
    show([...page.flatMap(rowsOf), ...separator("PageUp shows earlier messages, PageDown the newest")]);
  }

  /** Returns the last of these messages, as many as fit on a page. */
  #lastPage(lines: readonly PastLine[]): readonly PastLine[] {
    const counts = lines.map((line) => this.#options.rowsOf(line).length);
    let first = lines.length - 1;
    for (let rows = counts[first]!; first > 0; first--) {
      rows += counts[first - 1]!;
      if (rows > this.#pageRows) break;
    }
    return lines.slice(first);
  }

  async #history({ lines: wanted, ms }: { lines?: number; ms?: number }): Promise<void> {
    const { context } = this.#options;
    const target = this.#options.target();
    const label = targetLabel(target);
    const action = `show the history of ${label}`;
    if (!context.require("history", action)) return;
    const since = ms === undefined ? -Infinity : this.#options.now() - ms;
    const limit = Math.min(
      wanted ?? (ms === undefined ? this.#pageRows : MAX_REQUESTED_LINES),
      MAX_REQUESTED_LINES,
    );
    let found: PastLine[] = [];
    let fetched = 0;
    let before: number | undefined;
    for (let more = true; more && found.length < limit && fetched < MAX_FETCHED_LINES;) {
      const answer = await this.#ask({
        code: Code.AskHistory,
        room: wireName(target),
        ...(before === undefined ? {} : { before }),
        limit: Math.min(MAX_HISTORY_LINES, limit - found.length),
      }, action);
      if (answer === undefined) return;
      const recent = answer.messages.filter(({ timestamp }) => timestamp >= since);
      more = answer.more && recent.length === answer.messages.length && recent.length > 0;
      fetched += answer.messages.length;
      before = answer.messages[0]?.sequence;
      found = [...this.#visible(recent), ...found];
    }
    if (found.length === 0) {
      return context.note(
        ms === undefined ? `no messages are stored for ${label}` : `no messages in ${label} since then`,
      );
    }
    this.#begin(`${label}, ${found.length === 1 ? "1 message" : `the last ${found.length} messages`}`, {
      lines: found,
    });
  }

  async #search(words: string): Promise<void> {
    const { context } = this.#options;
    const target = this.#options.target();
    const label = targetLabel(target);
    const action = `search ${label} for ${sanitize(words)}`;
    if (!context.require("search", action)) return;
    let hasBegun = false;
    const fetch = async (before?: number): Promise<boolean> => {
      const answer = await this.#ask({
        code: Code.AskHistory,
        room: wireName(target),
        match: words,
        ...(before === undefined ? {} : { before }),
        limit: Math.min(SEARCH_LINES, this.#pageRows),
      }, action);
      if (answer === undefined) return false;
      const next = answer.more ? answer.before ?? answer.messages[0]?.sequence : undefined;
      const lines = this.#visible(answer.messages);
      if (lines.length === 0 && next !== undefined) {
        if (answer.before === undefined) return await fetch(next);
        this.#listing = { lines, next: () => fetch(next) };
        this.#listedAt = this.#options.now();
        context.note(
          `no ${hasBegun ? "more " : ""}messages with ${sanitize(words)} so far; :more searches on`,
        );
        return true;
      }
      if (lines.length === 0) {
        context.note(`no ${hasBegun ? "more " : ""}messages with ${sanitize(words)} in ${label}`);
        return true;
      }
      const listing: Listing = { lines };
      if (next !== undefined) listing.next = () => fetch(next);
      this.#begin(`${sanitize(words)} in ${label}${hasBegun ? ", earlier" : ""}`, listing);
      hasBegun = true;
      return true;
    };
    await fetch();
  }

  async #more(): Promise<void> {
    const listing = this.#listing;
    const { foldedAt, show, unfold } = this.#options;
    // A message that was folded after the last page is what the user has just seen.
    if ((foldedAt() ?? -Infinity) >= (listing === undefined ? 0 : this.#listedAt)) return show(unfold());
    if (listing === undefined) {
      return this.#options.context.note("nothing more to show; :history and :search begin a new listing");
    }
    if (listing.lines.length > 0) return this.#showPage(listing);
    await this.#once(async () => {
      // Without an answer the listing stays, so that the next `:more` continues here.
      if (await listing.next?.() && this.#listing === listing) this.#listing = undefined;
    });
  }

  /** Fetches a page, unless one is being fetched. */
  async #once(fetch: () => Promise<void>): Promise<void> {
    if (this.#isFetching) return;
    this.#isFetching = true;
    try {
      await fetch();
    } finally {
      this.#isFetching = false;
    }
  }

  #begin(title: string, listing: Listing): void {
    this.#options.show(this.#options.separator(title));
    this.#showPage(listing);
  }

  /** Shows as many messages as fit, and says how to see the rest. */
  #showPage({ lines, next }: Listing): void {
    const { context, rowsOf, separator, show } = this.#options;
    const rows: string[] = [];
    let count = 0;
    for (const line of lines) {
      const more = rowsOf(line);
      if (count > 0 && rows.length + more.length > this.#pageRows) break;
      rows.push(...more);
      count++;
    }
    show(rows);
    this.#listedAt = this.#options.now();
    const left = lines.slice(count);
    this.#listing = left.length === 0 && next === undefined
      ? undefined
      : { lines: left, ...(next && { next }) };
    if (left.length > 0) context.note(`${left.length} more; :more shows them`);
    else if (next !== undefined) context.note("there are earlier messages; :more shows them");
    else show(separator("end"));
  }

  #visible(lines: readonly PastLine[]): PastLine[] {
    return lines.filter(({ username }) => !this.#options.isHidden(username));
  }

  get #pageRows(): number {
    return Math.max(MIN_PAGE_ROWS, this.#options.terminalRows() - RESERVED_ROWS);
  }

  async #ask(
    request: ControlRequest,
    action: string,
  ): Promise<Answer & { code: typeof Code.History } | undefined> {
    const { context } = this.#options;
    const answer = await context.ask(request, "history");
    if (answer?.code === Code.History) return answer;
    if (answer?.code === Code.Refused) context.failRefused(action, answer);
    return undefined;
  }
}

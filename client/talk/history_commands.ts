/**
 * The commands `:history`, `:search`, `:mentions` and `:more`, and the keys PageUp and PageDown: fetch earlier messages
 * from the hub and show them page by page (`pager.ts`). The file is long because each has its own kind of pages.
 *
 * Rules:
 * - `:history` fetches all its messages first and shows the oldest page first. `:search` and `:mentions` show the
 *   newest page first and fetch each earlier page when it is wanted.
 * - PageUp shows the messages before those that this run has shown, one page further back with each press.
 * - New messages that were not shown with the others are offered: `:more` shows them, the oldest page first.
 *
 * @module
 */
import { Code, type History, MAX_HISTORY_LINES, type PastLine } from "../../protocol/mod.ts";
import { wireName } from "../catch_up/mod.ts";
import type { CommandContext } from "./command_context.ts";
import type { Pager } from "./pager.ts";
import type { Answer, ControlRequest } from "../link/mod.ts";
import { type HistoryAction, MAX_REQUESTED_LINES } from "../commands/mod.ts";
import { sanitize } from "../text/mod.ts";
import { type ChatBuffer, type MissedRange, type Target, targetLabel, unitsOf } from "../model/mod.ts";

/** How many messages one search request asks for at most. */
const SEARCH_LINES = 50;

/** How many messages `:history` fetches at most to find enough that are not hidden. */
const MAX_FETCHED_LINES = 2 * MAX_REQUESTED_LINES;

/** How many UTF-16 units the messages that `:history` fetches may have: those of so many of the longest text. */
const MAX_FETCHED_UNITS = 32 * 1024 * 1024;

/** Options of {@linkcode HistoryCommands}. */
export interface HistoryCommandsOptions {
  /** Access to the hub and the output. */
  context: CommandContext;
  /** Shows the messages page by page. */
  pager: Pager;
  /** Returns the current target. */
  target: () => Target;
  /** Returns the time, in milliseconds since 1970. */
  now: () => number;
  /** Returns whether the messages of an author are hidden. Such messages are neither shown nor counted. */
  isHidden: (username: string) => boolean;
  /** Returns the rows of an earlier message. */
  rowsOf: (line: PastLine) => string[];
  /** Counts the rows of an earlier message that may be shown later. */
  countRows: (line: PastLine) => number;
  /** Called with each message that is shown without the pager. */
  shown: (line: PastLine) => void;
  /** Returns the rows of a separator. */
  separator: (text: string) => string[];
  /** Shows rows. */
  show: (rows: readonly string[]) => void;
}

/** Runs the commands about the history. */
export class HistoryCommands {
  readonly #options: HistoryCommandsOptions;
  /** The number of the first message that PageUp has shown, since {@linkcode HistoryCommands.forgetPages}. */
  #firstShown: number | undefined;

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
      case "mentions":
        return await this.#mentions(action.ms);
      case "more":
        return await this.#options.pager.more();
    }
  }

  /**
   * Shows the page of messages before those that were shown. While a page is being fetched, does nothing.
   *
   * @param buffer the current buffer
   * @returns resolves when it is done, or an error was printed
   */
  async showOlder(buffer: ChatBuffer): Promise<void> {
    await this.#options.pager.once(() => this.#older(buffer));
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

  /**
   * Says that messages of a target were not shown, and offers them: `:more` shows them, the oldest first.
   *
   * @param target a room or person
   * @param missed which messages
   */
  offerMissed(target: Target, { after, before }: MissedRange): void {
    const { context, pager } = this.#options;
    const label = targetLabel(target);
    const fetch = async (after: number): Promise<boolean> => {
      const answer = await this.#ask(
        { code: Code.AskHistory, room: wireName(target), after, before, limit: this.#pageRows },
        `show the missed messages of ${label}`,
      );
      if (answer === undefined) return false;
      const last = answer.messages.at(-1)?.sequence;
      const next = answer.more && last !== undefined && last > after && last < before
        ? () => fetch(last)
        : undefined;
      const entries = this.#visible(answer.messages);
      if (entries.length === 0 && next !== undefined) return await next();
      if (entries.length === 0) context.note(`the hub has no more of the missed messages of ${label}`);
      else {
        pager.begin(`${label}, missed`, {
          entries,
          nextKind: "later missed messages",
          ...(next && { next }),
        });
      }
      return true;
    };
    const count = before - after - 1;
    const messages = count === 1 ? "1 message before these is" : `up to ${count} messages before these are`;
    if (context.session !== undefined && !context.hubHas("history")) {
      return context.note(`${messages} lost: there were too many, and this hub stores no history`);
    }
    context.note(`${messages} not shown; :more shows ${count === 1 ? "it" : "them"}`);
    pager.offer({ entries: [], next: () => fetch(after) });
  }

  /** Forgets the pages that PageUp has shown: the next one begins before the first message of this run. */
  forgetPages(): void {
    this.#firstShown = undefined;
  }

  async #older(buffer: ChatBuffer): Promise<void> {
    const { context, rowsOf, separator, show, shown } = this.#options;
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
    page.forEach(shown);
    show([...page.flatMap(rowsOf), ...separator("PageUp shows earlier messages, PageDown the newest")]);
  }

  /** Returns the last of these messages, as many as fit on a page. */
  #lastPage(lines: readonly PastLine[]): readonly PastLine[] {
    const counts = lines.map((line) => this.#options.countRows(line));
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
    let units = 0;
    let before: number | undefined;
    let more = true;
    while (more && found.length < limit && fetched < MAX_FETCHED_LINES && units < MAX_FETCHED_UNITS) {
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
      units += answer.messages.reduce((sum, line) => sum + unitsOf(line), 0);
      before = answer.messages[0]?.sequence;
      found = [...this.#visible(recent), ...found];
    }
    if (found.length === 0) {
      return context.note(
        ms === undefined ? `no messages are stored for ${label}` : `no messages in ${label} since then`,
      );
    }
    const count = found.length === 1 ? "1 message" : `the last ${found.length} messages`;
    // Fewer than were asked for, although there are more.
    const isCut = more && (wanted === undefined ? ms !== undefined : found.length < limit);
    this.#options.pager.begin(`${label}, ${count}${isCut ? "; there are more" : ""}`, { entries: found });
  }

  async #search(words: string): Promise<void> {
    const { context, pager } = this.#options;
    const target = this.#options.target();
    const label = targetLabel(target);
    const action = `search ${label} for ${sanitize(words)}`;
    if (!context.require("search", action)) return;
    let hasBegun = false;
    let hidden = 0;
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
        hidden += answer.messages.length;
        if (answer.before === undefined && hidden < MAX_FETCHED_LINES) return await fetch(next);
        hidden = 0;
        pager.offer({ entries: [], next: () => fetch(next) });
        context.note(
          `no ${hasBegun ? "more " : ""}messages with ${sanitize(words)} so far; :more searches on`,
        );
        return true;
      }
      if (lines.length === 0) {
        context.note(`no ${hasBegun ? "more " : ""}messages with ${sanitize(words)} in ${label}`);
        return true;
      }
      pager.begin(`${sanitize(words)} in ${label}${hasBegun ? ", earlier" : ""}`, {
        entries: lines,
        ...(next !== undefined && { next: () => fetch(next) }),
      });
      hasBegun = true;
      return true;
    };
    await fetch();
  }

  /** Shows the messages that named the user, in all rooms. */
  async #mentions(ms: number | undefined): Promise<void> {
    const { context, pager } = this.#options;
    if (!context.require("changes", "list the messages that named you")) return;
    const since = ms === undefined ? {} : { since: this.#options.now() - ms };
    let hasBegun = false;
    const fetch = async (before?: number): Promise<boolean> => {
      const answer = await context.ask({
        code: Code.AskMentions,
        ...since,
        ...(before === undefined ? {} : { before }),
        limit: Math.min(SEARCH_LINES, this.#pageRows),
      }, "changes");
      if (answer?.code === Code.Refused) context.failRefused("list the messages that named you", answer);
      if (answer?.code !== Code.Mentions) return false;
      const next = answer.more && answer.before !== before ? answer.before : undefined;
      const lines = this.#visible(answer.messages).toReversed();
      if (lines.length === 0 && next !== undefined) {
        pager.offer({ entries: [], next: () => fetch(next) });
        context.note("no messages that named you so far; :more looks on");
        return true;
      }
      if (lines.length === 0) {
        context.note(
          `no ${hasBegun ? "more " : ""}messages named you${ms === undefined ? "" : " since then"}`,
        );
        return true;
      }
      pager.begin(`mentions of you${hasBegun ? ", earlier" : ""}`, {
        entries: lines,
        ...(next !== undefined && { next: () => fetch(next) }),
      });
      hasBegun = true;
      return true;
    };
    await fetch();
  }

  #visible(lines: readonly PastLine[]): PastLine[] {
    return lines.filter(({ username }) => !this.#options.isHidden(username));
  }

  get #pageRows(): number {
    return this.#options.pager.pageRows;
  }

  async #ask(
    request: ControlRequest,
    action: string,
  ): Promise<Answer & { code: typeof Code.History } | undefined> {
    const { context } = this.#options;
    const answer = await context.ask(request, "history");
    if (answer?.code === Code.History) return { ...answer, messages: located(answer) };
    if (answer?.code === Code.Refused) context.failRefused(action, answer);
    return undefined;
  }
}

/** Names the room in each message that does not name it itself. */
function located({ room, messages }: History): PastLine[] {
  if (room.startsWith("@")) return messages;
  return messages.map((line) => line.room === undefined ? { ...line, room } : line);
}

/**
 * What `:history`, `:search` and `:more` do: lines from before are asked of the hub and shown a page at a time.
 *
 * Rules: a page takes no more rows than the terminal has, unless one line alone does; what is left waits for `:more`.
 * What `:history` shows is gathered first, so that it is read from its beginning; a search goes back page by page.
 *
 * @module
 */
import { Code, MAX_HISTORY_LINES, type PastLine } from "../../protocol/mod.ts";
import { wireName } from "./catch_up.ts";
import { type Answer, type ControlRequest, hasFeature, type Session } from "../link/mod.ts";
import { type HistoryAction, MAX_REQUESTED_LINES } from "../commands/mod.ts";
import { LinkError } from "../net/mod.ts";
import { failure, info, sanitize, type StyledLine } from "../text/mod.ts";
import { type Target, targetLabel } from "../model/mod.ts";

/** How many lines of a search are asked for at once. */
const SEARCH_LINES = 50;

/** What an archive works with. */
export interface HistoryCommandsOptions {
  /** Asks the hub, as `Tether.ask`. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** The link that is open, if one is. */
  session: () => Session | undefined;
  /** The place one is in. */
  target: () => Target;
  /** The time, in milliseconds since 1970. */
  now: () => number;
  /** How many rows a page may have. */
  rows: () => number;
  /** Makes rows of a line. */
  rowsOf: (line: PastLine) => string[];
  /** Makes rows of a line that separates. */
  separation: (text: string) => string[];
  /** Shows rows. */
  show: (rows: readonly string[]) => void;
  /** Shows lines of the client. */
  tell: (lines: readonly StyledLine[]) => void;
}

/** What is left to be shown. */
interface Listing {
  lines: readonly PastLine[];
  /** Fetches what comes after these, where there may be more. */
  next?: () => Promise<void>;
}

/** Shows lines from before. */
export class HistoryCommands {
  readonly #options: HistoryCommandsOptions;
  #listing: Listing | undefined;

  /**
   * Begins with nothing to show.
   *
   * @param options see {@linkcode HistoryCommandsOptions}
   */
  constructor(options: HistoryCommandsOptions) {
    this.#options = options;
  }

  /**
   * Does what a command says.
   *
   * @param action what to do
   */
  async do(action: HistoryAction): Promise<void> {
    try {
      switch (action.kind) {
        case "history":
          return await this.#history(action);
        case "search":
          return await this.#search(action.words);
        case "more":
          return await this.#more();
      }
    } catch (error) {
      // A link that came in between may be one to a hub of the base.
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
      this.#fail(error instanceof LinkError ? error.message : "Cannot do that: this hub keeps nothing");
    }
  }

  async #history({ lines: wanted, ms }: { lines?: number; ms?: number }): Promise<void> {
    const target = this.#options.target();
    const label = targetLabel(target);
    if (!this.#can("history", `show what was said in ${label}`)) return;
    const since = ms === undefined ? -Infinity : this.#options.now() - ms;
    const most = Math.min(
      wanted ?? (ms === undefined ? this.#pageRows : MAX_REQUESTED_LINES),
      MAX_REQUESTED_LINES,
    );
    let found: PastLine[] = [];
    for (let more = true; more && found.length < most;) {
      const before = found[0]?.sequence;
      const answer = await this.#ask({
        code: Code.AskHistory,
        room: wireName(target),
        ...(before === undefined ? {} : { before }),
        limit: Math.min(MAX_HISTORY_LINES, most - found.length),
      }, `show what was said in ${label}`);
      if (answer === undefined) return;
      const recent = answer.messages.filter(({ timestamp }) => timestamp >= since);
      more = answer.more && recent.length === answer.messages.length && recent.length > 0;
      found = [...recent, ...found];
    }
    if (found.length === 0) {
      return this.#note(
        ms === undefined ? `nothing is kept of ${label}` : `nothing was said in ${label} since then`,
      );
    }
    this.#begin(`${label}, ${found.length === 1 ? "1 line" : `the last ${found.length} lines`}`, {
      lines: found,
    });
  }

  async #search(words: string): Promise<void> {
    const target = this.#options.target();
    const label = targetLabel(target);
    const what = `search ${label} for ${sanitize(words)}`;
    if (!this.#can("search", what)) return;
    let begun = false;
    const fetch = async (before?: number): Promise<void> => {
      const answer = await this.#ask({
        code: Code.AskHistory,
        room: wireName(target),
        match: words,
        ...(before === undefined ? {} : { before }),
        limit: Math.min(SEARCH_LINES, this.#pageRows),
      }, what);
      if (answer === undefined) return;
      const oldest = answer.messages[0]?.sequence;
      if (oldest === undefined) {
        return this.#note(`nothing ${begun ? "more " : ""}with ${sanitize(words)} in ${label}`);
      }
      const listing: Listing = { lines: answer.messages };
      if (answer.more) listing.next = () => fetch(oldest);
      this.#begin(`${sanitize(words)} in ${label}${begun ? ", earlier" : ""}`, listing);
      begun = true;
    };
    await fetch();
  }

  async #more(): Promise<void> {
    const listing = this.#listing;
    if (listing === undefined) return this.#note("there is no more to show; :history and :search begin");
    if (listing.lines.length > 0) return this.#page(listing);
    this.#listing = undefined;
    await listing.next?.();
  }

  #begin(title: string, listing: Listing): void {
    this.#options.show(this.#options.separation(title));
    this.#page(listing);
  }

  /** Shows as much as fits, and says how to go on. */
  #page({ lines, next }: Listing): void {
    const rows: string[] = [];
    let count = 0;
    for (const line of lines) {
      const more = this.#options.rowsOf(line);
      if (count > 0 && rows.length + more.length > this.#pageRows) break;
      rows.push(...more);
      count++;
    }
    this.#options.show(rows);
    const left = lines.slice(count);
    this.#listing = left.length === 0 && next === undefined
      ? undefined
      : { lines: left, ...(next && { next }) };
    if (left.length > 0) this.#note(`${left.length} more; :more goes on`);
    else if (next !== undefined) this.#note("there are earlier ones; :more goes on");
    else this.#options.show(this.#options.separation("end"));
  }

  /** Some rows are for the title, the note and the input. */
  get #pageRows(): number {
    return Math.max(5, this.#options.rows() - 4);
  }

  async #ask(
    request: ControlRequest,
    what: string,
  ): Promise<Answer & { code: typeof Code.History } | undefined> {
    const answer = await this.#options.ask(request);
    if (answer.code === Code.History) return answer;
    if (answer.code === Code.Refused) {
      this.#fail(`Cannot ${what}: ${answer.message.replace(/^Cannot [^:]*: /, "")}`);
    }
    return undefined;
  }

  #can(feature: "history" | "search", what: string): boolean {
    const session = this.#options.session();
    if (session === undefined || hasFeature(session, feature)) return true;
    this.#fail(
      `Cannot ${what}: this hub ${hasFeature(session, "history") ? "cannot search" : "keeps nothing"}`,
    );
    return false;
  }

  #note(text: string): void {
    this.#options.tell([info(text)]);
  }

  #fail(message: string): void {
    this.#options.tell([failure(message)]);
  }
}

/**
 * What a hub says, as rows of a terminal: the reading side of a chat, between the messages and the screen.
 *
 * PURE. Rules:
 * - Everything from a hub is rendered as if it were hostile (`visible.ts`). What somebody said begins with the time and a
 *   name, or with `*` and a name; what happened with `+`, `-` or `~`; words of the client with `--`, of the hub with `!`.
 *   Every further row stands behind a gutter, and a name that begins like one of these signs stands in `<>`; so nothing
 *   that somebody sends can look like anything else.
 * - Rows come out once and in order. What happened to people may wait for more of it until {@linkcode Scrollback.dueAt},
 *   but never until after something that came later.
 * - Times are handed in: those of the hub with its messages, that of this place with every call.
 *
 * @module
 */
import { type ChatLine, Code, nameKey, type ServerMessage } from "../protocol/mod.ts";
import { ASCII_RULER, asciiLine, asciiName } from "./ascii.ts";
import { age, dayOf } from "./calendar.ts";
import { UNICODE_RULER } from "./columns.ts";
import { Ignored } from "./ignored.ts";
import type { Look } from "./look.ts";
import { findMentions } from "./mention.ts";
import { failure, info } from "./note.ts";
import type { Preferences } from "./preferences.ts";
import { type Change, Presence } from "./presence.ts";
import { paint, type Span, type StyledLine } from "./style.ts";
import { isNotice, notice, type OffsetMinutes, timeOfDay } from "./transcript.ts";
import { Unread } from "./unread.ts";
import { visibleLines, visibleName } from "./visible.ts";
import { expandTabs, wrap } from "./wrap.ts";

/** Below this width the gutter stands at the left edge instead of under the name, so that there is room for words. */
const NARROW_COLUMNS = 40;

/** How wide an age is at least, so that names stand below each other. */
const AGE_COLUMNS = 3;

/** What the further rows stand behind of what is not said by anybody, and of a line that separates. */
const EVENT_GUTTER: StyledLine = [{ text: "  │ ", style: "faint" }];
const SEPARATION_GUTTER: StyledLine = [{ text: "── ", style: "mark" }];

/** What a scrollback is told of its surroundings. */
export interface ScrollbackOptions {
  /** How wide the terminal is, in columns; infinite where lines are not to be broken. */
  readonly columns: number;
  /** What the terminal can show. */
  readonly look: Look;
  /** How one wants to read. */
  readonly preferences: Preferences;
  /** Tells how the clocks of this place differ from UTC. */
  readonly offsetMinutes: OffsetMinutes;
  /** The time, in milliseconds since 1970: lines of this day need no line that names the day. */
  readonly now: number;
}

/** What is to be done about a message. */
export interface Shown {
  /** Rows to write, without their ends; styles are in them, other control characters are not. */
  readonly rows: string[];
  /** Whether to ring. */
  readonly bell: boolean;
}

/** Turns the messages of a chat into rows, over any number of connections. */
export class Scrollback {
  readonly #look: Look;
  readonly #offsetMinutes: OffsetMinutes;
  readonly #presence = new Presence();
  readonly #ignored: Ignored;
  readonly #unread = new Unread();
  #columns: number;
  #preferences: Preferences;
  /** The day of the last line. */
  #day: string | undefined;
  #name = "";
  /** The name and the message of the day that were told last. */
  #toldName = "";
  #toldMotd = "";
  /** What is known of the present connection. */
  #connection: Connection = {};

  /**
   * Begins with nothing shown.
   *
   * @param options see {@linkcode ScrollbackOptions}
   */
  constructor(options: ScrollbackOptions) {
    this.#look = options.look;
    this.#offsetMinutes = options.offsetMinutes;
    this.#columns = options.columns;
    this.#preferences = options.preferences;
    this.#ignored = new Ignored(options.preferences.ignore);
    this.#day = dayOf(options.now, this.#offsetMinutes);
  }

  /** One's own name, as far as the hub has told it. */
  get name(): string {
    return this.#name;
  }

  /** Whose lines are hidden. */
  get ignored(): Ignored {
    return this.#ignored;
  }

  /** What came in while nobody looked; to be told when somebody looks away and back. */
  get unread(): Unread {
    return this.#unread;
  }

  /** When {@linkcode Scrollback.flush} is to be called, on the clock of the calls; nothing where nothing waits. */
  get dueAt(): number | undefined {
    return this.#presence.dueAt;
  }

  /** Takes note that what comes from now on comes over another connection. */
  begin(): void {
    this.#connection = {};
    this.#ignored.forget();
  }

  /**
   * Breaks lines for another width from now on.
   *
   * @param columns the width of the terminal
   */
  resize(columns: number): void {
    this.#columns = columns;
  }

  /**
   * Shows lines in another way from now on.
   *
   * @param preferences how one wants to read
   */
  prefer(preferences: Preferences): void {
    this.#preferences = preferences;
    this.#ignored.update(preferences.ignore);
  }

  /**
   * Shows a message of the hub.
   *
   * @param message the message
   * @param now the time, in milliseconds since 1970
   * @returns the rows to write now, and whether to ring
   */
  receive(message: ServerMessage, now: number): Shown {
    switch (message.code) {
      case Code.Said:
        return this.#said(message.message, now);
      case Code.Joined:
        return quietly(this.#joined(message.new, now));
      case Code.Left: {
        const ignored = this.#ignored.has(message.username);
        this.#ignored.left(message.username);
        return quietly(ignored ? [] : this.#happened({ kind: "left", name: message.username }, now));
      }
      case Code.Renamed:
        return quietly(this.#renamed(message.old, message.new, now));
      case Code.YourName:
        this.#connection.extended ??= message.server !== undefined;
        this.#named(message.new);
        // The name a hub gives in its offer is replaced by the one in its welcome.
        return quietly(message.server === undefined ? this.#tellName() : []);
      case Code.Welcome:
        this.#named(message.username);
        return quietly([...this.#tellName(), ...this.#tellMotd(message.motd ?? "")]);
      case Code.HubDown:
        return quietly(this.tell([info("the hub is going down")]));
      case Code.Ending:
        return quietly(this.tell([info(`the hub ends this connection: ${message.reason}`)]));
      case Code.Refused:
        return quietly(message.ref === undefined ? this.tell([failure(message.message)]) : []);
      case Code.Done:
      case Code.Users:
      case Code.Pong:
        return quietly([]);
    }
  }

  /**
   * Shows lines of the client itself.
   *
   * @param lines the lines, whose texts are harmless
   * @returns the rows to write now
   */
  tell(lines: readonly StyledLine[]): string[] {
    return [...this.flush(), ...lines.flatMap((line) => this.#rows(line, EVENT_GUTTER))];
  }

  /**
   * Shows what has waited for more of its kind.
   *
   * @returns the rows to write now
   */
  flush(): string[] {
    if (this.dueAt === undefined) return [];
    const texts = this.#presence.take((name) => this.#nick(name).text, "→");
    return texts.flatMap((text) => this.#rows([{ text, style: "faint" }], EVENT_GUTTER));
  }

  #said(line: ChatLine, now: number): Shown {
    if (this.#connection.extended !== false && isNotice(line)) {
      const mark = this.#mark(false);
      return { rows: this.tell([...mark, ...notice(line.message)]), bell: this.#preferences.bell === "all" };
    }
    const own = nameKey(line.username) === nameKey(this.#name);
    if (!own && this.#ignored.has(line.username)) return quietly([]);
    const { lines, mentioned } = this.#lines(line, own, now);
    const mark = own ? [] : this.#mark(mentioned);
    const { bell } = this.#preferences;
    const rows = [
      ...this.flush(),
      ...this.#separator(line.timestamp),
      ...mark.flatMap((line) => this.#rows(line, SEPARATION_GUTTER)),
    ];
    const gutter = this.#gutter(line.timestamp, now);
    for (const styled of lines) rows.push(...this.#rows(styled, gutter));
    return { rows, bell: !own && (bell === "all" || (bell === "mention" && mentioned)) };
  }

  /** What somebody said, line by line. */
  #lines(line: ChatLine, own: boolean, now: number): { lines: StyledLine[]; mentioned: boolean } {
    const action = /^\/me (?=[^]*\S)/.test(line.message);
    const texts = visibleLines(action ? line.message.slice("/me ".length) : line.message).map(expandTabs);
    const time: Span = { text: this.#time(line.timestamp, now), style: "time" };
    const name: Span = { ...this.#nick(line.username), style: own ? "self" : "name" };
    const head = action ? [time, plain("* "), name, plain(" ")] : [time, name, plain("  ")];
    const gutter = this.#gutter(line.timestamp, now);
    let mentioned = false;
    const lines = texts.map((text, i) => {
      const spans = own ? [plain(text)] : this.#setOff(text);
      mentioned ||= spans.some(({ style }) => style === "mention");
      return [...(i === 0 ? head : gutter), ...spans];
    });
    return { lines, mentioned };
  }

  /** Sets mentions of one's own name off from the rest. */
  #setOff(text: string): Span[] {
    const spans: Span[] = [];
    let at = 0;
    for (const { start, end } of findMentions(text, this.#name)) {
      spans.push(plain(text.slice(at, start)), { text: text.slice(start, end), style: "mention" });
      at = end;
    }
    return [...spans, plain(text.slice(at))];
  }

  /** The time of a line as one wants it, with the space after it. */
  #time(timestamp: number, now: number): string {
    switch (this.#preferences.time) {
      case "on":
        return timeOfDay(timestamp, this.#offsetMinutes) + " ";
      case "relative":
        return age(now - timestamp).padStart(AGE_COLUMNS) + " ";
      case "off":
        return "";
    }
  }

  #gutter(timestamp: number, now: number): StyledLine {
    const indent = this.#columns < NARROW_COLUMNS ? 0 : this.#time(timestamp, now).length;
    return [{ text: " ".repeat(indent) + "│ ", style: "faint" }];
  }

  /** The line that names the day, where it is another one. */
  #separator(timestamp: number): string[] {
    const day = dayOf(timestamp, this.#offsetMinutes);
    if (day === undefined || day === this.#day) return [];
    this.#day = day;
    return this.#rows(this.#separation(day, "faint"), SEPARATION_GUTTER);
  }

  /** The line before what is unread, where it belongs. */
  #mark(mentioned: boolean): StyledLine[] {
    return this.#unread.arrived(mentioned) ? [this.#separation("new", "mark")] : [];
  }

  #separation(what: string, style: "faint" | "mark"): StyledLine {
    const text = `── ${what} ──`;
    return [{ text: text.length <= this.#columns ? text : `── ${what}`, style }];
  }

  #joined(name: string, now: number): string[] {
    // That one has come oneself is told with one's name.
    if (this.#connection.unannounced && nameKey(name) === nameKey(this.#name)) {
      this.#connection.unannounced = false;
      return [];
    }
    return this.#ignored.has(name) ? [] : this.#happened({ kind: "joined", name }, now);
  }

  #renamed(old: string, name: string, now: number): string[] {
    const ignored = this.#ignored.has(old);
    this.#ignored.renamed(old, name);
    const { renaming } = this.#connection;
    if (renaming?.old === old && renaming.name === name) {
      delete this.#connection.renaming;
      return [];
    }
    return ignored ? [] : this.#happened({ kind: "renamed", name: old, to: name }, now);
  }

  #happened(change: Change, now: number): string[] {
    if (this.#preferences.quiet) return [];
    this.#presence.add(change, now);
    return this.#presence.full ? this.flush() : [];
  }

  /** A name as it stands in a row: one word that begins as no line of another kind does. */
  #nick(name: string): { text: string; name: string } {
    const shown = visibleName(name);
    const word = name === "" || /^[\p{L}\p{N}_]/u.test(shown) ? shown : `<${shown}>`;
    return { text: this.#look.ascii ? asciiName(word) : word, name };
  }

  #named(name: string): void {
    const connection = this.#connection;
    if (connection.unannounced === undefined) connection.unannounced = true;
    else if (!connection.unannounced && name !== this.#name) connection.renaming = { old: this.#name, name };
    this.#name = name;
  }

  #tellName(): string[] {
    if (this.#toldName === this.#name) return [];
    this.#toldName = this.#name;
    return this.tell([[...info("your name is "), { ...this.#nick(this.#name), style: "self" }]]);
  }

  #tellMotd(motd: string): string[] {
    if (motd === this.#toldMotd) return [];
    this.#toldMotd = motd;
    return motd === "" ? [] : this.tell(notice(motd));
  }

  #rows(line: StyledLine, gutter: StyledLine): string[] {
    const { ascii, colours } = this.#look;
    const even = line.map((span) =>
      span.text.includes("\t") ? { ...span, text: expandTabs(span.text) } : span
    );
    const ruler = ascii ? ASCII_RULER : UNICODE_RULER;
    return wrap(even, { columns: this.#columns, gutter, ruler })
      .map((row) => paint(ascii ? asciiLine(row) : row, colours));
  }
}

/** What is known of one connection. */
interface Connection {
  /** Whether the hub has the extension. */
  extended?: boolean;
  /** Whether the hub has yet to tell everyone that one has come; not there before it has given a name. */
  unannounced?: boolean;
  /** The change of one's own name that the hub has yet to tell everyone. */
  renaming?: { old: string; name: string };
}

function quietly(rows: string[]): Shown {
  return { rows, bell: false };
}

function plain(text: string): Span {
  return { text, style: "plain" };
}

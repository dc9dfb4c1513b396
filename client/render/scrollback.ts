/**
 * What a hub says, as rows of a terminal: the reading side of a chat, between the messages and the screen.
 *
 * PURE. Rules:
 * - Everything from a hub is rendered as if it were hostile (`visible.ts`). What somebody said begins with the time and
 *   a
 *   name, or with `*` and a name; what happened with `+`, `-` or `~`; words of the client with `--`, of the hub with
 *   `!`.
 *   Every further row stands behind a gutter, and a name that begins like one of these signs stands in `<>`
 *   (`chat_line.ts`); so nothing that somebody sends can look like anything else.
 * - What is said in a place (`places.ts`) that one does not look at is kept there until one goes to it, unless lines of
 *   all places are wanted: these then say where they were said. What the hub and the client say is shown wherever one
 *   is.
 * - Rows come out once and in order. What happened to people may wait for more of it until {@linkcode
 *   Scrollback.dueAt},
 *   but never until after something that came later.
 * - Times are handed in: those of the hub with its messages, that of this place with every call.
 *
 * Longer than most files, as it has a rule for every message of a hub.
 *
 * It is long because it shows every kind of message of the hub.
 *
 * @module
 */
import {
  type ChatLine,
  Code,
  type DirectLine,
  type PastLine,
  type ServerMessage,
} from "../../protocol/mod.ts";
import {
  ASCII_RULER,
  asciiLine,
  type Capabilities,
  expandTabs,
  failure,
  formatDay,
  info,
  type OffsetMinutes,
  paint,
  type StyledLine,
  UNICODE_RULER,
  wrap,
} from "../text/mod.ts";
import {
  Buffers,
  type ChatBuffer,
  type EarlierMessages,
  Ignored,
  MAIN,
  OwnUser,
  personOf,
  Presence,
  type PresenceChange,
  roomOf,
  type Target,
  targetLabel,
  Unread,
} from "../model/mod.ts";
import { showChatLine, showName } from "./chat_line.ts";
import type { Preferences } from "../config/mod.ts";
import { isNotice, notice, timeOfDay } from "./transcript.ts";

/** What the further rows stand behind of what is not said by anybody, and of a line that separates. */
const EVENT_GUTTER: StyledLine = [{ text: "  │ ", style: "faint" }];
const SEPARATION_GUTTER: StyledLine = [{ text: "── ", style: "mark" }];

/** What a scrollback is told of its surroundings. */
export interface ScrollbackOptions {
  /** How wide the terminal is, in columns; infinite where lines are not to be broken. */
  readonly columns: number;
  /** What the terminal can show. */
  readonly capabilities: Capabilities;
  /** How one wants to read. */
  readonly preferences: Preferences;
  /** Tells how the clocks of this place differ from UTC. */
  readonly offsetMinutes: OffsetMinutes;
  /** The time, in milliseconds since 1970: lines of this day need no line that names the day. */
  readonly now: number;
  /** The places one is in; `main` alone if not given. */
  readonly buffers?: Buffers;
  /** Tells whether somebody is known to be in a room that one is in; nobody is if not given. */
  readonly isIn?: (name: string, room: string) => boolean;
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
  readonly #capabilities: Capabilities;
  readonly #offsetMinutes: OffsetMinutes;
  readonly #presence = new Presence();
  readonly #ignored: Ignored;
  readonly #unread = new Unread();
  readonly #buffers: Buffers;
  readonly #isIn: (name: string, room: string) => boolean;
  #columns: number;
  #preferences: Preferences;
  /** The day of the last line. */
  #day: string | undefined;
  readonly #self = new OwnUser();
  /** The message of the day that was told last. */
  #toldMotd = "";
  /** Whether the hub has the extension; an original one lets anybody be called `server`. */
  #extended: boolean | undefined;

  /**
   * Begins with nothing shown.
   *
   * @param options see {@linkcode ScrollbackOptions}
   */
  constructor(options: ScrollbackOptions) {
    this.#capabilities = options.capabilities;
    this.#offsetMinutes = options.offsetMinutes;
    this.#columns = options.columns;
    this.#preferences = options.preferences;
    this.#ignored = new Ignored(options.preferences.ignore);
    this.#buffers = options.buffers ?? new Buffers();
    this.#isIn = options.isIn ?? (() => false);
    this.#day = formatDay(options.now, this.#offsetMinutes);
  }

  /** One's own name, as far as the hub has told it. */
  get name(): string {
    return this.#self.name;
  }

  /** Whose lines are hidden. */
  get ignored(): Ignored {
    return this.#ignored;
  }

  /** What came in while nobody looked; to be told when somebody looks away and back. */
  get unread(): Unread {
    return this.#unread;
  }

  /**
   * What waits to be read: lines that came while nobody looked, and those elsewhere that are for one or mention one.
   */
  get waiting(): { readonly lines: number; readonly mentions: number } {
    const { mentions } = this.#buffers;
    return { lines: this.#unread.lines + mentions, mentions: this.#unread.mentions + mentions };
  }

  /** When {@linkcode Scrollback.flush} is to be called, on the clock of the calls; nothing where nothing waits. */
  get dueAt(): number | undefined {
    return this.#presence.dueAt;
  }

  /** Takes note that what comes from now on comes over another connection. */
  begin(): void {
    this.#extended = undefined;
    this.#self.reset();
    this.#ignored.reset();
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
      case Code.SaidTo:
        return this.#saidTo(message.message, now);
      case Code.Joined:
        return quietly(this.#joined(message.new, now));
      case Code.RoomJoined:
      case Code.RoomLeft: {
        const { room, username: name } = message;
        if (this.#self.is(name) || this.#ignored.has(name)) return quietly([]);
        const kind = message.code === Code.RoomJoined ? "joined" : "left";
        return quietly(this.#happened({ kind, name }, [roomOf(room)], now));
      }
      case Code.Left: {
        const name = message.username;
        const ignored = this.#ignored.has(name);
        this.#ignored.left(name);
        return quietly(ignored ? [] : this.#happened({ kind: "left", name }, this.#placesOf(name), now));
      }
      case Code.Renamed:
        return quietly(this.#renamed(message.old, message.new, now));
      case Code.YourName:
        this.#extended ??= message.server !== undefined;
        this.#self.setName(message.new);
        // The name a hub gives in its offer is replaced by the one in its welcome.
        return quietly(message.server === undefined ? this.#tellName() : []);
      case Code.Welcome:
        this.#self.setName(message.username);
        return quietly([...this.#tellName(), ...this.#tellMotd(message.motd ?? "")]);
      case Code.HubDown:
        return quietly(this.tell([info("the hub is going down")]));
      case Code.Ending:
        return quietly(this.tell([info(`the hub ends this connection: ${message.reason}`)]));
      case Code.Refused:
        return quietly(message.ref === undefined ? this.tell([failure(message.message)]) : []);
      case Code.Done:
      case Code.History:
      case Code.Users:
      case Code.Rooms:
      case Code.Pong:
        return quietly([]);
    }
  }

  /**
   * Shows that one is in another place now, and what came there meanwhile.
   *
   * @param now the time, in milliseconds since 1970
   * @returns the rows to write now
   */
  enter(now: number): string[] {
    const target = this.#buffers.current;
    const { entries, dropped, unread } = target.take();
    const news = unread === 0
      ? ""
      : dropped === 0
      ? `, ${unread} new`
      : `, ${unread} new, the first ${dropped} not kept`;
    const rows = [
      ...this.flush(),
      ...this.#rows(this.#separation(targetLabel(target) + news, "mark"), SEPARATION_GUTTER),
    ];
    for (const entry of entries) {
      if (entry.kind === "line") {
        rows.push(...this.#show(entry.line, now).rows);
        target.markRead(entry.line.sequence, now);
      } else if (entry.kind === "separator") rows.push(...this.flush(), ...this.separation(entry.text));
      else rows.push(...this.#gather(entry.change, now));
    }
    return [...rows, ...this.flush()];
  }

  /**
   * Shows what was said in a place before, or keeps it where one is elsewhere.
   *
   * @param place a place one is in
   * @param past what was said, and what of it is new
   * @param now the time, in milliseconds since 1970
   * @returns the rows to write now, and whether to ring
   */
  past(target: ChatBuffer, past: EarlierMessages, now: number): Shown {
    const lines = past.lines.filter(({ username }) =>
      this.#self.is(username) || !this.#ignored.has(username)
    );
    const fresh = past.newCount ?? 0;
    const first = past.lines.at(past.lines.length - fresh)?.sequence ?? Infinity;
    const isNew = ({ sequence = 0 }: PastLine) => fresh > 0 && sequence >= first;
    const mark = fresh === 0 ? undefined : this.#markOf(past, now);
    const old = lines.filter((line) => !isNew(line));
    const news = lines.filter(isNew);
    if (target !== this.#buffers.current) {
      target.addEarlier(old, mark);
      for (const line of news) {
        const own = this.#self.is(line.username);
        const { mentioned } = this.#show(line, now, { forOne: target.kind === "person", kept: true });
        target.addLine(line, { own, mentioned });
      }
      return quietly([]);
    }
    const rows = this.flush();
    let rings = false;
    for (const line of old) rows.push(...this.pastRows(line, now));
    if (mark !== undefined) rows.push(...this.separation(mark));
    for (const line of news) {
      const { rows: more, mentioned } = this.#show(line, now, {
        forOne: target.kind === "person",
        old: true,
      });
      rows.push(...more);
      rings ||= mentioned && !this.#self.is(line.username);
    }
    target.markRead(lines.at(-1)?.sequence, now);
    return { rows, bell: rings && this.#preferences.bell !== "off" };
  }

  /**
   * Shows a line from before, wherever one is.
   *
   * @param line the line
   * @param now the time, in milliseconds since 1970
   * @returns the rows to write now
   */
  pastRows(line: PastLine, now: number): string[] {
    if (!this.#self.is(line.username) && this.#ignored.has(line.username)) return [];
    return this.#show(line, now, { old: true }).rows;
  }

  /**
   * Shows a line that separates.
   *
   * @param text what it says
   * @returns the rows to write now
   */
  separation(text: string): string[] {
    return this.#rows(this.#separation(text, "mark"), SEPARATION_GUTTER);
  }

  /** Says how many lines are new, and since when. */
  #markOf({ newCount = 0, skipped, lastReadAt }: EarlierMessages, now: number): string {
    const count = newCount + skipped;
    const left = skipped > 0 ? `, the last ${newCount} of them` : "";
    if (lastReadAt === undefined) return `${count} while you were away${left}`;
    const day = formatDay(lastReadAt, this.#offsetMinutes);
    const when = day === formatDay(now, this.#offsetMinutes) || day === undefined ? "" : ` on ${day}`;
    return `${count} new since ${timeOfDay(lastReadAt, this.#offsetMinutes)}${when}${left}`;
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
    const texts = this.#presence.take((name) => showName(name, this.#capabilities.ascii).text, "→");
    return texts.flatMap((text) => this.#rows([{ text, style: "faint" }], EVENT_GUTTER));
  }

  #said(line: ChatLine, now: number): Shown {
    if (this.#extended !== false && isNotice(line)) {
      const mark = this.#mark(false);
      return { rows: this.tell([...mark, ...notice(line.message)]), bell: this.#preferences.bell === "all" };
    }
    return this.#saidIn(line.room === undefined ? MAIN : roomOf(line.room), line, now);
  }

  /** A line to one person belongs to the conversation with that person, if there is one; else it is shown anywhere. */
  #saidTo(line: DirectLine, now: number): Shown {
    const { timestamp, username, message, to, verified, sequence } = line;
    const target = personOf(this.#self.is(username) ? to : username);
    const numbered = sequence === undefined ? {} : { sequence };
    return this.#saidIn(target, { timestamp, username, message, verified, ...numbered }, now, to);
  }

  /** Shows a line, or keeps it where one is elsewhere; and rings. */
  #saidIn(target: Target, line: ChatLine, now: number, to?: string): Shown {
    const own = this.#self.is(line.username);
    if (!own && this.#ignored.has(line.username)) return quietly([]);
    const open = this.#buffers.find(target);
    const kept = open !== undefined && open !== this.#buffers.current && this.#preferences.show === "room";
    const label = to === undefined || open !== undefined ? targetLabel(target) : undefined;
    const { rows, mentioned } = this.#show(line, now, {
      target: open === this.#buffers.current ? undefined : label,
      to: open === undefined ? to : undefined,
      forOne: to !== undefined,
      kept,
    });
    if (kept) open.addLine(line, { own, mentioned });
    else open?.markRead(line.sequence, now);
    const { bell } = this.#preferences;
    return { rows, bell: !own && (bell === "all" || (bell === "mention" && mentioned)) };
  }

  /** Makes rows of a line, unless it is kept, and tells whether it mentions one or is for one alone. */
  #show(
    line: ChatLine,
    now: number,
    { target, to, forOne = false, kept = false, old = false }: {
      target?: string | undefined;
      to?: string | undefined;
      forOne?: boolean;
      kept?: boolean;
      old?: boolean;
    } = {},
  ): { rows: string[]; mentioned: boolean } {
    const own = this.#self.is(line.username);
    const { lines, gutter, mentioned: named } = showChatLine(line, {
      time: this.#preferences.time,
      now,
      offsetMinutes: this.#offsetMinutes,
      name: this.name,
      own,
      columns: this.#columns,
      ascii: this.#capabilities.ascii,
      target,
      to,
    });
    const mentioned = named || (forOne && !own);
    if (kept) return { rows: [], mentioned };
    const mark = own || old ? [] : this.#mark(mentioned);
    const rows = [
      ...this.flush(),
      ...this.#separator(line.timestamp),
      ...mark.flatMap((line) => this.#rows(line, SEPARATION_GUTTER)),
      ...lines.flatMap((styled) => this.#rows(styled, gutter)),
    ];
    return { rows, mentioned };
  }

  /** The line that names the day, where it is another one. */
  #separator(timestamp: number): string[] {
    const day = formatDay(timestamp, this.#offsetMinutes);
    if (day === undefined || day === this.#day) return [];
    this.#day = day;
    return this.#rows(this.#separation(day, "faint"), SEPARATION_GUTTER);
  }

  /** The line before what is unread, where it belongs. */
  #mark(mentioned: boolean): StyledLine[] {
    return this.#unread.add(mentioned) ? [this.#separation("new", "mark")] : [];
  }

  #separation(what: string, style: "faint" | "mark"): StyledLine {
    const text = `── ${what} ──`;
    return [{ text: text.length <= this.#columns ? text : `── ${what}`, style }];
  }

  #joined(name: string, now: number): string[] {
    // That one has come oneself is told with one's name.
    if (this.#self.takeJoin(name)) return [];
    if (this.#ignored.has(name)) return [];
    return this.#happened({ kind: "joined", name }, [MAIN, personOf(name)], now);
  }

  #renamed(old: string, name: string, now: number): string[] {
    const ignored = this.#ignored.has(old);
    this.#ignored.renamed(old, name);
    const buffers = [...this.#placesOf(old), personOf(name)];
    this.#buffers.renamed(old, name);
    if (this.#self.takeRename(old, name)) return [];
    return ignored ? [] : this.#happened({ kind: "renamed", name: old, to: name }, buffers, now);
  }

  /** Where it is of interest that somebody leaves the hub, or takes another name. */
  #placesOf(name: string): Target[] {
    const rooms = this.#buffers.rooms.filter((room) => this.#isIn(name, room)).map(roomOf);
    return [MAIN, ...rooms, personOf(name)];
  }

  /** Tells of a change where one is, and keeps it for the other places that it has to do with. */
  #happened(change: PresenceChange, buffers: readonly Target[], now: number): string[] {
    if (this.#preferences.quiet) return [];
    const open = buffers.map((target) => this.#buffers.find(target)).filter((target) => target !== undefined);
    const [first] = open;
    if (first === undefined) return [];
    const { current } = this.#buffers;
    const here = open.includes(current);
    if (this.#preferences.show === "room") {
      for (const target of open) if (target !== current) target.addChange(change);
      return here ? this.#gather(change, now) : [];
    }
    const told = here || change.kind === "renamed" ? change : { ...change, where: targetLabel(first) };
    return this.#gather(told, now);
  }

  #gather(change: PresenceChange, now: number): string[] {
    this.#presence.add(change, now);
    return this.#presence.full ? this.flush() : [];
  }

  #tellName(): string[] {
    if (!this.#self.takeNameChange()) return [];
    return this.tell([[...info("your name is "), {
      ...showName(this.name, this.#capabilities.ascii),
      style: "self",
    }]]);
  }

  #tellMotd(motd: string): string[] {
    if (motd === this.#toldMotd) return [];
    this.#toldMotd = motd;
    return motd === "" ? [] : this.tell(notice(motd));
  }

  #rows(line: StyledLine, gutter: StyledLine): string[] {
    const { ascii, colours } = this.#capabilities;
    const even = line.map((span) =>
      span.text.includes("\t") ? { ...span, text: expandTabs(span.text) } : span
    );
    const ruler = ascii ? ASCII_RULER : UNICODE_RULER;
    return wrap(even, { columns: this.#columns, gutter, ruler })
      .map((row) => paint(ascii ? asciiLine(row) : row, colours));
  }
}

function quietly(rows: string[]): Shown {
  return { rows, bell: false };
}

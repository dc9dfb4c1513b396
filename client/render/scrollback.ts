/**
 * The scrollback of a terminal: turns the messages of the hub into rows for the screen.
 *
 * PURE. Rules:
 * - All text from the hub is untrusted and is sanitized (`sanitize.ts`). A message starts with the time and a name, or
 *   with `*` and a name; a join, leave or rename with `+`, `-` or `~`; a line of the client with `--`; a notice of the
 *   hub with `!`. Every other row has a gutter, and a name that starts like one of these signs is in `<>`
 *   (`chat_line.ts`). So no text of a user looks like a line of another kind.
 * - A message for an open target that is not current is stored in its buffer (`buffers.ts`) until the user switches to
 *   it. If the user wants the messages of all targets, the message is shown at once with its target. Notices of the hub
 *   and lines of the client are always shown at once.
 * - A row stays as it was written. If its message is deleted or edited after that, a line says so, and each later row
 *   of it has its last form. Of a message that waits in a buffer only the last form is shown.
 * - Rows come once and in order. Joins, leaves, renames, deletions and reactions may wait for more of them, at most
 *   until {@linkcode Scrollback.dueAt} and never until after a later row.
 * - Times are arguments: those of the hub in its messages, the local time in every call.
 *
 * It is long because each kind of message has its own rule.
 *
 * @module
 */
import type {
  Changes,
  DirectLine,
  History,
  Invited,
  LineChange,
  PastLine,
  RoomChanged,
  ServerMessage,
} from "../../protocol/mod.ts";
import {
  changedBy,
  ChangedLines,
  ChangeNotices,
  type LabelOptions,
  messageLabel,
  replyText,
  type ShownMessages,
} from "../changes/mod.ts";
import {
  type Capabilities,
  failure,
  formatDay,
  formatTimeOfDay,
  info,
  type OffsetMinutes,
  sanitizeLines,
  type StyledLine,
  widthOf,
} from "../text/mod.ts";
import {
  Buffers,
  type ChatBuffer,
  type EarlierMessages,
  Ignored,
  type LineNews,
  MAIN,
  OwnUser,
  personOf,
  Presence,
  type PresenceChange,
  roomOf,
  type Target,
  targetKey,
  targetLabel,
  Unread,
} from "../model/mod.ts";
import type { Preferences } from "../config/mod.ts";
import { formatChatLine, formatName } from "./chat_line.ts";
import { HubEventReader, motdLines, noticeLines, UNOWNED } from "./hub_event.ts";
import { invitationText, roomNewsText } from "./room_info.ts";
import { PresenceRouter } from "./presence_router.ts";
import type { Notification } from "./notification.ts";
import { EVENT_GUTTER, formatRows } from "./rows.ts";
import { bufferText, newMessagesText, SEPARATOR_GUTTER, separatorLine } from "./separator.ts";

/** Options of a scrollback. */
export interface ScrollbackOptions {
  /** The width of the terminal in columns; infinite if lines are not broken. */
  readonly columns: number;
  /** The capabilities of the terminal. */
  readonly capabilities: Capabilities;
  /** The preferences of the user. */
  readonly preferences: Preferences;
  /** Returns the minutes that local time is ahead of UTC at a time. */
  readonly offsetMinutes: OffsetMinutes;
  /** The time, in milliseconds since 1970. Messages of this day get no separator with the day. */
  readonly now: number;
  /** The open buffers; only `main` if not given. */
  readonly buffers?: Buffers;
  /** Returns whether a user is known to be in one of the user's rooms; always false if not given. */
  readonly isIn?: (name: string, room: string) => boolean;
}

/** What a message changes on the terminal. */
export interface ScrollbackUpdate {
  /** The rows to write, without line ends; the only control characters are those of styles. */
  readonly rows: string[];
  /** Whether to ring the bell. */
  readonly bell: boolean;
  /** The desktop notification to show. */
  readonly notification?: Notification;
}

/** The widest name that texts are aligned to, in columns: longer ones would leave too little space for texts. */
const MAX_NAME_COLUMNS = 12;

/** How many rows of a message are shown at once. More would push the conversation out of a terminal of 24 rows. */
const MAX_MESSAGE_ROWS = 12;

/** How many folded messages can be unfolded. */
const MAX_FOLDED = 20;

/** How many UTF-16 units their rows may have together; the last one is stored whatever its size is. */
const MAX_FOLDED_UNITS = 2 * 1024 * 1024;

/** How a message is shown. */
interface MessageOptions {
  /** The label of its target, if it has to be shown. */
  target?: string | undefined;
  /** The addressee, if it is a direct message. */
  to?: string | undefined;
  /** Whether it goes into a buffer and is not shown now. */
  buffered?: boolean;
  /** Whether it is from the history. */
  earlier?: boolean;
  /** Whether all of its rows are shown, however many they are. */
  whole?: boolean;
  /** Whether its rows are only counted: what waits is not shown with them. */
  counted?: boolean;
}

/** Turns the messages of the hub into rows, over any number of connections. */
export class Scrollback {
  readonly #capabilities: Capabilities;
  readonly #offsetMinutes: OffsetMinutes;
  readonly #reader = new HubEventReader();
  readonly #router: PresenceRouter;
  readonly #presence = new Presence();
  readonly #notices = new ChangeNotices();
  readonly #lines: ChangedLines;
  readonly #ignored: Ignored;
  readonly #unread = new Unread();
  readonly #buffers: Buffers;
  readonly #self = new OwnUser();
  #columns: number;
  #preferences: Preferences;
  /** The width of the widest name so far that texts are aligned to. */
  #nameColumns = 0;
  /** The rest of the long messages that are folded, the last one last. */
  readonly #folded: { line: PastLine; title: string; rows: string[]; units: number; at: number }[] = [];
  /** The day of the last message. */
  #day: string | undefined;
  /** The message of the day that was shown last. */
  #shownMotd = "";

  /**
   * Starts with no rows.
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
    this.#lines = new ChangedLines(this.#self, this.#buffers);
    this.#router = new PresenceRouter({
      self: this.#self,
      ignored: this.#ignored,
      buffers: this.#buffers,
      isIn: options.isIn ?? (() => false),
    });
    this.#day = formatDay(options.now, this.#offsetMinutes);
  }

  /** The user's own name; empty before the hub has sent it. */
  get name(): string {
    return this.#self.name;
  }

  /** The messages that were shown, whole or folded. */
  get shown(): ShownMessages {
    return this.#lines.shown;
  }

  /** The messages and their changes. */
  get lines(): ChangedLines {
    return this.#lines;
  }

  /** The ignored users. */
  get ignored(): Ignored {
    return this.#ignored;
  }

  /** The messages that arrive without focus. The caller reports changes of the focus to it. */
  get unread(): Unread {
    return this.#unread;
  }

  /** The numbers of unread messages: those that arrived without focus, and mentions and direct messages elsewhere. */
  get unreadCounts(): { readonly lines: number; readonly mentions: number } {
    const { mentions } = this.#buffers;
    return { lines: this.#unread.lines + mentions, mentions: this.#unread.mentions + mentions };
  }

  /** When to call {@linkcode Scrollback.flush}, on the clock of the calls; `undefined` if nothing waits. */
  get dueAt(): number | undefined {
    const { dueAt: changesDueAt = Infinity } = this.#notices;
    const dueAt = Math.min(this.#presence.dueAt ?? Infinity, changesDueAt);
    return dueAt === Infinity ? undefined : dueAt;
  }

  /** Prepares for the messages of a new connection. */
  startConnection(): void {
    this.#reader.reset();
    this.#self.reset();
    this.#ignored.reset();
  }

  /**
   * Sets the width for all later lines.
   *
   * @param columns the width of the terminal
   */
  resize(columns: number): void {
    this.#columns = columns;
  }

  /**
   * Sets the preferences for all later lines.
   *
   * @param preferences the preferences of the user
   */
  setPreferences(preferences: Preferences): void {
    this.#preferences = preferences;
    this.#ignored.update(preferences.ignore);
    this.hideIgnored();
  }

  /** Hides the messages of ignored users that wait in buffers. */
  hideIgnored(): void {
    for (const buffer of this.#buffers.all) buffer.hide((name) => this.isHidden(name));
  }

  /**
   * Whether the messages of an author are hidden.
   *
   * @param name the author
   * @returns whether the user ignores them; never the user's own
   */
  isHidden(name: string): boolean {
    return !this.#self.is(name) && this.#ignored.has(name);
  }

  /**
   * Shows a message of the hub.
   *
   * @param message the message
   * @param now the time, in milliseconds since 1970
   * @returns the rows to write now, and whether to ring the bell
   */
  receive(message: ServerMessage, now: number): ScrollbackUpdate {
    const event = this.#reader.read(message);
    switch (event?.kind) {
      case undefined:
        return withoutBell([]);
      case "message": {
        const { line } = event;
        return this.#showMessage(line.room === undefined ? MAIN : roomOf(line.room), line, now);
      }
      case "direct":
        return this.#showDirect(event.line, now);
      case "notice": {
        const separator = this.#unreadSeparator(false);
        return {
          rows: this.print([...separator, ...noticeLines(event.text)]),
          bell: this.#preferences.bell === "all",
        };
      }
      case "presence": {
        const change = this.#router.route(event.change, event.room, this.#preferences);
        return withoutBell(change === undefined ? [] : this.#addChange(change, now));
      }
      case "name":
        this.#self.setName(event.name);
        return withoutBell(event.isOffer ? [] : this.#printName());
      case "welcome":
        this.#self.setName(event.name);
        return withoutBell([...this.#printName(), ...this.#printMotd(event.motd ?? "")]);
      case "status":
        return withoutBell(this.print([info(event.text + event.detail)]));
      case "roomChanged":
        return this.#showRoomNews(event.news);
      case "invited":
        return this.#showInvitation(event.invitation);
      case "lineChanged":
        return withoutBell(this.#showChange(event.change, now));
      case "error":
        return withoutBell(this.print([failure(event.text)]));
    }
  }

  /**
   * Forgets what the user was told of a room, which the user has left.
   *
   * @param room the name of the room
   */
  leftRoom(room: string): void {
    this.#reader.leftRoom(room);
  }

  /**
   * Handles a page of the history when it arrives, whenever its messages are shown.
   *
   * @param page the page
   */
  observe(page: History): void {
    this.#lines.observe(page);
  }

  /**
   * Shows which messages were changed while the user was away.
   *
   * @param changes the answer of the hub
   * @param now the time, in milliseconds since 1970
   * @returns the rows to write now
   */
  showChanges({ changes, last }: Changes, now: number): string[] {
    const rows = changes.flatMap((change) => this.#showChange(change, now, true));
    this.#lines.listed(last);
    return rows;
  }

  /**
   * Shows the last messages of the current buffer again, in their last form.
   *
   * @param maxRows how many rows there is space for
   * @param now the time, in milliseconds since 1970
   * @returns the rows to write now
   */
  redraw(maxRows: number, now: number): string[] {
    const { current } = this.#buffers;
    const title = this.separator(bufferText(current, { unread: 0, dropped: 0 }));
    const lines = this.#lines.shownIn(current).filter(({ deleted }) => !deleted);
    let first = lines.length;
    for (let left = maxRows - title.length; first > 0; first--) {
      left -= this.countRows(lines[first - 1]!, now);
      if (left < 0) break;
    }
    return [
      ...this.flush(),
      ...title,
      ...lines.slice(first).flatMap((line) => this.earlierRows(line, now, true)),
    ];
  }

  /**
   * Shows the current buffer after a switch, with all that it has collected.
   *
   * @param now the time, in milliseconds since 1970
   * @returns the rows to write now
   */
  showBuffer(now: number): string[] {
    const target = this.#buffers.current;
    const { entries, dropped, unread } = target.take();
    const rows = [...this.flush(), ...this.separator(bufferText(target, { unread, dropped }))];
    for (const entry of entries) {
      if (entry.kind === "line") {
        const line = this.#lines.current(entry.line, target);
        rows.push(...this.#formatMessage(line, now).rows);
        this.#lines.noteShown(line, target);
      } else if (entry.kind === "news") rows.push(...this.#showNews(entry.news, target, now));
      else if (entry.kind === "separator") rows.push(...this.flush(), ...this.separator(entry.text));
      else rows.push(...this.#addChange(entry.change, now));
    }
    target.markAllRead(now);
    return [...rows, ...this.flush()];
  }

  /**
   * Shows earlier messages of a target, or stores them in its buffer if it is not current.
   *
   * @param target an open buffer
   * @param earlier the messages, and which of them are new
   * @param now the time, in milliseconds since 1970
   * @returns the rows to write now, and whether to ring the bell
   */
  showEarlier(target: ChatBuffer, earlier: EarlierMessages, now: number): ScrollbackUpdate {
    const lines = earlier.lines.filter(({ username }) => !this.isHidden(username))
      .map((line) => this.#lines.current(line, target));
    target.noteArrival(earlier.lines[0]?.sequence);
    target.noteArrival(earlier.lines.at(-1)?.sequence);
    const first = earlier.lines[0]?.sequence;
    // The numbers of a target have no gaps, so the skipped messages are those directly before the first one.
    if (earlier.skipped > 0 && first !== undefined) {
      target.addMissed({ after: Math.max(0, first - earlier.skipped - 1), before: first });
    }
    const newCount = earlier.newCount ?? 0;
    const firstNew = earlier.lines.at(earlier.lines.length - newCount)?.sequence ?? Infinity;
    const isNew = ({ sequence = 0 }: PastLine) => newCount > 0 && sequence >= firstNew;
    const oldLines = lines.filter((line) => !isNew(line));
    const newLines = lines.filter(isNew);
    const othersCount =
      newLines.filter(({ username, deleted }) => !deleted && !this.#self.is(username)).length;
    const separator = othersCount + earlier.skipped === 0
      ? undefined
      : newMessagesText({ ...earlier, newCount: othersCount }, now, this.#offsetMinutes);
    const toOf = (line: PastLine) =>
      target.kind === "person"
        ? line.to ?? (this.#self.is(line.username) ? target.name : this.name)
        : undefined;
    if (target !== this.#buffers.current) {
      target.addEarlier(oldLines, separator);
      for (const line of newLines) {
        // A deleted message is shown as one, but it is not unread.
        const own = this.#self.is(line.username) || line.deleted === true;
        const { mentioned } = this.#formatMessage(line, now, { to: toOf(line), buffered: true });
        target.addLine(line, { own, mentioned });
      }
      return withoutBell([]);
    }
    const rows = this.flush();
    let rings = false;
    // First, as a message may answer one of them.
    for (const line of lines) this.#lines.noteShown(line, target);
    for (const line of oldLines) rows.push(...this.earlierRows(line, now));
    if (separator !== undefined) rows.push(...this.separator(separator));
    for (const line of newLines) {
      const { rows: more, mentioned } = this.#formatMessage(line, now, { to: toOf(line), earlier: true });
      rows.push(...more);
      rings ||= mentioned && !this.#self.is(line.username);
    }
    target.markAllRead(now);
    return { rows, bell: rings && this.#preferences.bell !== "off" };
  }

  /**
   * Shows one earlier message, whichever buffer is current. The room of a message of another one is named.
   *
   * @param line the message
   * @param now the time, in milliseconds since 1970
   * @param whole whether to show all of its rows
   * @returns the rows to write now
   */
  earlierRows(line: PastLine, now: number, whole = false): string[] {
    if (this.isHidden(line.username)) return [];
    return this.#formatMessage(this.#lines.current(line), now, {
      earlier: true,
      whole,
      target: this.#labelElsewhere(line),
    }).rows;
  }

  /**
   * Counts the rows of an earlier message, with the separator of a new day above it.
   *
   * @param line the message
   * @param now the time, in milliseconds since 1970
   * @returns how many rows {@linkcode Scrollback.earlierRows} returns for the whole message
   */
  countRows(line: PastLine, now: number): number {
    if (this.isHidden(line.username)) return 0;
    const day = this.#day;
    const { rows } = this.#formatMessage(this.#lines.current(line), now, {
      earlier: true,
      whole: true,
      counted: true,
      target: this.#labelElsewhere(line),
    });
    this.#day = day;
    return rows.length;
  }

  /** Returns the label of the room of a message, if that is not current. A direct message names both users itself. */
  #labelElsewhere(line: PastLine): string | undefined {
    const target = this.#lines.targetOf(line);
    const isHere = line.to !== undefined || this.#buffers.find(target) === this.#buffers.current;
    return isHere ? undefined : targetLabel(target);
  }

  /**
   * Shows a separator.
   *
   * @param text its text
   * @returns the rows to write now
   */
  separator(text: string): string[] {
    return this.#rows(separatorLine(text, "mark", this.#columns), SEPARATOR_GUTTER);
  }

  /**
   * Shows lines of the client itself.
   *
   * @param lines the lines, whose texts are sanitized
   * @returns the rows to write now
   */
  print(lines: readonly StyledLine[]): string[] {
    return [...this.flush(), ...lines.flatMap((line) => this.rowsOf(line))];
  }

  /**
   * Formats a line of the client.
   *
   * @param line the line, whose texts are sanitized
   * @returns its rows
   */
  rowsOf(line: StyledLine): string[] {
    return this.#rows(line, EVENT_GUTTER);
  }

  /**
   * Shows the joins, leaves, renames, deletions and reactions that have waited for more of them.
   *
   * @returns the rows to write now
   */
  flush(): string[] {
    if (this.dueAt === undefined) return [];
    const texts = this.#presence.take((name) => formatName(name, this.#capabilities.ascii).text);
    return [
      ...texts.map((text): StyledLine => [{ text, style: "faint" }]),
      ...this.#notices.take(this.#labelOptions).map(info),
    ].flatMap((line) => this.#rows(line, EVENT_GUTTER));
  }

  get #labelOptions(): LabelOptions {
    return { isSelf: (name) => this.#self.is(name), offsetMinutes: this.#offsetMinutes };
  }

  /** Applies a change of a message. Returns the rows that say so, if the message was shown. */
  #showChange(change: LineChange, now: number, isListed = false): string[] {
    const applied = this.#lines.apply(change, isListed);
    if (applied === undefined) return [];
    const { target, before, after, isWaiting, news } = applied;
    if (after.message !== before.message) this.#forgetFolded(target, before);
    const buffer = this.#buffers.find(target);
    if (isWaiting && buffer !== undefined) {
      const { mentioned } = this.#formatMessage(after, now, { buffered: true });
      buffer.updateLine(after, mentioned);
    }
    if (this.isHidden(before.username)) return [];
    const isElsewhere = buffer !== undefined && buffer !== this.#buffers.current &&
      this.#preferences.show === "room";
    return news.flatMap((one) => {
      if (one.kind === "reacted" && one.by !== undefined && this.isHidden(one.by)) return [];
      if (!isElsewhere) return this.#showNews(one, target, now);
      buffer.addNews(one);
      return [];
    });
  }

  /** Returns the rows that say what has happened to a message. Some wait for more of them. */
  #showNews(news: LineNews, target: Target, now: number): string[] {
    const { kind, line, by } = news;
    const isHere = this.#buffers.find(target) === this.#buffers.current;
    const where = isHere ? undefined : targetLabel(target);
    if (kind === "edited") {
      const [first = "", ...rest] = sanitizeLines(line.message);
      const who = changedBy(by, (name) => this.#self.is(name));
      const label = messageLabel(line, { ...this.#labelOptions, where });
      const lines: StyledLine[] = [
        info(`${who} edited ${label}: ${first}`),
        ...rest.map((text): StyledLine => [...EVENT_GUTTER, { text, style: "faint" }]),
      ];
      const rows = lines.flatMap((styled) => this.#rows(styled, EVENT_GUTTER));
      return [...this.flush(), ...this.#fold(rows, EVENT_GUTTER, { line, now, whole: false })];
    }
    this.#notices.add({ news: { ...news, kind }, target, where }, now);
    // What the user does alone is shown at once. A moderator may delete many messages.
    const isOwn = by !== undefined && this.#self.is(by) &&
      (kind === "reacted" || this.#self.is(line.username));
    return this.#notices.full || isOwn ? this.flush() : [];
  }

  /** Forgets the folded rows of a message that has another text. */
  #forgetFolded(target: Target, { sequence }: PastLine): void {
    const key = targetKey(target);
    const isOne = ({ line }: { line: PastLine }) =>
      line.sequence === sequence && targetKey(this.#lines.targetOf(line)) === key;
    for (let at = this.#folded.length - 1; at >= 0; at--) {
      if (isOne(this.#folded[at]!)) this.#folded.splice(at, 1);
    }
  }

  #showRoomNews(news: RoomChanged): ScrollbackUpdate {
    const { by, invited, topic } = news;
    // The invitation itself tells the new member.
    const isTold = invited !== undefined && this.#self.is(invited);
    const isIgnored = (invited ?? topic) !== undefined && by !== undefined && this.isHidden(by);
    if (isTold || isIgnored) return withoutBell([]);
    return withoutBell(this.print([info(roomNewsText(news, (name) => this.#self.is(name)))]));
  }

  #showInvitation(invitation: Invited): ScrollbackUpdate {
    if (this.isHidden(invitation.by)) return withoutBell([]);
    const isOpen = this.#buffers.find(roomOf(invitation.room)) !== undefined;
    return {
      rows: this.print([info(invitationText(invitation, isOpen))]),
      bell: this.#preferences.bell !== "off",
    };
  }

  /** A direct message belongs to the conversation with that person if it is open; otherwise it is always shown. */
  #showDirect(line: DirectLine, now: number): ScrollbackUpdate {
    const target = personOf(this.#self.is(line.username) ? line.to : line.username);
    return this.#showMessage(target, line, now);
  }

  /**
   * Shows a message, or stores it in its buffer if that is not current.
   *
   * @param target the room or person it belongs to
   * @param line the message
   * @param now the time, in milliseconds since 1970
   */
  #showMessage(target: Target, received: PastLine, now: number): ScrollbackUpdate {
    const line = this.#lines.current(received, target);
    // A deleted message is shown as one, but nobody has to be alerted.
    const own = this.#self.is(line.username) || line.deleted === true;
    const buffer = this.#buffers.find(target);
    buffer?.noteArrival(line.sequence);
    if (this.isHidden(line.username)) {
      if (buffer === this.#buffers.current) buffer.markAllRead(now);
      return withoutBell([]);
    }
    const buffered = buffer !== undefined && buffer !== this.#buffers.current &&
      this.#preferences.show === "room";
    // A direct message names both users itself.
    const label = line.to === undefined ? targetLabel(target) : undefined;
    const { rows, mentioned } = this.#formatMessage(line, now, {
      target: buffer === this.#buffers.current ? undefined : label,
      buffered,
    });
    if (buffered) buffer.addLine(line, { own, mentioned });
    else {
      buffer?.markRead(line.sequence, now);
      this.#lines.noteShown(line, target);
    }
    return { rows, ...this.#alert(target, line, !own && mentioned, own) };
  }

  /** Returns how to draw attention to a message. */
  #alert(
    target: Target,
    { username, message }: PastLine,
    mentioned: boolean,
    own: boolean,
  ): Pick<ScrollbackUpdate, "bell" | "notification"> {
    const { bell } = this.#preferences;
    const notifies = bell === "notify" && mentioned && !this.#unread.hasFocus &&
      this.#capabilities.notifications !== undefined;
    if (!notifies) return { bell: bell === "all" ? !own : bell !== "off" && mentioned };
    const title = target.kind === "room" ? `${username} in ${targetLabel(target)}` : username;
    return { bell: false, notification: { title, text: message.replace(/^\/me /, "* ") } };
  }

  /** Returns the rows of a message, none if it is buffered, and whether it mentions the user or is direct. */
  #formatMessage(
    line: PastLine,
    now: number,
    { target, to = line.to, buffered = false, earlier = false, whole = false, counted = false }:
      MessageOptions = {},
  ): { rows: string[]; mentioned: boolean } {
    const own = this.#self.is(line.username);
    const { lines, gutter, mentioned: named } = formatChatLine(line, {
      time: this.#preferences.time,
      now,
      offsetMinutes: this.#offsetMinutes,
      name: this.name,
      own,
      unowned: this.#isUnowned(line),
      columns: this.#columns,
      ascii: this.#capabilities.ascii,
      target,
      to,
      nameColumns: this.#nameColumnsFor(line, to),
      numbered: this.#preferences.numbers,
    });
    const mentioned = named || (to !== undefined && !own);
    if (buffered) return { rows: [], mentioned };
    const separator = own || earlier ? [] : this.#unreadSeparator(mentioned);
    const rows = [
      ...(counted ? [] : this.flush()),
      ...this.#daySeparator(line.timestamp),
      ...separator.flatMap((line) => this.#rows(line, SEPARATOR_GUTTER)),
      ...this.#replyRows(line),
      ...this.#fold(lines.flatMap((styled) => this.#rows(styled, gutter)), gutter, { line, now, whole }),
    ];
    return { rows, mentioned };
  }

  /** Returns the row above a message that answers another one. */
  #replyRows(line: PastLine): string[] {
    const { reply_to: sequence, deleted } = line;
    if (sequence === undefined || deleted) return [];
    const original = this.#lines.find(this.#lines.targetOf(line), sequence);
    const known = original !== undefined && this.isHidden(original.username) ? undefined : original;
    return this.#rows(info(replyText(sequence, known, this.#labelOptions)), EVENT_GUTTER);
  }

  /** Shows the first rows of a long message, and remembers the others. */
  #fold(
    rows: string[],
    gutter: StyledLine,
    { line, now, whole }: { line: PastLine; now: number; whole: boolean },
  ): string[] {
    if (whole || rows.length <= MAX_MESSAGE_ROWS) return rows;
    const rest = rows.slice(MAX_MESSAGE_ROWS - 1);
    const author = formatName(line.username, this.#capabilities.ascii).text;
    const mark = this.#isUnowned(line) ? UNOWNED.text : "";
    const title = `${mark}${author}, ${formatTimeOfDay(line.timestamp, this.#offsetMinutes)}`;
    const units = rest.reduce((sum, row) => sum + row.length, 0);
    this.#folded.push({ line, title, rows: rest, units, at: now });
    let all = this.#folded.reduce((sum, { units }) => sum + units, 0);
    while (this.#folded.length > MAX_FOLDED || (all > MAX_FOLDED_UNITS && this.#folded.length > 1)) {
      all -= this.#folded.shift()!.units;
    }
    const hint: StyledLine = [...gutter, {
      text: `… ${rest.length} more rows; :more shows them`,
      style: "faint",
    }];
    return [...rows.slice(0, MAX_MESSAGE_ROWS - 1), ...this.#rows(hint, gutter)];
  }

  /** When the last long message was folded, in milliseconds since 1970; `undefined` if there is none. */
  get foldedAt(): number | undefined {
    return this.#folded.at(-1)?.at;
  }

  /**
   * Unfolds the last long message that is folded.
   *
   * @returns the rows to write now; none if no message is folded
   */
  unfold(): string[] {
    const folded = this.#folded.pop();
    return folded === undefined
      ? []
      : [...this.separator(folded.title), ...folded.rows, ...this.separator("end")];
  }

  /** Returns the width to pad the author's name to; it grows with the names, so that rows above stay as they are. */
  #nameColumnsFor(line: PastLine, to: string | undefined): number {
    if (!this.#preferences.align) return 0;
    const width = widthOf(formatName(line.username, this.#capabilities.ascii).text);
    if (to === undefined && width <= MAX_NAME_COLUMNS) {
      const markColumns = this.#isUnowned(line) ? UNOWNED.text.length : 0;
      this.#nameColumns = Math.max(this.#nameColumns, width + markColumns);
    }
    return this.#nameColumns;
  }

  /** Whether the author of a message is marked as one to whom the name does not belong. */
  #isUnowned({ verified }: PastLine): boolean {
    return this.#reader.hasKeys && verified !== true;
  }

  /** Returns the separator with the day of a message, if it differs from the day of the last one. */
  #daySeparator(timestamp: number): string[] {
    const day = formatDay(timestamp, this.#offsetMinutes);
    if (day === undefined || day === this.#day) return [];
    this.#day = day;
    return this.#rows(separatorLine(day, "faint", this.#columns), SEPARATOR_GUTTER);
  }

  /** Returns the separator before the first message without focus. */
  #unreadSeparator(mentioned: boolean): StyledLine[] {
    return this.#unread.add(mentioned) ? [separatorLine("new", "mark", this.#columns)] : [];
  }

  #addChange(change: PresenceChange, now: number): string[] {
    this.#presence.add(change, now);
    return this.#presence.full ? this.flush() : [];
  }

  #printName(): string[] {
    if (!this.#self.takeNameChange()) return [];
    return this.print([[...info("your name is "), {
      ...formatName(this.name, this.#capabilities.ascii),
      style: "self",
    }]]);
  }

  #printMotd(motd: string): string[] {
    if (motd === this.#shownMotd) return [];
    this.#shownMotd = motd;
    return motd === "" ? [] : this.print(motdLines(motd, info("message of the day:")));
  }

  #rows(line: StyledLine, gutter: StyledLine): string[] {
    return formatRows(line, { gutter, columns: this.#columns, capabilities: this.#capabilities });
  }
}

function withoutBell(rows: string[]): ScrollbackUpdate {
  return { rows, bell: false };
}

/**
 * Gathers deletions and reactions into few lines: ten reactions to a message, or the deletion of all messages of a
 * user, are one line.
 *
 * PURE. The first one waits at most as long as a join does (`presence.ts`). Code that shows a message in between shows
 * the lines first.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";
import { BURST_MS, type LineNews, type Target, targetKey, unitsOf } from "../model/mod.ts";
import { changedBy, type LabelOptions, messageLabel, quoteOf, reactionsText } from "./change_text.ts";

/** How many names one line shows; of the others it shows the number. */
const MAX_NAMES_A_LINE = 10;

/** How many notices are held at most. Above it they are shown at once. */
export const MAX_NOTICES = 1000;

/** How many UTF-16 units their messages and names may have together, so that a hub cannot fill the memory. */
const MAX_NOTICE_UNITS = 256 * 1024;

/** How many characters of the message a line about reactions quotes. */
const QUOTED_CHARACTERS = 30;

/** A deletion or a reaction, and where it was. */
export interface ChangeNotice {
  /** What has happened. */
  readonly news: LineNews & { readonly kind: "deleted" | "reacted" };
  /** The room or person of the message. */
  readonly target: Target;
  /** The label of that, if it has to be shown. */
  readonly where?: string | undefined;
}

/** Notices that become one line. */
interface NoticeGroup {
  readonly first: ChangeNotice;
  last: ChangeNotice;
  /** The numbers of the messages that were deleted. */
  readonly sequences: Set<number>;
  /** Who has added a reaction, by the keys of their names. */
  readonly names: Map<string, string>;
}

/** Collects notices until they are due. */
export class ChangeNotices {
  #groups = new Map<string, NoticeGroup>();
  #count = 0;
  #units = 0;
  #dueAt: number | undefined;

  /** When the notices are due, on the clock of `add`; `undefined` if there are none. */
  get dueAt(): number | undefined {
    return this.#dueAt;
  }

  /** Whether the notices have to be shown now because of their number or size. */
  get full(): boolean {
    return this.#count >= MAX_NOTICES || this.#units >= MAX_NOTICE_UNITS;
  }

  /**
   * Adds a notice.
   *
   * @param notice the notice
   * @param now the time, in milliseconds
   */
  add(notice: ChangeNotice, now: number): void {
    this.#dueAt ??= now + BURST_MS;
    this.#count++;
    const key = groupKey(notice);
    let group = this.#groups.get(key);
    if (group === undefined) {
      this.#groups.set(key, group = { first: notice, last: notice, sequences: new Set(), names: new Map() });
    }
    group.last = notice;
    const { line, by, removed } = notice.news;
    this.#units += unitsOf(line) + (by?.length ?? 0);
    group.sequences.add(line.sequence ?? 0);
    if (by === undefined) return;
    if (removed) group.names.delete(nameKey(by));
    else group.names.set(nameKey(by), by);
  }

  /**
   * Returns the notices as text and removes them.
   *
   * @param options how messages are described
   * @returns texts of one line each, sanitized
   */
  take(options: Omit<LabelOptions, "where">): string[] {
    const groups = [...this.#groups.values()];
    this.#groups = new Map();
    this.#count = this.#units = 0;
    this.#dueAt = undefined;
    return groups.map((group) =>
      group.first.news.kind === "deleted" ? deletedText(group, options) : reactedText(group, options)
    );
  }
}

function groupKey({ news: { kind, line, by = "" }, target }: ChangeNotice): string {
  return kind === "reacted"
    ? `reacted ${line.sequence} ${targetKey(target)}`
    : `deleted ${nameKey(by)} ${nameKey(line.username)} ${targetKey(target)}`;
}

function deletedText({ first, sequences }: NoticeGroup, options: Omit<LabelOptions, "where">): string {
  const { news: { line, by }, where } = first;
  const who = changedBy(by, options.isSelf);
  if (sequences.size === 1) return `${who} deleted ${messageLabel(line, { ...options, where })}`;
  const whose = options.isSelf(line.username)
    ? `${sequences.size} of your messages`
    : `${sequences.size} messages of ${changedBy(line.username, options.isSelf)}`;
  const numbers = [...sequences];
  const range = `${Math.min(...numbers)} to ${Math.max(...numbers)}`;
  return `${who} deleted ${whose}${where === undefined ? "" : ` in ${where}`} (${range})`;
}

function reactedText({ last, names }: NoticeGroup, options: Omit<LabelOptions, "where">): string {
  const { news: { line, by, removed }, where } = last;
  const all = [...names.values()].map((name) => changedBy(name, options.isSelf));
  const shown = all.slice(0, MAX_NAMES_A_LINE).join(", ");
  const who = all.length > MAX_NAMES_A_LINE ? `${shown} and ${all.length - MAX_NAMES_A_LINE} more` : shown;
  const counts = reactionsText(line.reactions ?? []) || "none left";
  const message = `${messageLabel(line, { ...options, where })} "${
    quoteOf(line.message, QUOTED_CHARACTERS)
  }"`;
  if (all.length > 0) return `${who} reacted to ${message} (${counts})`;
  if (removed) return `${changedBy(by, options.isSelf)} took a reaction back from ${message} (${counts})`;
  return `reactions to ${message} (${counts})`;
}

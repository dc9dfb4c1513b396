/**
 * Changes of messages that were decided before others counted that come first in the log of a cluster: such a change
 * may change nothing any more, and the reactions that its readers are told may lack those of the others.
 *
 * Each change says up to which one its hub had read the log when it decided. All hubs remember the latest changes, so
 * all of them find out the same without reading the message. A hub that has just started may show its clients a
 * superseded change, or other reactions; what it stores is right.
 *
 * PURE.
 *
 * @module
 */
import type { LineChanged } from "../../protocol/mod.ts";
import { lookupKey, type StoredChange } from "../history/mod.ts";
import type { Line } from "./batch.ts";

/** How many changes are remembered: more than hubs make while one of them waits for the log. */
const MAX_REMEMBERED = 2000;

/** Why a change counts no more: its message was deleted before, or is as the change would make it. */
export type Superseded = "deleted" | "same";

/** A change that has counted. */
interface Remembered extends Pick<StoredChange, "kind" | "by" | "reaction" | "message"> {
  /** The message. */
  readonly key: string;
  /** The number of the change. */
  readonly number: number;
}

/** The latest changes. */
export class ConcurrentChanges {
  /** The changes of each message, in the order of the log. */
  readonly #byLine = new Map<string, Remembered[]>();
  /** All of them, the oldest one first. */
  #all: Remembered[] = [];

  /**
   * Takes a change in the order of the log. Mends the reactions that its readers are told.
   *
   * @param line the change
   * @param number its number
   * @returns why it changes nothing; `undefined` if it counts
   */
  take({ room, change, message, base = Infinity }: Line, number: number): Superseded | undefined {
    const { kind, by, reaction, message: text, sequence } = change!;
    const key = `${lookupKey(room)}\n${sequence}`;
    const unknown = (this.#byLine.get(key) ?? []).filter((other) => other.number > base);
    if (unknown.length > 0) {
      const superseded = whySuperseded(change!, unknown);
      if (superseded !== undefined) return superseded;
      if (reaction !== undefined) addReactions(message as LineChanged, change!, unknown);
    }
    this.#remember({ key, number, kind, by, reaction, message: text });
    return undefined;
  }

  #remember(change: Remembered): void {
    const changes = this.#byLine.get(change.key);
    if (changes === undefined) this.#byLine.set(change.key, [change]);
    else changes.push(change);
    this.#all.push(change);
    if (this.#all.length < 2 * MAX_REMEMBERED) return;
    // Half of them at once, as taking one from the front is slow.
    for (const { key } of this.#all.slice(0, MAX_REMEMBERED)) {
      const left = this.#byLine.get(key)!;
      left.shift();
      if (left.length === 0) this.#byLine.delete(key);
    }
    this.#all = this.#all.slice(MAX_REMEMBERED);
  }
}

/** Finds out whether a change changes nothing after others of its message that its hub did not know. */
function whySuperseded(
  { kind, by, reaction, message }: StoredChange,
  unknown: readonly Remembered[],
): Superseded | undefined {
  if (unknown.some((other) => other.kind === "delete")) return kind === "delete" ? "same" : "deleted";
  if (kind === "delete") return undefined;
  const last = kind === "edit"
    ? unknown.findLast((other) => other.kind === "edit")
    : unknown.findLast((other) => other.by === by && other.reaction === reaction);
  return last?.kind === kind && last.message === message ? "same" : undefined;
}

/** Adds what others have done to the reactions that the readers of a change are told. */
function addReactions(
  message: LineChanged,
  { by, reaction }: StoredChange,
  unknown: readonly Remembered[],
): void {
  const counts = new Map(message.reactions?.map(({ reaction, count }) => [reaction, count]));
  for (const other of unknown) {
    // What has become of the own reaction is known by the change itself.
    if (other.reaction === undefined || other.by === by && other.reaction === reaction) continue;
    counts.set(other.reaction, (counts.get(other.reaction) ?? 0) + (other.kind === "react" ? 1 : -1));
  }
  message.reactions = [...counts].filter(([, count]) => count > 0)
    .map(([reaction, count]) => ({ reaction, count }))
    .sort((a, b) => b.count - a.count || (a.reaction < b.reaction ? -1 : 1));
}

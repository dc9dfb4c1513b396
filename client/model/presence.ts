/**
 * Groups joins, leaves and renames into few lines.
 *
 * PURE. Changes of the same kind within two seconds become one line: `+ ana, bo, cy joined`. The changes of one
 * user stay in order, so a join is shown before the leave that follows. The first change waits at most those two
 * seconds. Code that shows a message in between shows the changes first.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";

/** How long the first change waits for more, in milliseconds: short enough that no user notices. */
export const BURST_MS = 2000;

/** How many names one line shows; of the others it shows the number. Enough for a room, few enough for some rows. */
export const MAX_NAMES_A_LINE = 30;

/** How many changes are held at most: more than any real burst has, and few enough for the memory. */
export const MAX_BURST = 2000;

/** How many UTF-16 units their names may have together, so that a hub cannot fill the memory with long names. */
export const MAX_BURST_UNITS = 256 * 1024;

/** A join, leave or rename. */
export type PresenceChange =
  /** A user joined; `where` is the room to show, if any. */
  | { readonly kind: "joined"; readonly name: string; readonly where?: string }
  /** A user left; `where` as above. */
  | { readonly kind: "left"; readonly name: string; readonly where?: string }
  /** A user took another name. */
  | { readonly kind: "renamed"; readonly name: string; readonly to: string };

/** The sign at the start of a line. */
const SIGNS: Readonly<Record<PresenceChange["kind"], string>> = { joined: "+", left: "-", renamed: "~" };

/** Changes that are shown as one line. */
interface ChangeGroup {
  kind: PresenceChange["kind"];
  where: string | undefined;
  changes: PresenceChange[];
  /** The keys of the names in it. */
  keys: Set<string>;
}

/** Collects changes until they are due. */
export class Presence {
  #groups: ChangeGroup[] = [];
  #count = 0;
  #units = 0;
  #dueAt: number | undefined;

  /** When the changes are due, on the clock of `add`; `undefined` if there are none. */
  get dueAt(): number | undefined {
    return this.#dueAt;
  }

  /** Whether the changes have to be shown now because of their number or size. */
  get full(): boolean {
    return this.#count >= MAX_BURST || this.#units >= MAX_BURST_UNITS;
  }

  /**
   * Adds a change.
   *
   * @param change the change
   * @param now the time, in milliseconds
   */
  add(change: PresenceChange, now: number): void {
    this.#dueAt ??= now + BURST_MS;
    this.#count++;
    this.#units += changeUnits(change);
    const keys = (change.kind === "renamed" ? [change.name, change.to] : [change.name]).map(nameKey);
    const group = this.#groupFor(change.kind, whereOf(change), keys);
    group.changes.push(change);
    for (const key of keys) group.keys.add(key);
  }

  /**
   * Returns the changes as text and removes them.
   *
   * @param show makes a name safe to print
   * @returns texts of one line each
   */
  take(show: (name: string) => string): string[] {
    const groups = this.#groups;
    this.#groups = [];
    this.#count = 0;
    this.#units = 0;
    this.#dueAt = undefined;
    return groups.map((group) => formatGroup(group, show));
  }

  /**
   * Returns the last group of the same kind and room, or a new one if another group after it has one of these
   * users.
   */
  #groupFor(kind: PresenceChange["kind"], where: string | undefined, keys: readonly string[]): ChangeGroup {
    const fits = (group: ChangeGroup) => group.kind === kind && group.where === where;
    const last = this.#groups.findLast((group) => fits(group) || keys.some((key) => group.keys.has(key)));
    // A second rename or join of one user gets a line of its own.
    if (last !== undefined && fits(last) && !keys.some((key) => last.keys.has(key))) return last;
    const group: ChangeGroup = { kind, where, changes: [], keys: new Set() };
    this.#groups.push(group);
    return group;
  }
}

/**
 * Returns the size of a change in memory.
 *
 * @param change the change
 * @returns the length of its texts, in UTF-16 units
 */
export function changeUnits(change: PresenceChange): number {
  return change.name.length + (change.kind === "renamed" ? change.to : change.where ?? "").length;
}

function whereOf(change: PresenceChange): string | undefined {
  return change.kind === "renamed" ? undefined : change.where;
}

function formatGroup({ kind, where, changes }: ChangeGroup, show: (name: string) => string): string {
  const parts = changes.slice(0, MAX_NAMES_A_LINE).map((change) =>
    change.kind === "renamed" ? `${show(change.name)} is now ${show(change.to)}` : show(change.name)
  );
  const more = changes.length - parts.length;
  const rest = more > 0 ? ` and ${more} more` : "";
  const verb = kind === "renamed" ? (more > 0 ? " renamed" : "") : ` ${kind}`;
  return `${SIGNS[kind]} ${parts.join(", ")}${rest}${verb}${where === undefined ? "" : ` ${where}`}`;
}

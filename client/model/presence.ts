/**
 * Who comes, goes and takes another name, in as few lines as it can be told in.
 *
 * PURE. What happens within two seconds is told together, the same thing in one line: `+3 joined: ana, bo, cy`. What
 * happened to one person stays in its order, so that who came and went is told as come before gone. The first of it
 * waits no longer than those two seconds; whoever shows chat in between tells this first.
 *
 * @module
 */
import { nameKey } from "../../protocol/mod.ts";

/** For how long the first of a burst waits for more, in milliseconds: shorter than anybody wonders. */
export const BURST_MS = 2000;

/** How many names one line tells; of the others it tells the number. Enough for a room, few enough for some rows. */
export const MAX_NAMES_A_LINE = 30;

/**
 * How much is kept before it has to be told: no burst of people is as large, and one of a hub gone mad costs no more.
 */
export const MAX_BURST = 2000;

/** Something that happened to somebody. */
export type PresenceChange =
  /** Somebody came; `where` names the room, if that is to be told. */
  | { readonly kind: "joined"; readonly name: string; readonly where?: string }
  /** Somebody went; `where` as above. */
  | { readonly kind: "left"; readonly name: string; readonly where?: string }
  /** Somebody took another name. */
  | { readonly kind: "renamed"; readonly name: string; readonly to: string };

/** How a change is told: its sign, alone or before a number, and the word for one and for many. */
const WORDS: Readonly<Record<PresenceChange["kind"], { sign: string; one: string; many: string }>> = {
  joined: { sign: "+", one: "joined", many: "joined" },
  left: { sign: "-", one: "left", many: "left" },
  renamed: { sign: "~", one: "is now", many: "renamed" },
};

/** What happened to several people and is told in one line. */
interface Group {
  kind: PresenceChange["kind"];
  where: string | undefined;
  changes: PresenceChange[];
  /** The keys of the names in it. */
  keys: Set<string>;
}

/** Gathers what happens until it is to be told. */
export class Presence {
  #groups: Group[] = [];
  #count = 0;
  #dueAt: number | undefined;

  /** When what was gathered is to be told, on the clock of `add`; nothing where nothing was. */
  get dueAt(): number | undefined {
    return this.#dueAt;
  }

  /** Whether so much was gathered that it has to be told now. */
  get full(): boolean {
    return this.#count >= MAX_BURST;
  }

  /**
   * Takes note of a change.
   *
   * @param change what happened
   * @param now the time, in milliseconds
   */
  add(change: PresenceChange, now: number): void {
    this.#dueAt ??= now + BURST_MS;
    this.#count++;
    const keys = (change.kind === "renamed" ? [change.name, change.to] : [change.name]).map(nameKey);
    const group = this.#groupFor(change.kind, whereOf(change), keys);
    group.changes.push(change);
    for (const key of keys) group.keys.add(key);
  }

  /**
   * Tells what was gathered, and begins anew.
   *
   * @param show makes a name harmless
   * @param arrow what stands between an old name and a new one
   * @returns texts of one line each
   */
  take(show: (name: string) => string, arrow: string): string[] {
    const groups = this.#groups;
    this.#groups = [];
    this.#count = 0;
    this.#dueAt = undefined;
    return groups.map((group) => tell(group, show, arrow));
  }

  /** The last group of a kind and place, unless something else happened to one of these people since. */
  #groupFor(kind: PresenceChange["kind"], where: string | undefined, keys: readonly string[]): Group {
    const fits = (group: Group) => group.kind === kind && group.where === where;
    const known = this.#groups.findLast((group) => fits(group) || keys.some((key) => group.keys.has(key)));
    // A second change of name of one person is a line of its own, as is a second coming.
    if (known !== undefined && fits(known) && !keys.some((key) => known.keys.has(key))) return known;
    const group: Group = { kind, where, changes: [], keys: new Set() };
    this.#groups.push(group);
    return group;
  }
}

function whereOf(change: PresenceChange): string | undefined {
  return change.kind === "renamed" ? undefined : change.where;
}

function tell({ kind, where, changes }: Group, show: (name: string) => string, arrow: string): string {
  const { sign, one, many } = WORDS[kind];
  const there = where === undefined ? "" : ` ${where}`;
  const [first] = changes;
  if (changes.length === 1 && first !== undefined) {
    return `${sign} ${show(first.name)} ${one}${first.kind === "renamed" ? ` ${show(first.to)}` : there}`;
  }
  const told = changes.slice(0, MAX_NAMES_A_LINE).map((change) =>
    change.kind === "renamed" ? `${show(change.name)} ${arrow} ${show(change.to)}` : show(change.name)
  );
  const more = changes.length - told.length;
  return `${sign}${changes.length} ${many}${there}: ${told.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

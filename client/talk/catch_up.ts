/**
 * What was said before one came to a place, or while the link was lost: asked of a hub that keeps it, and put before
 * what
 * is said from then on.
 *
 * Rules: as long as it is not known what was missed in a place, lines that come for it wait; what was missed and what
 * waited are then told in the order of their numbers, each once. Where nothing of a place was seen in this run, the
 * newest lines are told, and which of them are new since the time before; otherwise exactly what was missed, however
 * many
 * pages that takes, up to {@linkcode MAX_GAP_LINES}. A hub that keeps nothing is asked nothing, and nothing waits.
 *
 * @module
 */
import {
  type EarlierMessages,
  MAIN,
  personOf,
  type ReadMarker,
  roomOf,
  type Target,
  targetKey,
} from "../model/mod.ts";
import {
  Code,
  DEFAULT_HISTORY_LINES,
  MAX_HISTORY_LINES,
  nameKey,
  type PastLine,
  type ServerMessage,
} from "../../protocol/mod.ts";
import type { Answer, ControlRequest } from "../link/mod.ts";
import { LinkError } from "../net/mod.ts";

/** How many lines that were missed are told all; of more, the newest. More than anybody reads who comes back. */
export const MAX_GAP_LINES = 2000;

/** How many lines wait while it is asked what was missed; where more come, they are asked for too. */
export const MAX_WAITING_LINES = 2000;

/** What catching up works with. */
export interface CatchUpOptions {
  /** Asks the hub, as `Tether.ask`. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** Tells one's own name. */
  name: () => string;
  /** Gives the places one is in. */
  buffers: () => readonly Target[];
  /** Tells what was seen of a place in another run. */
  seen: (target: Target) => ReadMarker | undefined;
  /** Takes what was said before in a place; what is said from then on comes after it. */
  past: (target: Target, past: EarlierMessages) => void;
  /** Takes a message that has waited. */
  deliver: (message: ServerMessage) => void;
}

/** Lines that wait until it is known what was missed. */
interface Waiting {
  lines: { sequence: number; message: ServerMessage }[];
  /** Whether some were thrown away, so that they have to be asked for. */
  overflowed: boolean;
}

/** What is known of a place. */
interface Known {
  target: Target;
  /** The number of the last line that was told in this run. */
  last?: number;
  waiting?: Waiting;
}

/** Brings what was missed before what follows. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #known = new Map<string, Known>();
  /** Whether the hub keeps what is said. */
  #able = false;

  /**
   * Begins without a link.
   *
   * @param options see {@linkcode CatchUpOptions}
   */
  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Takes note that the link is another one: what waited is asked for on the next. */
  begin(): void {
    this.#able = false;
    for (const known of this.#known.values()) delete known.waiting;
  }

  /**
   * Takes a message of the hub.
   *
   * @param message any message, in the order in which they come
   * @returns whether it is to be dealt with now; if not, it comes later
   */
  receive(message: ServerMessage): boolean {
    if (message.code === Code.Welcome) this.#welcomed(message.features, message.rooms);
    const said = this.#able ? this.#lineOf(message) : undefined;
    const known = said && this.#known.get(targetKey(said.target));
    if (said === undefined || known === undefined) return true;
    const { waiting } = known;
    if (waiting === undefined) {
      known.last = said.sequence;
      return true;
    }
    if (waiting.lines.length < MAX_WAITING_LINES) waiting.lines.push({ sequence: said.sequence, message });
    else {
      waiting.lines = [];
      waiting.overflowed = true;
    }
    return false;
  }

  /**
   * Has the lines of a place wait from now on, where the hub keeps what is said: it will be asked what was missed, or
   * {@linkcode CatchUp.release} will be called.
   *
   * @param place the place
   */
  hold(target: Target): void {
    if (!this.#able) return;
    const known = this.#known.get(targetKey(target)) ?? { target };
    known.waiting ??= { lines: [], overflowed: false };
    this.#known.set(targetKey(target), known);
  }

  /**
   * Tells what waits in a place without asking what was missed, as where one could not get in.
   *
   * @param place the place
   */
  release(target: Target): void {
    const known = this.#known.get(targetKey(target));
    if (known !== undefined) this.#finish(known);
  }

  /**
   * Forgets a place that one has left.
   *
   * @param place the place
   */
  forget(target: Target): void {
    this.release(target);
    this.#known.delete(targetKey(target));
  }

  /** Asks what was missed in all places whose lines wait; to be called when a link is open. */
  opened(): void {
    for (const { target, waiting } of this.#known.values()) if (waiting !== undefined) this.fetch(target);
  }

  /**
   * Asks what was missed in a place whose lines wait, and tells it and them.
   *
   * @param place the place
   * @returns when that is done, or nothing more can be had
   */
  async fetch(target: Target): Promise<void> {
    const known = this.#known.get(targetKey(target));
    const waiting = known?.waiting;
    if (known === undefined || waiting === undefined) return;
    const isOver = () => known.waiting !== waiting;
    try {
      const missed = await this.#missed(known, isOver);
      if (isOver()) return;
      if (missed === undefined) return this.#finish(known);
      const { past } = missed;
      let { newest } = missed;
      const lines = [...past.lines];
      // A hub gone mad is not followed for ever.
      while (waiting.overflowed && lines.length <= 4 * MAX_GAP_LINES) {
        waiting.overflowed = false;
        lines.push(...await this.#between(target, newest, undefined, isOver));
        if (isOver()) return;
        newest = lines.at(-1)?.sequence ?? newest;
      }
      const more = lines.length - past.lines.length;
      const counted = past.newCount === undefined ? {} : { newCount: past.newCount + more };
      this.#options.past(target, { ...past, ...counted, lines });
      known.last = newest;
      this.#finish(known);
    } catch (error) {
      // Where the link is lost the next one asks again.
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
    }
  }

  #welcomed(features: readonly string[], rooms: readonly string[]): void {
    this.#able = features.includes("history");
    // Without a history numbers begin again when the hub does.
    if (!this.#able) return this.#known.clear();
    const there = new Set(["main", ...rooms].map((room) => targetKey(roomOf(room))));
    for (const target of this.#options.buffers()) {
      if (target.kind === "person" || there.has(targetKey(target))) {
        this.hold({ kind: target.kind, name: target.name });
      }
    }
  }

  /** Finds what is not known of a place, and the number of its newest line; nothing where the hub will not tell. */
  async #missed(
    known: Known,
    isOver: () => boolean,
  ): Promise<{ past: EarlierMessages; newest: number } | undefined> {
    const { target, last } = known;
    const answer = await this.#options.ask({
      code: Code.AskHistory,
      room: wireName(target),
      limit: DEFAULT_HISTORY_LINES,
    });
    if (answer.code !== Code.History || isOver()) return undefined;
    const lines = answer.messages;
    const oldest = lines[0]?.sequence ?? 0;
    const newest = lines.at(-1)?.sequence ?? 0;
    const after = (number: number) => lines.filter(({ sequence = 0 }) => sequence > number);
    // Where the newest is older than what was told here, the hub has begun anew.
    if (last !== undefined && newest >= last) {
      const missing = answer.more ? Math.max(0, oldest - last - 1) : 0;
      const earlier = missing > 0 && missing <= MAX_GAP_LINES
        ? await this.#between(target, last, oldest, isOver)
        : [];
      const told = [...earlier, ...after(last)];
      const skipped = missing > MAX_GAP_LINES ? missing : 0;
      return { past: { lines: told, newCount: told.length, skipped }, newest };
    }
    const seen = this.#options.seen(target);
    if (seen === undefined || seen.sequence > newest) return { past: { lines, skipped: 0 }, newest };
    const skipped = answer.more ? Math.max(0, oldest - seen.sequence - 1) : 0;
    return { past: { lines, newCount: after(seen.sequence).length, skipped, lastReadAt: seen.at }, newest };
  }

  /** Gathers the lines after a number, page by page. */
  async #between(
    target: Target,
    after: number,
    before: number | undefined,
    isOver: () => boolean,
  ): Promise<PastLine[]> {
    const lines: PastLine[] = [];
    for (let more = true; more && !isOver();) {
      const answer = await this.#options.ask({
        code: Code.AskHistory,
        room: wireName(target),
        after: lines.at(-1)?.sequence ?? after,
        ...(before === undefined ? {} : { before }),
        limit: MAX_HISTORY_LINES,
      });
      if (answer.code !== Code.History) break;
      for (const line of answer.messages) lines.push(line);
      more = answer.more && answer.messages.length > 0 && lines.length <= MAX_GAP_LINES;
    }
    return lines;
  }

  /** Tells what has waited and was not told yet; from now on nothing waits. */
  #finish(known: Known): void {
    const { waiting } = known;
    delete known.waiting;
    for (const { sequence, message } of waiting?.lines ?? []) {
      if (sequence <= (known.last ?? 0)) continue;
      known.last = sequence;
      this.#options.deliver(message);
    }
  }

  /** Tells where a line was said, and its number there. */
  #lineOf(message: ServerMessage): { target: Target; sequence: number } | undefined {
    if (message.code === Code.Said) {
      const { room, sequence } = message.message;
      if (sequence === undefined) return undefined;
      return { target: room === undefined ? MAIN : roomOf(room), sequence };
    }
    if (message.code !== Code.SaidTo || message.message.sequence === undefined) return undefined;
    const { username, to, sequence } = message.message;
    const own = nameKey(username) === nameKey(this.#options.name());
    return { target: personOf(own ? to : username), sequence };
  }
}

/**
 * Names a place as a hub is asked for what was said there.
 *
 * @param place the place
 * @returns the name of a room, or `@` and that of a person
 */
export function wireName({ kind, name }: Target): string {
  return kind === "room" ? name : `@${name}`;
}

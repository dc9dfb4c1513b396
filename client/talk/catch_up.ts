/**
 * Catches up on messages: those before the user came to a room or conversation, and those that were missed while the
 * link was lost. Fetches them from a hub with a history, and shows them before all later messages.
 *
 * Rules:
 * - While missed messages of a target are fetched, its new messages wait in a queue. Then the missed and the queued
 *   messages are shown in the order of their numbers, each once.
 * - If this run has not shown any message of a target yet, the newest messages are shown, and those after the stored
 *   read marker count as new. Otherwise exactly the missed messages are shown, over as many pages as that takes, up to
 *   {@linkcode MAX_MISSED_LINES}.
 * - What is fetched and what waits is limited by its number and by its size, so that no hub can fill the memory. Of
 *   messages that are too large together, the newest are shown and the others counted.
 * - A hub without a history is not asked, and no message waits.
 *
 * The file is long because fetched and queued messages of a target are one state.
 *
 * @module
 */
import {
  type EarlierMessages,
  MAIN,
  NewestLines,
  personOf,
  type ReadMarker,
  roomOf,
  type Target,
  targetKey,
  unitsOf,
} from "../model/mod.ts";
import {
  Code,
  DEFAULT_HISTORY_LINES,
  MAX_HISTORY_LINES,
  nameKey,
  type Said,
  type SaidTo,
  type ServerMessage,
} from "../../protocol/mod.ts";
import type { Answer, ControlRequest } from "../link/mod.ts";
import { LinkError } from "../net/mod.ts";

/** How many missed messages are all shown; of more, only the newest page. Nobody reads more after coming back. */
export const MAX_MISSED_LINES = 2000;

/** How many messages a queue holds. If more arrive, the queue is emptied and its messages are fetched, too. */
export const MAX_QUEUED_LINES = 2000;

/**
 * How many UTF-16 units the fetched messages of all targets may have together, and as many those in the queues. Each
 * target has an equal share. Of one target all missed messages fit, even if each is as long as the protocol allows.
 */
export const MAX_CATCH_UP_UNITS = 16 * 1024 * 1024;

/** Options of {@linkcode CatchUp}. */
export interface CatchUpOptions {
  /** Sends a request to the hub, as `ReconnectingLink.ask` does. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** Returns the user's own name. */
  ownName: () => string;
  /** Returns the open targets. */
  buffers: () => readonly Target[];
  /** Returns the read marker of a target that an earlier run has stored. */
  readMarkerOf: (target: Target) => ReadMarker | undefined;
  /** Shows earlier messages of a target. Later messages are delivered after this call. */
  showEarlier: (target: Target, earlier: EarlierMessages) => void;
  /** Receives a message that has waited in a queue. */
  deliver: (message: ServerMessage) => void;
}

/** New messages that wait until the missed ones are fetched. */
interface Queue {
  lines: { sequence: number; message: Said | SaidTo }[];
  /** The size of these messages, in UTF-16 units. */
  units: number;
  /** Whether messages were dropped, so that they have to be fetched. */
  overflowed: boolean;
}

/** The missed messages of a target, and what is known about them. */
interface Missed extends Omit<EarlierMessages, "lines"> {
  lines: NewestLines;
  /** The number of the newest message. */
  newest: number;
}

/** The state of a target. */
interface TargetState {
  target: Target;
  /** The number of the last message that this run has shown. */
  last?: number;
  queue?: Queue;
}

/** Catches up on messages, over any number of links. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #targets = new Map<string, TargetState>();
  /** Whether the hub stores a history. */
  #hasHistory = false;

  /**
   * Starts without a link.
   *
   * @param options see {@linkcode CatchUpOptions}
   */
  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  /** Handles the start of a new link: the queues are dropped, because the new link fetches their messages. */
  connecting(): void {
    this.#hasHistory = false;
    for (const state of this.#targets.values()) delete state.queue;
  }

  /**
   * Handles a message of the hub.
   *
   * @param message any message, in the order of arrival
   * @returns whether to show it now; otherwise it is queued and delivered later
   */
  receive(message: ServerMessage): boolean {
    if (message.code === Code.Welcome) this.#welcomed(message.features, message.rooms);
    const found = this.#hasHistory ? this.#findTarget(message) : undefined;
    const state = found && this.#targets.get(targetKey(found.target));
    if (found === undefined || state === undefined) return true;
    const { queue } = state;
    if (queue === undefined) {
      state.last = found.sequence;
      return true;
    }
    const { sequence, message: chatMessage } = found;
    queue.units += unitsOf(chatMessage.message);
    if (queue.lines.length < MAX_QUEUED_LINES && queue.units <= this.#unitsPerTarget) {
      queue.lines.push({ sequence, message: chatMessage });
    } else {
      queue.lines = [];
      queue.units = 0;
      queue.overflowed = true;
    }
    return false;
  }

  /**
   * Queues the new messages of a target from now on, if the hub stores a history. {@linkcode CatchUp.fetch} or
   * {@linkcode CatchUp.deliverQueued} has to follow.
   *
   * @param target a room or person
   */
  startQueue(target: Target): void {
    if (!this.#hasHistory) return;
    const state = this.#targets.get(targetKey(target)) ?? { target };
    state.queue ??= { lines: [], units: 0, overflowed: false };
    this.#targets.set(targetKey(target), state);
  }

  /**
   * Delivers the queued messages of a target without fetching missed ones, such as after a refused join.
   *
   * @param target a room or person
   */
  deliverQueued(target: Target): void {
    const state = this.#targets.get(targetKey(target));
    if (state !== undefined) this.#finish(state);
  }

  /**
   * Forgets a target that the user has left.
   *
   * @param target a room or person
   */
  forget(target: Target): void {
    this.deliverQueued(target);
    this.#targets.delete(targetKey(target));
  }

  /** Handles an open link: fetches the missed messages of all targets with a queue. */
  opened(): void {
    for (const { target, queue } of this.#targets.values()) if (queue !== undefined) this.fetch(target);
  }

  /**
   * Fetches the missed messages of a target with a queue, and shows them and the queued ones.
   *
   * @param target a room or person
   * @returns resolves when that is done, or when no more can be fetched over this link
   */
  async fetch(target: Target): Promise<void> {
    const state = this.#targets.get(targetKey(target));
    const queue = state?.queue;
    if (state === undefined || queue === undefined) return;
    const isStale = () => state.queue !== queue;
    try {
      const missed = await this.#fetchMissed(state, isStale);
      if (isStale()) return;
      if (missed === undefined) return this.#finish(state);
      const { lines, skipped, lastReadAt } = missed;
      let { newest, newCount } = missed;
      // The limit is for a hostile hub, which could send messages forever.
      for (let fetched = 0; queue.overflowed && fetched <= 4 * MAX_MISSED_LINES;) {
        queue.overflowed = false;
        const count = await this.#fetchBetween(lines, { target, after: newest }, isStale);
        if (isStale()) return;
        fetched += count;
        if (newCount !== undefined) newCount += count;
        newest = lines.lines.at(-1)?.sequence ?? newest;
      }
      const shownNew = Math.min(newCount ?? 0, lines.lines.length);
      this.#options.showEarlier(target, {
        lines: lines.lines,
        ...(newCount === undefined ? {} : { newCount: shownNew }),
        skipped: skipped + (newCount ?? 0) - shownNew,
        ...(lastReadAt === undefined ? {} : { lastReadAt }),
      });
      state.last = newest;
      this.#finish(state);
    } catch (error) {
      // The link is lost. The next one fetches again.
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
    }
  }

  #welcomed(features: readonly string[], rooms: readonly string[]): void {
    this.#hasHistory = features.includes("history");
    // Without a history the message numbers start again when the hub does.
    if (!this.#hasHistory) return this.#targets.clear();
    const joined = new Set(["main", ...rooms].map((room) => targetKey(roomOf(room))));
    for (const target of this.#options.buffers()) {
      if (target.kind === "person" || joined.has(targetKey(target))) {
        this.startQueue({ kind: target.kind, name: target.name });
      }
    }
  }

  /** Fetches what this run has not shown, and the number of the newest message; `undefined` if the hub refuses. */
  async #fetchMissed(
    state: TargetState,
    isStale: () => boolean,
  ): Promise<Missed | undefined> {
    const { target, last } = state;
    const lines = new NewestLines(this.#unitsPerTarget);
    const answer = await this.#options.ask({
      code: Code.AskHistory,
      room: wireName(target),
      limit: DEFAULT_HISTORY_LINES,
    });
    if (answer.code !== Code.History || isStale()) return undefined;
    const page = answer.messages;
    const oldest = page[0]?.sequence ?? 0;
    const newest = page.at(-1)?.sequence ?? 0;
    const after = (number: number) => page.filter(({ sequence = 0 }) => sequence > number);
    // If the newest number is below the last one that was shown, the hub has started a new history.
    if (last !== undefined && newest >= last) {
      const gap = answer.more ? Math.max(0, oldest - last - 1) : 0;
      const inGap = gap > 0 && gap <= MAX_MISSED_LINES
        ? await this.#fetchBetween(lines, { target, after: last, before: oldest }, isStale)
        : 0;
      const missed = after(last);
      lines.add(missed);
      const skipped = gap > MAX_MISSED_LINES ? gap : 0;
      return { lines, newCount: inGap + missed.length, skipped, newest };
    }
    lines.add(page);
    const marker = this.#options.readMarkerOf(target);
    if (marker === undefined || marker.sequence > newest) return { lines, skipped: 0, newest };
    const skipped = answer.more ? Math.max(0, oldest - marker.sequence - 1) : 0;
    const newCount = after(marker.sequence).length;
    return { lines, newCount, skipped, lastReadAt: marker.at, newest };
  }

  /** Fetches the messages with numbers between two numbers, page by page. Returns how many. */
  async #fetchBetween(
    lines: NewestLines,
    { target, after, before }: { target: Target; after: number; before?: number },
    isStale: () => boolean,
  ): Promise<number> {
    let fetched = 0;
    for (let more = true, last = after; more && !isStale();) {
      const answer = await this.#options.ask({
        code: Code.AskHistory,
        room: wireName(target),
        after: last,
        ...(before === undefined ? {} : { before }),
        limit: MAX_HISTORY_LINES,
      });
      if (answer.code !== Code.History) break;
      lines.add(answer.messages);
      fetched += answer.messages.length;
      last = answer.messages.at(-1)?.sequence ?? last;
      more = answer.more && answer.messages.length > 0 && fetched <= MAX_MISSED_LINES;
    }
    return fetched;
  }

  /** How many UTF-16 units the fetched messages of one target may have, and as many those in its queue. */
  get #unitsPerTarget(): number {
    return MAX_CATCH_UP_UNITS / Math.max(1, this.#targets.size);
  }

  /** Delivers the queued messages that were not shown yet. Later messages are not queued. */
  #finish(state: TargetState): void {
    const { queue } = state;
    delete state.queue;
    for (const { sequence, message } of queue?.lines ?? []) {
      if (sequence <= (state.last ?? 0)) continue;
      state.last = sequence;
      this.#options.deliver(message);
    }
  }

  /** Returns a chat message with its target and its number there; `undefined` for other messages of the hub. */
  #findTarget(
    message: ServerMessage,
  ): { target: Target; sequence: number; message: Said | SaidTo } | undefined {
    if (message.code === Code.Said) {
      const { room, sequence } = message.message;
      if (sequence === undefined) return undefined;
      return { target: room === undefined ? MAIN : roomOf(room), sequence, message };
    }
    if (message.code !== Code.SaidTo || message.message.sequence === undefined) return undefined;
    const { username, to, sequence } = message.message;
    const own = nameKey(username) === nameKey(this.#options.ownName());
    return { target: personOf(own ? to : username), sequence, message };
  }
}

/**
 * Formats a target as a request for its history names it.
 *
 * @param target a room or person
 * @returns the name of the room, or `@` and the name of the person
 */
export function wireName({ kind, name }: Target): string {
  return kind === "room" ? name : `@${name}`;
}

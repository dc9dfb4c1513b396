/**
 * Catches up on messages: those before the user came to a room or conversation, and those that were missed while the
 * link was lost. Fetches them from a hub with a history, and shows them before all later messages.
 *
 * Rules:
 * - While missed messages of a target are fetched, its new messages wait in a queue. Then the missed and the queued
 *   messages are shown in the order of their numbers, each once.
 * - The hello of a link names the last message of each room that is known, and the hub answers with the newest missed
 *   ones of each. So most rooms need no request. The others are fetched one after the other, the current target first,
 *   so that own messages need not wait behind requests.
 * - If this run has not shown any message of a target yet, the newest messages are shown, and those after the stored
 *   read marker count as new. Otherwise the missed messages are shown, over as many pages as that takes, up to
 *   {@linkcode MAX_MISSED_LINES} and for {@linkcode MAX_FILL_MS}. They are fetched from the newest on, so that what is
 *   shown has no gap; the others before it are counted.
 * - Over a slow link only the newest page of each target is shown. A room without new messages is fetched when the user
 *   comes to it.
 * - What is fetched and what waits is limited by its number and by its size, so that no hub can fill the memory. Of
 *   messages that are too large together, the newest are shown and the others counted.
 * - On each new link, and when the user has another name or its old one again, the hub is asked which conversations
 *   have new messages. Until it has answered, direct messages wait; then the missed ones are fetched, of all
 *   conversations, open or not (`direct_messages.ts`). A hub that cannot list them is asked for the open ones.
 * - Of an open conversation of which nothing is shown, as one of an earlier run, the newest messages are fetched: at
 *   once if some are after the stored read marker, else when the user comes to it.
 * - Missed messages that the hub does not store any more are counted for the user.
 * - The numbers of messages are known in an epoch of the hub's history. In another one the hub says up to which number
 *   its messages are the same, and those after it are fetched.
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
  type Conversations,
  DEFAULT_HISTORY_LINES,
  type History,
  MAX_HISTORY_LINES,
  nameKey,
  type PastLine,
  type Said,
  type SaidTo,
  type ServerMessage,
  type Welcome,
} from "../../protocol/mod.ts";
import type { Answer, ControlRequest, KnownMessages } from "../link/mod.ts";
import { LinkError } from "../net/mod.ts";
import { DirectMessages, MAX_NAME_UNITS } from "./direct_messages.ts";

/** How many missed messages are all shown; of more, only the newest page. Nobody reads more after coming back. */
export const MAX_MISSED_LINES = 2000;

/** How many messages a queue holds. If more arrive, the queue is emptied and its messages are fetched, too. */
export const MAX_QUEUED_LINES = 2000;

/**
 * How many UTF-16 units the fetched messages of all targets may have together, and as many those in the queues. Each
 * target has an equal share. Of one target all missed messages fit, even if each is as long as the protocol allows.
 */
export const MAX_CATCH_UP_UNITS = 16 * 1024 * 1024;

/**
 * How many targets may wait at the same time. Messages of further conversations are shown as they come, and what was
 * missed in these is fetched over a later link.
 */
export const MAX_TARGETS = 1000;

/** For how long more missed messages of a target are requested before the newest are shown, in milliseconds. */
export const MAX_FILL_MS = 2000;

/** How many of them the first request is for: with its answer it is known how fast the link is. */
export const FIRST_FILL_LINES = 100;

/** The time for the newest page of a room from which on a link counts as slow, in milliseconds: some 8 kB/s. */
export const SLOW_PAGE_MS = 1000;

/** Options of {@linkcode CatchUp}. */
export interface CatchUpOptions {
  /** Sends a request to the hub, as `ReconnectingLink.ask` does. */
  ask: (request: ControlRequest) => Promise<Answer>;
  /** Returns a time that only goes forward, in milliseconds. */
  elapsed: () => number;
  /** Returns the open targets. */
  buffers: () => readonly Target[];
  /** Returns the current target. */
  current: () => Target;
  /** Returns the read marker of a target that an earlier run has stored. */
  readMarkerOf: (target: Target) => ReadMarker | undefined;
  /** Returns the open conversations of which nothing is shown, if they are to be fetched. */
  unshown?: () => readonly Target[];
  /** Shows earlier messages of a target. Later messages are delivered after this call. */
  showEarlier: (target: Target, earlier: EarlierMessages) => void;
  /** Receives a message that has waited in a queue. */
  deliver: (message: ServerMessage) => void;
  /** Called when the new messages of a target do not wait any more. */
  caughtUp: (target: Target) => void;
  /** Called when the user has another name on the same link, so that conversations go on with other numbers. */
  renamed: () => void;
  /** Called when the hub has other messages of a target after some number, such as after a restored backup. */
  restored: (target: Target, sequence: number) => void;
  /** Called before missed messages are shown, with how many before them the hub does not store any more. */
  missing: (target: Target, count: number) => void;
}

/** New messages that wait until the missed ones are fetched. */
interface Queue {
  lines: { sequence: number; message: Said | SaidTo }[];
  /** The size of these messages, in UTF-16 units. */
  units: number;
  /** Whether messages were dropped, so that they have to be fetched. */
  overflowed: boolean;
  /** Whether the missed messages are being fetched. */
  isFetching: boolean;
}

/** The missed messages of a target, and what is known about them. */
interface Missed {
  lines: NewestLines;
  /** As in {@linkcode EarlierMessages}. */
  newCount?: number | undefined;
  /** As in {@linkcode EarlierMessages}. */
  skipped: number;
  /** As in {@linkcode EarlierMessages}. */
  lastReadAt?: number | undefined;
  /** How many messages before the first the hub does not store any more. */
  missing?: number;
  /** The number of the newest message. */
  newest: number;
}

/** The state of a target. */
interface TargetState {
  target: Target;
  /** The person that it is now, if that user has changed the name while missed messages are fetched. */
  renamed?: Target;
  /** The number of the last message that this run has shown. */
  last?: number;
  /** The epoch of that number. */
  epoch?: string | undefined;
  queue?: Queue;
  /** The number that the hello of this link has named, while the hub's answer is still to come. */
  asked?: number;
  /** The newest messages after {@linkcode TargetState.last}, if the hub has sent them and there are more. */
  page?: History;
  /** Whether nothing was fetched because nothing is new: it is fetched when the user comes to the target. */
  isUnfetched?: boolean;
}

/** Catches up on messages, over any number of links. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  /** By {@linkcode DirectMessages.keyOf}. */
  readonly #targets = new Map<string, TargetState>();
  readonly #direct = new DirectMessages();
  /** Whether the hub stores a history. */
  #hasHistory = false;
  /** The epoch of the hub's history. */
  #epoch: string | undefined;
  /** Whether the hub can list conversations. */
  #hasConversations = false;
  /** Whether it is not known yet which conversations have missed messages. */
  #awaitsConversations = false;
  /** The numbers of the newest messages that were fetched over this link, as far as they are shown. */
  readonly #fetched = new Map<string, number>();
  /** The number of the link. */
  #link = 0;
  /** The number of the link whose missed messages are being fetched. */
  #openedLink: number | undefined;
  /** When the welcome of this link came, by `elapsed`. */
  #welcomedAt = 0;
  /** Whether this link is too slow for more than the newest messages. */
  #isSlow = false;
  /** How many messages arrive over this link in a second. */
  #linesPerSecond = FIRST_FILL_LINES;

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
    this.#link++;
    this.#hasHistory =
      this.#hasConversations =
      this.#awaitsConversations =
      this.#isSlow =
        false;
    this.#linesPerSecond = FIRST_FILL_LINES;
    this.#fetched.clear();
    for (const state of this.#targets.values()) {
      delete state.queue;
      delete state.asked;
      delete state.page;
      delete state.isUnfetched;
      delete state.renamed;
    }
  }

  /**
   * Returns which messages are known, for the hello of the next link, the current room first. Without any message in
   * this run the current room is not among them: it is shown with messages that are not new.
   *
   * @returns the numbers of the last messages; `undefined` if no number is known
   */
  known(): KnownMessages | undefined {
    const { buffers, current, readMarkerOf } = this.#options;
    const currentKey = targetKey(current());
    const after: Record<string, number> = {};
    const rooms = buffers().filter(({ kind }) => kind === "room");
    let epoch: string | undefined;
    for (const target of rooms.toSorted((a, b) => Number(isCurrent(b)) - Number(isCurrent(a)))) {
      const state = this.#targets.get(targetKey(target)) ?? { target: { ...target } };
      const marker = isCurrent(target) ? undefined : readMarkerOf(target);
      const asked = state.last ?? marker?.sequence;
      if (asked === undefined) continue;
      const knownIn = state.last === undefined ? marker?.epoch : state.epoch;
      // The hello names one epoch. The rooms with other ones are asked for later.
      epoch ??= knownIn;
      if (knownIn !== epoch) continue;
      after[target.name] = state.asked = asked;
      this.#targets.set(targetKey(target), state);
    }
    function isCurrent(target: Target): boolean {
      return targetKey(target) === currentKey;
    }
    if (Object.keys(after).length === 0) return undefined;
    return { after, newest: DEFAULT_HISTORY_LINES, ...(epoch === undefined ? {} : { epoch }) };
  }

  /**
   * Handles a message of the hub.
   *
   * @param message any message, in the order of arrival
   * @returns whether to show it now; otherwise it is queued and delivered later
   */
  receive(message: ServerMessage): boolean {
    if (message.code === Code.Welcome) this.#welcomed(message);
    if (message.code === Code.YourName) this.#renamed(message.new);
    if (message.code === Code.Renamed) this.#personRenamed(message.old, message.new);
    if (message.code === Code.History && message.ref === undefined) this.#receiveNewest(message);
    const found = this.#hasHistory ? this.#findTarget(message) : undefined;
    if (found === undefined) return true;
    const { sequence, message: chatMessage, target } = found;
    const mayWait = target.kind === "person" && this.#awaitsConversations && this.#targets.size < MAX_TARGETS;
    if (mayWait) this.startQueue(target);
    const key = this.#direct.keyOf(target);
    const state = this.#targets.get(key);
    const queue = state?.queue;
    if (queue === undefined) {
      // The answer to a request may overtake a message, which is then shown already.
      if (sequence <= (this.#fetched.get(key) ?? 0)) return false;
      if (state !== undefined) Object.assign(state, { last: sequence, epoch: this.#epoch });
      delete state?.isUnfetched;
      this.#noteShown(target, sequence);
      return true;
    }
    queue.units += unitsOf(chatMessage.message);
    const fits = queue.units <= this.#unitsPerTarget && this.#queuedUnits <= MAX_CATCH_UP_UNITS;
    if (queue.lines.length < MAX_QUEUED_LINES && fits) {
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
    const key = this.#direct.keyOf(target);
    const state = this.#targets.get(key) ?? { target };
    state.queue ??= { lines: [], units: 0, overflowed: false, isFetching: false };
    this.#targets.set(key, state);
  }

  /**
   * Delivers the queued messages of a target without fetching missed ones, such as after a refused join.
   *
   * @param target a room or person
   */
  deliverQueued(target: Target): void {
    const state = this.#targets.get(this.#direct.keyOf(target));
    if (state !== undefined) this.#finish(state);
  }

  /**
   * Forgets a target that the user has left.
   *
   * @param target a room or person
   */
  forget(target: Target): void {
    this.deliverQueued(target);
    this.#targets.delete(this.#direct.keyOf(target));
  }

  /**
   * Handles an open link: fetches the missed messages of all targets with a queue, one after the other.
   *
   * @returns resolves when that is done, or when no more can be fetched over this link
   */
  async opened(): Promise<void> {
    const link = this.#link;
    // With another name the user has other conversations, which the running call fetches as well.
    if (this.#openedLink === link) return;
    this.#openedLink = link;
    try {
      for (let canList = true; link === this.#link;) {
        if (canList && this.#awaitsConversations) {
          canList = await this.#listConversations();
          continue;
        }
        const next = this.#nextToFetch();
        if (next !== undefined) await this.fetch(next);
        else if ([...this.#targets.values()].some(({ asked }) => asked !== undefined)) {
          // The answer to this comes after all messages for which the hello has asked.
          if (!await this.#passes({ code: Code.Ping })) return;
        } else return;
      }
    } finally {
      if (this.#openedLink === link) this.#openedLink = undefined;
    }
  }

  /** Whether this link is too slow for anything that is not needed. */
  get isSlow(): boolean {
    return this.#isSlow;
  }

  /**
   * Whether the new messages of a target wait until the missed ones are shown.
   *
   * @param target a room or person
   */
  isWaiting(target: Target): boolean {
    return this.#targets.get(this.#direct.keyOf(target))?.queue !== undefined;
  }

  /**
   * Handles that the user comes to a target: fetches its messages if that was left until now.
   *
   * @param target the current room or person
   */
  viewed(target: Target): void {
    const state = this.#targets.get(this.#direct.keyOf(target));
    if (!state?.isUnfetched || !this.#hasHistory) return;
    delete state.isUnfetched;
    this.startQueue(target);
    this.fetch(target);
  }

  /**
   * Fetches the missed messages of a target with a queue, and shows them and the queued ones.
   *
   * @param target a room or person
   * @returns resolves when that is done, or when no more can be fetched over this link
   */
  async fetch(target: Target): Promise<void> {
    const state = this.#targets.get(this.#direct.keyOf(target));
    const queue = state?.queue;
    if (state === undefined || queue === undefined || queue.isFetching) return;
    queue.isFetching = true;
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
      this.#show(state, { lines, newCount, skipped, lastReadAt, newest });
    } catch (error) {
      // The link is lost. The next one fetches again.
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
    }
  }

  /** Returns what to fetch next: the current target first. */
  #nextToFetch(): Target | undefined {
    const { current, readMarkerOf } = this.#options;
    const currentKey = this.#direct.keyOf(current());
    let next: Target | undefined;
    for (const [key, state] of this.#targets) {
      const { target, last, queue, asked } = state;
      if (queue === undefined || queue.isFetching || asked !== undefined) continue;
      if (target.kind === "person" && this.#awaitsConversations) continue;
      if (key === currentKey) return target;
      const hasNews = last !== undefined || readMarkerOf(target) !== undefined || queue.overflowed;
      if (this.#isSlow && target.kind === "room" && !hasNews) this.#leaveUnfetched(state);
      else next ??= target;
    }
    return next;
  }

  /** Delivers the queued messages of a target, and leaves those before them until the user comes to it. */
  #leaveUnfetched(state: TargetState): void {
    state.isUnfetched = true;
    this.#finish(state);
  }

  /** Sends a request and waits for its answer, before which all 208s of the hello come. Returns whether it came. */
  async #passes(request: ControlRequest): Promise<boolean> {
    const link = this.#link;
    try {
      await this.#options.ask(request);
    } catch (error) {
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
      return false;
    }
    if (link === this.#link) { for (const state of this.#targets.values()) delete state.asked; }
    return true;
  }

  #welcomed({ features, rooms, username, epoch }: Welcome): void {
    this.#epoch = epoch;
    this.#direct.setEpoch(epoch);
    this.#hasHistory = features.includes("history");
    this.#hasConversations = this.#awaitsConversations = features.includes("conversations");
    this.#direct.rename(username);
    this.#welcomedAt = this.#options.elapsed();
    // Without a history the message numbers start again when the hub does.
    if (!this.#hasHistory) {
      for (const { target } of this.#targets.values()) this.#options.caughtUp(target);
      return this.#targets.clear();
    }
    // Without a ping nobody knows when all answers to the hello have come.
    if (!features.includes("ping")) { for (const state of this.#targets.values()) delete state.asked; }
    const joined = new Set(["main", ...rooms].map((room) => targetKey(roomOf(room))));
    for (const target of this.#options.buffers()) {
      const isPerson = target.kind === "person";
      if (isPerson ? !this.#hasConversations : joined.has(targetKey(target))) {
        this.#queueMissed({ kind: target.kind, name: target.name });
      }
    }
  }

  /** Queues the new messages of a target, of which those that were not shown are to be fetched. */
  #queueMissed(target: Target): void {
    this.startQueue(target);
    const state = this.#targets.get(this.#direct.keyOf(target));
    if (state === undefined || target.kind === "room") return;
    const known = this.#direct.knownOf(target) ?? (this.#hasConversations ? 0 : undefined);
    if (known !== undefined) state.last = known;
  }

  /** Handles that the user has a name: with another one than before the conversations are others. */
  #renamed(name: string): void {
    // Before the welcome it is the name of the connection.
    if (!this.#hasHistory || nameKey(name) === this.#direct.name) return;
    for (const state of this.#targets.values()) {
      if (state.target.kind !== "person") continue;
      this.#finish(state);
      this.#fetched.delete(this.#direct.keyOf(state.target));
    }
    this.#direct.rename(name);
    this.#options.renamed();
    this.#awaitsConversations = this.#hasConversations;
    if (this.#awaitsConversations) this.opened();
  }

  /** Handles that another user has another name, so that missed messages are shown in the right place. */
  #personRenamed(old: string, name: string): void {
    const state = this.#targets.get(this.#direct.keyOf(personOf(old)));
    if (state?.queue !== undefined) state.renamed = personOf(name);
  }

  /** Asks which conversations have missed messages, and queues those to fetch. Returns whether the hub has answered. */
  async #listConversations(): Promise<boolean> {
    const [link, name] = [this.#link, this.#direct.name];
    let list: Answer;
    try {
      list = await this.#options.ask(this.#direct.request);
    } catch (error) {
      if (!(error instanceof LinkError || error instanceof RangeError)) throw error;
      return false;
    }
    if (link !== this.#link || name !== this.#direct.name) return true;
    this.#awaitsConversations = false;
    const missed = list.code === Code.Conversations ? this.#direct.listed(list) : [];
    for (const person of missed) {
      if (this.#targets.size < MAX_TARGETS) this.#queueMissed(person);
    }
    const keys = new Set(missed.map((person) => this.#direct.keyOf(person)));
    if (list.code === Code.Conversations) {
      for (const key of this.#resume(list, keys)) keys.add(key);
    }
    for (const [key, state] of this.#targets) {
      const { queue, target } = state;
      if (target.kind !== "person" || queue === undefined || queue.isFetching || keys.has(key)) continue;
      if (queue.overflowed) this.#queueMissed(target);
      else this.#finish(state);
    }
    return true;
  }

  /**
   * Handles the conversations of which nothing is shown: the messages of those with news and of the current one are to
   * be fetched, those of the others when the user comes to them. Returns the keys of the former.
   */
  #resume({ conversations }: Conversations, missed: ReadonlySet<string>): string[] {
    const { current, readMarkerOf, unshown = () => [] } = this.#options;
    const currentKey = this.#direct.keyOf(current());
    const newest = new Map(
      conversations.map((one) => [this.#direct.keyOf(personOf(one.with)), one.last_sequence]),
    );
    const keys: string[] = [];
    for (const { kind, name } of unshown()) {
      const target = { kind, name };
      const key = this.#direct.keyOf(target);
      const queue = this.#targets.get(key)?.queue;
      if (missed.has(key) || queue?.isFetching || this.#targets.size >= MAX_TARGETS) continue;
      const marker = readMarkerOf(target);
      const hasNews = marker !== undefined && (newest.get(key) ?? 0) > marker.sequence;
      const isNext = key === currentKey || hasNews || queue !== undefined;
      this.#targets.set(key, { target, isUnfetched: !isNext, ...queue && { queue } });
      if (!isNext) continue;
      this.startQueue(target);
      keys.push(key);
    }
    return keys;
  }

  /** Notes that a message is shown: direct messages are known also if their conversation is not open. */
  #noteShown(target: Target, sequence: number): void {
    if (target.kind === "person") this.#direct.shown(target, sequence);
  }

  /** Handles the newest missed messages of a room, for which the hello has asked. */
  #receiveNewest(page: History): void {
    const state = this.#targets.get(this.#direct.keyOf(roomOf(page.room)));
    if (state?.asked === undefined || state.queue === undefined) return;
    const { queue } = state;
    const { messages, more, last_sequence: newest, restored_after: restored } = page;
    if (restored !== undefined) this.#restored(state, restored);
    const asked = restored ?? state.asked;
    delete state.asked;
    this.#measure(this.#welcomedAt);
    // Without its number the hub does not know `newest`; if that is too low, it has started a new history.
    if (newest === undefined || newest < asked || queue.overflowed) return;
    const { last, target } = state;
    const before = Math.max(0, (messages[0]?.sequence ?? newest + 1) - asked - 1);
    const [skipped, missing] = more ? [before, 0] : [0, before];
    // The limit of the hub is reached.
    if (messages.length === 0 && skipped > 0) return;
    if (last === undefined && messages.length === 0) {
      if (targetKey(target) !== targetKey(this.#options.current())) this.#leaveUnfetched(state);
      return;
    }
    if (last !== undefined && skipped > 0 && skipped <= MAX_MISSED_LINES && !this.#isSlow) {
      state.page = page;
      return;
    }
    const lines = new NewestLines(this.#unitsPerTarget);
    lines.add(messages);
    const lastReadAt = last === undefined ? this.#options.readMarkerOf(target)?.at : undefined;
    this.#show(state, { lines, newCount: messages.length, skipped, missing, lastReadAt, newest });
  }

  /** Handles that the hub has other messages of a target after some number. */
  #restored(state: TargetState, sequence: number): void {
    if (state.last !== undefined) state.last = Math.min(state.last, sequence);
    if (state.target.kind === "person") this.#direct.restored(state.target, sequence);
    this.#options.restored(state.target, sequence);
  }

  /** Shows missed messages, and then the queued ones. */
  #show(state: TargetState, { lines, newCount, skipped, missing = 0, lastReadAt, newest }: Missed): void {
    if (missing > 0) this.#options.missing(state.renamed ?? state.target, missing);
    const shownNew = Math.min(newCount ?? 0, lines.lines.length);
    this.#options.showEarlier(state.renamed ?? state.target, {
      lines: lines.lines,
      ...(newCount === undefined ? {} : { newCount: shownNew }),
      skipped: skipped + (newCount ?? 0) - shownNew,
      ...(lastReadAt === undefined ? {} : { lastReadAt }),
    });
    Object.assign(state, { last: newest, epoch: this.#epoch });
    this.#fetched.set(this.#direct.keyOf(state.target), newest);
    this.#noteShown(state.target, newest);
    this.#finish(state);
  }

  /** Notes whether the link is slow, from when a page could have come first. Returns how long that is ago. */
  #measure(since: number): number {
    const ms = this.#options.elapsed() - since;
    if (ms >= SLOW_PAGE_MS) this.#isSlow = true;
    return ms;
  }

  /** Fetches a page of messages: the newest before a number, or of all. Returns `undefined` if the hub refuses. */
  async #fetchPage(
    target: Target,
    limit: number,
    { before, seen, epoch }: { before?: number; seen?: number | undefined; epoch?: string | undefined } = {},
  ): Promise<History | undefined> {
    const since = this.#options.elapsed();
    const answer = await this.#options.ask({
      code: Code.AskHistory,
      room: wireName(target),
      ...(before === undefined ? {} : { before }),
      ...(seen === undefined || epoch === undefined ? {} : { seen, epoch }),
      limit,
    });
    if (answer.code !== Code.History) return undefined;
    const ms = this.#measure(since);
    if (answer.messages.length > 0) this.#linesPerSecond = answer.messages.length * 1000 / ms;
    return answer;
  }

  /** Fetches what this run has not shown, and the number of the newest message; `undefined` if the hub refuses. */
  async #fetchMissed(
    state: TargetState,
    isStale: () => boolean,
  ): Promise<Missed | undefined> {
    const { target } = state;
    const lines = new NewestLines(this.#unitsPerTarget);
    const stored = this.#options.readMarkerOf(target);
    const { last: seen = stored?.sequence, epoch = stored?.epoch } = state;
    const page = state.page ?? await this.#fetchPage(target, DEFAULT_HISTORY_LINES, { seen, epoch });
    delete state.page;
    if (page === undefined || isStale()) return undefined;
    if (page.restored_after !== undefined) this.#restored(state, page.restored_after);
    const { last } = state;
    const { messages } = page;
    const oldest = messages[0]?.sequence ?? 0;
    const newest = page.last_sequence ?? messages.at(-1)?.sequence ?? 0;
    const after = (number: number) => messages.filter(({ sequence = 0 }) => sequence > number);
    // If the newest number is below the last one that was shown, the hub has started a new history.
    if (last !== undefined && newest >= last) {
      const gap = { target, after: last, before: page.more ? oldest : 0 };
      const older = await this.#fill(gap, isStale);
      const missed = after(last);
      for (const before of older.pages) lines.add(before);
      lines.add(missed);
      const newCount = missed.length + older.count;
      const skipped = Math.max(0, older.before - last - 1);
      const first = older.pages[0]?.[0]?.sequence ?? missed[0]?.sequence ?? newest + 1;
      // Without a known number nobody knows where a conversation begins.
      const missing = skipped > 0 || last === 0 ? 0 : first - last - 1;
      return { lines, newCount, skipped, missing, newest };
    }
    lines.add(messages);
    const marker = this.#options.readMarkerOf(target);
    if (marker === undefined || marker.sequence > newest) return { lines, skipped: 0, newest };
    const skipped = page.more ? Math.max(0, oldest - marker.sequence - 1) : 0;
    const newCount = after(marker.sequence).length;
    return { lines, newCount, skipped, lastReadAt: marker.at, newest };
  }

  /**
   * Fetches the messages with numbers between two numbers, the newest first, as far as the time allows; none if there
   * are too many, or if the link is slow. Returns pages, oldest first, and the number before which messages are left.
   */
  async #fill(
    { target, after, before: end }: { target: Target; after: number; before: number },
    isStale: () => boolean,
  ): Promise<{ pages: PastLine[][]; count: number; before: number }> {
    const { elapsed } = this.#options;
    const pages: PastLine[][] = [];
    const until = elapsed() + MAX_FILL_MS;
    let [before, count, units] = [end, 0, 0];
    if (before - after - 1 > MAX_MISSED_LINES || this.#isSlow) return { pages, count, before };
    while (
      before > after + 1 && elapsed() < until && !this.#isSlow && units <= this.#unitsPerTarget && !isStale()
    ) {
      // As many as arrive in about a second.
      const fast = Math.max(DEFAULT_HISTORY_LINES, Math.min(MAX_HISTORY_LINES, this.#linesPerSecond));
      const page = await this.#fetchPage(target, Math.min(Math.floor(fast), before - after - 1), { before });
      if (page === undefined) break;
      const lines = page.messages.filter(({ sequence = 0 }) => sequence > after);
      if (lines.length > 0) pages.unshift(lines);
      count += lines.length;
      for (const line of lines) units += unitsOf(line);
      // Without more of them, the others are not stored any more.
      before = page.more && lines.length > 0 ? lines[0]!.sequence ?? 0 : 0;
    }
    return { pages, count, before };
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

  /** The size of all messages in queues, in UTF-16 units. */
  get #queuedUnits(): number {
    return this.#targets.values().reduce((sum, { queue }) => sum + (queue?.units ?? 0), 0);
  }

  /** Delivers the queued messages that were not shown yet. Later messages are not queued. */
  #finish(state: TargetState): void {
    const { queue, target } = state;
    const isPerson = target.kind === "person";
    const key = this.#direct.keyOf(target);
    const shown = (isPerson ? this.#fetched.get(key) : state.last) ?? 0;
    delete state.queue;
    for (const { sequence, message } of queue?.lines ?? []) {
      if (sequence <= shown) continue;
      state.last = sequence;
      delete state.isUnfetched;
      this.#noteShown(target, sequence);
      this.#options.deliver(message);
    }
    this.#options.caughtUp(state.renamed ?? target);
    delete state.renamed;
    if (!isPerson) return;
    this.#direct.settled(target);
    // When the user opens the conversation, messages before these are to be shown, too.
    const isOpen = this.#options.buffers().some((open) => targetKey(open) === targetKey(target));
    if (!isOpen) this.#targets.delete(key);
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
    const own = nameKey(username) === this.#direct.name;
    const name = own ? to : username;
    return name.length > MAX_NAME_UNITS ? undefined : { target: personOf(name), sequence, message };
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

/**
 * Decides when waiting bytes are written.
 *
 * A *write round* writes the logs of all rooms that grew to all their members. It starts after the reads of a turn of
 * the event loop, so that all messages of that turn go out in one write for each reader.
 *
 * The *barrier*: the next round starts only when nine tenths of the writes of this round are done, or after 10 ms.
 * Without it the event loop starves the readers: under a steady load the p99 was one second instead of 40 ms. Messages
 * that arrive meanwhile go out with the next round, so batches grow by themselves.
 *
 * The *pause between rounds*: after a round to few readers the flusher waits, longer after a longer round, and a few
 * milliseconds at most. In the pause, authors are written to at once, since many clients wait for their own message
 * before they send the next one. All other readers receive the messages of the whole pause in one write. A round to
 * many readers takes so long that batches grow without a pause.
 *
 * Replies to one session wait neither for rounds nor for pauses, only for a write to that session that is under way.
 *
 * A round to many readers takes several turns, with `MAX_TURN_WRITES` writes in each. Deno cannot finish twice as many
 * at once, and polls the others again and again. Between two turns the connections read what has arrived. Turns are
 * shorter while messages are on their way through the log of a cluster, so that they are read soon when they come back.
 *
 * With history on, `settle()` runs before any write of a turn.
 *
 * When messages arrive faster than rounds can write them, `congested` asks the connections to stop reading. So a flood
 * waits with its senders.
 *
 * The file is long because half of it is documentation.
 *
 * @module
 */
import type { Timers } from "../../runtime/mod.ts";
import {
  MAX_AWAITING_TURN_WRITES,
  MAX_ROUND_BYTES,
  MAX_ROUND_MS,
  MAX_ROUND_PAUSE_BYTES,
  MAX_ROUND_PAUSE_MS,
  MAX_ROUND_PAUSE_READERS,
  MAX_TURN_WRITES,
  ROUND_PAUSE_FACTOR,
} from "../limits.ts";

/** The fraction of the writes of a round that may still be under way when the next round starts. */
const MAX_UNFINISHED = 0.1;

/** Something with bytes to write, one write at a time. */
export interface Writer {
  /**
   * Starts writing the waiting bytes, if there are any and no write is under way.
   *
   * @param round the number of the write round, to be passed to `Flusher.written` when the write is done
   * @returns whether a write was started
   */
  flush(round: number): boolean;
}

/** A room as the flusher knows it. */
export interface GrowingRoom {
  /** Those who read its log. */
  readonly members: ReadonlySet<{ readonly transport: Writer }>;
}

/** Dependencies of the flusher. */
export interface FlusherDependencies {
  /** Runs rounds later. */
  timers: Timers;
  /** Measures how long a round took; see `Clock.elapsed`. */
  elapsed(): number;
  /** Stores and acknowledges all waiting messages; called before each time that bytes are taken from writers. */
  settle?(): void;
  /** Calls `run` after the reads of this turn; default `Timers.soon`. */
  afterReads?(run: () => void): void;
  /** Whether something is awaited that is to be read as soon as it comes; default `false`. */
  isAwaiting?(): boolean;
}

/** Runs the write rounds of one hub. */
export class Flusher {
  readonly #dependencies: FlusherDependencies;
  /** Writers whose session has replies. */
  #repliers: Writer[] = [];
  /** Writers whose client has sent a chat message. */
  #authors: Writer[] = [];
  /** Rooms whose log grew since the last round started. */
  #rooms = new Set<GrowingRoom>();
  /** Writers that had more to write when their last write was done. */
  #pending = new Set<Writer>();
  #round = 0;
  /** The writers that this round has not reached yet; `undefined` between rounds. */
  #writers: Generator<Writer, undefined> | undefined;
  /** The number of writes of this round that were started, and of those that are not done. */
  #started = 0;
  #unfinished = 0;
  /** When this round started, and how long starting its writes took, in milliseconds. */
  #startedAt = -Infinity;
  #tookMs = 0;
  #appendedBytes = 0;
  /** Whether the last round wrote only to pending writers. */
  #onlyPending = false;
  /** Whether the next round writes to authors, and so starts without a pause. */
  #skipPause = false;
  #scheduled = false;
  #stopped = false;
  #cancelDeadline: (() => void) | undefined;
  #cancelPause: (() => void) | undefined;
  #roundStarted = Promise.withResolvers<void>();

  /**
   * Creates a flusher with nothing to do.
   *
   * @param dependencies see {@linkcode FlusherDependencies}
   */
  constructor(dependencies: FlusherDependencies) {
    this.#dependencies = dependencies;
  }

  /** The number of rounds so far. */
  get rounds(): number {
    return this.#round;
  }

  /**
   * Whether so many bytes were appended since the last round that nothing more should be read before the next one
   * starts.
   */
  get congested(): boolean {
    return this.#appendedBytes >= MAX_ROUND_BYTES;
  }

  /**
   * Waits for the next round.
   *
   * @returns resolves when it has started
   */
  nextRound(): Promise<void> {
    return this.#roundStarted.promise;
  }

  /**
   * Schedules a write to a writer with replies, at the end of this turn.
   *
   * @param writer the writer
   */
  repliesQueued(writer: Writer): void {
    this.#repliers.push(writer);
    this.#schedule();
  }

  /**
   * Schedules a write to the author of a message: at the end of this turn, or after the round that is under way.
   *
   * @param writer the writer of the author
   */
  authorSpoke(writer: Writer): void {
    this.#authors.push(writer);
    this.#schedule();
  }

  /**
   * Schedules writes to all members of a room, in the next round.
   *
   * @param room the room whose log grew
   * @param bytes about how many bytes were appended
   */
  roomGrew(room: GrowingRoom, bytes: number): void {
    this.#rooms.add(room);
    this.#appendedBytes += bytes;
    this.#schedule();
  }

  /**
   * Records that a write is done or has failed.
   *
   * @param writer the writer
   * @param round the round that started the write; 0 for replies
   * @param more whether more bytes wait
   */
  written(writer: Writer, round: number, more: boolean): void {
    if (round > 0 && round === this.#round) this.#unfinished--;
    if (more) this.#pending.add(writer);
    // Also while the barrier is closed: only a turn starts the timer after which it opens anyway.
    if (this.#hasWork) this.#schedule();
  }

  /** Drops all scheduled writes and stops for good. */
  stop(): void {
    this.#cancelTimers();
    this.#stopped = true;
  }

  get #hasWork(): boolean {
    return this.#rooms.size > 0 || this.#pending.size > 0;
  }

  /** Whether enough writes of this round are done. */
  get #barrierOpen(): boolean {
    return this.#unfinished <= this.#started * MAX_UNFINISHED;
  }

  /** How much of the pause after this round is left, in milliseconds. */
  get #pauseMs(): number {
    // No pause for authors, nor for a second round to pending writers alone: nothing was appended meanwhile.
    if (
      this.#skipPause || this.#onlyPending && this.#rooms.size === 0 ||
      this.#appendedBytes >= MAX_ROUND_PAUSE_BYTES
    ) {
      return 0;
    }
    let readers = 0;
    for (const { members } of this.#rooms) readers += members.size;
    if (readers > MAX_ROUND_PAUSE_READERS) return 0;
    return this.#startedAt + Math.min(ROUND_PAUSE_FACTOR * this.#tookMs, MAX_ROUND_PAUSE_MS) -
      this.#dependencies.elapsed();
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    this.#dependencies.timers.soon(() => this.#turn());
  }

  #turn(): void {
    this.#scheduled = false;
    if (this.#stopped) return;
    if (this.#repliers.length > 0) this.#repliers = this.#writeTo(this.#repliers);
    if (this.#writers !== undefined) return;
    if (this.#authors.length > 0) this.#writeToAuthors();
    if (this.#hasWork) this.#startRoundWhenDue();
  }

  /** Starts writes outside of rounds; returns the list of those that still wait, which is empty. */
  #writeTo(writers: readonly Writer[]): Writer[] {
    this.#dependencies.settle?.();
    for (const writer of writers) writer.flush(0);
    return [];
  }

  /** Writes to authors at once, unless they are so many that it takes a round. */
  #writeToAuthors(): void {
    const authors = this.#authors;
    if (authors.length <= MAX_TURN_WRITES) {
      this.#authors = this.#writeTo(authors);
      return;
    }
    this.#authors = [];
    this.#skipPause = true;
    for (const author of authors) this.#pending.add(author);
  }

  /** Starts the next round now, or sets a timer for it. */
  #startRoundWhenDue(): void {
    const { timers } = this.#dependencies;
    if (!this.#barrierOpen) {
      this.#cancelDeadline ??= timers.after(MAX_ROUND_MS, () => this.#startRound());
      return;
    }
    const pauseMs = this.#pauseMs;
    if (pauseMs <= 0) return this.#startRound();
    this.#cancelPause ??= timers.after(Math.ceil(pauseMs), () => {
      this.#cancelPause = undefined;
      this.#schedule();
    });
  }

  #cancelTimers(): void {
    this.#cancelDeadline?.();
    this.#cancelPause?.();
    this.#cancelDeadline = this.#cancelPause = undefined;
  }

  #startRound(): void {
    this.#cancelTimers();
    const rooms = this.#rooms;
    const pending = this.#pending;
    this.#rooms = new Set();
    this.#pending = new Set();
    this.#appendedBytes = 0;
    this.#skipPause = false;
    this.#onlyPending = rooms.size === 0;
    this.#round++;
    this.#started = this.#unfinished = 0;
    this.#startedAt = this.#dependencies.elapsed();
    this.#writers = writersOf(rooms, pending);
    this.#roundStarted.resolve();
    this.#roundStarted = Promise.withResolvers<void>();
    this.#continueRound();
  }

  /** Starts as many writes of the round as one turn may; the next turn starts the others. */
  #continueRound(): void {
    const { timers, elapsed, settle, afterReads, isAwaiting } = this.#dependencies;
    const writers = this.#writers!;
    const most = isAwaiting?.() === true ? MAX_AWAITING_TURN_WRITES : MAX_TURN_WRITES;
    // Some of the bytes that are taken now were appended since the last turn.
    settle?.();
    for (let started = 0; started < most;) {
      const { done, value: writer } = writers.next();
      if (done) {
        this.#writers = undefined;
        this.#tookMs = elapsed() - this.#startedAt;
        if (this.#hasWork || this.#authors.length > 0) this.#schedule();
        return;
      }
      if (!writer.flush(this.#round)) continue;
      started++;
      this.#started++;
      this.#unfinished++;
    }
    const continueRound = () => {
      if (!this.#stopped) this.#continueRound();
    };
    if (afterReads === undefined) timers.soon(continueRound);
    else afterReads(continueRound);
  }
}

/** The writers of all members of some rooms, then some others. */
function* writersOf(rooms: Iterable<GrowingRoom>, others: Iterable<Writer>): Generator<Writer, undefined> {
  for (const room of rooms) {
    for (const { transport } of room.members) yield transport;
  }
  yield* others;
}

/**
 * Decides when waiting bytes are written.
 *
 * Strategy: what a turn of the event loop appended is written in one round after the reads of that turn, so that all
 * lines of a turn go out in one write a reader. The next round starts only when nine tenths of this round's writes are
 * done, or 10 ms have passed: without that barrier the event loop starves the readers, and under a steady load the p99
 * was a second instead of 40 ms. What arrives meanwhile goes out with the next round, so batches grow by themselves.
 *
 * Between two rounds to few there is a rest, the longer the longer a round takes, and some milliseconds at most. In it those
 * who say something are told it at once, since many a client waits for its own line before it says more; everyone else
 * gets in one write what was said in all of the rest. Rounds to many take so long that batches grow without rests.
 * Replies to one session wait for neither rounds nor rests, but for a write to it that is under way.
 *
 * A round to many takes several turns, `MAX_TURN_WRITES` writes in each: of twice as many Deno cannot finish all at once,
 * and takes the others up again and again. What comes in between is read in between.
 *
 * Where what is said is kept, that is done before anything is written to anybody: once a turn in which that is done.
 *
 * When more is said than rounds can carry away, `congested` asks the connections to stop reading: a flood waits with those
 * who send it.
 *
 * @module
 */
import type { Writer } from "./writer.ts";
import type { Timers } from "../../runtime/mod.ts";
import {
  MAX_ROUND_BYTES,
  MAX_ROUND_MS,
  MAX_ROUND_PAUSE_BYTES,
  MAX_ROUND_PAUSE_MS,
  MAX_ROUND_PAUSE_READERS,
  MAX_TURN_WRITES,
  ROUND_PAUSE_FACTOR,
} from "../limits.ts";
import type { MemberRoom } from "./session.ts";

/** The part of a round's writes that may still be under way when the next round starts. */
const MAX_UNFINISHED = 0.1;

/** What a flusher needs from the house around it. */
export interface FlusherDependencies {
  /** Lets rounds happen later. */
  timers: Timers;
  /** Tells how long a round took; see `Clock.elapsed`. */
  elapsed(): number;
  /** Has all that was said kept; called each time before anything is taken from writers. */
  settle?(): void;
  /** Runs something when what has come meanwhile was read; `Timers.soon` without. */
  afterReads?(run: () => void): void;
}

/** The rounds of writing of one hub. */
export class Flusher {
  readonly #dependencies: FlusherDependencies;
  #replied: Writer[] = [];
  #speakers: Writer[] = [];
  #rooms = new Set<MemberRoom>();
  #late = new Set<Writer>();
  #round = 0;
  /** Those who have yet to be written to in this round. */
  #writers: Generator<Writer, undefined> | undefined;
  #started = 0;
  #unfinished = 0;
  /** When this round was started, and for how long its writes were being started, in milliseconds. */
  #startedAt = -Infinity;
  #tookMs = 0;
  #spokenBytes = 0;
  /** Whether the last round told only what was left of the one before. */
  #leftover = false;
  /** Whether the next round is to tell authors what they said, so that it does not rest. */
  #eager = false;
  #scheduled = false;
  #stopped = false;
  #cancelDeadline: (() => void) | undefined;
  #cancelRest: (() => void) | undefined;
  #roundStarted = Promise.withResolvers<void>();

  /**
   * Makes a flusher with nothing to do.
   *
   * @param ports what it needs from the house around it
   */
  constructor(dependencies: FlusherDependencies) {
    this.#dependencies = dependencies;
  }

  /** How many rounds there were. */
  get rounds(): number {
    return this.#round;
  }

  /** Whether so much was said since the last round that no more should be read before the next one has started. */
  get congested(): boolean {
    return this.#spokenBytes >= MAX_ROUND_BYTES;
  }

  /**
   * Waits for the next round.
   *
   * @returns when it has started
   */
  nextRound(): Promise<void> {
    return this.#roundStarted.promise;
  }

  /**
   * Has a writer's replies written at the end of this turn.
   *
   * @param writer who has replies
   */
  repliesQueued(writer: Writer): void {
    this.#replied.push(writer);
    this.#schedule();
  }

  /**
   * Has a writer written to at the end of this turn, unless a round is under way, and then after it.
   *
   * @param writer who has said something
   */
  authorSpoke(writer: Writer): void {
    this.#speakers.push(writer);
    this.#schedule();
  }

  /**
   * Has everyone in a room written to in the next round.
   *
   * @param room whose log grew
   * @param bytes by about how much
   */
  roomGrew(room: MemberRoom, bytes: number): void {
    this.#rooms.add(room);
    this.#spokenBytes += bytes;
    this.#schedule();
  }

  /**
   * Takes note that a write is done, or has failed.
   *
   * @param writer whose write it was
   * @param round the round in which it was started; 0 for replies
   * @param more whether more waits to be written
   */
  written(writer: Writer, round: number, more: boolean): void {
    if (round > 0 && round === this.#round) this.#unfinished--;
    if (more) this.#late.add(writer);
    // Also where the barrier is closed: only a turn sets the time after which it opens all the same.
    if (this.#wanted) this.#schedule();
  }

  /** Drops what waits and runs no more. */
  stop(): void {
    this.#cancelTimers();
    this.#stopped = true;
  }

  get #wanted(): boolean {
    return this.#rooms.size > 0 || this.#late.size > 0;
  }

  /** Whether enough of this round's writes are done. */
  get #open(): boolean {
    return this.#unfinished <= this.#started * MAX_UNFINISHED;
  }

  /** For how long the next round is still put off after this one, in milliseconds. */
  get #restMs(): number {
    // Authors do not wait, nor does what is left of what was left: nothing more was said while that waited.
    if (
      this.#eager || this.#leftover && this.#rooms.size === 0 || this.#spokenBytes >= MAX_ROUND_PAUSE_BYTES
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
    if (this.#replied.length > 0) this.#replied = this.#writeTo(this.#replied);
    if (this.#writers !== undefined) return;
    if (this.#speakers.length > 0) this.#tellSpeakers();
    if (this.#wanted) this.#startRoundInTime();
  }

  /** Starts the writes of some, outside of rounds; gives what is left of them. */
  #writeTo(writers: readonly Writer[]): Writer[] {
    this.#dependencies.settle?.();
    for (const writer of writers) writer.flush(0);
    return [];
  }

  /** Those who spoke are told at once, unless they are so many that it takes a round to tell them. */
  #tellSpeakers(): void {
    const speakers = this.#speakers;
    if (speakers.length <= MAX_TURN_WRITES) {
      this.#speakers = this.#writeTo(speakers);
      return;
    }
    this.#speakers = [];
    this.#eager = true;
    for (const speaker of speakers) this.#late.add(speaker);
  }

  /** Starts the next round now, or when it is time for it. */
  #startRoundInTime(): void {
    const { timers } = this.#dependencies;
    if (!this.#open) {
      this.#cancelDeadline ??= timers.after(MAX_ROUND_MS, () => this.#startRound());
      return;
    }
    const restMs = this.#restMs;
    if (restMs <= 0) return this.#startRound();
    this.#cancelRest ??= timers.after(Math.ceil(restMs), () => {
      this.#cancelRest = undefined;
      this.#schedule();
    });
  }

  #cancelTimers(): void {
    this.#cancelDeadline?.();
    this.#cancelRest?.();
    this.#cancelDeadline = this.#cancelRest = undefined;
  }

  #startRound(): void {
    this.#cancelTimers();
    const rooms = this.#rooms;
    const late = this.#late;
    this.#rooms = new Set();
    this.#late = new Set();
    this.#spokenBytes = 0;
    this.#eager = false;
    this.#leftover = rooms.size === 0;
    this.#round++;
    this.#started = this.#unfinished = 0;
    this.#startedAt = this.#dependencies.elapsed();
    this.#writers = writersOf(rooms, late);
    this.#roundStarted.resolve();
    this.#roundStarted = Promise.withResolvers<void>();
    this.#goOn();
  }

  /** Starts as many of the round's writes as one turn should; the others follow in the next. */
  #goOn(): void {
    const { timers, elapsed, settle, afterReads } = this.#dependencies;
    const writers = this.#writers!;
    // Of what was said since the last turn, some is taken now.
    settle?.();
    for (let started = 0; started < MAX_TURN_WRITES;) {
      const { done, value: writer } = writers.next();
      if (done) {
        this.#writers = undefined;
        this.#tookMs = elapsed() - this.#startedAt;
        if (this.#wanted || this.#speakers.length > 0) this.#schedule();
        return;
      }
      if (!writer.flush(this.#round)) continue;
      started++;
      this.#started++;
      this.#unfinished++;
    }
    const goOn = () => {
      if (!this.#stopped) this.#goOn();
    };
    if (afterReads === undefined) timers.soon(goOn);
    else afterReads(goOn);
  }
}

/** Those who are in some rooms, and some others. */
function* writersOf(rooms: Iterable<MemberRoom>, others: Iterable<Writer>): Generator<Writer, undefined> {
  for (const room of rooms) {
    for (const { transport } of room.members) yield transport;
  }
  yield* others;
}

/**
 * Sends the changes of this hub to the state, each on condition that nobody else has written the row since.
 *
 * @module
 */
import type { EndingTimer } from "./ending_timer.ts";
import { decodeState, encodeState, stampOf } from "./row_codec.ts";
import type { RowStore } from "./row_store.ts";
import type { StatePort } from "./state_port.ts";
import { rowOf, type Sent, type Waiting, type WaitingChanges } from "./waiting_changes.ts";

/** How many writes may be without an answer. */
const MAX_IN_FLIGHT = 64;

/** How long a refused write waits for the one that came first, in milliseconds, before the state is asked for it. */
const REFUSED_MS = 1000;

/** How long a write may be without an answer before changes are refused, in milliseconds. */
const CUT_OFF_MS = 2000;

/** Dependencies of {@linkcode RowSender}. */
export interface RowSenderDependencies {
  /** The shared state. */
  port: StatePort;
  /** Stores what is answered. */
  store: RowStore;
  /** What is sent. */
  waiting: WaitingChanges;
  /** Used to notice that answers are missing, and to ask later; it ends with the hub. */
  timer: EndingTimer;
  /** Returns the revision up to which this hub has taken the state. */
  revision: () => number;
  /** Tells whether everything was taken, so that changes are sent. */
  isCaughtUp: () => boolean;
  /** Called after an answer: there may be more to send. */
  answered: () => void;
  /** Called when {@linkcode RowSender.isLate} may have changed. */
  lateness: () => void;
  /** Called with the reason when a write fails; {@linkcode RowSender.send} is to be called some time later. */
  notSent: (error: unknown) => void;
  /** Called with the reason when an answer cannot be stored. */
  failed: (error: unknown) => void;
}

/** Sends the changes of a hub. */
export class RowSender {
  readonly #dependencies: RowSenderDependencies;
  #inFlight = 0;
  /** Whether answers are missing for too long. */
  #isLate = false;
  #cancelLate: (() => void) | undefined;

  /**
   * Prepares sending.
   *
   * @param dependencies see {@linkcode RowSenderDependencies}
   */
  constructor(dependencies: RowSenderDependencies) {
    this.#dependencies = dependencies;
  }

  /** Whether answers are missing for too long. */
  get isLate(): boolean {
    return this.#isLate;
  }

  /**
   * Sends what waits and is not sent.
   *
   * @throws the error of SQLite if a row cannot be read
   */
  send(): void {
    for (const waiting of this.#dependencies.waiting.values()) {
      if (this.#inFlight >= MAX_IN_FLIGHT) return;
      if (waiting.sent === undefined && !waiting.refused) this.#write(waiting);
    }
  }

  /** Records that nothing waits: also if an answer was lost, and the write itself has come back. */
  settle(): void {
    if (this.#inFlight === 0) this.#isAnswered();
  }

  #write(waiting: Waiting): void {
    const { port, waiting: all, notSent } = this.#dependencies;
    const { database, key, table, seq } = waiting;
    const known = database.known(key), last = known?.revision ?? 0;
    const { id, tree: own } = rowOf(waiting);
    const tree = own && known?.id === id ? database.complete(table, own, known?.unknown) : own;
    const { traceless } = database.table(table)!;
    // Nobody has ever heard of it.
    if (tree === undefined && last === 0) return all.done(waiting, seq);
    const sent = waiting.sent = { seq, id, last, unknown: database.unknownOf(table, tree) };
    this.#inFlight++;
    this.#watchAnswers();
    const written = tree === undefined && traceless === true
      ? port.forget(key, last).then(() => last)
      : port.put(key, encodeState({ writer: database.writer, write: seq, tree }), last);
    written.then(
      (revision) => this.#answered(waiting, sent, revision),
      (error) => {
        this.#inFlight--;
        if (waiting.sent === sent) waiting.sent = undefined;
        notSent(error);
      },
    );
  }

  #answered(waiting: Waiting, sent: Sent, revision: number | undefined): void {
    this.#inFlight--;
    this.#isAnswered();
    this.#watchAnswers();
    const { database, key } = waiting;
    // Otherwise the reading began again meanwhile: the answer may be one of a state that was lost.
    const isCurrent = waiting.sent === sent && this.#dependencies.waiting.get(key) === waiting;
    if (waiting.sent === sent) waiting.sent = undefined;
    if (!this.#dependencies.timer.hasEnded && isCurrent) {
      if (revision === undefined) {
        // The write that came first may have been taken already.
        waiting.refused = (database.known(key)?.revision ?? 0) === sent.last;
        if (waiting.refused) this.#lookLater(waiting);
      } else {
        try {
          this.#dependencies.store.confirm(waiting, sent, revision);
        } catch (error) {
          // It is confirmed again when the write comes back.
          this.#dependencies.failed(error);
        }
      }
    }
    this.#dependencies.answered();
  }

  #lookLater(waiting: Waiting): void {
    this.#dependencies.timer.after(REFUSED_MS, () => void this.#lookFor(waiting));
  }

  /**
   * Looks for the write that came before one of this hub: it may never be read, as it was purged. One that was read
   * without being known here may be a forgotten tombstone, after which this hub writes, or a row, which counts.
   */
  async #lookFor(waiting: Waiting): Promise<void> {
    const { port, store, waiting: all, timer, revision, isCaughtUp, answered } = this.#dependencies;
    const { key, table, database } = waiting;
    const isCurrent = () => !timer.hasEnded && waiting.refused && isCaughtUp() && all.get(key) === waiting;
    if (!isCurrent()) return;
    try {
      const found = await port.get(key);
      if (!isCurrent()) return;
      if (found === undefined) database.forgetKnown(key);
      else if (found.revision > revision()) return;
      else if (decodeState(found.value)?.tree === undefined) {
        const { id } = rowOf(waiting);
        const stamp = stampOf(found.value) ?? "";
        database.setKnown(key, table, { id, revision: found.revision, stamp });
      } else store.takeMissed(database, found);
      waiting.refused = false;
      answered();
    } catch {
      // Nothing can be asked at present.
      this.#lookLater(waiting);
    }
  }

  /** Notices when answers are missing for too long. */
  #watchAnswers(): void {
    if (this.#inFlight === 0) return;
    this.#cancelLate ??= this.#dependencies.timer.after(CUT_OFF_MS, () => {
      this.#isLate = true;
      this.#dependencies.lateness();
    });
  }

  #isAnswered(): void {
    this.#cancelLate?.();
    this.#cancelLate = undefined;
    this.#isLate = false;
    this.#dependencies.lateness();
  }
}

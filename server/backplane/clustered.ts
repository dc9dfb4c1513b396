/**
 * The backplane of a hub in a cluster. All hubs write to one log, and each reads the whole of it. A message counts once
 * it comes back from the log; then the inner backplane numbers, shows, stores and acknowledges it as on one machine.
 *
 * Rule: a batch is valid if and only if its first number is the one after the last of its conversation. All hubs read
 * the same log, so all of them find the same batches valid, whatever the engine accepts. So numbers have no gaps, and
 * what was copied from the log needs no other proof.
 *
 * For each conversation one batch of this hub is in flight. If another hub was faster, its messages are sent again, but
 * for those that a client has sent through another hub meanwhile.
 *
 * PURE. The file is long because each line of it belongs to that rule.
 *
 * @module
 */
import { Code, type Joined, type Left, ProtocolError, type Renamed } from "../../protocol/mod.ts";
import type { RoomJoined, RoomLeft } from "../../protocol/mod.ts";
import { type History, lookupKey, type Progress, type Receipt } from "../history/mod.ts";
import type { Backplane, RoomEvent } from "./backplane.ts";
import {
  type BatchHead,
  CHANGES,
  encodeBatch,
  isLine,
  keepText,
  type Line,
  lineFrames,
  readHead,
  readLines,
} from "./batch.ts";
import { ConcurrentChanges, type Superseded } from "./concurrent_changes.ts";
import type { StoredBackplane } from "./stored.ts";

/** The largest batch, in bytes: the engine takes 1 MiB, and others wait while one is sent. */
export const MAX_BATCH_BYTES = 128 * 1024;

/** How many bytes of messages may wait before their authors do. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** About how many bytes a message takes besides its text. */
const LINE_BYTES = 200;

/** A batch that is sent until it comes back. */
export interface SentBatch {
  /** Identifies it among those of this hub. */
  readonly batch: number;
  /** The key of the conversation, or {@linkcode CHANGES}. */
  readonly place: string;
  /** The number of its first message. */
  readonly first: number;
  /** The bytes. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An order to all hubs to keep messages from everybody. */
export interface LogOrder {
  /** `erase` a room, or `detach` what belongs to a name. */
  readonly do: "erase" | "detach";
  /** The name of the room, or the key of the name. */
  readonly of: string;
}

/** Who is where, as members of a room are told. */
export interface Shown {
  /** The name of the room. */
  readonly room: string;
  /** The message for its members. */
  readonly message: Joined | Renamed | Left | RoomJoined | RoomLeft;
}

/** The log that the hubs share, as one of them uses it. */
export interface SharedLog {
  /** The id of this hub. */
  readonly hub: string;
  /** The random id of this start of it. */
  readonly epoch: string;
  /**
   * Sends a batch, again and again, until `end` is called for it.
   *
   * @param batch the batch
   */
  send(batch: SentBatch): void;
  /**
   * Ends the sending of a batch.
   *
   * @param batch its number
   */
  end(batch: number): void;
  /**
   * Sends an order to all hubs; sent until it comes back through `ClusteredBackplane.obey`.
   *
   * @param order the order
   */
  order(order: LogOrder): void;
  /**
   * Shows the members of a room at other hubs who is there. Lost if the log is away.
   *
   * @param shown the message
   */
  show(shown: Shown): void;
  /**
   * Calls a function at the end of this task, when all is received that one read has brought.
   *
   * @param run the function
   */
  soon(run: () => void): void;
  /** Why messages are refused now; `undefined` while they are accepted. */
  readonly refusal: ProtocolError | undefined;
}

/** The last numbers of all conversations at a place in the log. */
export interface NumbersAt {
  /** The sequence of the last message of the log that is in them. */
  readonly at: number;
  /** The numbers, by the keys of the conversations. */
  readonly numbers: ReadonlyMap<string, number>;
}

/** Dependencies of this backplane. */
export interface ClusteredBackplaneDependencies {
  /** The copy of the log. */
  history: History;
  /** Applies and stores what is valid. */
  inner: StoredBackplane;
  /** The log. */
  log: SharedLog;
  /** Called when a message of a session here counts, or is refused with an error. */
  answered(line: Line, error?: ProtocolError): void;
}

/** A message that waits, and who else waits for it. */
interface Waiting {
  readonly line: Line;
  readonly bytes: number;
  /** The same message, sent again by its client. */
  again: Line[] | undefined;
  /** Another message with the same id that was sent before it, while that waits. */
  before: Waiting | undefined;
  isOver: boolean;
}

/** A conversation, as far as the log is read. */
interface Place {
  readonly key: string;
  readonly name: string;
  /** The last number. */
  last: number;
  queue: Waiting[];
  flight: { batch: number; first: number; waiting: Waiting[] } | undefined;
  isScheduled: boolean;
}

/** Orders events together with other hubs. */
export class ClusteredBackplane implements Backplane {
  readonly #dependencies: ClusteredBackplaneDependencies;
  readonly #inner: StoredBackplane;
  readonly #log: SharedLog;
  readonly #places = new Map<string, Place>();
  /** The last numbers of the conversations without a {@linkcode Place}. */
  readonly #numbers: Map<string, number>;
  /** The messages that wait and have an id, the last one of each author and id. */
  readonly #byId = new Map<string, Waiting>();
  /** The conversations with messages that wait. */
  readonly #busy = new Set<Place>();
  readonly #concurrent = new ConcurrentChanges();
  /** What members at other hubs are shown at the end of this task. */
  readonly #shown: Shown[] = [];
  #nextBatch = 1;
  #waitingBytes = 0;
  #flowing: PromiseWithResolvers<void> | undefined;
  #idle: PromiseWithResolvers<void> | undefined;
  /** The numbers that have changed since the last {@linkcode ClusteredBackplane.takeProgress}. */
  #changed = new Map<string, number>();
  #progress = "";
  /** The sequence of the last message of the log that was read. */
  #sequence = 0;
  /** The numbers that are right once the log is read up to there, if its beginning is missing. */
  #behind: NumbersAt | undefined;
  #isCaughtUp = false;

  /**
   * Continues where the copy of the log ends.
   *
   * @param dependencies see {@linkcode ClusteredBackplaneDependencies}
   */
  constructor(dependencies: ClusteredBackplaneDependencies) {
    this.#dependencies = dependencies;
    this.#inner = dependencies.inner;
    this.#log = dependencies.log;
    this.#numbers = new Map(dependencies.history.numbers());
  }

  /** As {@linkcode Backplane.settleCount}. */
  get settleCount(): number {
    return this.#inner.settleCount;
  }

  /** As {@linkcode Backplane.settlesAt}. */
  get settlesAt(): number {
    return this.#inner.settlesAt;
  }

  /** How many messages of this hub wait until they count. */
  get waitingCount(): number {
    let count = 0;
    for (const { queue, flight } of this.#busy) count += queue.length + (flight?.waiting.length ?? 0);
    return count;
  }

  /** Pending while so much waits that the authors of more must wait, too. */
  get flowing(): Promise<void> | undefined {
    return this.#flowing?.promise;
  }

  /** Lets authors wait no longer, as the hub stops. */
  stopHolding(): void {
    this.#flowing?.resolve();
    this.#flowing = undefined;
  }

  /** Resolves when no message of this hub waits. */
  get idle(): Promise<void> {
    if (this.#busy.size === 0) return Promise.resolve();
    return (this.#idle ??= Promise.withResolvers()).promise;
  }

  /**
   * As {@linkcode Backplane.publish}.
   *
   * @throws {ProtocolError} `unavailable` while the log is away; then nothing has happened
   */
  publish(event: RoomEvent): void {
    if (!isLine(event)) {
      this.#inner.publish(event);
      this.#show({ room: event.room, message: event.message as Shown["message"] });
      return;
    }
    const { message: { code, message }, messageId } = event;
    const id = messageId && idKey(messageId);
    const same = id === undefined ? undefined : this.#byId.get(id);
    if (same !== undefined && same.line.messageId!.digest === messageId!.digest) {
      (same.again ??= []).push(event);
      return;
    }
    // What waits already is in flight then, and counts as soon as it comes back.
    const { refusal } = this.#log;
    if (refusal !== undefined) throw refusal;
    keepText(event);
    const text = code === Code.LineChanged ? message?.length ?? 0 : message.message.length;
    const place = this.#placeOf(code === Code.LineChanged ? CHANGES : event.room);
    if (code === Code.LineChanged) event.base = place.last;
    const bytes = text + LINE_BYTES;
    const waiting: Waiting = { line: event, bytes, again: undefined, before: same, isOver: false };
    if (id !== undefined) this.#byId.set(id, waiting);
    this.#waitingBytes += waiting.bytes;
    if (this.#waitingBytes > MAX_WAITING_BYTES) this.#flowing ??= Promise.withResolvers();
    place.queue.push(waiting);
    this.#busy.add(place);
    this.#schedule(place);
  }

  /**
   * Shows the members of a room at other hubs who is there. Who has come is shown at the end of this task, after their
   * hubs are told of the session: a member may write to whoever it sees. For those who go, or have another name, it is
   * the other way round: those hubs must know what the session was.
   */
  #show(shown: Shown): void {
    this.#shown.push(shown);
    const { code } = shown.message;
    if (code !== Code.Joined && code !== Code.RoomJoined) return this.#showAll();
    if (this.#shown.length === 1) this.#log.soon(() => this.#showAll());
  }

  #showAll(): void {
    for (const shown of this.#shown.splice(0)) this.#log.show(shown);
  }

  /** Sends the next batch of a conversation at the end of this task, with all that was said in it. */
  #schedule(place: Place): void {
    if (place.isScheduled || place.flight !== undefined) return;
    place.isScheduled = true;
    this.#log.soon(() => {
      place.isScheduled = false;
      this.#send(place);
    });
  }

  #send(place: Place): void {
    if (place.flight !== undefined) return;
    // Members see their authors come before they read what these say.
    this.#showAll();
    const waiting: Waiting[] = [];
    const frames: Uint8Array[] = [];
    let bytes = 0, taken = 0;
    for (const one of place.queue) {
      if (bytes > 0 && bytes + one.bytes > MAX_BATCH_BYTES) break;
      taken++;
      if (this.#answerKnown(one)) continue;
      waiting.push(one);
      for (const frame of lineFrames(one.line)) {
        frames.push(frame);
        bytes += frame.length;
      }
    }
    place.queue = taken === place.queue.length ? [] : place.queue.slice(taken);
    if (waiting.length === 0) return this.#rest(place);
    const batch = this.#nextBatch++, first = place.last + 1;
    place.flight = { batch, first, waiting };
    const { hub, epoch } = this.#log;
    const head: BatchHead = { hub, epoch, batch, place: place.name, first, count: waiting.length };
    this.#log.send({ batch, place: place.key, first, bytes: encodeBatch(head, frames) });
  }

  /** Answers a message that counts already, as its client has sent it through another hub; returns whether it does. */
  #answerKnown(waiting: Waiting): boolean {
    const { line, before } = waiting;
    // What the hub knows by that id now is not what it knows once that one counts.
    if (line.messageId === undefined || before?.isOver === false) return false;
    const { author, id, digest } = line.messageId;
    const receipt = this.#inner.receipt(author, id);
    if (receipt === undefined || (receipt.digest ?? digest) !== digest) return false;
    this.#forget(waiting);
    for (const one of [line, ...waiting.again ?? []]) {
      this.#inner.acknowledgeAgain(one, receipt);
      this.#dependencies.answered(one);
    }
    return true;
  }

  /** Forgets a message that does not wait any longer. */
  #forget(waiting: Waiting): void {
    const { line: { messageId } } = waiting;
    const id = messageId && idKey(messageId);
    if (id !== undefined && this.#byId.get(id) === waiting) this.#byId.delete(id);
    waiting.isOver = true;
    waiting.before = undefined;
    this.#waitingBytes -= waiting.bytes;
    if (this.#waitingBytes <= MAX_WAITING_BYTES / 2) this.stopHolding();
  }

  /** Records that nothing of a conversation waits, if so. */
  #rest(place: Place): void {
    if (place.queue.length > 0) return this.#schedule(place);
    if (place.flight !== undefined) return;
    this.#busy.delete(place);
    if (this.#busy.size > 0) return;
    this.#idle?.resolve();
    this.#idle = undefined;
  }

  /**
   * Begins in the middle of the log, whose first messages are deleted. Numbers have gaps there, until the log is read
   * up to the place where the numbers are known.
   *
   * @param known the numbers, as another hub knows them; without numbers, what the log has is all that there is
   */
  beginBehind(known: NumbersAt): void {
    this.#behind = known;
  }

  /**
   * Returns the last numbers of all conversations, for a hub that begins behind.
   *
   * @returns the numbers, and how far this hub has read the log
   */
  numbersAt(): NumbersAt {
    const numbers = new Map(this.#numbers);
    for (const { key, last } of this.#places.values()) if (last > 0) numbers.set(key, last);
    return { at: this.#sequence, numbers };
  }

  /** Whether the numbers of some conversations are not known yet. */
  get isBehind(): boolean {
    return this.#behind !== undefined;
  }

  /** Records that the log is read up to a message, which is not applied yet. */
  #reach(sequence: number, progress: string): void {
    if (this.#behind !== undefined && sequence > this.#behind.at) {
      const { numbers } = this.#behind;
      this.#behind = undefined;
      for (const [key, last] of numbers) {
        this.#placeOf(key).last = last;
        this.#changed.set(key, last);
      }
    }
    this.#sequence = sequence;
    // What was copied before is of no use to a hub that starts with it: it would not know the numbers either.
    this.#progress = this.#behind === undefined ? progress : `${progress} behind`;
  }

  /** Whether what comes from the log is new, and was not written while this hub was away. */
  get isCaughtUp(): boolean {
    return this.#isCaughtUp;
  }

  /** Records that all is read that is in the log. */
  caughtUp(): void {
    this.#isCaughtUp = true;
    if (this.#behind !== undefined) {
      this.#reach(Math.max(this.#sequence, this.#behind.at) + 1, this.#progress);
    }
  }

  /**
   * Reads a batch of the log: shows it if it is valid. To be called for all batches, in their order.
   *
   * @param bytes the batch; valid until this returns
   * @param sequence its sequence in the log
   * @param progress names the part of the log that ends with this batch, for {@linkcode History.progress}
   */
  deliver(bytes: Uint8Array, sequence: number, progress: string): void {
    this.#reach(sequence, progress);
    const head = readHead(bytes);
    if (head === undefined) return;
    const place = this.#placeOf(head.place);
    const { flight } = place;
    const isOwn = head.hub === this.#log.hub && head.epoch === this.#log.epoch &&
      head.batch === flight?.batch;
    const isNext = head.first === place.last + 1 || head.imported && head.first > place.last ||
      this.#behind !== undefined && this.#isLater(place, head);
    if (isOwn) {
      place.flight = undefined;
      this.#log.end(head.batch);
      if (isNext) this.#applyOwn(place, flight.waiting);
      else place.queue = [...flight.waiting, ...place.queue];
      this.#rest(place);
      return;
    }
    const lines = isNext ? readLines(bytes, head) : undefined;
    if (lines === undefined) return;
    place.last = head.first - 1;
    for (const line of lines) this.#apply(place, line);
    if (flight === undefined || flight.first > place.last) return;
    // Another hub was faster: this batch can not be valid any more.
    place.flight = undefined;
    this.#log.end(flight.batch);
    place.queue = [...flight.waiting, ...place.queue];
    this.#schedule(place);
  }

  /** Whether a batch can be the next one that is left of its conversation, after some that are deleted. */
  #isLater({ key, last }: Place, { first, count }: BatchHead): boolean {
    return first > last && first + count - 1 <= (this.#behind!.numbers.get(key) ?? Infinity);
  }

  #applyOwn(place: Place, waiting: readonly Waiting[]): void {
    const errors = new Map<Waiting, ProtocolError>();
    for (const one of waiting) {
      this.#forget(one);
      const superseded = this.#apply(place, one.line);
      if (superseded === "deleted") errors.set(one, deletedBefore(one.line.change!.sequence));
      if (superseded === "same") {
        const { sequence } = one.line.change!;
        one.line.isSuperseded = true;
        for (const line of [one.line, ...one.again ?? []]) this.#inner.acknowledgeAgain(line, { sequence });
      }
      if (superseded !== undefined) continue;
      for (const line of one.again ?? []) {
        const { author, id } = line.messageId!;
        this.#inner.acknowledgeAgain(line, this.#inner.receipt(author, id)!);
      }
    }
    // Whoever hears that may have all stored that is applied: the batch as a whole.
    for (const one of waiting) {
      for (const line of [one.line, ...one.again ?? []]) this.#dependencies.answered(line, errors.get(one));
    }
  }

  /** Applies a message or a change; returns why a change does not count, if so. */
  #apply(place: Place, line: Line): Superseded | undefined {
    this.#changed.set(place.key, ++place.last);
    const isChange = line.message.code === Code.LineChanged;
    const superseded = isChange ? this.#concurrent.take(line, place.last) : undefined;
    if (superseded === undefined) this.#inner.add(line, place.last);
    return superseded;
  }

  /**
   * Carries out an order that has come back from the log. To be called in the order of the log.
   *
   * @param order the order
   * @param sequence as for {@linkcode ClusteredBackplane.deliver}
   * @param progress as for {@linkcode ClusteredBackplane.deliver}
   * @throws {StorageError} if the copy of the log cannot be changed
   */
  obey(order: LogOrder, sequence: number, progress: string): void {
    this.#reach(sequence, progress);
    if (order.do === "erase") this.#inner.erase(order.of);
    else this.#inner.detach(order.of);
  }

  /**
   * Shows the members of a room who is there, as another hub says.
   *
   * @param shown the message
   */
  shown({ room, message }: Shown): void {
    this.#inner.publish({ room, message, from: undefined });
  }

  /**
   * Refuses all messages that wait and are not in flight, in their order: the log is away for too long.
   *
   * @param error why
   */
  refuseWaiting(error: ProtocolError): void {
    for (const place of [...this.#busy]) {
      const { queue } = place;
      place.queue = [];
      for (const waiting of queue) {
        this.#forget(waiting);
        for (const line of [waiting.line, ...waiting.again ?? []]) this.#dependencies.answered(line, error);
      }
      this.#rest(place);
    }
  }

  /**
   * Takes how far the log was read with the messages since the last call.
   *
   * @returns the progress
   */
  takeProgress(): Progress {
    const numbers = [...this.#changed];
    this.#changed = new Map();
    return { progress: this.#progress, numbers };
  }

  /** As {@linkcode Backplane.settle}. */
  settle(): void {
    this.#inner.settle();
  }

  /** As {@linkcode Backplane.receipt}; a message that waits is not known yet, nor one with the same id before it. */
  receipt(author: string, id: string): Receipt | undefined {
    const waiting = this.#byId.get(idKey({ author, id }));
    if (waiting !== undefined && waiting.line.message.code !== Code.LineChanged) return undefined;
    return this.#inner.receipt(author, id);
  }

  /** As {@linkcode Backplane.detach}; it happens when the order comes back. */
  detach(name: string): void {
    this.#log.order({ do: "detach", of: name });
  }

  /** As {@linkcode Backplane.erase}; it happens when the order comes back. */
  erase(room: string): void {
    this.#log.order({ do: "erase", of: room });
  }

  /** As {@linkcode Backplane.lastSequence}. */
  lastSequence(room: string): number {
    const key = lookupKey(room);
    return this.#places.get(key)?.last ?? this.#numbers.get(key) ?? 0;
  }

  /** As {@linkcode Backplane.close}. */
  close(room: string): boolean {
    return this.#inner.close(room);
  }

  #placeOf(name: string): Place {
    const found = this.#places.get(name);
    if (found !== undefined) return found;
    const key = lookupKey(name);
    let place = this.#places.get(key);
    if (place === undefined) {
      const last = this.#numbers.get(key) ?? 0;
      place = { key, name, last, queue: [], flight: undefined, isScheduled: false };
      this.#places.set(key, place);
    }
    // So that the key of a spelling need not be computed for each message.
    if (name !== key) this.#places.set(name, place);
    return place;
  }
}

/** Refuses a change of a message that was deleted while the change waited. */
function deletedBefore(sequence: number): ProtocolError {
  return new ProtocolError("no_such_message", `Cannot change message ${sequence}: it was deleted`);
}

/** No author contains a line break. */
function idKey({ author, id }: { author: string; id: string }): string {
  return `${author}\n${id}`;
}

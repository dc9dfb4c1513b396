/**
 * The replies to one session, as bytes that wait to be written. An outbox is small: while it is full, nothing more is
 * read from the client. A long list is put in as a source of pages. Each page is made when everything before it has
 * been taken, so that a client that asks and does not read makes the hub hold one page and no list.
 *
 * Each time that something is added, the outbox itself notifies the transport. So nothing can wait in it without a
 * write to follow, whoever adds it.
 *
 * @module
 */
import { encodeFrame } from "../../protocol/mod.ts";
import { OUTBOX_PAUSE_BYTES, PAGE_BYTES } from "../limits.ts";

const EMPTY = new Uint8Array(0);

/** Makes the next page of a list: one JSON object as text, and whether another page follows. */
export type PageSource = () => { json: string; more: boolean };

/** Writes what an outbox holds. */
export interface ReplyQueue {
  /** Called when the outbox has replies, which are to be written soon. */
  repliesQueued(): void;
}

/** A list with pages to come, and the frames that were put in after it. */
interface PendingList {
  source: PageSource;
  after: Uint8Array[];
}

/** The frames for one session, in order. */
export class Outbox {
  readonly #queue: ReplyQueue;
  #frames: Uint8Array[] | undefined;
  #byteLength = 0;
  /** Lists with pages to come; nearly always there are none. */
  #lists: PendingList[] | undefined;

  /**
   * Creates an empty outbox.
   *
   * @param queue is notified of each addition
   */
  constructor(queue: ReplyQueue) {
    this.#queue = queue;
  }

  /** The number of waiting bytes; a list with pages to come counts as one page. */
  get byteLength(): number {
    return this.#lists === undefined ? this.#byteLength : this.#byteLength + this.#lists.length * PAGE_BYTES;
  }

  /** Whether so much waits that nothing more should be read from the client. */
  get full(): boolean {
    return this.#lists !== undefined || this.#byteLength > OUTBOX_PAUSE_BYTES;
  }

  /**
   * Adds one frame.
   *
   * @param json one JSON object as text
   * @throws {RangeError} when the body is longer than a peer may read
   */
  push(json: string): void {
    // Copied: the buffer of the encoder is three times as large, and would be kept as long as this waits.
    this.pushFrames(encodeFrame(json).slice());
  }

  /**
   * Adds encoded frames.
   *
   * @param frames whole frames in one piece, which must not be changed
   */
  pushFrames(frames: Uint8Array): void {
    if (this.#lists !== undefined) this.#lists.at(-1)!.after.push(frames);
    else if (this.#frames === undefined) this.#frames = [frames];
    else this.#frames.push(frames);
    this.#byteLength += frames.length;
    this.#queue.repliesQueued();
  }

  /**
   * Adds a list. Its first page is made now, each other one when it is taken.
   *
   * @param source makes the pages
   */
  pushPages(source: PageSource): void {
    const { json, more } = source();
    this.push(json);
    if (more) (this.#lists ??= []).push({ source, after: [] });
  }

  /**
   * Takes the waiting bytes: all of them up to a list, or the next page of that list.
   *
   * @returns whole frames in one piece; empty when nothing waits
   */
  take(): Uint8Array {
    if (this.#frames === undefined && this.#lists !== undefined) this.#makePage(this.#lists);
    const frames = this.#frames;
    if (frames === undefined) return EMPTY;
    let bytes = frames[0]!;
    if (frames.length > 1) {
      bytes = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
      let offset = 0;
      for (const frame of frames) {
        bytes.set(frame, offset);
        offset += frame.length;
      }
    }
    this.#frames = undefined;
    this.#byteLength -= bytes.length;
    return bytes;
  }

  #makePage(lists: PendingList[]): void {
    const { source, after } = lists[0]!;
    const { json, more } = source();
    const frame = encodeFrame(json).slice();
    this.#byteLength += frame.length;
    this.#frames = [frame];
    if (more) return;
    this.#frames.push(...after);
    if (lists.length === 1) this.#lists = undefined;
    else lists.shift();
  }
}

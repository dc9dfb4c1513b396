/**
 * What is said in a room, as bytes, once for all its readers: an append-only log with one cursor a reader.
 *
 * Strategy: frames are encoded straight into the log, so that they cost the same for ten readers and for ten thousand,
 * and a burst of them together, when somebody first asks what there is; a reader takes everything from its cursor to the
 * end as one slice, without a copy. The log is a chain of segments that are only ever appended to, so a slice stays good
 * while the log grows.
 *
 * A busy room fills hundreds of segments a second. Each counts the cursors in it, and the oldest ones in which there is
 * none are used again, by any log: to give that memory back and to take it again cost a fifth of a long flood to ten.
 *
 * Rules: a reader is done with a slice when it takes the next one, so its cursor stays in the segment until then; a
 * cursor that leaves does so in the middle of that, and the segments it leaves are never used again.
 *
 * @module
 */
import {
  encodeFramesInto,
  encodePlainLineInto,
  MAX_BODY_BYTES,
  maxFrameBytes,
  maxPlainFrameBytes,
  type PlainLine,
} from "../../protocol/mod.ts";
import { MAX_ROUND_BYTES, MAX_SEGMENT_BYTES, MAX_SPARE_SEGMENTS } from "../limits.ts";

class Segment {
  readonly bytes: Uint8Array;
  /** How many bytes of it are written. */
  length = 0;
  next: Segment | undefined;
  /** How many cursors are in it. */
  cursors = 0;
  /** Whether slices of it may be held when no cursor is in it any more. */
  handedOut = false;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }
}

const NONE = new Uint8Array(0);

/** Segments of the greatest size in which nobody reads any more, for any log. */
const spare = { first: undefined as Segment | undefined, count: 0 };

/** Puts a segment that no log needs any more to the spare ones, where it may be used again and is wanted. */
function spareSegment(segment: Segment): void {
  segment.next = undefined;
  const { bytes, handedOut } = segment;
  if (handedOut || bytes.length !== MAX_SEGMENT_BYTES || spare.count === MAX_SPARE_SEGMENTS) return;
  segment.length = 0;
  segment.next = spare.first;
  spare.first = segment;
  spare.count++;
}

/** Gives a spare segment where one of that size is wanted; a room that needs less is not to hold more. */
function newSegment(size: number): Segment {
  const segment = spare.first;
  if (segment === undefined || size !== MAX_SEGMENT_BYTES) return new Segment(size);
  spare.first = segment.next;
  spare.count--;
  segment.next = undefined;
  return segment;
}

/** An append-only log of frames. */
export class BroadcastLog {
  /** The oldest that a cursor is in, or the last. */
  #first: Segment;
  #last: Segment;
  /** How large the segment after it is to be, apart from the limit. */
  #nextBytes: number;
  #end = 0;
  /** What was appended and is not encoded yet, and the memory that it takes at most. */
  #waiting: string[] = [];
  #waitingBytes = 0;

  /**
   * Makes an empty one.
   *
   * @param bytes how large its first piece is
   * @param nextBytes how large the second is at least; each after that is twice as large as the one before
   */
  constructor(bytes: number = MAX_SEGMENT_BYTES, nextBytes: number = 2 * bytes) {
    this.#first = this.#last = newSegment(bytes);
    this.#nextBytes = nextBytes;
  }

  /** How many bytes were ever appended. */
  get end(): number {
    this.encode();
    return this.#end;
  }

  /** Encodes what was appended and is not encoded yet, which may need a segment; all that asks what there is does it too. */
  encode(): void {
    if (this.#waitingBytes > 0) this.#encode();
  }

  /**
   * Appends one frame.
   *
   * @param json one JSON object as text
   * @returns about how many bytes it takes
   * @throws {RangeError} when the body is longer than a peer may read; then nothing is appended
   */
  append(json: string): number {
    // Only a long one could be too long, which is to be known now and must not take others with it.
    const most = maxFrameBytes(json);
    if (most > MAX_BODY_BYTES || this.#waitingBytes + most > MAX_ROUND_BYTES) {
      this.encode();
      this.#add([json], most);
    } else {
      this.#waiting.push(json);
      this.#waitingBytes += most;
    }
    return json.length;
  }

  /**
   * Appends one frame with a plain line, at once and without making a text of it.
   *
   * @param line the line
   * @returns how many bytes it takes
   */
  appendPlain(line: PlainLine): number {
    this.encode();
    const segment = this.#segmentFor(maxPlainFrameBytes(line));
    const written = encodePlainLineInto(line, segment.bytes, segment.length);
    this.#grow(segment, written);
    return written;
  }

  /**
   * Makes a reader.
   *
   * @returns a cursor at the end: its reader gets what is appended from now on
   */
  cursor(): LogCursor {
    this.encode();
    return new LogCursor(this, this.#last);
  }

  /** Lets go of segments in which no cursor is. For cursors alone, when they have gone out of one. */
  prune(): void {
    while (this.#first.cursors === 0 && this.#first.next !== undefined) {
      const segment = this.#first;
      this.#first = this.#first.next;
      spareSegment(segment);
    }
  }

  #encode(): void {
    const [jsons, room] = [this.#waiting, this.#waitingBytes];
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#add(jsons, room);
  }

  /** Encodes frames into the last segment, or a new one where that has not enough room for them. */
  #add(jsons: readonly string[], room: number): void {
    const segment = this.#segmentFor(room);
    this.#grow(segment, encodeFramesInto(jsons, segment.bytes, segment.length));
  }

  /** Gives the last segment, or one to come after it where that has not so much room. */
  #segmentFor(room: number): Segment {
    const { bytes, length } = this.#last;
    if (bytes.length - length >= room) return this.#last;
    return newSegment(Math.max(room, Math.min(this.#nextBytes, MAX_SEGMENT_BYTES)));
  }

  /** Takes note of what was written into a segment that `segmentFor` gave. */
  #grow(segment: Segment, written: number): void {
    segment.length += written;
    this.#end += written;
    if (segment === this.#last) return;
    this.#last = this.#last.next = segment;
    this.#nextBytes = 2 * segment.bytes.length;
    this.prune();
  }
}

/** How far one reader has got. */
export class LogCursor {
  readonly #log: BroadcastLog;
  #segment: Segment;
  #offset: number;
  #position: number;

  /**
   * Made by {@linkcode BroadcastLog.cursor} alone.
   *
   * @param log the log to read
   * @param segment its last segment, at whose end to begin
   */
  constructor(log: BroadcastLog, segment: Segment) {
    this.#log = log;
    this.#segment = segment;
    this.#offset = segment.length;
    this.#position = log.end;
    segment.cursors++;
  }

  /** How many bytes of the log this reader has not taken. */
  get lagBytes(): number {
    return this.#log.end - this.#position;
  }

  /**
   * Takes what is next, whole frames, and moves on.
   *
   * @returns as many bytes as lie in one piece; none when the reader has taken everything. They must not be changed. They
   * are good until this reader takes what comes next; after that, until anything is encoded in any log.
   */
  take(): Uint8Array {
    if (this.lagBytes === 0) return NONE;
    const segment = this.#segment;
    if (this.#offset === segment.length && segment.next !== undefined) {
      this.#segment = segment.next;
      this.#segment.cursors++;
      this.#offset = 0;
      segment.cursors--;
      this.#log.prune();
    }
    const { bytes, length } = this.#segment;
    const slice = bytes.subarray(this.#offset, length);
    this.#offset = length;
    this.#position += slice.length;
    return slice;
  }

  /**
   * Takes all that is left. It stays good, and so does what was taken before it.
   *
   * @returns whole frames, in pieces
   */
  takeRemaining(): Uint8Array[] {
    const slices: Uint8Array[] = [];
    this.#segment.handedOut = true;
    while (this.lagBytes > 0) {
      slices.push(this.take());
      this.#segment.handedOut = true;
    }
    return slices;
  }

  /** Leaves the log; what was taken last stays good. To be called once, and nothing after it. */
  leave(): void {
    this.#segment.handedOut = true;
    this.#segment.cursors--;
    this.#log.prune();
  }
}

/**
 * The frames of a room, encoded once for all its readers: an append-only log with one cursor for each reader.
 *
 * Strategy: frames are encoded straight into the log, so they cost the same for ten readers and for ten thousand. The
 * frames of a burst are encoded together, when somebody first asks what the log holds. A reader takes everything from
 * its cursor to the end as one slice, without a copy. The log is a chain of segments that are only appended to, so a
 * slice stays valid while the log grows.
 *
 * A busy room fills hundreds of segments a second. Each segment counts the cursors in it. The oldest segments without
 * a cursor are used again, by any log: freeing and allocating that memory took a fifth of the time of a long flood to
 * ten readers.
 *
 * Rules: a reader is done with a slice when it takes the next one, so its cursor stays in the segment until then. A
 * cursor may leave while its slice is still being written; so the segments that it leaves are never used again.
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
  /** The number of bytes written. */
  length = 0;
  next: Segment | undefined;
  /** The number of cursors in it. */
  cursors = 0;
  /** Whether slices of it may be in use after its last cursor has left it. */
  handedOut = false;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }
}

const EMPTY = new Uint8Array(0);

/** Segments of the largest size without a cursor, to be used again by any log. */
const spare = { first: undefined as Segment | undefined, count: 0, reuses: 0 };

/**
 * Counts how often memory of a log was used again. As long as the number is the same, the same part of the same buffer
 * has the same bytes, so a copy of a slice is not stale.
 *
 * @returns the number, of all logs together
 */
export function segmentReuses(): number {
  return spare.reuses;
}

/** Keeps a segment that its log no longer needs as a spare one, if it may be used again and there are not enough. */
function spareSegment(segment: Segment): void {
  segment.next = undefined;
  const { bytes, handedOut } = segment;
  if (handedOut || bytes.length !== MAX_SEGMENT_BYTES || spare.count === MAX_SPARE_SEGMENTS) return;
  segment.length = 0;
  segment.next = spare.first;
  spare.first = segment;
  spare.count++;
}

/**
 * Returns a spare segment if one of that size is wanted, else a new one: a small room must not hold a large
 * segment.
 */
function newSegment(size: number): Segment {
  const segment = spare.first;
  if (segment === undefined || size !== MAX_SEGMENT_BYTES) return new Segment(size);
  spare.first = segment.next;
  spare.count--;
  spare.reuses++;
  segment.next = undefined;
  return segment;
}

/** An append-only log of frames. */
export class BroadcastLog {
  /** The oldest segment with a cursor in it, or the last one. */
  #first: Segment;
  #last: Segment;
  /** The size of the next segment, in bytes, before the limit is applied. */
  #nextBytes: number;
  #end = 0;
  /** The JSON texts that are appended and not encoded yet, and the most bytes that they take. */
  #waiting: string[] = [];
  #waitingBytes = 0;

  /**
   * Creates an empty log.
   *
   * @param bytes the size of its first segment, in bytes
   * @param nextBytes the least size of the second segment, in bytes; each later one is twice as large as the one
   * before
   */
  constructor(bytes: number = MAX_SEGMENT_BYTES, nextBytes: number = 2 * bytes) {
    this.#first = this.#last = newSegment(bytes);
    this.#nextBytes = nextBytes;
  }

  /** The number of bytes ever appended. */
  get end(): number {
    this.encode();
    return this.#end;
  }

  /**
   * Encodes the texts that are not encoded yet, which may need a segment. Every method that reads the log does so
   * first.
   */
  encode(): void {
    if (this.#waitingBytes > 0) this.#encode();
  }

  /**
   * Appends one frame.
   *
   * @param json one JSON object as text
   * @returns about how many bytes the frame takes
   * @throws {RangeError} when the body is longer than a peer may read; then nothing is appended
   */
  append(json: string): number {
    // Only a long text can be too long. Encode it at once, so that the error comes now and affects no other text.
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
   * Appends one frame with a plain message, at once and without converting it to a string.
   *
   * @param line the message
   * @returns the number of bytes of the frame
   */
  appendPlain(line: PlainLine): number {
    this.encode();
    const segment = this.#segmentFor(maxPlainFrameBytes(line));
    const written = encodePlainLineInto(line, segment.bytes, segment.length);
    this.#grow(segment, written);
    return written;
  }

  /**
   * Creates a reader.
   *
   * @returns a cursor at the end: it reads what is appended from now on
   */
  cursor(): LogCursor {
    this.encode();
    return new LogCursor(this, this.#last);
  }

  /** Drops the segments in front that no cursor is in. Only cursors call it, when they have left a segment. */
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

  /** Encodes frames into the last segment, or into a new one if they do not fit. */
  #add(jsons: readonly string[], room: number): void {
    const segment = this.#segmentFor(room);
    this.#grow(segment, encodeFramesInto(jsons, segment.bytes, segment.length));
  }

  /** Returns the last segment if it has that much room, else a new one to put after it. */
  #segmentFor(room: number): Segment {
    const { bytes, length } = this.#last;
    if (bytes.length - length >= room) return this.#last;
    return newSegment(Math.max(room, Math.min(this.#nextBytes, MAX_SEGMENT_BYTES)));
  }

  /** Records what was written into a segment that `#segmentFor` returned. */
  #grow(segment: Segment, written: number): void {
    segment.length += written;
    this.#end += written;
    if (segment === this.#last) return;
    this.#last = this.#last.next = segment;
    this.#nextBytes = 2 * segment.bytes.length;
    this.prune();
  }
}

/** The read position of one reader. */
export class LogCursor {
  readonly #log: BroadcastLog;
  #segment: Segment;
  #offset: number;
  #position: number;

  /**
   * Only {@linkcode BroadcastLog.cursor} creates one.
   *
   * @param log the log to read
   * @param segment the last segment of the log, at whose end the cursor starts
   */
  constructor(log: BroadcastLog, segment: Segment) {
    this.#log = log;
    this.#segment = segment;
    this.#offset = segment.length;
    this.#position = log.end;
    segment.cursors++;
  }

  /** The number of bytes that this reader has not taken. */
  get lagBytes(): number {
    return this.#log.end - this.#position;
  }

  /**
   * Takes the next whole frames and moves on.
   *
   * @returns the bytes up to the end of the segment; empty when the reader has taken everything. They must not be
   * changed. They are valid until this reader takes the next ones; after that, until anything is encoded in any log.
   */
  take(): Uint8Array {
    if (this.lagBytes === 0) return EMPTY;
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
   * Takes all that is left. It stays valid, and so does the slice that was taken before.
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

  /** Leaves the log; the slice that was taken last stays valid. To be called once, as the last method. */
  leave(): void {
    this.#segment.handedOut = true;
    this.#segment.cursors--;
    this.#log.prune();
  }
}

/**
 * What is said in a room, as bytes, once for all its readers: an append-only log with one cursor a reader.
 *
 * Strategy: a frame is encoded straight into the log, so that it costs the same for ten readers and for ten thousand;
 * a reader takes everything from its cursor to the end as one slice, without a copy. The log is a chain of segments
 * that are only ever appended to, so a slice stays good while the log grows. A cursor holds its segment and a segment
 * its successor: what no reader needs any more is held by nobody, and the garbage collector drops it.
 *
 * @module
 */
import { encodeFrameInto, maxFrameBytes } from "../protocol/mod.ts";
import { MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES } from "./limits.ts";

class Segment {
  readonly bytes: Uint8Array;
  /** How many bytes of it are written. */
  length = 0;
  next: Segment | undefined;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }
}

/** An append-only log of frames. */
export class BroadcastLog {
  #last = new Segment(MIN_SEGMENT_BYTES);
  #end = 0;

  /** How many bytes were ever appended. */
  get end(): number {
    return this.#end;
  }

  /**
   * Appends one frame.
   *
   * @param json one JSON object as text
   * @returns how many bytes the frame has
   * @throws {RangeError} when the body is longer than a peer may read
   */
  append(json: string): number {
    const room = maxFrameBytes(json);
    let segment = this.#last;
    if (segment.bytes.length - segment.length < room) {
      const size = Math.max(room, Math.min(2 * segment.bytes.length, MAX_SEGMENT_BYTES));
      segment = this.#last = segment.next = new Segment(size);
    }
    const written = encodeFrameInto(json, segment.bytes, segment.length);
    segment.length += written;
    this.#end += written;
    return written;
  }

  /**
   * Makes a reader.
   *
   * @returns a cursor at the end: its reader gets what is appended from now on
   */
  cursor(): LogCursor {
    return new LogCursor(this, this.#last, this.#last.length);
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
   * @param segment its last segment
   * @param offset where in the segment to begin
   */
  constructor(log: BroadcastLog, segment: Segment, offset: number) {
    this.#log = log;
    this.#segment = segment;
    this.#offset = offset;
    this.#position = log.end;
  }

  /** How many bytes of the log this reader has not taken. */
  get lagBytes(): number {
    return this.#log.end - this.#position;
  }

  /**
   * Takes what is next, whole frames, and moves on.
   *
   * @returns as many bytes as lie in one piece; none when the reader has taken everything. They must not be changed.
   */
  take(): Uint8Array {
    if (this.#offset === this.#segment.length && this.#segment.next !== undefined) {
      this.#segment = this.#segment.next;
      this.#offset = 0;
    }
    const { bytes, length } = this.#segment;
    const slice = bytes.subarray(this.#offset, length);
    this.#offset = length;
    this.#position += slice.length;
    return slice;
  }
}

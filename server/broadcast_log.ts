/**
 * What is said in a room, as bytes, once for all its readers: an append-only log with one cursor a reader.
 *
 * Strategy: frames are encoded straight into the log, so that they cost the same for ten readers and for ten thousand,
 * and a burst of them together, when somebody first asks what there is; a reader takes everything from its cursor to the
 * end as one slice, without a copy. The log is a chain of segments that are only ever appended to, so a slice stays good
 * while the log grows. A cursor holds its segment and a segment
 * its successor: what no reader needs any more is held by nobody, and the garbage collector drops it.
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
} from "../protocol/mod.ts";
import { MAX_ROUND_BYTES, MAX_SEGMENT_BYTES, MIN_SEGMENT_BYTES } from "./limits.ts";

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
  #last: Segment;
  #end = 0;
  /** What was appended and is not encoded yet, and the memory that it takes at most. */
  #waiting: string[] = [];
  #waitingBytes = 0;

  /**
   * Makes an empty one.
   *
   * @param bytes how large its first piece is
   */
  constructor(bytes: number = MIN_SEGMENT_BYTES) {
    this.#last = new Segment(bytes);
  }

  /** How many bytes were ever appended. */
  get end(): number {
    if (this.#waitingBytes > 0) this.#encode();
    return this.#end;
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
      if (this.#waitingBytes > 0) this.#encode();
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
    if (this.#waitingBytes > 0) this.#encode();
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
    if (this.#waitingBytes > 0) this.#encode();
    return new LogCursor(this, this.#last, this.#last.length);
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
    return new Segment(Math.max(room, Math.min(2 * bytes.length, MAX_SEGMENT_BYTES)));
  }

  /** Takes note of what was written into a segment that `segmentFor` gave. */
  #grow(segment: Segment, written: number): void {
    if (segment !== this.#last) this.#last = this.#last.next = segment;
    segment.length += written;
    this.#end += written;
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

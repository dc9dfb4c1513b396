/**
 * The length prefix: bytes become bodies, JSON texts become frames.
 *
 * Rules: any number of frames may arrive in one read and one frame in any number of reads; "need more" is a value, not
 * an exception; a length outside the limits is refused from the header alone, before anything is kept for it; the work
 * is linear in the bytes received however they are split. What is in a body is not this file's business.
 *
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { HEADER_BYTES, MAX_BODY_BYTES, MIN_BODY_BYTES } from "./limits.ts";

const EMPTY = new Uint8Array(0);

/**
 * Cuts a stream of bytes into bodies.
 *
 * Push what was read, then call {@linkcode FrameDecoder.next} until it answers `undefined`. Whoever reads from a socket
 * spares a copy by reading straight into {@linkcode FrameDecoder.space} and calling {@linkcode FrameDecoder.filled}.
 * A body is a view that stays good until more bytes are pushed or space is asked for.
 *
 * @example
 * ```ts
 * decoder.push(bytes);
 * for (let body = decoder.next(); body; body = decoder.next()) handle(body);
 * ```
 */
export class FrameDecoder {
  /** The bytes not yet handed out are `#bytes[#start..#end]`. */
  #bytes: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;

  /** How many bytes wait for the rest of their frame. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /**
   * Takes what was read.
   *
   * @param bytes any number of bytes; they are copied
   */
  push(bytes: Uint8Array): void {
    this.space(bytes.length).set(bytes);
    this.filled(bytes.length);
  }

  /**
   * Gives room to read into; {@linkcode FrameDecoder.filled} says how much of it was used.
   *
   * @param size how many bytes are wanted
   * @returns that many bytes, to be written from the first on
   */
  space(size: number): Uint8Array {
    const pending = this.pendingBytes;
    const capacity = this.#bytes.length;
    if (pending === 0 && (capacity < size || capacity > 4 * size)) {
      this.#bytes = new Uint8Array(size);
      this.#start = this.#end = 0;
    } else if (capacity - this.#end < size) {
      // Moving what waits only over at least as much that is done with, and into twice the room else, keeps the work
      // in proportion to what was received.
      const fits = pending <= this.#start && pending + size <= capacity;
      const target = fits ? this.#bytes : new Uint8Array(2 ** Math.ceil(Math.log2(pending + size)));
      target.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = target;
      this.#start = 0;
      this.#end = pending;
    }
    return this.#bytes.subarray(this.#end, this.#end + size);
  }

  /**
   * Takes what was read into {@linkcode FrameDecoder.space}.
   *
   * @param count how many bytes were written
   */
  filled(count: number): void {
    this.#end += count;
  }

  /**
   * Hands out the next whole body.
   *
   * @returns the bytes of one body, or `undefined` when more bytes are needed
   * @throws {ProtocolError} `bad_frame` when the header announces a length outside the limits; no later call recovers
   */
  next(): Uint8Array | undefined {
    if (this.pendingBytes < HEADER_BYTES) return undefined;
    const body = this.#start + HEADER_BYTES;
    const end = body + this.#announcedLength();
    if (end > this.#end) return undefined;
    this.#start = end;
    return this.#bytes.subarray(body, end);
  }

  #announcedLength(): number {
    const bytes = this.#bytes;
    let length = 0;
    // Up to 2^64 loses precision as a double, but nothing near the limits does.
    for (let i = 0; i < HEADER_BYTES; i++) length = length * 256 + bytes[this.#start + i]!;
    if (length < MIN_BODY_BYTES || length > MAX_BODY_BYTES) {
      throw new ProtocolError(
        "bad_frame",
        `Cannot read a body of ${length} bytes: it must be ${MIN_BODY_BYTES} to ${MAX_BODY_BYTES}`,
      );
    }
    return length;
  }
}

const utf8 = new TextEncoder();

/**
 * The most bytes that a JSON text can take as a frame: a UTF-16 unit is at most three bytes of UTF-8.
 *
 * @param json a JSON text
 * @returns a size, in bytes, that is enough for {@linkcode encodeFrameInto}
 */
export function maxFrameBytes(json: string): number {
  return HEADER_BYTES + 3 * json.length;
}

/**
 * Writes a JSON text as one frame into memory that is there already.
 *
 * @param json one JSON object as text
 * @param target where to write; from `offset` on it has at least {@linkcode maxFrameBytes} bytes
 * @param offset where the frame begins
 * @returns how many bytes the frame has
 * @throws {RangeError} when the body is longer than a peer may send: a fault of the caller
 */
export function encodeFrameInto(json: string, target: Uint8Array, offset: number): number {
  const body = offset + HEADER_BYTES;
  const { read, written } = utf8.encodeInto(json, target.subarray(body, body + 3 * json.length));
  if (written > MAX_BODY_BYTES || read < json.length) {
    throw new RangeError(`Cannot send a body of ${written} bytes: it must be at most ${MAX_BODY_BYTES}`);
  }
  target.fill(0, offset, offset + 5);
  target[offset + 5] = written >>> 16;
  target[offset + 6] = written >>> 8;
  target[offset + 7] = written;
  return HEADER_BYTES + written;
}

/**
 * Makes one frame of a JSON text.
 *
 * @param json one JSON object as text
 * @returns the frame, header included
 * @throws {RangeError} when the body is longer than a peer may send: a fault of the caller
 */
export function encodeFrame(json: string): Uint8Array {
  const target = new Uint8Array(maxFrameBytes(json));
  return target.subarray(0, encodeFrameInto(json, target, 0));
}

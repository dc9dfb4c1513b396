/**
 * The frame encoder and decoder. A frame is a length prefix and a body of that length.
 *
 * Rules: one read may hold many frames, and one frame may arrive in many reads. "More bytes needed" is a return value,
 * not an exception. A length outside the limits is refused as soon as its header is complete, before memory is
 * allocated for the body, and the decoder stays refused. The work is linear in the bytes received, however they are
 * split. The content of a body is not checked here.
 *
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { HEADER_BYTES, MAX_BODY_BYTES, MIN_BODY_BYTES } from "./limits.ts";

const EMPTY = new Uint8Array(0);
const MAX_FRAME_BYTES = HEADER_BYTES + MAX_BODY_BYTES;

/**
 * Splits a stream of bytes into bodies.
 *
 * Push the bytes of one read, then call {@linkcode FrameDecoder.next} until it returns `undefined`. After that the
 * pushed bytes may be overwritten. A body is a view of those bytes or of the decoder's buffer, valid until then; copy
 * it to use it longer.
 *
 * Strategy: a frame that arrives whole is returned in place, without a copy. Only a frame that arrives in pieces is
 * assembled in the decoder's own buffer, which copies from each later push only what that frame still needs.
 *
 * @example
 * ```ts
 * decoder.push(bytes);
 * for (let body = decoder.next(); body; body = decoder.next()) handle(body);
 * ```
 */
export class FrameDecoder {
  /** The last push, the caller's memory; everything before `#at` is consumed. */
  #pushed: Uint8Array = EMPTY;
  #at = 0;
  /** An incomplete frame from earlier pushes, in the decoder's own memory: `#held[#start..#end]`. */
  #held: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  /** The memory that holds the current body, the one that {@linkcode FrameDecoder.advance} moved to. */
  bytes: Uint8Array = EMPTY;
  /** The index of the first byte of that body. */
  bodyStart = 0;
  /** The index after the last byte of that body. */
  bodyEnd = 0;
  /** The error of the first invalid header; every later call throws it again. */
  #refusal: ProtocolError | undefined;
  /** The length in that header. */
  refusedLength: bigint | undefined;

  /** How many bytes of an incomplete frame are buffered. */
  get pendingBytes(): number {
    return this.#end - this.#start + this.#pushed.length - this.#at;
  }

  /**
   * Adds the bytes of one read. They are ignored once a frame was refused.
   *
   * @param bytes any number of bytes; they may be overwritten once {@linkcode FrameDecoder.next} returned `undefined`
   */
  push(bytes: Uint8Array): void {
    if (this.#refusal !== undefined) return;
    this.#hold(this.#pushed.length - this.#at, Infinity);
    this.#pushed = bytes;
    this.#at = 0;
  }

  /**
   * Returns the next complete body.
   *
   * @returns the bytes of one body, or `undefined` when more bytes are needed
   * @throws {ProtocolError} `bad_frame` when the header announces a length outside the limits, and on every later call
   */
  next(): Uint8Array | undefined {
    return this.advance() ? this.bytes.subarray(this.bodyStart, this.bodyEnd) : undefined;
  }

  /**
   * Moves to the next complete body: the bytes of {@linkcode FrameDecoder.bytes} from {@linkcode
   * FrameDecoder.bodyStart} to {@linkcode FrameDecoder.bodyEnd}. They are valid as long as the view that `next`
   * returns, but no object is made.
   *
   * @returns `true` if there is one, `false` when more bytes are needed
   * @throws {ProtocolError} as {@linkcode FrameDecoder.next} does
   */
  advance(): boolean {
    if (this.#refusal !== undefined) throw this.#refusal;
    return this.#end > this.#start ? this.#advanceHeld() : this.#advancePushed();
  }

  #advancePushed(): boolean {
    const there = this.#pushed.length - this.#at;
    if (there >= HEADER_BYTES) {
      const whole = HEADER_BYTES + this.#announcedLength(this.#pushed, this.#at);
      if (there >= whole) {
        this.bytes = this.#pushed;
        this.bodyStart = this.#at + HEADER_BYTES;
        this.bodyEnd = this.#at += whole;
        return true;
      }
    }
    this.#hold(there, MAX_FRAME_BYTES);
    this.#pushed = this.bytes = EMPTY;
    this.#at = 0;
    return false;
  }

  #advanceHeld(): boolean {
    if (!this.#gather(HEADER_BYTES)) return false;
    const whole = HEADER_BYTES + this.#announcedLength(this.#held, this.#start);
    if (!this.#gather(whole)) return false;
    this.bytes = this.#held;
    this.bodyStart = this.#start + HEADER_BYTES;
    this.bodyEnd = this.#start += whole;
    if (this.#start === this.#end) {
      // The body is a view of this memory, so the next incomplete frame needs new memory.
      this.#held = EMPTY;
      this.#start = this.#end = 0;
    }
    return true;
  }

  /** Copies pushed bytes until `count` bytes are buffered; returns whether there are that many. */
  #gather(count: number): boolean {
    const missing = count - (this.#end - this.#start);
    if (missing > 0) this.#hold(Math.min(missing, this.#pushed.length - this.#at), MAX_FRAME_BYTES);
    return this.#end - this.#start >= count;
  }

  /**
   * Appends the next `count` pushed bytes to the buffer. A full buffer grows to twice its size, so that not every push
   * copies it again, but to at most `most` bytes unless `count` needs more.
   */
  #hold(count: number, most: number): void {
    if (count === 0) return;
    if (this.#end + count > this.#held.length) {
      const held = this.#end - this.#start;
      const target = new Uint8Array(Math.max(held + count, Math.min(2 * held, most)));
      target.set(this.#held.subarray(this.#start, this.#end));
      this.#held = target;
      this.#start = 0;
      this.#end = held;
    }
    this.#held.set(this.#pushed.subarray(this.#at, this.#at += count), this.#end);
    this.#end += count;
  }

  #announcedLength(bytes: Uint8Array, start: number): number {
    let length = 0;
    // A length near 2^64 loses precision as a double, but a length near the limits does not.
    for (let i = 0; i < HEADER_BYTES; i++) length = length * 256 + bytes[start + i]!;
    if (length < MIN_BODY_BYTES || length > MAX_BODY_BYTES) {
      const exactly = new DataView(bytes.buffer, bytes.byteOffset + start).getBigUint64(0);
      this.refusedLength = exactly;
      this.#pushed = this.#held = EMPTY;
      this.#at = this.#start = this.#end = 0;
      throw this.#refusal = new ProtocolError(
        "bad_frame",
        `Cannot read a body of ${exactly} bytes: it must be ${MIN_BODY_BYTES} to ${MAX_BODY_BYTES}`,
      );
    }
    return length;
  }
}

const utf8 = new TextEncoder();

/**
 * Returns the most bytes that a JSON text can take as a frame: a UTF-16 unit is at most three bytes of UTF-8.
 *
 * @param json a JSON text
 * @returns a size in bytes, large enough for {@linkcode encodeFrameInto}
 */
export function maxFrameBytes(json: string): number {
  return HEADER_BYTES + 3 * json.length;
}

/**
 * Writes a JSON text as one frame into existing memory.
 *
 * @param json one JSON object as text
 * @param target the memory to write to; it has at least {@linkcode maxFrameBytes} bytes after `offset`
 * @param offset the index of the frame's first byte
 * @returns the length of the frame in bytes
 * @throws {RangeError} when the body is shorter or longer than the limits, or does not fit: an error of the caller
 */
export function encodeFrameInto(json: string, target: Uint8Array, offset: number): number {
  const body = offset + HEADER_BYTES;
  const { read, written } = utf8.encodeInto(json, target.subarray(body, body + 3 * json.length));
  if (read < json.length) {
    throw new RangeError(
      `Cannot write a frame: it must have ${maxFrameBytes(json)} bytes: ${target.length - offset} are there`,
    );
  }
  if (written < MIN_BODY_BYTES || written > MAX_BODY_BYTES) {
    throw new RangeError(
      `Cannot send a body of ${written} bytes: it must be ${MIN_BODY_BYTES} to ${MAX_BODY_BYTES}`,
    );
  }
  writeHeader(target, offset, written);
  return HEADER_BYTES + written;
}

/**
 * Writes the header of a frame.
 *
 * @param target the memory to write to
 * @param offset the index of the frame's first byte
 * @param length the length of the body in bytes, at most `MAX_BODY_BYTES`
 */
export function writeHeader(target: Uint8Array, offset: number, length: number): void {
  target[offset] =
    target[offset + 1] =
    target[offset + 2] =
    target[offset + 3] =
    target[offset + 4] =
      0;
  target[offset + 5] = length >>> 16;
  target[offset + 6] = length >>> 8;
  target[offset + 7] = length;
}

/** Reserves the bytes of a header while several frames are encoded in one call. */
const NO_HEADER = "\0".repeat(HEADER_BYTES);

/**
 * Writes JSON texts as frames into existing memory, one after the other. A call of the text encoder costs more than the
 * characters it encodes, so a burst of messages is encoded in one call, with space for the headers. If the result has
 * one byte for each character, all of it is ASCII and each body is as long as its text.
 *
 * @param jsons JSON objects as text
 * @param target the memory to write to; after `offset` it has at least the sum of their {@linkcode maxFrameBytes}
 * @param offset the index of the first frame's first byte
 * @returns the length of all frames in bytes
 * @throws {RangeError} when a body is shorter or longer than the limits, or does not fit: an error of the caller
 */
export function encodeFramesInto(jsons: readonly string[], target: Uint8Array, offset: number): number {
  let end = offset;
  if (
    jsons.length > 1 && jsons.every((json) => json.length >= MIN_BODY_BYTES && json.length <= MAX_BODY_BYTES)
  ) {
    const text = NO_HEADER + jsons.join(NO_HEADER);
    const { read, written } = utf8.encodeInto(text, target.subarray(offset));
    if (read === text.length && written === read) {
      for (const { length } of jsons) {
        writeHeader(target, end, length);
        end += HEADER_BYTES + length;
      }
      return written;
    }
  }
  for (const json of jsons) end += encodeFrameInto(json, target, end);
  return end - offset;
}

/**
 * Encodes a JSON text as one frame.
 *
 * @param json one JSON object as text
 * @returns the frame, header included
 * @throws {RangeError} when the body is shorter or longer than the limits: an error of the caller
 */
export function encodeFrame(json: string): Uint8Array {
  const target = new Uint8Array(maxFrameBytes(json));
  return target.subarray(0, encodeFrameInto(json, target, 0));
}

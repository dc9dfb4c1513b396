/**
 * The length prefix: bytes become bodies, JSON texts become frames.
 *
 * Rules: any number of frames may arrive in one read and one frame in any number of reads; "need more" is a value, not
 * an exception; a length outside the limits is refused from the header alone, before anything is kept for it, and for
 * good; the work is linear in the bytes received however they are split. What is in a body is not this file's business.
 *
 * @module
 */
import { ProtocolError } from "./errors.ts";
import { HEADER_BYTES, MAX_BODY_BYTES, MIN_BODY_BYTES } from "./limits.ts";

const EMPTY = new Uint8Array(0);
const MAX_FRAME_BYTES = HEADER_BYTES + MAX_BODY_BYTES;

/**
 * Cuts a stream of bytes into bodies.
 *
 * Push what was read, then call {@linkcode FrameDecoder.next} until it answers `undefined`. The pushed bytes may be
 * written over from then on. A body is a view, of those bytes or of the decoder's own, and good until then: who needs
 * it for longer copies it.
 *
 * Strategy: frames that arrived whole are handed out where they lie. Only a frame that comes in pieces is put together
 * in memory of the decoder's own, which takes of each later push no more than that frame still needs.
 *
 * @example
 * ```ts
 * decoder.push(bytes);
 * for (let body = decoder.next(); body; body = decoder.next()) handle(body);
 * ```
 */
export class FrameDecoder {
  /** What was pushed last, the caller's; handed out as far as `#at`. */
  #pushed: Uint8Array = EMPTY;
  #at = 0;
  /** What came before that and is not whole yet, ours: `#held[#start..#end]`. */
  #held: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  /** What the body lies in that {@linkcode FrameDecoder.advance} came to last. */
  bytes: Uint8Array = EMPTY;
  /** Where that body begins there. */
  bodyStart = 0;
  /** Where that body ends there, without that byte. */
  bodyEnd = 0;
  /** Why nothing can be read any more, once that is so. */
  #refusal: ProtocolError | undefined;

  /** How many bytes wait for the rest of their frame. */
  get pendingBytes(): number {
    return this.#end - this.#start + this.#pushed.length - this.#at;
  }

  /**
   * Takes what was read; nothing more once a frame has been refused.
   *
   * @param bytes any number of bytes; they may be written over once {@linkcode FrameDecoder.next} answered `undefined`
   */
  push(bytes: Uint8Array): void {
    if (this.#refusal !== undefined) return;
    this.#hold(this.#pushed.length - this.#at, Infinity);
    this.#pushed = bytes;
    this.#at = 0;
  }

  /**
   * Hands out the next whole body.
   *
   * @returns the bytes of one body, or `undefined` when more bytes are needed
   * @throws {ProtocolError} `bad_frame` when the header announces a length outside the limits, and on every later call
   */
  next(): Uint8Array | undefined {
    return this.advance() ? this.bytes.subarray(this.bodyStart, this.bodyEnd) : undefined;
  }

  /**
   * Goes on to the next whole body, which then lies in {@linkcode FrameDecoder.bytes} from
   * {@linkcode FrameDecoder.bodyStart} to {@linkcode FrameDecoder.bodyEnd}, as good as what `next` hands out, and costs
   * no object.
   *
   * @returns whether there is one; else more bytes are needed
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
      // The body lies in this memory, so what is held next gets memory of its own.
      this.#held = EMPTY;
      this.#start = this.#end = 0;
    }
    return true;
  }

  /** Holds as much of what was pushed as makes `count` bytes; answers whether there are that many now. */
  #gather(count: number): boolean {
    const missing = count - (this.#end - this.#start);
    if (missing > 0) this.#hold(Math.min(missing, this.#pushed.length - this.#at), MAX_FRAME_BYTES);
    return this.#end - this.#start >= count;
  }

  /**
   * Moves bytes from what was pushed behind what is held. Where that has to grow it grows to twice its size, so that not
   * every push moves it again, but to no more than `most` unless it has to.
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
    // Up to 2^64 loses precision as a double, but nothing near the limits does.
    for (let i = 0; i < HEADER_BYTES; i++) length = length * 256 + bytes[start + i]!;
    if (length < MIN_BODY_BYTES || length > MAX_BODY_BYTES) {
      const exactly = new DataView(bytes.buffer, bytes.byteOffset + start).getBigUint64(0);
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
 * @throws {RangeError} when the body is shorter or longer than a peer may send, or does not fit: a fault of the caller
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
 * Writes the length before a body.
 *
 * @param target where to write
 * @param offset where the frame begins
 * @param length how many bytes the body has, at most `MAX_BODY_BYTES`
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

/** What stands where a header will be, while frames are encoded together. */
const NO_HEADER = "\0".repeat(HEADER_BYTES);

/**
 * Writes JSON texts as frames, one behind the other, into memory that is there already. To have a text encoded costs more
 * for the asking than for its length, so a burst of lines is encoded as one text, headers and all; where that gave one
 * byte for each character all of it is ASCII, and each body is as long as its text.
 *
 * @param jsons JSON objects as text
 * @param target where to write; from `offset` on it has at least the {@linkcode maxFrameBytes} of each
 * @param offset where the first frame begins
 * @returns how many bytes the frames have
 * @throws {RangeError} when a body is shorter or longer than a peer may send, or does not fit: a fault of the caller
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
 * Makes one frame of a JSON text.
 *
 * @param json one JSON object as text
 * @returns the frame, header included
 * @throws {RangeError} when the body is shorter or longer than a peer may send: a fault of the caller
 */
export function encodeFrame(json: string): Uint8Array {
  const target = new Uint8Array(maxFrameBytes(json));
  return target.subarray(0, encodeFrameInto(json, target, 0));
}

/**
 * The length prefix: bytes become bodies, JSON texts become frames.
 *
 * Rules: any number of frames may arrive in one read and one frame in any number of reads; "need more" is a value, not
 * an exception; a length outside the limits is refused from the header alone, before anything is kept for it, and for
 * good; what waits for its rest takes at most twice its own size, and never more than the longest frame; the work is
 * linear in the bytes received however they are split. What is in a body is not this file's business.
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
  /** Whether `#bytes` is ours to append to, or the caller's, borrowed until `next` answers `undefined`. */
  #owned = false;
  /** Why nothing can be read any more, once that is so. */
  #refusal: ProtocolError | undefined;

  /** How many bytes wait for the rest of their frame. */
  get pendingBytes(): number {
    return this.#end - this.#start;
  }

  /**
   * Takes what was read; nothing more once a frame has been refused.
   *
   * @param bytes any number of bytes; they may be written over once {@linkcode FrameDecoder.next} answered `undefined`
   */
  push(bytes: Uint8Array): void {
    if (this.#refusal !== undefined) return;
    const pending = this.pendingBytes;
    if (pending === 0) {
      this.#bytes = bytes;
      this.#start = 0;
      this.#end = bytes.length;
      this.#owned = false;
      return;
    }
    if (!this.#owned || this.#end + bytes.length > this.#bytes.length) this.#keep(pending + bytes.length);
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  /**
   * Hands out the next whole body.
   *
   * @returns the bytes of one body, or `undefined` when more bytes are needed
   * @throws {ProtocolError} `bad_frame` when the header announces a length outside the limits, and on every later call
   */
  next(): Uint8Array | undefined {
    if (this.#refusal !== undefined) throw this.#refusal;
    const pending = this.pendingBytes;
    if (pending >= HEADER_BYTES) {
      const length = this.#announcedLength();
      const whole = HEADER_BYTES + length;
      if (pending >= whole) {
        const body = this.#bytes.subarray(this.#start + HEADER_BYTES, this.#start + whole);
        this.#start += whole;
        return body;
      }
    }
    if (pending === 0) this.#bytes = EMPTY;
    else if (!this.#owned || this.#start > 0) this.#keep(pending);
    return undefined;
  }

  #announcedLength(): number {
    const bytes = this.#bytes;
    let length = 0;
    // Up to 2^64 loses precision as a double, but nothing near the limits does.
    for (let i = 0; i < HEADER_BYTES; i++) length = length * 256 + bytes[this.#start + i]!;
    if (length < MIN_BODY_BYTES || length > MAX_BODY_BYTES) {
      this.#bytes = EMPTY;
      this.#start = this.#end = 0;
      throw this.#refusal = new ProtocolError(
        "bad_frame",
        `Cannot read a body of ${length} bytes: it must be ${MIN_BODY_BYTES} to ${MAX_BODY_BYTES}`,
      );
    }
    return length;
  }

  /**
   * Moves the waiting bytes to the front of memory of our own: at least `capacity`, and twice what waits so that not
   * every push moves it again, but no more than one frame needs.
   */
  #keep(capacity: number): void {
    const pending = this.pendingBytes;
    const room = pending < MAX_FRAME_BYTES ? Math.min(2 * pending, MAX_FRAME_BYTES) : 2 * pending;
    const kept = new Uint8Array(Math.max(capacity, room));
    kept.set(this.#bytes.subarray(this.#start, this.#end));
    this.#bytes = kept;
    this.#start = 0;
    this.#end = pending;
    this.#owned = true;
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
 * @throws {RangeError} when the body is shorter or longer than a peer may send: a fault of the caller
 */
export function encodeFrame(json: string): Uint8Array {
  const target = new Uint8Array(maxFrameBytes(json));
  return target.subarray(0, encodeFrameInto(json, target, 0));
}

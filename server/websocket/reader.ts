/**
 * Reads the frames of a WebSocket client (RFC 6455, section 5): bytes in, the payload of binary messages out.
 *
 * Strategy: the payload replaces the frames in the buffer that was read, so nothing is copied to another buffer and
 * nothing of a data frame waits here. Only a partial header and the payload of a control frame are kept, at most 14 and
 * 125 bytes. A header with an error is refused before any of its payload arrives.
 *
 * Rules:
 * - Messages are binary. Where one ends means nothing, so that a message may be longer than any buffer.
 * - Only the last ping of a read is answered, which RFC 6455 allows.
 * - What comes before an error is valid. What comes after an error or a close frame is ignored.
 *
 * @module
 */
import { CloseCode, FIN, isCloseCode, MASKED, MAX_CONTROL_BYTES, MAX_HEADER_BYTES, Opcode } from "./frame.ts";
import { MAX_WEB_SOCKET_MESSAGE_BYTES } from "../limits.ts";

/** How the peer, or its error, ends the connection. */
export interface ReadEnd {
  /** The code for the answer; `undefined` if the close frame of the peer has none. */
  code: number | undefined;
  /** What is wrong, for the peer and the log; empty if the peer has sent a close frame. */
  problem: string;
}

const RSV_BITS = 0x70, OPCODE_BITS = 0x0f, LENGTH_BITS = 0x7f;

/** Takes binary messages out of the frames of one client. */
export class FrameReader {
  /** Bytes of the header that is not complete; `undefined` while there are none. */
  #header: Uint8Array | undefined;
  #headerLength = 0;
  #opcode: number = Opcode.Continuation;
  /** The number of payload bytes of the frame that are still to come. */
  #left = 0;
  /** The key of the frame, as 32 bits with the byte for the next payload byte first. */
  #mask = 0;
  /** The payload of a control frame so far. */
  #control: Uint8Array | undefined;
  #controlLength = 0;
  /** Whether a message is not complete yet, and how many bytes its frames have so far. */
  #fragmented = false;
  #messageBytes = 0;
  #ping: Uint8Array | undefined;
  #end: ReadEnd | undefined;

  /** How the connection ends, once the peer has sent a close frame or has broken the protocol. */
  get end(): ReadEnd | undefined {
    return this.#end;
  }

  /** Whether a header or a frame is not complete, and its rest may still come. */
  get partial(): boolean {
    return this.#end === undefined && (this.#headerLength > 0 || this.#left > 0);
  }

  /**
   * Takes the last ping that came and was not taken.
   *
   * @returns its payload; `undefined` if there is none
   */
  takePing(): Uint8Array | undefined {
    const ping = this.#ping;
    this.#ping = undefined;
    return ping;
  }

  /**
   * Reads bytes of the client, and puts the payload of its binary messages in their place.
   *
   * @param bytes the bytes as they came; the payload is at their start afterwards
   * @returns how many bytes of payload that are
   */
  read(bytes: Uint8Array): number {
    let [at, payload] = [0, 0];
    while (at < bytes.length && this.#end === undefined) {
      if (this.#left === 0) {
        at = this.#readHeader(bytes, at);
        continue;
      }
      const count = Math.min(this.#left, bytes.length - at);
      if (this.#opcode >= Opcode.Close) this.#keepControl(bytes.subarray(at, at + count));
      else {
        this.#unmask(bytes, at, payload, count);
        payload += count;
      }
      at += count;
      this.#left -= count;
      if (this.#left === 0 && this.#opcode >= Opcode.Close) this.#takeControl();
    }
    return payload;
  }

  /** Reads a header, or a part of it, from `at` on; returns where it ends. */
  #readHeader(bytes: Uint8Array, at: number): number {
    if (this.#headerLength === 0) {
      const available = bytes.length - at;
      const size = available >= 2 ? sizeOf(bytes[at + 1]!) : MAX_HEADER_BYTES;
      // Nearly always a header is in the buffer as a whole.
      if (available >= size) {
        this.#begin(bytes, at);
        return at + size;
      }
    }
    const header = this.#header ??= new Uint8Array(MAX_HEADER_BYTES);
    while (at < bytes.length) {
      header[this.#headerLength++] = bytes[at++]!;
      if (this.#headerLength < 2) continue;
      // An error in the first two bytes is refused now: the rest of that header may never come.
      if (this.#headerLength === 2 && this.#check(header[0]!, header[1]!)) return at;
      if (this.#headerLength < sizeOf(header[1]!)) continue;
      this.#begin(header, 0);
      this.#headerLength = 0;
      this.#header = undefined;
      return at;
    }
    return at;
  }

  /** Checks the first two bytes of a header; returns whether they are refused. */
  #check(first: number, second: number): boolean {
    const opcode = first & OPCODE_BITS;
    const fin = (first & FIN) !== 0;
    if ((first & RSV_BITS) !== 0) {
      return this.#fail("a frame has reserved bits, and no extension is agreed on");
    }
    if ((second & MASKED) === 0) return this.#fail("a frame of a client must be masked");
    if (opcode >= Opcode.Close) {
      if (opcode > Opcode.Pong) return this.#fail(`a frame has the unknown opcode ${opcode}`);
      if (!fin) return this.#fail("a control frame must not be fragmented");
      return (second & LENGTH_BITS) > MAX_CONTROL_BYTES &&
        this.#fail(`a control frame has at most ${MAX_CONTROL_BYTES} bytes`);
    }
    if (opcode === Opcode.Text) {
      return this.#fail("only binary messages are understood, and this one is text", CloseCode.Unsupported);
    }
    if (opcode > Opcode.Binary) return this.#fail(`a frame has the unknown opcode ${opcode}`);
    if (opcode === Opcode.Continuation && !this.#fragmented) {
      return this.#fail("a continuation frame needs a message that it continues");
    }
    return opcode === Opcode.Binary && this.#fragmented &&
      this.#fail("a new message begins before the last one is complete");
  }

  /** Starts a frame, whose whole header is at `at`. */
  #begin(bytes: Uint8Array, at: number): void {
    const [first, second] = [bytes[at]!, bytes[at + 1]!];
    if (this.#check(first, second)) return;
    let length = second & LENGTH_BITS;
    let maskAt = at + 2;
    if (length > 125) {
      const size = length === 126 ? 2 : 8;
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + bytes[maskAt++]!;
      if (length < (size === 2 ? 126 : 0x10000)) {
        return void this.#fail("a length has more bytes than it needs");
      }
    }
    // A length of that size may be rounded; its first bit is not.
    if (length >= 2 ** 63) return void this.#fail("the first bit of a length must be 0");
    this.#opcode = first & OPCODE_BITS;
    if (this.#opcode < Opcode.Close) {
      this.#messageBytes += length;
      if (this.#messageBytes > MAX_WEB_SOCKET_MESSAGE_BYTES) {
        const reason = `a message has at most ${MAX_WEB_SOCKET_MESSAGE_BYTES} bytes`;
        return void this.#fail(reason, CloseCode.TooBig);
      }
      this.#fragmented = (first & FIN) === 0;
      if (!this.#fragmented) this.#messageBytes = 0;
    }
    this.#mask = bytes[maskAt]! << 24 | bytes[maskAt + 1]! << 16 | bytes[maskAt + 2]! << 8 |
      bytes[maskAt + 3]!;
    this.#left = length;
    if (length === 0 && this.#opcode >= Opcode.Close) this.#takeControl();
  }

  /** Unmasks `count` bytes at `from` and moves them to `to`, which is not behind `from`. */
  #unmask(bytes: Uint8Array, from: number, to: number, count: number): void {
    let mask = this.#mask;
    for (let i = 0; i < count; i++) {
      bytes[to + i] = bytes[from + i]! ^ (mask >>> 24);
      mask = mask << 8 | mask >>> 24;
    }
    this.#mask = mask;
  }

  #keepControl(bytes: Uint8Array): void {
    const control = this.#control ??= new Uint8Array(MAX_CONTROL_BYTES);
    control.set(bytes, this.#controlLength);
    this.#unmask(control, this.#controlLength, this.#controlLength, bytes.length);
    this.#controlLength += bytes.length;
  }

  /** Carries out a control frame that is complete. */
  #takeControl(): void {
    const payload = this.#control?.slice(0, this.#controlLength) ?? new Uint8Array(0);
    this.#control = undefined;
    this.#controlLength = 0;
    if (this.#opcode === Opcode.Ping) this.#ping = payload;
    if (this.#opcode === Opcode.Close) this.#takeClose(payload);
  }

  #takeClose(payload: Uint8Array): void {
    if (payload.length === 0) return void (this.#end = { code: undefined, problem: "" });
    const code = payload[0]! << 8 | payload[1]!;
    if (payload.length === 1 || !isCloseCode(code)) {
      return void this.#fail("a close frame has an invalid code");
    }
    try {
      new TextDecoder("utf-8", { fatal: true }).decode(payload.subarray(2));
    } catch {
      return void this.#fail("the reason in a close frame is not UTF-8", CloseCode.InvalidText);
    }
    this.#end = { code, problem: "" };
  }

  /** Ends the connection because of an error of the peer; returns true. */
  #fail(problem: string, code: number = CloseCode.ProtocolError): true {
    this.#end = { code, problem };
    return true;
  }
}

/** The size of a header whose second byte this is, with the masking key if it says so. */
function sizeOf(second: number): number {
  const length = second & LENGTH_BITS;
  return 2 + (length === 126 ? 2 : length === 127 ? 8 : 0) + ((second & MASKED) === 0 ? 0 : 4);
}

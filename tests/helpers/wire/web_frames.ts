/**
 * Frames of WebSocket as a client makes and reads them, written without the code of the hub.
 *
 * @module
 */

/** How to make a frame. */
export interface FrameOptions {
  /** Whether it is the last frame of its message; default true. */
  fin?: boolean;
  /** The three reserved bits; default 0. */
  reserved?: number;
  /** The masking key; `undefined` for a frame that is not masked. Default: some key. */
  mask?: readonly number[] | undefined;
  /** How many bytes the length takes in the header: 1, 3 or 9; default as few as possible. */
  lengthBytes?: 1 | 3 | 9;
  /** The length in the header; default that of the payload. */
  length?: bigint;
}

/**
 * Makes a frame.
 *
 * @param opcode its kind
 * @param payload its payload
 * @param options see {@linkcode FrameOptions}
 */
export function webFrame(
  opcode: number,
  payload: ArrayLike<number> = [],
  options: FrameOptions = {},
): Uint8Array {
  const { fin = true, reserved = 0 } = options;
  const mask = "mask" in options ? options.mask : [0x37, 0xfa, 0x21, 0x3d];
  const length = options.length ?? BigInt(payload.length);
  const lengthBytes = options.lengthBytes ?? (length < 126n ? 1 : length < 65536n ? 3 : 9);
  const header = [(fin ? 0x80 : 0) | reserved << 4 | opcode];
  const masked = mask === undefined ? 0 : 0x80;
  if (lengthBytes === 1) header.push(masked | Number(length));
  else {
    header.push(masked | (lengthBytes === 3 ? 126 : 127));
    for (let i = lengthBytes - 2; i >= 0; i--) header.push(Number(length >> BigInt(8 * i) & 0xffn));
  }
  const body = Array.from(payload, (byte, i) => mask === undefined ? byte : byte ^ mask[i % 4]!);
  return Uint8Array.from([...header, ...mask ?? [], ...body]);
}

/** A frame of a server. */
export interface ServerFrame {
  /** Its kind. */
  opcode: number;
  /** Its payload. */
  payload: Uint8Array;
}

/** Takes frames of a server out of a stream of bytes. */
export class ServerFrames {
  #header: number[] = [];
  #payload: Uint8Array | undefined;
  #at = 0;

  /** The number of bytes of the frame that is not complete. */
  get rest(): number {
    return this.#header.length + this.#at;
  }

  /**
   * Takes bytes.
   *
   * @param bytes the next bytes of the stream
   * @returns the frames that are whole now
   * @throws {Error} if a frame is masked, fragmented or has reserved bits
   */
  push(bytes: Uint8Array): ServerFrame[] {
    const frames: ServerFrame[] = [];
    for (let at = 0; at < bytes.length;) {
      if (this.#payload === undefined) {
        this.#header.push(bytes[at++]!);
        this.#payload = this.#payloadOf(this.#header);
      } else {
        const part = bytes.subarray(at, at + this.#payload.length - this.#at);
        this.#payload.set(part, this.#at);
        this.#at += part.length;
        at += part.length;
      }
      if (this.#payload === undefined || this.#at < this.#payload.length) continue;
      frames.push({ opcode: this.#header[0]! & 15, payload: this.#payload });
      this.#header = [];
      this.#payload = undefined;
      this.#at = 0;
    }
    return frames;
  }

  /** Room for the payload, if the header is complete. */
  #payloadOf([first, short, ...bytes]: number[]): Uint8Array | undefined {
    if ((first! & 0xf0) !== 0x80) throw new Error(`a server sends no frame with first byte ${first}`);
    if (short === undefined) return undefined;
    if (short > 127) throw new Error("a server masks no frame");
    const size = short < 126 ? 0 : short === 126 ? 2 : 8;
    if (bytes.length < size) return undefined;
    return new Uint8Array(size === 0 ? short : bytes.reduce((length, byte) => length * 256 + byte, 0));
  }
}

/**
 * Joins pieces of bytes.
 *
 * @param pieces the pieces
 */
export function joined(...pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

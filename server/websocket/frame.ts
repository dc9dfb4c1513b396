/**
 * The header of a frame of WebSocket (RFC 6455, section 5.2), and the codes with which a connection closes.
 *
 * @module
 */

/** The kinds of frames. */
export const Opcode = { Continuation: 0, Text: 1, Binary: 2, Close: 8, Ping: 9, Pong: 10 } as const;

/** The codes with which the hub closes a WebSocket (RFC 6455, section 7.4.1). */
export const CloseCode = {
  Normal: 1000,
  GoingAway: 1001,
  ProtocolError: 1002,
  Unsupported: 1003,
  InvalidText: 1007,
  TooBig: 1009,
} as const;

/** The first bit of a header: whether the frame is the last one of its message. */
export const FIN = 0x80;

/** The first bit of the second byte: whether the payload is masked. */
export const MASKED = 0x80;

/** The most bytes of a header that a client sends. */
export const MAX_HEADER_BYTES = 14;

/** The most bytes of payload of a control frame. */
export const MAX_CONTROL_BYTES = 125;

/**
 * Computes the size of the header of a frame that is not masked.
 *
 * @param length the length of the payload, in bytes
 * @returns the size in bytes
 */
export function headerBytes(length: number): number {
  return length < 126 ? 2 : length < 0x10000 ? 4 : 10;
}

/**
 * Writes the header of a frame that is whole and not masked.
 *
 * @param into where to write it, from the start
 * @param opcode the kind of the frame, see {@linkcode Opcode}
 * @param length the length of the payload, in bytes
 * @returns the size of the header, as {@linkcode headerBytes} computes it
 */
export function writeHeader(into: Uint8Array, opcode: number, length: number): number {
  into[0] = FIN | opcode;
  if (length < 126) {
    into[1] = length;
    return 2;
  }
  const view = new DataView(into.buffer, into.byteOffset);
  if (length < 0x10000) {
    into[1] = 126;
    view.setUint16(2, length);
    return 4;
  }
  into[1] = 127;
  view.setBigUint64(2, BigInt(length));
  return 10;
}

/**
 * Makes a whole frame that is not masked.
 *
 * @param opcode the kind of the frame, see {@linkcode Opcode}
 * @param payload the payload, which is copied
 * @returns the frame
 */
export function frameOf(opcode: number, payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(headerBytes(payload.length) + payload.length);
  frame.set(payload, writeHeader(frame, opcode, payload.length));
  return frame;
}

/**
 * Makes a close frame.
 *
 * @param code why the connection closes, see {@linkcode CloseCode}; without one the frame has no payload
 * @param reason the reason as text; what does not fit is cut off
 * @returns the frame
 */
export function closeFrame(code?: number, reason = ""): Uint8Array {
  if (code === undefined) return frameOf(Opcode.Close, new Uint8Array(0));
  const payload = new Uint8Array(MAX_CONTROL_BYTES);
  payload[0] = code >> 8;
  payload[1] = code & 0xff;
  const { written } = new TextEncoder().encodeInto(reason, payload.subarray(2));
  return frameOf(Opcode.Close, payload.subarray(0, 2 + written));
}

/**
 * Checks whether a peer may send a code in a close frame.
 *
 * @param code the code
 * @returns whether RFC 6455 or the registry of IANA allows it on the wire
 */
export function isCloseCode(code: number): boolean {
  return code >= 3000 ? code < 5000 : code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

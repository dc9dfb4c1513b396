/**
 * A connection to a hub through a WebSocket, as a browser has one: what is written and read is the payload of messages.
 *
 * The load comes from a program whose bytes nobody forges, so its frames have the masking key 0: masking would take
 * the time that the hub needs.
 *
 * @module
 */
import type { Connection } from "../client/mod.ts";

/** The hub did not answer as a WebSocket does. */
export class UpgradeError extends Error {
  /** As for any `Error`. */
  override readonly name = "UpgradeError";
}

const BINARY = 0x82, CLOSE = 8, MASKED = 0x80, MAX_HEADER_BYTES = 10;

/** The most bytes of the answer to a handshake. */
const MAX_ANSWER_BYTES = 4096;

/** A WebSocket whose frames come from a hub: they are whole messages and not masked. */
export class WebConnection implements Connection {
  readonly #connection: Connection;
  /** Bytes that came with the answer to the handshake. */
  #early: Uint8Array;
  readonly #header = new Uint8Array(MAX_HEADER_BYTES);
  #headerLength = 0;
  /** The number of payload bytes of the frame that are still to come. */
  #left = 0;
  #ended = false;
  /** The rest of a frame of which a part is written. */
  #rest: Uint8Array | undefined;

  private constructor(connection: Connection, early: Uint8Array) {
    this.#connection = connection;
    this.#early = early;
  }

  /**
   * Makes a WebSocket of an open connection.
   *
   * @param connection the connection to the port for browsers, which is closed if that fails
   * @param host the hub, as the header `Host` names it
   * @returns the WebSocket after its handshake
   * @throws {UpgradeError} if the hub answers with something else
   */
  static async open(connection: Connection, host: string): Promise<WebConnection> {
    try {
      const key = btoa(String.fromCharCode(...crypto.getRandomValues(new Uint8Array(16))));
      const request = `GET /ws HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        `Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n\r\n`;
      let bytes = new TextEncoder().encode(request);
      while (bytes.length > 0) bytes = bytes.subarray(await connection.write(bytes));
      return new WebConnection(connection, await readAnswer(connection));
    } catch (error) {
      connection.close();
      throw error;
    }
  }

  /** As {@linkcode Connection.read}; the payload takes the place of the frames in the buffer. */
  async read(buffer: Uint8Array): Promise<number | null> {
    while (!this.#ended) {
      let count: number | null = Math.min(this.#early.length, buffer.length);
      if (count > 0) {
        buffer.set(this.#early.subarray(0, count));
        this.#early = this.#early.subarray(count);
      } else count = await this.#connection.read(buffer);
      if (count === null) return null;
      const payload = this.#unframe(buffer.subarray(0, count));
      if (payload > 0) return payload;
    }
    return null;
  }

  /** As {@linkcode Connection.write}; if only a part is written, the next call must have the rest. */
  async write(bytes: Uint8Array): Promise<number> {
    this.#rest ??= frameOf(bytes);
    const written = await this.#connection.write(this.#rest);
    const before = Math.min(this.#rest.length, bytes.length);
    const rest = this.#rest.subarray(written);
    this.#rest = rest.length === 0 ? undefined : rest;
    return Math.max(0, before - rest.length);
  }

  /** As {@linkcode Connection.closeWrite}. */
  closeWrite(): Promise<void> {
    return this.#connection.closeWrite();
  }

  /** As {@linkcode Connection.close}. */
  close(): void {
    this.#connection.close();
  }

  /** Moves the payload to the start of the bytes; returns its length. */
  #unframe(bytes: Uint8Array): number {
    let [at, payload] = [0, 0];
    while (at < bytes.length && !this.#ended) {
      if (this.#left > 0) {
        const count = Math.min(this.#left, bytes.length - at);
        bytes.copyWithin(payload, at, at + count);
        this.#left -= count;
        at += count;
        payload += count;
        continue;
      }
      this.#header[this.#headerLength++] = bytes[at++]!;
      const short = this.#headerLength < 2 ? 0 : this.#header[1]!;
      const size = short < 126 ? 2 : short === 126 ? 4 : 10;
      if (this.#headerLength < size) continue;
      this.#ended = (this.#header[0]! & 15) === CLOSE;
      this.#left = size === 2
        ? short
        : this.#header.subarray(2, size).reduce((sum, byte) => sum * 256 + byte, 0);
      this.#headerLength = 0;
    }
    return payload;
  }
}

/** Makes one masked message. */
function frameOf(payload: Uint8Array): Uint8Array {
  const { length } = payload;
  const lengthBytes = length < 126 ? 1 : length < 0x10000 ? 3 : 9;
  const header = 1 + lengthBytes + 4;
  const frame = new Uint8Array(header + length);
  const view = new DataView(frame.buffer);
  frame[0] = BINARY;
  frame[1] = MASKED | (lengthBytes === 1 ? length : lengthBytes === 3 ? 126 : 127);
  if (lengthBytes === 3) view.setUint16(2, length);
  if (lengthBytes === 9) view.setBigUint64(2, BigInt(length));
  frame.set(payload, header);
  return frame;
}

/** Reads the answer to the handshake; returns what comes behind it. */
async function readAnswer(connection: Connection): Promise<Uint8Array> {
  const buffer = new Uint8Array(MAX_ANSWER_BYTES);
  for (let length = 0; length < buffer.length;) {
    const count = await connection.read(buffer.subarray(length));
    if (count === null) break;
    length += count;
    const text = new TextDecoder("latin1").decode(buffer.subarray(0, length));
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) continue;
    if (/^HTTP\/1\.1 101 /.test(text)) return buffer.slice(end + 4, length);
    throw new UpgradeError(
      `it answers ${JSON.stringify(text.slice(0, text.indexOf("\r\n")))}, not as a WebSocket at /ws`,
    );
  }
  throw new UpgradeError("it does not answer as a WebSocket; give the address that `serve --web` listens on");
}

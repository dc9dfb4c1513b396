/**
 * What one session alone is told, as bytes that wait to be written. Small: whoever lets it grow past
 * `OUTBOX_PAUSE_BYTES` is not read from until it has been taken.
 *
 * @module
 */
import { encodeFrame } from "../protocol/mod.ts";

const NONE = new Uint8Array(0);

/** Frames for one session, in order. */
export class Outbox {
  #frames: Uint8Array[] | undefined;
  #byteLength = 0;

  /** How many bytes wait. */
  get byteLength(): number {
    return this.#byteLength;
  }

  /**
   * Adds one frame.
   *
   * @param json one JSON object as text
   * @throws {RangeError} when the body is longer than a peer may read
   */
  push(json: string): void {
    // A copy: what was encoded into is three times as large, and would be kept as long as this waits.
    this.pushFrames(encodeFrame(json).slice());
  }

  /**
   * Adds frames that are encoded already.
   *
   * @param frames whole frames in one piece, which must not be changed
   */
  pushFrames(frames: Uint8Array): void {
    if (this.#frames === undefined) this.#frames = [frames];
    else this.#frames.push(frames);
    this.#byteLength += frames.length;
  }

  /**
   * Takes all that waits.
   *
   * @returns whole frames in one piece; none when nothing waits
   */
  take(): Uint8Array {
    const frames = this.#frames;
    if (frames === undefined) return NONE;
    let bytes = frames[0]!;
    if (frames.length > 1) {
      bytes = new Uint8Array(this.#byteLength);
      let offset = 0;
      for (const frame of frames) {
        bytes.set(frame, offset);
        offset += frame.length;
      }
    }
    this.#frames = undefined;
    this.#byteLength = 0;
    return bytes;
  }
}

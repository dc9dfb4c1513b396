/**
 * What one session alone is told, as bytes that wait to be written. Small: as long as it is full nothing more is read from
 * the session's client. A list that may be long is put in as a source of its pages, each of which is made when what is
 * before it has been taken; so a client that asks and does not read makes the hub hold one page and no list.
 *
 * @module
 */
import { encodeFrame } from "../../protocol/mod.ts";
import { OUTBOX_PAUSE_BYTES, PAGE_BYTES } from "../limits.ts";

const NONE = new Uint8Array(0);

/** Makes the next part of a list: one JSON object as text, and whether another part follows. */
export type PageSource = () => { json: string; more: boolean };

/** A list that has pages to come, and the frames that were put in after it. */
interface Later {
  source: PageSource;
  behind: Uint8Array[];
}

/** Frames for one session, in order. */
export class Outbox {
  #frames: Uint8Array[] | undefined;
  #byteLength = 0;
  /** Lists of which there is more to come; nearly always there is none. */
  #later: Later[] | undefined;

  /** How many bytes wait; a list that is not made yet counts as one page. */
  get byteLength(): number {
    return this.#later === undefined ? this.#byteLength : this.#byteLength + this.#later.length * PAGE_BYTES;
  }

  /** Whether so much waits that nothing more should be asked for. */
  get full(): boolean {
    return this.#later !== undefined || this.#byteLength > OUTBOX_PAUSE_BYTES;
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
    if (this.#later !== undefined) this.#later.at(-1)!.behind.push(frames);
    else if (this.#frames === undefined) this.#frames = [frames];
    else this.#frames.push(frames);
    this.#byteLength += frames.length;
  }

  /**
   * Adds a list. Its first page is made now, the others when they are taken, one at a time.
   *
   * @param source makes them
   */
  pushPages(source: PageSource): void {
    const { json, more } = source();
    this.push(json);
    if (more) (this.#later ??= []).push({ source, behind: [] });
  }

  /**
   * Takes what waits: all of it up to a list, or the next page of that.
   *
   * @returns whole frames in one piece; none when nothing waits
   */
  take(): Uint8Array {
    if (this.#frames === undefined && this.#later !== undefined) this.#makePage(this.#later);
    const frames = this.#frames;
    if (frames === undefined) return NONE;
    let bytes = frames[0]!;
    if (frames.length > 1) {
      bytes = new Uint8Array(frames.reduce((sum, { length }) => sum + length, 0));
      let offset = 0;
      for (const frame of frames) {
        bytes.set(frame, offset);
        offset += frame.length;
      }
    }
    this.#frames = undefined;
    this.#byteLength -= bytes.length;
    return bytes;
  }

  #makePage(later: Later[]): void {
    const { source, behind } = later[0]!;
    const { json, more } = source();
    const frame = encodeFrame(json).slice();
    this.#byteLength += frame.length;
    this.#frames = [frame];
    if (more) return;
    this.#frames.push(...behind);
    if (later.length === 1) this.#later = undefined;
    else later.shift();
  }
}

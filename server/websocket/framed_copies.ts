/**
 * Slices of a log as frames of WebSocket: one copy with its header for all readers that take the same slice.
 *
 * Strategy: frames of a server are not masked, so all readers of a slice are sent the same bytes. In a write round
 * nearly all of them take the same slice, one after the other. A few copies are kept, and found by the buffer and the
 * position of the slice.
 *
 * Rules:
 * - A log only appends to a buffer, until it uses the memory again. Then all copies are forgotten: see
 *   {@linkcode CopyDependencies.reuses}.
 * - Bytes that fill their buffer are a reply to one reader. Their frame is not kept, so that it does not push out what
 *   others share.
 * - Some time after the last copy nothing is kept, so that an idle hub does not hold the memory.
 *
 * @module
 */
import { headerBytes, Opcode, writeHeader } from "./frame.ts";
import type { Timer } from "../../runtime/mod.ts";
import { FRAMED_COPIES_MS, MAX_FRAMED_COPIES } from "../limits.ts";

/** Dependencies of {@linkcode FramedCopies}. */
export interface CopyDependencies {
  /** Forgets the copies after a time. */
  timers: Timer;
  /** Counts how often memory was used again for other bytes: `segmentReuses` of the logs. */
  reuses(): number;
}

/** A slice, and its frame. */
interface FramedCopy {
  buffer: ArrayBufferLike;
  offset: number;
  length: number;
  frame: Uint8Array;
}

/** The copies that the WebSockets of one hub share. */
export class FramedCopies {
  readonly #dependencies: CopyDependencies;
  #copies: FramedCopy[] = [];
  /** Which copy is replaced next, once there are enough. */
  #next = 0;
  #reuses: number;
  #cancel: (() => void) | undefined;
  /** Whether a copy was made since the timer was set. */
  #used = false;

  /**
   * Creates an empty set.
   *
   * @param dependencies see {@linkcode CopyDependencies}
   */
  constructor(dependencies: CopyDependencies) {
    this.#dependencies = dependencies;
    this.#reuses = dependencies.reuses();
  }

  /** The number of copies that are kept. */
  get size(): number {
    return this.#copies.length;
  }

  /**
   * Returns bytes as the payload of one binary message.
   *
   * @param bytes the bytes; only what a log has appended may be part of a buffer that changes
   * @returns the whole frame, which must not be changed
   */
  frame(bytes: Uint8Array): Uint8Array {
    const { buffer, byteOffset, length } = bytes;
    const reuses = this.#dependencies.reuses();
    if (reuses !== this.#reuses) {
      this.#reuses = reuses;
      this.forget();
    }
    for (const copy of this.#copies) {
      if (copy.buffer === buffer && copy.offset === byteOffset && copy.length === length) return copy.frame;
    }
    const header = headerBytes(length);
    const frame = new Uint8Array(header + length);
    writeHeader(frame, Opcode.Binary, length);
    frame.set(bytes, header);
    if (length < buffer.byteLength) this.#keep({ buffer, offset: byteOffset, length, frame });
    return frame;
  }

  /** Forgets all copies; to be called when the hub stops, also. */
  forget(): void {
    this.#copies = [];
    this.#next = 0;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  #keep(copy: FramedCopy): void {
    if (this.#copies.length < MAX_FRAMED_COPIES) this.#copies.push(copy);
    else {
      this.#copies[this.#next] = copy;
      this.#next = (this.#next + 1) % MAX_FRAMED_COPIES;
    }
    this.#used = true;
    this.#cancel ??= this.#dependencies.timers.after(FRAMED_COPIES_MS, this.#expire);
  }

  readonly #expire = (): void => {
    this.#cancel = undefined;
    if (!this.#used) return this.forget();
    this.#used = false;
    this.#cancel = this.#dependencies.timers.after(FRAMED_COPIES_MS, this.#expire);
  };
}

/**
 * Counts the bytes that a piece of code copies and allocates. With it a test can check "linear in the bytes received"
 * and "refused before memory is allocated" without measuring time.
 *
 * @module
 */

/** Counters of copied and allocated bytes. */
export interface ByteCount {
  /** Bytes copied between arrays, or within one. */
  copied: number;
  /** Allocated bytes. */
  allocated: number;
  /** The largest single allocation, in bytes. */
  largest: number;
}

/**
 * Counts the bytes that a synchronous function copies and allocates in `Uint8Array`s.
 *
 * It counts `new Uint8Array`, `set`, `slice` and `copyWithin`: `protocol/frame.ts` copies and allocates in no other
 * way.
 *
 * @param work the function; it must not be asynchronous
 * @returns the counters
 */
export function countBytes(work: () => void): ByteCount {
  const count: ByteCount = { copied: 0, allocated: 0, largest: 0 };
  const Original = globalThis.Uint8Array;
  const { set, slice, copyWithin } = Original.prototype;

  const allocate = (bytes: number) => {
    count.allocated += bytes;
    count.largest = Math.max(count.largest, bytes);
  };
  Original.prototype.set = function (source, offset) {
    count.copied += source.length;
    set.call(this, source, offset);
  };
  Original.prototype.slice = function (start, end) {
    const copy = slice.call(this, start, end);
    count.copied += copy.length;
    allocate(copy.length);
    return copy;
  };
  Original.prototype.copyWithin = function (target, start, end) {
    count.copied += (end ?? this.length) - start;
    copyWithin.call(this, target, start, end);
    return this;
  };
  globalThis.Uint8Array = new Proxy(Original, {
    construct(target, args: ConstructorParameters<typeof Uint8Array>) {
      const made = Reflect.construct(target, args);
      const [source] = args as unknown[];
      if (!(source instanceof ArrayBuffer)) allocate(made.length);
      if (typeof source === "object" && !(source instanceof ArrayBuffer)) count.copied += made.length;
      return made;
    },
  });
  try {
    work();
  } finally {
    globalThis.Uint8Array = Original;
    Object.assign(Original.prototype, { set, slice, copyWithin });
  }
  return count;
}

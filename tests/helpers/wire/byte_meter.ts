/**
 * Counts bytes instead of milliseconds: what a piece of code copies and allocates, so that "linear in the bytes
 * received" and "refused before anything is allocated" are facts and not timings.
 *
 * @module
 */

/** What a piece of code did with bytes. */
export interface ByteCount {
  /** Bytes copied from one array of bytes into another, or within one. */
  copied: number;
  /** Bytes of new memory. */
  allocated: number;
  /** The largest single piece of new memory, in bytes. */
  largest: number;
}

/**
 * Counts what a synchronous function does with `Uint8Array`s.
 *
 * It watches `new Uint8Array`, `set`, `slice` and `copyWithin`, which are all the ways in which bytes are copied or
 * memory is taken in `protocol/frame.ts`.
 *
 * @param work what to watch; it must not await anything
 * @returns the counts
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

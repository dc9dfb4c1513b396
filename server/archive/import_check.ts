/**
 * Checks what of an import a hub would delete again, because it is beyond `--keep`.
 *
 * PURE.
 *
 * @module
 */

const DAY_MS = 86_400_000;

/** What a hub keeps. */
export interface Keep {
  /** The value of `--keep`. */
  readonly text: string;
  /** Where it comes from, such as "the default". */
  readonly origin: string;
  /** How long a message is stored, in milliseconds; may be infinite. */
  readonly ms: number;
  /** The maximum size of all messages, in bytes; may be infinite. */
  readonly bytes: number;
}

/** Counts the messages of an import that a hub would not keep. */
export class ImportCheck {
  readonly #keep: Keep;
  readonly #now: number;
  #lines = 0;
  #old = 0;
  #oldest = Infinity;

  /**
   * Has seen no message yet.
   *
   * @param keep what the hub keeps
   * @param now the time of day, in milliseconds since 1970
   */
  constructor(keep: Keep, now: number) {
    this.#keep = keep;
    this.#now = now;
  }

  /**
   * Counts a message.
   *
   * @param timestamp its time, in milliseconds since 1970
   */
  add(timestamp: number): void {
    this.#lines++;
    if (timestamp < this.#now - this.#keep.ms) this.#old++;
    this.#oldest = Math.min(this.#oldest, timestamp);
  }

  /**
   * Says what the hub would delete and what to do, for the user.
   *
   * @param usedBytes the size of the imported messages, in bytes; 0 if it is not known
   * @returns a sentence for each reason; none if the hub keeps everything
   */
  warnings(usedBytes: number): string[] {
    const { text, origin, bytes } = this.#keep;
    const kept = `--keep ${text}, ${origin}`;
    const warnings: string[] = [];
    if (this.#old > 0) {
      const days = Math.ceil((this.#now - this.#oldest) / DAY_MS) + 1;
      const longer = Number.isFinite(bytes)
        ? `${days}d,${text.split(",").find((part) => /b$/i.test(part))}`
        : `${days}d`;
      warnings.push(
        `${format(this.#old)} of ${messages(this.#lines)} ${
          this.#old === 1 ? "is" : "are"
        } older than a hub keeps ` +
          `(${kept}): it deletes them soon after its start. The oldest is of ${
            dayOf(this.#oldest)
          }. To keep all, ` +
          `start the hub with --keep ${longer.trim()} or --keep forever`,
      );
    }
    if (usedBytes > bytes) {
      warnings.push(
        `${messages(this.#lines)} take ${mebibytes(usedBytes)} MiB, and a hub keeps ${
          mebibytes(bytes)
        } MiB ` +
          `(${kept}): it deletes the oldest soon after its start. To keep all, start the hub with a larger size in ` +
          "--keep or with --keep forever",
      );
    }
    return warnings;
  }
}

function messages(count: number): string {
  return count === 1 ? "1 message" : `${format(count)} messages`;
}

function format(number: number): string {
  return number.toLocaleString("en");
}

function dayOf(timestamp: number): string {
  return new Date(timestamp).toISOString().slice(0, 10);
}

function mebibytes(bytes: number): string {
  return format(Math.ceil(bytes / 2 ** 20));
}

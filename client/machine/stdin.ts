/**
 * One shared read of stdin, so that one reader can take over from another. A pending read cannot be cancelled; its
 * bytes go to the next reader.
 *
 * @module
 */

/** The size of a read in bytes: enough for a paste. */
const READ_BYTES = 65_536;

const buffer = new Uint8Array(READ_BYTES);
let reading: Promise<Uint8Array | null> | undefined;

/**
 * Waits for input.
 *
 * @returns the bytes, valid until the next read; `null` at the end
 * @throws the error of the operating system, such as when the terminal is gone
 */
export function readInput(): Promise<Uint8Array | null> {
  return reading ??= Deno.stdin.read(buffer)
    .then((count) => count === null ? null : buffer.subarray(0, count))
    .finally(() => reading = undefined);
}

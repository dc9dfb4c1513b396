/**
 * Reading from the terminal, where one reader may take over from another: a read that is under way cannot be called off,
 * and what it brings is for whoever reads then.
 *
 * @module
 */

/** As many bytes as a paste brings at once. */
const READ_BYTES = 65_536;

const buffer = new Uint8Array(READ_BYTES);
let reading: Promise<Uint8Array | null> | undefined;

/**
 * Waits for what is typed next.
 *
 * @returns it, to be used before the next read; `null` at the end
 * @throws what the system says, as where the terminal is gone
 */
export function readInput(): Promise<Uint8Array | null> {
  return reading ??= Deno.stdin.read(buffer)
    .then((count) => count === null ? null : buffer.subarray(0, count))
    .finally(() => reading = undefined);
}

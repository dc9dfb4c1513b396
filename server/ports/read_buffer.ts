/**
 * The size of the buffer that a connection reads into: small while it is idle, larger while it sends much.
 *
 * PURE.
 *
 * @module
 */
import type { Rate } from "../admission/mod.ts";
import { MAX_READ_BYTES, MIN_READ_BYTES, READ_BYTES_PER_RATE } from "../limits.ts";

/**
 * Computes the largest buffer of a connection.
 *
 * @param rate the rate limit of the connection, if it has one
 * @returns the size in bytes
 */
export function maxReadBytes(rate: Rate | undefined): number {
  if (rate === undefined) return MAX_READ_BYTES;
  return Math.max(MIN_READ_BYTES, Math.min(Math.ceil(READ_BYTES_PER_RATE * rate.perSecond), MAX_READ_BYTES));
}

/**
 * Computes the size of the buffer for the next read.
 *
 * @param size the size of the buffer of this read, in bytes
 * @param count the number of bytes that this read returned
 * @param max the largest size, in bytes
 * @returns the size in bytes
 */
export function nextReadBytes(size: number, count: number, max: number): number {
  if (count === size) return Math.min(2 * size, max);
  if (count < size / 4) return Math.max(size / 2, MIN_READ_BYTES);
  return size;
}

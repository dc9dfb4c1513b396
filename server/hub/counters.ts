/**
 * How often what has happened on a hub: plain numbers that are counted up where it happens and read by whoever wants to
 * know, so that they cost next to nothing where nobody does.
 *
 * PURE.
 *
 * @module
 */
import { ERROR_WORDS, type ErrorWord } from "../../protocol/mod.ts";

/**
 * Why the hub ended a session: it broke the framing, took too long for a frame, was too far behind, seemed to be gone,
 * gave no password, met a fault of ours, or anything else.
 */
export const DROP_REASONS = [
  "bad_frame",
  "slow_frame",
  "lag",
  "dead",
  "no_password",
  "fault",
  "other",
] as const;

/** One of {@linkcode DROP_REASONS}. */
export type DropReason = typeof DROP_REASONS[number];

/** Codes are below this. */
const CODES = 256;

/** Where each sum stands. */
const UNKNOWN = 0, DELIVERIES = 1, BYTES_IN = 2, BYTES_OUT = 3, CONNECTIONS = 4, HANDSHAKES_FAILED = 5;

/**
 * The counters of one hub. They stand in arrays of floats: a field that outgrows 31 bits would have the engine compile all
 * that touches it anew.
 */
export class Counters {
  readonly #sums = new Float64Array(6);
  /** How many messages of each code were received, by code. */
  readonly received: Float64Array = new Float64Array(CODES);
  /** How many messages of each code were made, by code; what a whole room is told is one. */
  readonly sent: Float64Array = new Float64Array(CODES);
  /** How many requests and connections were refused, by word. */
  readonly refusals: Map<ErrorWord, number> = new Map(ERROR_WORDS.map((word) => [word, 0]));
  /** How many sessions the hub ended, by word. */
  readonly drops: Map<DropReason, number> = new Map(DROP_REASONS.map((word) => [word, 0]));

  /** How many messages were received whose code is not known. */
  get unknown(): number {
    return this.#sums[UNKNOWN]!;
  }

  /** How many times a message was put before a client; what a room of ten is told counts as ten. */
  get deliveries(): number {
    return this.#sums[DELIVERIES]!;
  }

  /** How many bytes were read. */
  get bytesIn(): number {
    return this.#sums[BYTES_IN]!;
  }

  /** How many bytes were written. */
  get bytesOut(): number {
    return this.#sums[BYTES_OUT]!;
  }

  /** How many connections were taken in. */
  get connections(): number {
    return this.#sums[CONNECTIONS]!;
  }

  /** How many came to a port that speaks TLS and did not get through its handshake. */
  get handshakesFailed(): number {
    return this.#sums[HANDSHAKES_FAILED]!;
  }

  /** Counts one who did not get through the handshake of TLS. */
  failHandshake(): void {
    this.#sums[HANDSHAKES_FAILED]!++;
  }

  /**
   * Counts a message that was received.
   *
   * @param code its code; `undefined` where it is not known
   */
  receive(code: number | undefined): void {
    if (code === undefined) this.#sums[UNKNOWN]!++;
    else this.received[code]!++;
  }

  /**
   * Counts bytes that were read.
   *
   * @param bytes how many
   */
  read(bytes: number): void {
    this.#sums[BYTES_IN]! += bytes;
  }

  /**
   * Counts bytes that were written.
   *
   * @param bytes how many
   */
  wrote(bytes: number): void {
    this.#sums[BYTES_OUT]! += bytes;
  }

  /** Counts a connection that was taken in. */
  connect(): void {
    this.#sums[CONNECTIONS]!++;
  }

  /**
   * Counts a message that was made.
   *
   * @param code its code
   * @param readers how many clients it is for
   */
  send(code: number, readers: number): void {
    this.sent[code]!++;
    this.#sums[DELIVERIES]! += readers;
  }

  /**
   * Counts a refusal.
   *
   * @param word why
   */
  refuse(word: ErrorWord): void {
    this.refusals.set(word, this.refusals.get(word)! + 1);
  }

  /**
   * Counts a session that the hub ended.
   *
   * @param word why
   */
  drop(word: DropReason): void {
    this.drops.set(word, this.drops.get(word)! + 1);
  }
}

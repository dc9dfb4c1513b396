/**
 * Event counters of a hub: plain numbers that are increased where the event happens, so that they cost next to nothing
 * where nobody reads them.
 *
 * PURE.
 *
 * @module
 */
import { ERROR_WORDS, type ErrorWord } from "../../protocol/mod.ts";

/**
 * Why the hub ended a session: it broke the framing, took too long to send a frame, read too slowly, seemed to be
 * dead, gave no password, hit an internal error, its client has connected again, somebody who moderates has banned or
 * kicked it, it came during a lockdown, or another reason.
 */
export const DROP_REASONS = [
  "bad_frame",
  "slow_frame",
  "lag",
  "dead",
  "no_password",
  "fault",
  "replaced",
  "banned",
  "kicked",
  "locked_out",
  "other",
] as const;

/** One of {@linkcode DROP_REASONS}. */
export type DropReason = typeof DROP_REASONS[number];

/** All codes of the protocol are below this. */
const CODES = 256;

/** The index of each sum. */
const UNKNOWN = 0, DELIVERIES = 1, BYTES_IN = 2, BYTES_OUT = 3, CONNECTIONS = 4, HANDSHAKES_FAILED = 5;
const STORED = 6, NOT_STORED = 7;

/**
 * The counters of one hub. They are stored in arrays of floats: V8 would recompile all code that touches a plain field
 * once the field outgrows 31 bits.
 */
export class Counters {
  readonly #sums = new Float64Array(8);
  /** The number of received messages, by code. */
  readonly received: Float64Array = new Float64Array(CODES);
  /** The number of messages that the hub made, by code; a message to a whole room counts once. */
  readonly sent: Float64Array = new Float64Array(CODES);
  /** The number of refused requests and connections, by error word. */
  readonly refusals: Map<ErrorWord, number> = new Map(ERROR_WORDS.map((word) => [word, 0]));
  /** The number of sessions that the hub ended, by reason. */
  readonly drops: Map<DropReason, number> = new Map(DROP_REASONS.map((word) => [word, 0]));

  /** The number of received messages with an unknown code. */
  get unknown(): number {
    return this.#sums[UNKNOWN]!;
  }

  /** The number of deliveries: a message to a room of ten members counts ten times. */
  get deliveries(): number {
    return this.#sums[DELIVERIES]!;
  }

  /** The number of bytes read. */
  get bytesIn(): number {
    return this.#sums[BYTES_IN]!;
  }

  /** The number of bytes written. */
  get bytesOut(): number {
    return this.#sums[BYTES_OUT]!;
  }

  /** The number of accepted connections. */
  get connections(): number {
    return this.#sums[CONNECTIONS]!;
  }

  /** The number of failed TLS handshakes. */
  get handshakesFailed(): number {
    return this.#sums[HANDSHAKES_FAILED]!;
  }

  /** The number of messages that were stored. */
  get stored(): number {
    return this.#sums[STORED]!;
  }

  /** The number of messages that were sent to users and could not be stored. */
  get notStored(): number {
    return this.#sums[NOT_STORED]!;
  }

  /**
   * Counts messages that were to be stored.
   *
   * @param count the number of messages
   * @param stored whether they were stored
   */
  store(count: number, stored: boolean): void {
    this.#sums[stored ? STORED : NOT_STORED]! += count;
  }

  /** Counts a failed TLS handshake. */
  failHandshake(): void {
    this.#sums[HANDSHAKES_FAILED]!++;
  }

  /**
   * Counts a received message.
   *
   * @param code its code; `undefined` for an unknown one
   */
  receive(code: number | undefined): void {
    if (code === undefined) this.#sums[UNKNOWN]!++;
    else this.received[code]!++;
  }

  /**
   * Counts bytes that were read.
   *
   * @param bytes the number of bytes
   */
  read(bytes: number): void {
    this.#sums[BYTES_IN]! += bytes;
  }

  /**
   * Counts bytes that were written.
   *
   * @param bytes the number of bytes
   */
  wrote(bytes: number): void {
    this.#sums[BYTES_OUT]! += bytes;
  }

  /** Counts an accepted connection. */
  connect(): void {
    this.#sums[CONNECTIONS]!++;
  }

  /**
   * Counts a message that the hub made.
   *
   * @param code its code
   * @param readers the number of clients that receive it
   */
  send(code: number, readers: number): void {
    this.sent[code]!++;
    this.#sums[DELIVERIES]! += readers;
  }

  /**
   * Counts a refusal.
   *
   * @param word the error word
   */
  refuse(word: ErrorWord): void {
    this.refusals.set(word, this.refusals.get(word)! + 1);
  }

  /**
   * Counts a session that the hub ended.
   *
   * @param reason the reason
   */
  drop(reason: DropReason): void {
    this.drops.set(reason, this.drops.get(reason)! + 1);
  }
}

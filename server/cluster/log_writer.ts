/**
 * Writes the messages of a folder to the log of a cluster, for `riftchat cluster import`.
 *
 * Rule: a batch is sent when the one before it is stored, and again until it is. Otherwise a later one of the same
 * conversation could be stored without it, and it would not be valid any more.
 *
 * @module
 */
import { CHANGES, encodeBatch, type Line, lineFrames, MAX_BATCH_BYTES } from "../backplane/mod.ts";
import {
  type NatsConnection,
  NatsError,
  onceAMinute,
  Publisher,
  type StreamNames,
  toKey,
} from "../nats/mod.ts";
import { nameKey } from "../../protocol/mod.ts";
import type { ImportedLog } from "./imported_log.ts";

/** How long to wait before a batch is sent again, in milliseconds. */
const RETRY_MS = 250;

/** What passes when servers are back or have elected a leader. */
const PASSING: readonly NatsError["kind"][] = ["disconnected", "timeout", "unavailable"];

/** Who is told while batches are written. */
export interface LogWriterEvents {
  /**
   * Called while it works.
   *
   * @param messages how many messages and changes were added
   */
  progress(messages: number): void;
  /**
   * Called with what the user should know meanwhile.
   *
   * @param text a sentence
   */
  note(text: string): void;
}

/** Writes batches to the log. */
export class LogWriter {
  readonly #connection: NatsConnection;
  readonly #publisher: Publisher;
  readonly #names: StreamNames;
  readonly #log: ImportedLog;
  readonly #progress: (messages: number) => void;
  readonly #waiting: (reason: string) => void;
  #last: Promise<void> = Promise.resolve();
  #frames: Uint8Array[] = [];
  #bytes = 0;
  #place = "";
  #first = 0;
  #lines = 0;
  /** Not those of an import that was interrupted, whose last batches may still come. */
  #batch = crypto.getRandomValues(new Uint32Array(1))[0]!;
  /** How many messages and changes were added. */
  count = 0;

  /**
   * Creates a writer.
   *
   * @param connection the connection
   * @param names the names of the streams, which exist
   * @param log reads what is written
   * @param events who is told
   */
  constructor(connection: NatsConnection, names: StreamNames, log: ImportedLog, events: LogWriterEvents) {
    this.#connection = connection;
    this.#publisher = new Publisher(connection);
    this.#names = names;
    this.#log = log;
    this.#progress = (messages) => events.progress(messages);
    this.#waiting = onceAMinute((reason) => events.note(`waiting for NATS: ${reason}`), connection.clock);
  }

  /**
   * Adds a message; those of a conversation come together, in the order of their numbers.
   *
   * @param place the name of the conversation, or `CHANGES`
   * @param line the message
   * @param sequence its number
   * @throws {NatsError} as a rejection, if NATS does not take it, and waiting does not help
   */
  async add(place: string, line: Line, sequence: number): Promise<void> {
    const isNext = place === this.#place && sequence === this.#first + this.#lines;
    if (!isNext || this.#bytes > MAX_BATCH_BYTES) {
      await this.flush();
      this.#place = place;
      this.#first = sequence;
    }
    for (const frame of lineFrames(line)) {
      this.#frames.push(frame);
      this.#bytes += frame.length;
    }
    this.#lines++;
    this.#progress(++this.count);
  }

  /**
   * Sends what was added, when what was sent before is stored.
   *
   * @throws {NatsError} as a rejection, if NATS does not take what was sent before
   */
  async flush(): Promise<void> {
    if (this.#lines === 0) return;
    const { rooms, direct } = this.#names.subjects;
    const place = this.#place;
    const key = place.startsWith("@") ? place : nameKey(place);
    const subject = (place.startsWith("@") ? direct : rooms) + (place === CHANGES ? "-" : toKey(key));
    const batch = ++this.#batch;
    const head = {
      ...this.#log.origin,
      batch,
      place,
      first: this.#first,
      count: this.#lines,
      imported: true,
    };
    const bytes = encodeBatch(head, this.#frames);
    this.#frames = [];
    this.#bytes = this.#lines = 0;
    await this.#last;
    this.#log.sent(batch, place);
    this.#last = this.#store(subject, bytes);
    // It is awaited by the next one.
    this.#last.catch(() => {});
  }

  /**
   * Waits until all is stored.
   *
   * @throws {NatsError} as a rejection, if NATS does not take it
   */
  async stored(): Promise<void> {
    await this.#last;
  }

  /** Ends. */
  close(): void {
    this.#publisher.close();
  }

  async #store(subject: string, bytes: Uint8Array): Promise<void> {
    for (;;) {
      try {
        await this.#publisher.publish(subject, bytes);
        return;
      } catch (error) {
        if (!(error instanceof NatsError) || !PASSING.includes(error.kind)) throw error;
        this.#waiting(error.message);
        await new Promise<void>((resolve) => this.#connection.clock.after(RETRY_MS, resolve));
      }
    }
  }
}

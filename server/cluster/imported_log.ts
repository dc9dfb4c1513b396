/**
 * The log of a cluster, as `riftchat cluster import` reads it: which messages of the folder are valid in it. It applies
 * the rule of `clustered.ts`, as each hub will.
 *
 * @module
 */
import { readHead } from "../backplane/mod.ts";
import { lookupKey } from "../history/mod.ts";
import { ClusterError, type NatsConnection, type StreamNames, StreamReader } from "../nats/mod.ts";

/** Stands for the hub in the head of a batch that was imported. Ids of hubs are longer. */
const IMPORT = "import";

/** A conversation, as far as the log is read. */
export interface Place {
  /** The last number. */
  last: number;
  /** The last number that is of the folder; 0 if none is. */
  lastOwn: number;
  /** Whether messages are not of the folder. */
  isForeign: boolean;
}

/** The log, as it is read while messages are imported into it. */
export class ImportedLog {
  readonly #names: StreamNames;
  readonly #folder: string;
  readonly #reader: StreamReader;
  readonly #places = new Map<string, Place>();
  readonly #failed = Promise.withResolvers<never>();
  /** The names of conversations with batches of the folder that are not valid. */
  readonly #refused = new Set<string>();
  /** The batches that were sent and were not read yet, by their numbers. */
  readonly #sent = new Map<number, string>();
  #progress: (() => void) | undefined;

  /**
   * Creates it; `start` begins to read.
   *
   * @param connection the connection
   * @param names the names of the streams, which exist
   * @param folder the id of the folder whose messages are imported
   */
  constructor(connection: NatsConnection, names: StreamNames, folder: string) {
    this.#names = names;
    this.#folder = folder;
    this.#failed.promise.catch(() => {});
    this.#reader = new StreamReader({
      connection,
      stream: names.log,
      isGapless: true,
      after: 0,
      deliver: ({ subject, data }) => this.#deliver(subject, data),
      rewound: ({ sequence }) => {
        const text = "NATS has lost what was imported: run riftchat cluster import --continue again";
        this.#failed.reject(new ClusterError(text));
        return sequence;
      },
    });
  }

  /**
   * Begins to read.
   *
   * @returns resolves when all is read that was there
   * @throws {ClusterError} as a rejection, if the log is not what was read
   */
  async start(): Promise<void> {
    this.#reader.start();
    await Promise.race([this.#reader.caughtUp, this.#failed.promise]);
  }

  /** Ends the reading. */
  close(): void {
    this.#reader.close();
  }

  /** The head of a batch of the folder, in so far as it says where it is from. */
  get origin(): { hub: string; epoch: string } {
    return { hub: IMPORT, epoch: this.#folder };
  }

  /**
   * Tells what the log has of a conversation.
   *
   * @param name its name, in any spelling
   * @returns its last numbers, and whether others have written to it
   */
  find(name: string): Readonly<Place> {
    return this.#places.get(lookupKey(name)) ?? { last: 0, lastOwn: 0, isForeign: false };
  }

  /**
   * Records that a batch is sent.
   *
   * @param batch its number
   * @param name the name of its conversation
   */
  sent(batch: number, name: string): void {
    this.#sent.set(batch, name);
  }

  /**
   * Waits until all batches that were sent are read.
   *
   * @returns the names of the conversations in which some were not valid
   * @throws {ClusterError} as a rejection, if the log is not what was read
   */
  async settled(): Promise<readonly string[]> {
    if (this.#sent.size > 0) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#progress = () => {
        if (this.#sent.size === 0) resolve();
      };
      await Promise.race([promise, this.#failed.promise]);
    }
    return [...this.#refused];
  }

  #deliver(subject: string, data: Uint8Array): void {
    if (subject.startsWith(this.#names.subjects.events)) return;
    const head = readHead(data);
    if (head === undefined) return;
    const key = lookupKey(head.place);
    const place = this.#places.get(key) ?? { last: 0, lastOwn: 0, isForeign: false };
    this.#places.set(key, place);
    const { first, count, batch } = head;
    const isOwn = head.hub === IMPORT && head.epoch === this.#folder;
    const isNext = first === place.last + 1 || head.imported === true && first > place.last;
    if (isNext) {
      place.last = first + count - 1;
      if (isOwn) place.lastOwn = place.last;
      else place.isForeign = true;
    }
    if (!isOwn || !this.#sent.has(batch)) return;
    // One that was sent twice is not valid the second time.
    this.#sent.delete(batch);
    if (!isNext) this.#refused.add(head.place);
    this.#progress?.();
  }
}

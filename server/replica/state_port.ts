/**
 * The state that all hubs of a cluster share, as a replica uses it: one text a key, and one order of all writes.
 *
 * PURE.
 *
 * @module
 */

/** A write of a key. */
export interface StateEntry {
  /** The key. */
  readonly key: string;
  /** What it is set to. */
  readonly value: string;
  /** The number of the write; larger than that of each earlier one. */
  readonly revision: number;
  /** When it was written, in milliseconds since 1970, by the clock of the server. */
  readonly timeMs: number;
}

/** The state as it is. */
export interface StateFacts {
  /** An identity of it: another one if it was made anew. */
  readonly identity: string;
  /** The revision of the last write; 0 for none. */
  readonly last: number;
}

/** Takes what is read. */
export interface StateReader {
  /** Called when the reading begins, and each time that it goes on after a break, before anything is delivered. */
  started(): void;
  /**
   * Called with each write, in order. Of a key that was written several times since, only the last one may come.
   *
   * @param entry the write
   */
  deliver(entry: StateEntry): void;
  /**
   * Called before reading begins again if the state is not the one that was read: it was made anew, or its last writes
   * are lost. Reading goes on with its first write.
   *
   * @param facts the state as it is
   */
  rewound(facts: StateFacts): void;
  /** Called when everything was delivered that the state had when the reading began, or began again. */
  caughtUp(): void;
}

/** A reading of the state that goes on. */
export interface StateWatch {
  /** How many writes follow the last one that was delivered, as far as is known. */
  readonly lag: number;
  /** Whether nothing comes at present although it should. */
  readonly isSilent: boolean;
  /** Ends the reading; nothing is delivered after this. */
  close(): void;
}

/** The shared state. */
export interface StatePort {
  /**
   * Writes a key, if nobody else has meanwhile. Writes arrive in the order of the calls.
   *
   * @param key the key: letters, digits, `.`, `-`, `_`
   * @param value what it is set to
   * @param last the revision of the last write of this key that is known; 0 for none
   * @returns the revision; `undefined` if the last write is another one
   * @throws any error if the outcome is not known, or nothing can be written at present
   */
  put(key: string, value: string, last: number): Promise<number | undefined>;
  /**
   * Reads a key.
   *
   * @param key the key
   * @returns its last write, if there is one
   * @throws any error if it cannot be told at present
   */
  get(key: string): Promise<StateEntry | undefined>;
  /**
   * Removes a key without a trace: readers that have it are not told.
   *
   * @param key the key
   * @param upTo the revision of the last write that is removed; a later one stays
   * @throws any error if it is not known to be removed
   */
  forget(key: string, upTo: number): Promise<void>;
  /**
   * Reads a write.
   *
   * @param revision its revision
   * @returns it; `undefined` if the key was written again, or is removed
   * @throws any error if it cannot be told at present
   */
  at(revision: number): Promise<StateEntry | undefined>;
  /**
   * Looks at the state.
   *
   * @returns the state as it is
   * @throws any error if it cannot be told at present
   */
  facts(): Promise<StateFacts>;
  /**
   * Reads all writes from a revision on, for as long as it is not closed.
   *
   * @param after the revision after which to begin; 0 for all
   * @param identity the identity of the state of which that is a revision; `undefined` if `after` is 0
   * @param reader takes them
   * @returns the reading
   */
  watch(after: number, identity: string | undefined, reader: StateReader): StateWatch;
}

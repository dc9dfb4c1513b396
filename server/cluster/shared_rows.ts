/**
 * What the hubs of a cluster store besides messages: their names, rooms, bans, invites and tokens are the same, and the
 * key by which clients know them.
 *
 * @module
 */
import { type Logger, reasonOf, type Timers } from "../../runtime/mod.ts";
import { type NatsConnection, NatsError, Publisher, type StreamNames } from "../nats/mod.ts";
import { NatsState, Replica, type RowsFlow, shareIdentity } from "../replica/mod.ts";
import type { ReplicatedDatabase } from "../sqlite/mod.ts";

/** How long to wait before a failed attempt is made again, in milliseconds. */
const RETRY_MS = 250;

/** How long changes may take to reach the cluster when the hub stops, and those from before its start; in ms. */
const LAST_CHANGES_MS = 1000;

/** After which time a change that does not reach the other hubs, or comes from there, is late, in milliseconds. */
const LATE_MS = 10_000;

/** Dependencies of {@linkcode SharedRows}. */
export interface SharedRowsDependencies {
  /** The connection to NATS. */
  connection: NatsConnection;
  /** The names of the streams, which exist. */
  names: StreamNames;
  /** Runs things later. */
  timers: Timers;
  /** Where changes are logged. */
  log: Logger;
}

/** What the hubs of a cluster store besides messages. */
export class SharedRows {
  readonly #dependencies: SharedRowsDependencies;
  readonly #publisher: Publisher;
  readonly #state: NatsState;
  #replica: Replica | undefined;
  #isAway = false;

  /**
   * Uses the streams of a cluster.
   *
   * @param dependencies see {@linkcode SharedRowsDependencies}
   */
  constructor(dependencies: SharedRowsDependencies) {
    this.#dependencies = dependencies;
    const { connection, names } = dependencies;
    this.#publisher = new Publisher(connection);
    this.#state = new NatsState(connection, this.#publisher, names);
  }

  /** Whether changes of names, rooms and bans get from hub to hub; `undefined` before they are shared. */
  get flow(): RowsFlow | undefined {
    return this.#replica?.flow;
  }

  /** Why changes of names, rooms and bans do not get from hub to hub; `undefined` if they do. */
  get notReady(): string | undefined {
    const { flow } = this;
    if (flow === undefined) return undefined;
    if (flow.isCutOff) return "names, rooms and bans cannot be changed here: NATS does not take changes";
    if (flow.isSilent) return "nothing comes from the names, rooms and bans of the cluster";
    if (flow.lateMs < LATE_MS) return undefined;
    return flow.waiting > 0
      ? "changes of names, rooms and bans do not reach the other hubs"
      : "changes of names, rooms and bans at other hubs cannot be stored here";
  }

  /**
   * Records whether NATS is away.
   *
   * @param isAway whether it is
   */
  setAway(isAway: boolean): void {
    this.#isAway = isAway;
    this.#replica?.setAway(isAway);
  }

  /**
   * Gives the cluster the private key by which clients recognize its hubs, unless it has one.
   *
   * @param key the key of this hub, as the text of its file
   * @returns the key that all hubs use
   */
  shareIdentity(key: string): Promise<string> {
    return this.#persistently(() => shareIdentity(this.#state, key));
  }

  /**
   * Makes the rows of databases those of all hubs. To be called before clients are served.
   *
   * @param databases the databases, the names first; they are closed after {@linkcode SharedRows.close}
   * @returns resolves when they are
   * @throws {ForeignRowsError} if this hub has rows of its own, and the cluster has others
   */
  async share(databases: readonly ReplicatedDatabase[]): Promise<void> {
    const { connection, timers, log } = this.#dependencies;
    const replica = this.#replica = new Replica({
      databases,
      port: this.#state,
      timers,
      clock: connection.clock,
      undone: (table) =>
        log.warn("a change was undone, as another hub has made one at the same time ({table})", { table }),
      mended: (why) =>
        log.warn(
          why === "lost"
            ? "NATS has lost the last changes of names, rooms and bans: they are sent again"
            : "this hub was away for long: it reads all names, rooms and bans again",
        ),
      failed: (error) =>
        log.warn("cannot exchange names, rooms and bans with other hubs yet: {reason}", {
          reason: reasonOf(error),
        }),
    });
    replica.setAway(this.#isAway);
    await this.#persistently(() => replica.start());
    await this.#soonSettled(replica);
    log.info("names, rooms, bans, invites and tokens are those of the cluster");
  }

  /**
   * Ends, after some time for the last changes; what is left is sent by the next start.
   *
   * @returns resolves when the databases may be closed; at once if nothing waits
   */
  async close(): Promise<void> {
    const replica = this.#replica;
    if (replica !== undefined && !this.#isAway) await this.#soonSettled(replica);
    replica?.close();
    this.#publisher.close();
  }

  /** Waits for some time until the others know all changes of this hub. */
  async #soonSettled(replica: Replica): Promise<void> {
    if (replica.waiting === 0) return;
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const cancel = this.#dependencies.timers.after(LAST_CHANGES_MS, resolve);
    await Promise.race([replica.settled(), late]);
    cancel();
  }

  /** Tries until NATS answers. */
  async #persistently<T>(attempt: () => Promise<T>): Promise<T> {
    const { timers, log } = this.#dependencies;
    for (let reason = "";;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof NatsError) || error.kind === "closed") throw error;
        if (error.message !== reason) log.warn("waiting for NATS: {reason}", { reason: error.message });
        reason = error.message;
        await new Promise<void>((resolve) => timers.after(RETRY_MS, resolve));
      }
    }
  }
}

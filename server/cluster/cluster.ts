/**
 * One hub's part in a cluster: connects to NATS, makes the streams, opens the copy of the log in the data folder, and
 * reads what follows.
 *
 * The file is long because starting and stopping have an order, which it explains.
 *
 * @module
 */
import type { History } from "../history/mod.ts";
import type { HubCluster } from "../hub/mod.ts";
import type { PeopleEvent } from "../sessions/mod.ts";
import { KEEP_ALIVE_MS, MAX_PEERS } from "../limits.ts";
import { VERSION } from "../../protocol/mod.ts";
import type { Logger, TimedClock, Timers } from "../../runtime/mod.ts";
import {
  type ClusterStreams,
  ensureStreams,
  type HubLease,
  LeaseWatcher,
  NatsConnection,
  OwnLease,
  type StreamFacts,
  StreamReader,
} from "../nats/mod.ts";
import { answerNumbers, askNumbers } from "./numbers.ts";
import { type ClusteredHub, ClusterLog } from "./cluster_log.ts";
import { openCurrentCopy } from "./copy.ts";
import { EndingTimer, type RowsFlow } from "../replica/mod.ts";
import { SharedRows } from "./shared_rows.ts";

/** How long a hub that starts waits until the others have told of their sessions, in milliseconds. */
const ANSWER_MS = 2000;

/** How long the clients of a hub that has stopped may take to come to another one, before their leaving is told; ms. */
const MOVE_MS = 5000;

/** How many renewals under the id of this hub, by another one, show that both run: one may be of its former start. */
const TWIN_RENEWALS = 2;

/** Options of {@linkcode Cluster.open}. */
export interface ClusterOptions {
  /** The addresses of NATS servers, such as `nats://10.0.0.1:4222`. */
  servers: readonly string[];
  /** The name of the cluster. */
  name: string;
  /** The file with the credentials for NATS, if it needs any. */
  credsFile: string | undefined;
  /** The file with certificates of authorities for NATS, besides those of the system. */
  caFile: string | undefined;
  /** On how many servers each stream is stored. */
  replicas: 1 | 3;
  /** How long and how much is stored; `Infinity` for no limit. */
  retention: { ms: number; bytes: number };
  /** The id of this hub, which no other has. */
  hub: string;
  /** The id of this start of it, a whole number. */
  epoch: string;
  /** The name of the machine, for those who look after the cluster. */
  host: string;
  /**
   * Opens the copy of the log. It may be called several times, until it returns.
   *
   * @param isCurrent tells whether a copy that was made up to there is one of this log; it throws if that is not known
   *   yet
   * @returns the copy; an empty one if there is none of this log
   * @throws any error if `isCurrent` throws; then the copy remains as it is
   */
  openCopy(isCurrent: (progress: string) => boolean): History;
  /** Runs things later. */
  timers: Timers;
  /** The clock of the connection to NATS; that of the machine if not given. */
  clock?: TimedClock | undefined;
  /** Where changes are logged. */
  log: Logger;
}

/** A hub's part in a cluster. */
export class Cluster implements HubCluster {
  /** As {@linkcode HubCluster.log}. */
  readonly log: ClusterLog;
  /** The copy of the log. */
  readonly history: History;
  /** What makes names, rooms, bans, invites and tokens those of all hubs. */
  readonly rows: SharedRows;
  /** The addresses under which others reach this hub, for the other hubs' clients, as in `Hub.hubs`. */
  addresses: readonly string[] = [];
  readonly #connection: NatsConnection;
  readonly #streams: ClusterStreams;
  readonly #logger: Logger;
  readonly #timers: Timers;
  readonly #host: string;
  readonly #name: string;
  #reader: StreamReader | undefined;
  #isCaughtUp = false;
  /** Whether the other hubs have told who is there, or had the time for it: then clients are let in. */
  #knowsOthers = false;
  #watcher: LeaseWatcher | undefined;
  #lease: OwnLease | undefined;
  /** Runs what is done later or again. */
  readonly #later: EndingTimer;
  #endAnswers: (() => void) | undefined;
  #isReading = false;
  /** Whether NATS answers that it has no log. */
  #isLogLost = false;
  #twinRenewals = 0;
  readonly #givenUp = Promise.withResolvers<void>();
  readonly #ended = Promise.withResolvers<string>();

  private constructor(
    parts: { connection: NatsConnection; streams: ClusterStreams; history: History; log: ClusterLog },
    { log: logger, timers, host, name }: Pick<ClusterOptions, "log" | "timers" | "host" | "name">,
  ) {
    this.#name = name;
    this.#connection = parts.connection;
    this.#streams = parts.streams;
    this.history = parts.history;
    this.log = parts.log;
    this.#logger = logger;
    this.#timers = timers;
    this.#later = new EndingTimer(timers);
    this.#host = host;
    const { connection, streams: { names } } = parts;
    this.rows = new SharedRows({ connection, names, timers, log: logger });
    this.log.awayChanged = (isAway) => this.rows.setAway(isAway);
  }

  /**
   * Connects to NATS, and opens the copy of the log. Waits for NATS for as long as it is not there.
   *
   * @param options see {@linkcode ClusterOptions}
   * @returns the part of this hub, which reads nothing before `start`
   * @throws {ClusterError} if the operator must change something
   * @throws what `openCopy` throws
   */
  static async open(options: ClusterOptions): Promise<Cluster> {
    const { servers, name, credsFile, caFile, replicas, retention, hub, epoch, openCopy, timers, log } =
      options;
    const connection = await NatsConnection.connect({
      servers,
      name: `riftchat ${hub}`,
      caFile,
      credsFile,
      clock: options.clock,
      waiting: (reason) => log.warn("waiting for NATS: {reason}", { reason }),
      problem: (text) => log.error("NATS: {text}", { text }),
    });
    try {
      log.info("NATS {version} at {address}", { version: connection.version, address: connection.address });
      const warning = connection.versionWarning;
      if (warning !== undefined) log.warn("{warning}", { warning });
      const finite = (value: number) => Number.isFinite(value) ? value : undefined;
      const settings = {
        name,
        replicas,
        maxAgeMs: finite(retention.ms),
        maxBytes: finite(retention.bytes),
      };
      const events = {
        waiting: (reason: string) => log.warn("waiting for NATS: {reason}", { reason }),
        changed: (text: string) => log.warn("{text}", { text }),
      };
      // A hub that cannot start changes no stream: a smaller --keep would delete messages of all.
      const streams = await ensureStreams(connection, { ...settings, isFixed: true }, events);
      const history = await openCurrentCopy(connection, streams.log, openCopy);
      try {
        await ensureStreams(connection, settings, events);
      } catch (error) {
        history.close();
        throw error;
      }
      history.shareEpoch(epochOf(streams.log));
      const clusterLog = new ClusterLog({ connection, names: streams.names, hub, epoch, timers, log });
      return new Cluster({ connection, streams, history, log: clusterLog }, options);
    } catch (error) {
      await connection.close();
      throw error;
    }
  }

  /** As {@linkcode HubCluster.tell}. */
  tell(event: PeopleEvent): boolean {
    return this.log.tell(event);
  }

  /** As {@linkcode HubCluster.announce}. */
  announce(text: string, room: string | undefined): void {
    this.log.announce(text, room);
  }

  /** The leases of the hubs that are alive, each with the milliseconds since its last renewal was seen. */
  get leases(): LeaseWatcher["leases"] {
    return this.#watcher?.leases ?? [];
  }

  /** The connection to NATS. */
  get connection(): NatsConnection {
    return this.#connection;
  }

  /** How many messages of the log are not read yet, as far as is known. */
  get lag(): number {
    return this.#reader?.lag ?? 0;
  }

  /** Why this hub is not ready; `undefined` if it has read the log, and NATS takes and tells what changes. */
  get notReady(): string | undefined {
    if (this.#isLogLost) return "NATS does not have the log of the cluster any more";
    if (this.log.isAway) {
      const { notStored } = this.log;
      return notStored === undefined
        ? "NATS is away: messages wait or are refused"
        : `NATS stores nothing, and messages wait or are refused: ${notStored}`;
    }
    if (!this.#isCaughtUp) return "the log of the cluster is not read yet";
    if (!this.#knowsOthers) return "it is not known yet who is at the other hubs";
    return this.#reader?.isSilent ? "nothing comes from the log of the cluster" : this.rows.notReady;
  }

  /** Resolves with a reason when the hub cannot go on, as the log is not the one that it has read. */
  get ended(): Promise<string> {
    return this.#ended.promise;
  }

  /**
   * Begins to read.
   *
   * @param hub takes what is read
   * @returns resolves when all is read that was there, or at `giveUp`
   */
  async start(hub: ClusteredHub): Promise<void> {
    const { names, log: { identity } } = this.#streams;
    const progress = this.history.progress;
    const after = progress === undefined ? 0 : Number(progress.split(" ")[0]);
    const { firstSequence, lastSequence } = this.#streams.log;
    if (firstSequence > after + 1) {
      this.#logger.info("the log begins with message {first}: asking other hubs for what was before", {
        first: firstSequence,
      });
      const known = await askNumbers(this.#connection, this.#name, this.#timers);
      hub.clustered!.beginBehind(known ?? { at: lastSequence, numbers: new Map() });
    }
    const reader = this.#reader = new StreamReader({
      connection: this.#connection,
      stream: names.log,
      isGapless: true,
      after,
      identity,
      deliver: (message) => this.log.deliver(message, identity),
      rewound: ({ reason, sequence }) => {
        this.#ended.resolve(
          `the log of the cluster was ${
            reason === "recreated" ? "made anew" : "cut short"
          }: start the hub again, ` +
            "and it copies the log that is there now",
        );
        return sequence;
      },
      started: ({ firstSequence }) => {
        if (this.#isReading && firstSequence > reader.sequence + 1) {
          this.#ended.resolve(
            "this hub did not reach the log for so long that messages are deleted that it has not read: start it again",
          );
        }
        this.#isReading = true;
        this.#isLogLost = false;
      },
      silent: (isSilent) => this.#logger.debug("the log is {state}", { state: isSilent ? "silent" : "read" }),
      problem: (reason) => {
        if (!reason.endsWith("stream not found")) {
          return this.#logger.warn("cannot read the log of the cluster: {reason}", { reason });
        }
        this.#isLogLost = true;
        this.#logger.error(
          "NATS does not have the log of the cluster {name} any more: restore its data before a hub starts again, " +
            "or bring back what the hubs have (docs/scaling.md, Backups)",
          { name: this.#name },
        );
      },
    });
    this.log.start(hub);
    this.#later.every(KEEP_ALIVE_MS, () => hub.sendKeepAlives());
    reader.start();
    await Promise.race([reader.caughtUp, this.#givenUp.promise]);
    hub.clustered!.caughtUp();
    this.#isCaughtUp = true;
    this.#endAnswers = answerNumbers(this.#connection, this.#name, () => {
      return hub.clustered!.isBehind ? undefined : { hub: this.log.hub, clustered: hub.clustered! };
    });
    await Promise.race([this.#meetOthers(hub), this.#givenUp.promise]);
    this.#knowsOthers = true;
  }

  /** Tells the other hubs that this one is there, and learns who is at them. */
  async #meetOthers(hub: ClusteredHub): Promise<void> {
    const { hub: id, epoch } = this.log;
    const { promise, resolve } = Promise.withResolvers<void>();
    const answered = new Set<string>();
    const watcher = this.#watcher = new LeaseWatcher(this.#connection, this.#streams.names, {
      alive: ({ hub, epoch: other }) => {
        if (hub === id && other !== Number(epoch) && this.#lease !== undefined) this.#meetTwin(other);
        showAddresses();
      },
      gone: ({ hub, epoch }, why) => {
        this.#logger.info("hub {hub} is gone: {why}", { hub, why });
        const tell = () => this.log.tell({ kind: "gone", gone: hub, of: String(epoch) });
        // Nobody is told that those leave who come to another hub meanwhile.
        if (why === "left") this.#later.after(MOVE_MS, tell);
        else tell();
        showAddresses();
      },
    });
    const told = hub.hubs;
    const showAddresses = () => {
      const others = watcher.leases.filter(({ lease }) => lease.hub !== id);
      const known = others.flatMap(({ lease }) =>
        String(lease.shown.addresses ?? "").split(",").filter(Boolean)
      );
      hub.hubs = [...new Set([...told, ...known])].slice(0, MAX_PEERS);
    };
    const isComplete = () => watcher.leases.every(({ lease }) => lease.hub === id || answered.has(lease.hub));
    this.log.caughtUp((hub) => {
      answered.add(hub);
      if (isComplete()) resolve();
    });
    await watcher.start();
    const lease = this.#lease = new OwnLease(
      this.#connection,
      this.log.publisher,
      this.#streams.names,
      () => ({
        hub: id,
        epoch: Number(epoch),
        shown: {
          version: VERSION,
          host: this.#host,
          addresses: this.addresses.join(","),
          sessions: hub.sessionCount,
          lag: this.lag,
          ...shownOf(this.rows.flow),
        },
      }),
    );
    let isLate = false;
    await lease.start((reason) => {
      if (!isLate) this.#logger.warn("waiting for NATS: this hub cannot show itself: {reason}", { reason });
      isLate = true;
    });
    if (isComplete()) return;
    this.log.ask();
    const cancel = this.#timers.after(ANSWER_MS, resolve);
    await promise;
    cancel();
  }

  /** Ends this hub if another one with its id runs, which was started before: each would end sessions of the other. */
  #meetTwin(epoch: number): void {
    if (++this.#twinRenewals < TWIN_RENEWALS || Number(this.log.epoch) < epoch) return;
    this.#ended.resolve(
      `another hub of the cluster has the id ${this.log.hub} of this one: is its data folder a copy? Remove the file ` +
        "hub_id from the folder of this hub, and start it again",
    );
  }

  /** Waits no longer until all is read: the hub stops. */
  giveUp(): void {
    this.#givenUp.resolve();
  }

  /** Stops reading, and closes the connection. The history stays open. */
  async close(): Promise<void> {
    await this.rows.close();
    this.#watcher?.close();
    this.#endAnswers?.();
    this.#later.end();
    // The others tell that it is gone, when its clients have had time to come to them.
    if (this.#twinRenewals < TWIN_RENEWALS) await this.#lease?.resign();
    else this.#lease?.stop();
    this.#reader?.close();
    this.log.close();
    await this.#connection.close();
  }
}

/** What a hub shows of its rows in its lease. */
function shownOf(flow: RowsFlow | undefined): HubLease["shown"] {
  if (flow === undefined) return {};
  return { rows_cut_off: flow.isCutOff, rows_waiting: flow.waiting, rows_lag: flow.lag };
}

/** Names the state of the history of all hubs, as letters and digits. */
function epochOf({ identity }: StreamFacts): string {
  return identity.replaceAll(/[^A-Za-z0-9]/g, "");
}

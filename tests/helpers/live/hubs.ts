/**
 * The real hubs that a model compares with the reference: one alone, or two that are one chat over NATS. They run in
 * the process of the test, so that their time of day can jump and nobody is announced for being silent.
 *
 * @module
 */
import { getLogger } from "@logtape/logtape";
import { type Clock, systemTimers, type Timers } from "../../../runtime/mod.ts";
import { Cluster, loadHubId } from "../../../server/cluster/open_cluster.ts";
import { type Moderation, openModeration } from "../../../server/moderation/mod.ts";
import { loadHubIdentity, type Registry } from "../../../server/registry/mod.ts";
import { type RunningHub, startHub } from "../../../server/serve/serve.ts";
import { assertEquals } from "../assert.ts";
import { DataFolder } from "../hubs/history.ts";
import { registryIn } from "../hubs/owned_hub.ts";

const LOG = getLogger("silent");

/** How long hubs give the clients of one that has stopped to come to them, in milliseconds. */
const MOVE_MS = 5000;

/** Timers with which they do not wait for that: in a sequence clients come before a hub stops, or after it. */
const TIMERS: Timers = {
  ...systemTimers,
  after: (ms, run) => systemTimers.after(ms === MOVE_MS ? 0 : ms, run),
};

/** Hubs that are started and stopped. */
export interface LiveHubs {
  /** How many there are. */
  readonly count: number;
  /** Whether they store messages. */
  readonly isStored: boolean;
  /**
   * Starts a hub, the first time or again.
   *
   * @param hub its index
   * @param clock its clock
   * @returns its port
   */
  start(hub: number, clock: Clock): Promise<number>;
  /**
   * Stops a hub.
   *
   * @param hub its index
   */
  stop(hub: number): Promise<void>;
}

/** One hub, with a history or without. */
export class OneHub implements LiveHubs {
  /** As {@linkcode LiveHubs.count}. */
  readonly count = 1;
  readonly #folder: DataFolder | undefined;
  #hub: RunningHub | undefined;

  /**
   * Starts nothing yet.
   *
   * @param folder the data folder; `undefined` to store nothing
   */
  constructor(folder: DataFolder | undefined) {
    this.#folder = folder;
  }

  /** As {@linkcode LiveHubs.isStored}. */
  get isStored(): boolean {
    return this.#folder !== undefined;
  }

  /** As {@linkcode LiveHubs.start}. */
  start(_: number, clock: Clock): Promise<number> {
    const history = this.#folder?.open({ now: clock.wall() });
    this.#hub = startHub({ host: "127.0.0.1", port: 0, maxConnections: 0, history }, LOG, { clock });
    return Promise.resolve(this.#hub.address.port);
  }

  /** As {@linkcode LiveHubs.stop}. */
  async stop(): Promise<void> {
    const hub = this.#hub;
    this.#hub = undefined;
    await hub?.stop();
  }
}

/** Two hubs that are one chat: `riftchat serve --cluster`, without what a process has around a hub. */
export class TwoLiveHubs implements LiveHubs, Disposable {
  /** As {@linkcode LiveHubs.count}. */
  readonly count = 2;
  /** As {@linkcode LiveHubs.isStored}. */
  readonly isStored = true;
  readonly #nats: string;
  readonly #name: string;
  readonly #folders = [new DataFolder(), new DataFolder()];
  readonly #hubs: (RunningHub | undefined)[] = [];
  readonly #operators: readonly string[];
  /** What each hub has stored besides messages. */
  readonly stores: { registry: Registry; moderation: Moderation }[] = [];
  #epoch = 0;

  /**
   * Starts nothing yet.
   *
   * @param nats the address of NATS
   * @param name the name of the cluster
   * @param operators the keys in the file of operators of both
   */
  constructor(nats: string, name: string, operators: readonly string[] = []) {
    this.#nats = nats;
    this.#name = name;
    this.#operators = operators;
  }

  /** As {@linkcode LiveHubs.start}. */
  async start(hub: number, clock: Clock): Promise<number> {
    const folder = this.#folders[hub]!;
    const cluster = await Cluster.open({
      servers: [this.#nats],
      name: this.#name,
      credsFile: undefined,
      caFile: undefined,
      replicas: 1,
      retention: { ms: Infinity, bytes: Infinity },
      hub: await loadHubId(folder.path),
      // Two starts never come at the same time.
      epoch: String(++this.#epoch),
      host: "here",
      openCopy: (isCurrentCopy) => folder.open({ now: clock.wall(), isCurrentCopy }),
      timers: TIMERS,
      log: LOG,
    });
    const identity = await loadHubIdentity(folder.path, (key) => cluster.rows.shareIdentity(key));
    const registry = registryIn(folder.path);
    const report = (text: string) => assertEquals(text, "");
    const moderation = openModeration({
      folder: folder.path,
      now: clock.wall(),
      names: registry.names,
      report,
    });
    moderation.setOperatorsFile(this.#operators.map((key) => ({ key, comment: "" })));
    await cluster.rows.share([registry.replicated, moderation.replicated]);
    this.stores[hub] = { registry, moderation };
    const options = { host: "127.0.0.1", port: 0, maxConnections: 0, history: cluster.history };
    const running = this.#hubs[hub] = startHub(
      { ...options, cluster, registry: { registry, identity }, moderation },
      LOG,
      { clock },
    );
    await running.ready;
    return running.address.port;
  }

  /** As {@linkcode LiveHubs.stop}. */
  async stop(hub: number): Promise<void> {
    const running = this.#hubs[hub];
    this.#hubs[hub] = undefined;
    await running?.stop();
  }

  /**
   * Counts the sessions of a hub.
   *
   * @param hub its index
   */
  sessionCount(hub: number): number {
    return this.#hubs[hub]!.measures.sessions;
  }

  /** Removes what they stored. */
  [Symbol.dispose](): void {
    for (const folder of this.#folders) folder[Symbol.dispose]();
  }
}

/**
 * Creates a hub that listens, connects its parts, and stops it. It is long because all parts meet here.
 *
 * @module
 */
import type { Certificate, TlsOptions } from "../tls/mod.ts";
import {
  type Clock,
  hostPort,
  isLoopback,
  type Logger,
  reasonOf,
  systemClock,
  systemTimers,
  type Timers,
} from "../../runtime/mod.ts";
import {
  Addresses,
  type AddressLimits,
  LogLimit,
  type Network,
  type PasswordGate,
  type Rate,
} from "../admission/mod.ts";
import { FdReserve, Listener, type PageAddress, SelfPipe } from "../net/mod.ts";
import { type Acceptor, openTlsPort, PortAcceptor, type TlsModule } from "../ports/mod.ts";
import { Flusher, segmentReuses } from "../fanout/mod.ts";
import type { PageAsset } from "../page/mod.ts";
import type { WebModule } from "../web/mod.ts";
import { Hub } from "../hub/mod.ts";
import type { History } from "../history/mod.ts";
import { type OperatorHandler, operatorHandler, type OperatorRequest } from "../control/mod.ts";
import { InviteManager, type InviteParts, inviteRecorder } from "../invites/mod.ts";
import type { Cluster } from "../cluster/mod.ts";
import type { Moderation } from "../moderation/mod.ts";
import { HistoryManager } from "./history_manager.ts";
import { ModerationManager } from "./moderation_manager.ts";
import {
  CLUSTER_DRAIN_MS,
  type ConnectionLimits,
  RESERVED_DESCRIPTORS,
  type RoomLimits,
  SELF_PIPE_RETRY_MS,
  SELF_PIPE_STOP_MS,
  SHUTDOWN_MS,
} from "../limits.ts";
import { readPublicAddress } from "../settings/mod.ts";
import type { HubStats } from "../metrics/mod.ts";
import { type HubRegistry, refuseNames, refuseTokens, RegistryManager } from "./registry_manager.ts";
import type { Session } from "../sessions/mod.ts";
import { RunningClock } from "./running_clock.ts";
import type { RestApi, RestModule } from "../rest/mod.ts";
import type { HubTokens } from "../tokens/mod.ts";

/** The TLS of a hub: its options, and the code, which is loaded for them. */
export interface HubTls extends TlsOptions {
  /** The code, as `loadTlsModule` loads it. */
  module: TlsModule | undefined;
}

/** What a hub serves over HTTP: on a port for it, and to TLS clients that ask for it. */
export interface HubWeb {
  /** The code, as `loadWeb` loads it. */
  module: WebModule;
  /** The files of the page by path. */
  assets: Readonly<Record<string, PageAsset>>;
  /** The names under which browsers reach the hub; one may begin with `*.`. */
  hosts: readonly string[];
  /** The port for HTTP without TLS, if there is one. */
  address?: { host: string; port: number } | undefined;
}

/** Options of a hub. */
export interface ServeOptions {
  /** The address, or a name of this machine, to listen on. */
  host: string;
  /** The port; 0 lets the system pick one. */
  port: number;
  /** TLS options; without them connections are not encrypted. */
  tls?: HubTls | undefined;
  /** The maximum number of connections; 0 means no limit. */
  maxConnections: number;
  /** Limits for one address; none by default. */
  addresses?: AddressLimits | undefined;
  /** The proxies, whose connections begin with a PROXY header; none by default. */
  proxies?: readonly Network[] | undefined;
  /** The rate limit of one client; none by default. */
  rate?: Rate | undefined;
  /** Limits for one connection; see `limits.ts` for the defaults. */
  limits?: ConnectionLimits | undefined;
  /** Limits for rooms; see `limits.ts` for the defaults. */
  rooms?: RoomLimits | undefined;
  /** Whether to reserve file descriptors for when the system runs out of them: for a process that only runs a hub. */
  reserves?: boolean;
  /** The message of the day, if there is one. */
  motd?: string | undefined;
  /** The addresses of other hubs of the same chat, to which clients may move; none by default. */
  peers?: readonly string[] | undefined;
  /** Checks the password of clients; without it they need none. */
  passwordGate?: PasswordGate | undefined;
  /** Stores messages; closed when the hub has stopped. Without it nothing is stored. */
  history?: History | undefined;
  /** The part of the hub in a cluster, whose `history` is the history; closed when the hub has stopped. */
  cluster?: Cluster | undefined;
  /** Who owns what; closed when the hub has stopped. Without it no name belongs to anybody. */
  registry?: HubRegistry | undefined;
  /** Bans, mutes, moderators and operators; closed when the hub has stopped. Without it nobody moderates. */
  moderation?: Moderation | undefined;
  /** The invites, which need a registry; closed when the hub has stopped. Without them there are none. */
  invites?: InviteParts | undefined;
  /** The tokens of scripts, which need a registry; closed when the hub has stopped. Without them there are none. */
  tokens?: HubTokens | undefined;
  /** The code of the API for scripts; without it there is none. */
  rest?: RestModule | undefined;
  /** What the hub serves to browsers and scripts, and where; nothing by default. */
  web?: HubWeb | undefined;
  /** Whether nobody gets in but owners of names and those with an invite. */
  inviteOnly?: boolean | undefined;
  /** The address under which others reach the hub, if the operator says it: see `readPublicAddress`. */
  at?: string | undefined;
}

/** The hub cannot listen on the second port, the one for TLS; `cause` says why. */
export class TlsPortError extends Error {
  /** As for any `Error`. */
  override readonly name = "TlsPortError";
}

/** The hub cannot listen on the port for HTTP; `cause` says why. */
export class WebPortError extends Error {
  /** As for any `Error`. */
  override readonly name = "WebPortError";
}

const NO_LIMITS: AddressLimits = { atOnce: 0, perMinute: 0, trusted: [] };

/** A hub that listens. */
export interface RunningHub {
  /** The address it listens on. */
  readonly address: Deno.NetAddr;
  /** The address for TLS, if there is one: the same as `address`, or one with another port. */
  readonly tlsAddress: Deno.NetAddr | undefined;
  /** The address for HTTP without TLS, if there is one. */
  readonly webAddress: Deno.NetAddr | undefined;
  /** The addresses of other hubs of the same chat, to which clients and pages may move. */
  hubs: readonly string[];
  /** The certificate for new connections. */
  readonly certificate: Certificate | undefined;
  /** The message of the day. A change affects clients that connect later. */
  motd: string | undefined;
  /** Carries out the requests of an operator on the machine of the hub. */
  readonly operator: OperatorHandler;
  /** How many operators there are; `undefined` if nobody can prove to be one. */
  readonly operatorCount: number | undefined;
  /** The API for scripts, if it has one. */
  readonly rest: RestApi | undefined;
  /** The values for the metrics. */
  readonly measures: HubStats;
  /** Resolves when clients are served: at once, or when a hub of a cluster has read the log. */
  readonly ready: Promise<void>;
  /** Resolves with a reason when the hub cannot go on, and must be stopped; `undefined` if that cannot happen. */
  readonly ended: Promise<string> | undefined;
  /**
   * Replaces the certificate for new connections. Existing connections are not affected.
   *
   * @param certificate the new certificate
   * @returns resolves when new connections get it
   */
  renew(certificate: Certificate): Promise<void>;
  /**
   * Stops accepting, sends 205 to all clients, writes pending messages for up to `SHUTDOWN_MS`, and closes.
   *
   * @returns resolves when all connections are closed
   */
  stop(): Promise<void>;
}

/** Dependencies of a hub. */
export interface ServeDependencies {
  /** The clock; by default the one of this machine, without the time in which the program is suspended. */
  clock?: Clock;
  /** The timers; by default those of this machine. */
  timers?: Timers;
  /** As in `HubDependencies`. */
  announceMs?: number;
}

/**
 * Starts a hub.
 *
 * @param options see {@linkcode ServeOptions}
 * @param log where connections and refusals are logged
 * @param dependencies see {@linkcode ServeDependencies}
 * @returns the hub, which listens
 * @throws {Deno.errors.AddrInUse} and other errors of `Deno.listen`, if it cannot listen there
 * @throws {TlsPortError} if it cannot listen on the second port, the one for TLS
 * @throws {WebPortError} if it cannot listen on the port for HTTP
 */
export function startHub(
  options: ServeOptions,
  log: Logger,
  dependencies: ServeDependencies = {},
): RunningHub {
  const { host, port, maxConnections, motd, rate, limits, rooms, history, passwordGate } = options;
  const { addresses = NO_LIMITS, reserves = false } = options;
  const acceptors = openAcceptors({ host, port }, options);
  const { clock = new RunningClock(systemClock), timers = systemTimers, announceMs } = dependencies;
  let selfPipe: SelfPipe | undefined;
  let stopped = false;
  let cancelRetry: (() => void) | undefined;
  const openSelfPipe = () =>
    SelfPipe.open().then((opened) => {
      selfPipe = opened;
      if (stopped) opened.close();
    }, () => log.debug("no loopback interface: under heavy writes, input is read later"));
  const opening = openSelfPipe();
  const flusher = new Flusher({
    timers,
    elapsed: () => clock.elapsed(),
    settle: () => hub.settle(),
    ...options.cluster === undefined ? {} : { isAwaiting: () => options.cluster!.log.inFlight > 0 },
    afterReads: (run) => {
      if (selfPipe === undefined) return timers.soon(run);
      selfPipe.notify(run, () => {
        selfPipe = undefined;
        timers.soon(run);
        if (stopped) return;
        log.debug("the self-pipe failed: for a while, input is read later under heavy writes");
        cancelRetry = timers.after(SELF_PIPE_RETRY_MS, openSelfPipe);
      });
    },
  });
  const historyManager = history === undefined
    ? undefined
    : new HistoryManager(history, { clock, timers, log });
  const registryManager = options.registry === undefined ? undefined : new RegistryManager(options.registry, {
    clock,
    timers,
    log,
    keepNames: () => tokenManager?.keepNames(),
  });
  const moderationManager = options.moderation === undefined
    ? undefined
    : new ModerationManager(options.moderation, { clock, timers, log });
  const inviteManager = options.registry === undefined || options.invites === undefined
    ? undefined
    : new InviteManager({
      ...options.registry,
      ...options.invites,
      clock,
      only: options.inviteOnly === true,
      record: options.moderation && inviteRecorder(options.moderation, () => clock.wall()),
      failed: (error) => log.error("cannot store an invite: {reason}", { reason: reasonOf(error) }),
    });
  const tokenManager = options.registry === undefined || options.tokens === undefined
    ? undefined
    : options.tokens.manage({
      registry: options.registry.registry,
      clock,
      keysChanged: (owner) => hub.keysChanged(owner),
      free: (owner) => hub.freeName(owner),
      moderation: options.moderation,
      failed: (error) => log.error("cannot store a token: {reason}", { reason: reasonOf(error) }),
    });
  const fdReserve = reserves ? new FdReserve(RESERVED_DESCRIPTORS) : undefined;
  const logLimit = new LogLimit({ log, timers });
  let cancelTick: (() => void) | undefined;
  const hub: Hub = new Hub({
    clock,
    randomBytes: (count) => crypto.getRandomValues(new Uint8Array(count)),
    roomGrew: (room, bytes) => flusher.roomGrew(room, bytes),
    wakeAfter: (ms) => {
      cancelTick?.();
      cancelTick = timers.after(ms, () => hub.tick());
    },
    announceMs,
    rooms,
    passwordGate,
    ownership: registryManager?.ownership,
    moderation: options.moderation,
    invites: inviteManager?.desk,
    history: historyManager,
    cluster: options.cluster,
    named: (session, old) => {
      // A script has a session for each request, which is logged as such.
      if (rest?.serves(session)) return;
      const { id, name, transport } = session;
      const template = old === undefined ? "{connection} is {name}" : "{connection} {old} is now {name}";
      const before = old === undefined ? {} : { old };
      logLimit.write("named", transport.address ?? "", template, { connection: id, ...before, name });
    },
    // Not the reason, nor the text of an announcement.
    moderated: ({ by: { id, name, transport }, action, room, target }) => {
      const whom = target === undefined ? "" : " {target}";
      const where = room === undefined ? "" : " in #{room}";
      logLimit.write(
        "moderated",
        transport.address ?? "",
        `{connection} {name} moderates: {action}${whom}${where}`,
        {
          connection: id,
          name,
          action,
          ...(target === undefined ? {} : { target }),
          ...(room === undefined ? {} : { room }),
        },
      );
    },
    moderationFailed: (error) =>
      log.error("cannot store what moderators do: {reason}", {
        reason: error instanceof Error ? error.message : String(error),
      }),
    // Only the error word: the text of messages is private and never logged.
    refused: ({ id, transport }, word) =>
      logLimit.write("request", transport.address ?? "", "{connection} was refused: {word}", {
        connection: id,
        word,
      }),
  });
  hub.motd = motd;
  hub.hubs = options.peers ?? [];
  historyManager?.start(hub);
  registryManager?.start(hub);
  moderationManager?.start();
  if (options.cluster !== undefined) {
    options.cluster.addresses = publicAddresses(options.at ?? "", acceptors, options.web !== undefined);
    shareGuesses(options.cluster, passwordGate, clock);
  }
  const caughtUp = options.cluster?.start(hub);
  const { hostname, port: boundPort } = acceptors[0].address;
  const tlsPort = acceptors.find(({ encrypted }) => encrypted)?.address.port;
  inviteManager?.start({ host: hostname, port: boundPort, tlsPort }, options.at ?? "");
  const internalError = ({ id, transport }: Session, error: unknown) =>
    logLimit.write("internal", transport.address ?? "", "{connection} had an internal error: {error}", {
      connection: id,
      error,
    });
  const rest = options.rest && new options.rest.RestApi({
    hub,
    flusher,
    clock,
    timers,
    rate,
    limits,
    tokens: tokenManager,
    isOpen: passwordGate === undefined && options.inviteOnly !== true,
    internalError,
  });
  let certificate = options.tls?.certificate;
  const web = options.web && new options.web.module.WebDoor({
    timers,
    wall: () => clock.wall(),
    assets: options.web.assets,
    api: rest,
    hosts: options.web.hosts,
    peers: () => hub.hubs,
    certificate: () => certificate?.chain,
    reuses: segmentReuses,
    answered: ({ address, method, route, status }) =>
      logLimit.write("http", address, "{address} {method} {route}: {status}", {
        address,
        method,
        route,
        status,
      }),
    internalError: (error, address) =>
      logLimit.write("failed", address, "an HTTP request failed: {error}", { error }),
  });
  const listener = new Listener(acceptors, maxConnections, {
    hub,
    flusher,
    clock,
    timers,
    log,
    logLimit,
    rate,
    limits,
    fdReserve,
    addresses: new Addresses(addresses),
    proxies: options.proxies,
    web,
    page: web && pageAddressOf(acceptors),
    check: () => {
      selfPipe?.check();
      rest?.check();
    },
    internalError,
  });
  // A client gets what was said meanwhile at other hubs as history, not as news.
  const accepted = caughtUp === undefined ? listener.run() : caughtUp.then(() => listener.run());
  let accepting = true;
  return {
    address: acceptors[0].address,
    tlsAddress: acceptors.find(({ encrypted }) => encrypted)?.address,
    webAddress: acceptors.find(({ isWeb }) => isWeb)?.address,
    get certificate() {
      return certificate;
    },
    async renew(other) {
      certificate = other;
      await Promise.all(acceptors.map((acceptor) => acceptor.renew(other)));
    },
    get hubs() {
      return hub.hubs;
    },
    set hubs(addresses) {
      hub.hubs = addresses;
    },
    get motd() {
      return hub.motd;
    },
    set motd(text) {
      hub.motd = text;
    },
    rest,
    get operatorCount() {
      return options.registry === undefined ? undefined : options.moderation?.operators.length;
    },
    operator: operatorHandler([
      registryManager?.operator(hub) ?? refuseNames,
      ...moderationManager === undefined ? [] : [moderationManager.operator(options.registry?.registry)],
      ...inviteManager === undefined ? [] : [(request: OperatorRequest) => inviteManager.handle(request)],
      tokenManager === undefined ? refuseTokens : (request: OperatorRequest) => tokenManager.handle(request),
    ]),
    ended: options.cluster?.ended,
    measures: {
      counters: hub.counters,
      get connections() {
        return listener.connectionCount;
      },
      get encrypted() {
        return listener.encrypted;
      },
      get certificateExpiresAt() {
        return certificate?.expiresAt;
      },
      get sessions() {
        return hub.sessionCount;
      },
      get writeRounds() {
        return flusher.rounds;
      },
      get lags() {
        return listener.connections.map((connection) => connection.lagBytes);
      },
      get accepting() {
        return accepting;
      },
      get connectionsAllowed() {
        return listener.mostConnections;
      },
      get descriptorsScarce() {
        return listener.descriptorsScarce;
      },
      get http() {
        if (web === undefined) return undefined;
        const { requests } = web;
        return { requests, webSockets: listener.webSocketCount, streams: rest?.streamCount ?? 0 };
      },
      get moderation() {
        return options.moderation?.countsAt(clock.wall());
      },
      history: historyManager,
      get cluster() {
        const { cluster } = options;
        return cluster && {
          notReady: cluster.notReady,
          isAway: cluster.log.isAway,
          lag: cluster.lag,
          inFlight: cluster.log.inFlight,
          waiting: hub.clustered?.waitingCount ?? 0,
          ...rowsStats(cluster.rows.flow),
          hubs: cluster.leases.length,
          remoteSessions: hub.remoteSessionCount,
        };
      },
    },
    ready: caughtUp ?? Promise.resolve(),
    async stop() {
      accepting = false;
      listener.close();
      options.cluster?.giveUp();
      await accepted;
      await drainCluster(hub.clustered, timers);
      hub.shutDown();
      const cancelCut = timers.after(SHUTDOWN_MS, () => {
        const count = listener.closeAll("did not read its final messages before the hub shut down");
        rest?.closeAll();
        web?.closeAll();
        log.warn("{count} connections did not receive the shutdown message", { count });
      });
      await Promise.all([listener.drain(), rest?.drain()]);
      await web?.drain();
      await options.cluster?.close();
      cancelCut();
      logLimit.flush();
      cancelTick?.();
      flusher.stop();
      stopped = true;
      // On a machine that drops packets to itself, opening the self-pipe never ends.
      const { promise: late, resolve } = Promise.withResolvers<void>();
      const cancelLate = timers.after(SELF_PIPE_STOP_MS, resolve);
      await Promise.race([opening, late]);
      cancelLate();
      cancelRetry?.();
      selfPipe?.close();
      fdReserve?.release();
      historyManager?.close();
      moderationManager?.close();
      registryManager?.close();
      inviteManager?.close();
      tokenManager?.close();
    },
  };
}

/** The statistics of what is the same at all hubs besides messages. */
function rowsStats(flow: Cluster["rows"]["flow"]) {
  return {
    rowsCutOff: flow?.isCutOff ?? false,
    rowsWaiting: flow?.waiting ?? 0,
    rowsLag: flow?.lag ?? 0,
    rowsLateMs: flow?.lateMs ?? 0,
  };
}

/** Makes the guesses of the password at all hubs of a cluster count together. */
function shareGuesses({ log }: Cluster, gate: PasswordGate | undefined, clock: Clock): void {
  if (gate === undefined) return;
  gate.told = (guess) => log.tellGuess(guess);
  log.guessed = (guess) => gate.hear(guess, clock.elapsed());
}

/** Waits until what clients have sent counts in the cluster, for some time. */
async function drainCluster(clustered: Hub["clustered"], timers: Timers): Promise<void> {
  if (clustered === undefined) return;
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = timers.after(CLUSTER_DRAIN_MS, resolve);
  await Promise.race([clustered.idle, late]);
  cancel();
}

/** The addresses of a hub for programs and for the page, if its operator says under which name others reach it. */
function publicAddresses(at: string, acceptors: readonly Acceptor[], hasPage: boolean): string[] {
  const reached = readPublicAddress(at);
  if (reached === undefined) return [];
  const { host, port = acceptors[0]!.address.port, tls = acceptors[0]!.encrypted } = reached;
  const secure = acceptors.find(({ encrypted }) => encrypted)?.address.port;
  const page = tls ? port : secure;
  return [
    `${tls ? "rifts" : "rift"}://${hostPort(host, port)}`,
    ...hasPage && page !== undefined ? [`https://${hostPort(host, page)}`] : [],
  ];
}

/** Where the page is: on the TLS port, else on the port for HTTP. */
function pageAddressOf(acceptors: readonly Acceptor[]): PageAddress | undefined {
  const acceptor = acceptors.find(({ encrypted }) => encrypted) ?? acceptors.find(({ isWeb }) => isWeb);
  if (acceptor === undefined) return undefined;
  const { hostname, port } = acceptor.address;
  const secure = acceptor.encrypted;
  return { secure, port, host: !secure && isLoopback(hostname) ? hostname : undefined };
}

/** Opens the ports of a hub, all or none; the first is the one that is announced. */
function openAcceptors(
  address: { host: string; port: number },
  { tls, web }: ServeOptions,
): [Acceptor, ...Acceptor[]] {
  const offersHttp = web !== undefined;
  const isTlsOnly = tls !== undefined && tls.port === undefined;
  const first = isTlsOnly ? openTlsPort(address, tls, offersHttp) : new PortAcceptor(address);
  const acceptors: [Acceptor, ...Acceptor[]] = [first];
  let PortError: new (message: string, options: ErrorOptions) => Error = TlsPortError;
  try {
    if (tls?.port !== undefined) {
      acceptors.push(openTlsPort({ host: address.host, port: tls.port }, tls, offersHttp));
    }
    PortError = WebPortError;
    if (web?.address !== undefined) acceptors.push(new PortAcceptor(web.address, { isWeb: true }));
  } catch (error) {
    for (const acceptor of acceptors) acceptor.close();
    throw new PortError("cannot listen on a further port", { cause: error });
  }
  return acceptors;
}

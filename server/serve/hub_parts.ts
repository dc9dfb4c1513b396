/**
 * Loads what a hub needs before it listens: message of the day, certificate, password and history. The file is long
 * because there is a function for each part, which says what the operator must know if it fails.
 *
 * @module
 */
import { isOldRuntime, type Logger, splitHostPort, systemClock, systemTimers } from "../../runtime/mod.ts";
import {
  loadPasswordFile,
  loadPasswordGate,
  MotdError,
  type PasswordGate,
  readMotd,
} from "../admission/mod.ts";
import { type Cluster, loadCluster } from "../cluster/mod.ts";
import type { DaemonProcess } from "../daemon/mod.ts";
import { type History, HistoryError, openHistory } from "../history/mod.ts";
import { type InviteParts, InvitesError, loadInviteParts } from "../invites/mod.ts";
import { loadDataFolder, parseRetention, readPublicAddress, type Settings } from "../settings/mod.ts";
import { loadTlsModule } from "../ports/mod.ts";
import type { HubTls, HubWeb } from "./serve.ts";
import { CertificateError, tlsOptionsFrom } from "../tls/mod.ts";
import {
  type Moderation,
  ModerationFileError,
  openModeration,
  OperatorsFileError,
} from "../moderation/mod.ts";
import { loadHubIdentity, openRegistry, RegistryError } from "../registry/mod.ts";
import { nameSkeletons } from "../../protocol/mod.ts";
import { readOperatorsFile } from "./moderation_manager.ts";
import type { HubRegistry } from "./registry_manager.ts";
import { loadRest, type RestModule } from "../rest/mod.ts";
import { loadPage } from "../page/mod.ts";
import { loadWeb } from "../web/mod.ts";
import type { ReplicatedDatabase } from "../sqlite/mod.ts";
import { StartError } from "./start_error.ts";
import { type HubTokens, loadOpenTokens } from "../tokens/mod.ts";

const DAY_MS = 86_400_000;

/** The parts of a hub that are loaded before it listens. */
export interface HubParts {
  /** The message of the day, if there is one. */
  motd: string | undefined;
  /** The TLS options, if the hub uses TLS. */
  tls: HubTls | undefined;
  /** What checks passwords, if the hub has one. */
  passwordGate: PasswordGate | undefined;
  /** The history, if messages are stored. */
  history: History | undefined;
  /** The part of the hub in a cluster, if it is in one. */
  cluster: Cluster | undefined;
  /** Who owns which name, if names can be owned. */
  registry: HubRegistry | undefined;
  /** Bans, mutes, moderators and operators, if the hub stores anything. */
  moderation: Moderation | undefined;
  /** The data folder, if the hub stores anything. */
  folder: string | undefined;
  /** The invites, if names can be owned. */
  invites: InviteParts | undefined;
  /** The tokens, if names can be owned and the hub serves HTTP. */
  tokens: HubTokens | undefined;
  /** The code of the API for scripts, if the hub serves HTTP. */
  rest: RestModule | undefined;
  /** What the hub serves over HTTP, if it does. */
  web: HubWeb | undefined;
}

/**
 * Loads what the hub needs before it listens. What has to be closed comes last: the history, which locks the data
 * folder, the registry of names, and the moderation.
 *
 * @param settings the settings in force
 * @param daemon the instance in the background, if it is one
 * @param log the log
 * @returns the parts
 * @throws {StartError} if a file cannot be used
 */
export async function loadParts(
  settings: Settings,
  daemon: DaemonProcess | undefined,
  log: Logger,
): Promise<HubParts> {
  const motd = await loadMotd(settings);
  const tls = await loadTls(settings, daemon, log);
  const passwordGate = await loadPassword(settings);
  const cluster = settings.cluster === "" ? undefined : await openCluster(settings, daemon, log);
  const history = cluster?.history ??
    (settings.history === "on" ? await loadHistory(settings, daemon, log) : undefined);
  const folder = history === undefined ? undefined : await dataFolder(settings, daemon);
  let registry: HubRegistry | undefined;
  try {
    if (folder !== undefined && settings.nameDays > 0) {
      registry = await loadRegistry(settings, folder, log, cluster);
    }
    const moderation = folder === undefined
      ? undefined
      : await loadModeration(settings, { folder, registry }, log);
    const invites = registry && await loadInvites(folder!, log).catch((error) => {
      moderation?.close();
      throw error;
    });
    const tokens = registry === undefined || !servesHttp(settings)
      ? undefined
      : await loadTokens(folder!, log).catch((error) => {
        moderation?.close();
        invites?.invites.close();
        throw error;
      });
    if (cluster !== undefined) {
      try {
        await joinCluster(cluster, [registry?.registry, moderation, invites?.invites, tokens]);
      } catch (error) {
        await cluster.rows.close();
        for (const part of [moderation, invites?.invites, tokens]) part?.close();
        throw error;
      }
    }
    const lost = (history?.sealed() ?? []).filter((key) => registry?.registry.rooms.find(key) === undefined);
    if (lost.length > 0) {
      log.warn(
        "{count} private rooms have no owner, as names.db was lost or --name-days is 0: nobody can join them ({rooms})",
        { count: lost.length, rooms: lost.join(", ") },
      );
    }
    const rest = servesHttp(settings) ? await loadRest() : undefined;
    const web = servesHttp(settings) ? await loadHubWeb(settings) : undefined;
    return {
      motd,
      tls,
      passwordGate,
      history,
      cluster,
      registry,
      moderation,
      invites,
      tokens,
      rest,
      web,
      folder,
    };
  } catch (error) {
    registry?.registry.close();
    history?.close();
    await cluster?.close();
    throw error;
  }
}

/** Makes what the hub stores the same as at the other hubs of a cluster. */
async function joinCluster(
  cluster: Cluster,
  parts: readonly ({ readonly replicated: ReplicatedDatabase } | undefined)[],
): Promise<void> {
  const { ForeignRowsError } = await loadCluster();
  const databases = parts.flatMap((part) => part?.replicated ?? []);
  try {
    await cluster.rows.share(databases);
  } catch (error) {
    if (!(error instanceof ForeignRowsError)) throw error;
    throw new StartError("{reason}", error.message);
  }
}

/**
 * Opens the registry of owned names in the data folder, and reads or makes the key of the hub; in a cluster it is the
 * same for all hubs.
 */
async function loadRegistry(
  settings: Settings,
  folder: string,
  log: Logger,
  cluster: Cluster | undefined,
): Promise<HubRegistry> {
  try {
    const identity = await loadHubIdentity(folder, cluster && ((key) => cluster.rows.shareIdentity(key)));
    const registry = openRegistry({
      folder,
      nameMs: settings.nameDays * DAY_MS,
      skeletons: nameSkeletons,
      now: systemClock.wall(),
      report: (text) => log.error("{text}", { text }),
    });
    const { GuessGate } = await loadPasswordGate();
    return { registry, identity, codeGate: new GuessGate() };
  } catch (error) {
    if (!(error instanceof RegistryError)) throw error;
    throw new StartError("{reason}", error.message);
  }
}

/** Opens the moderation database in the data folder, and reads the file of operators. */
async function loadModeration(
  { operators, contact }: Settings,
  { folder, registry }: { folder: string; registry: HubRegistry | undefined },
  log: Logger,
): Promise<Moderation> {
  let moderation: Moderation | undefined;
  try {
    moderation = openModeration({
      folder,
      names: registry?.registry.names,
      contact: contact === "" ? undefined : contact,
      now: systemClock.wall(),
      report: (text) => log.error("{text}", { text }),
    });
    if (operators !== "") await readOperatorsFile(operators, moderation, log);
    return moderation;
  } catch (error) {
    moderation?.close();
    if (!(error instanceof ModerationFileError || error instanceof OperatorsFileError)) throw error;
    throw new StartError("{reason}", error.message);
  }
}

/** Opens the invites in the data folder. */
async function loadInvites(folder: string, log: Logger): Promise<InviteParts> {
  try {
    const report = (text: string) => log.error("{text}", { text });
    return await loadInviteParts({ folder, now: systemClock.wall(), report });
  } catch (error) {
    if (!(error instanceof InvitesError)) throw error;
    throw new StartError("{reason}", error.message);
  }
}

/** Opens the tokens in the data folder. */
async function loadTokens(folder: string, log: Logger): Promise<HubTokens> {
  const { openTokens, TokensError } = await loadOpenTokens();
  try {
    const report = (text: string) => log.error("{text}", { text });
    return await openTokens({ folder, now: systemClock.wall(), report });
  } catch (error) {
    if (!(error instanceof TokensError)) throw error;
    throw new StartError("{reason}", error.message);
  }
}

/** Tells whether a hub serves HTTP, which scripts use with tokens. */
function servesHttp({ tls, tlsPort, web }: Settings): boolean {
  return web !== "off" && (tls !== "off" || tlsPort !== "" || web !== "");
}

/** Loads what the hub serves over HTTP. */
async function loadHubWeb({ web, webHosts, at }: Settings): Promise<HubWeb> {
  const [module, { PAGE_ASSETS: assets }] = await Promise.all([loadWeb(), loadPage()]);
  const told = webHosts.split(",").map((name) => name.trim()).filter((name) => name !== "");
  const own = Deno.hostname();
  const reached = at === "" ? [] : [readPublicAddress(at)!.host];
  const hosts = [...told, own, `${own}.local`, ...reached];
  return { module, assets, hosts, address: web === "" ? undefined : splitHostPort(web) };
}

/** Reads the message of the day. */
async function loadMotd({ motdFile }: Settings): Promise<string | undefined> {
  try {
    return await readMotd(motdFile);
  } catch (error) {
    if (!(error instanceof MotdError)) throw error;
    throw new StartError("{reason}", error.message);
  }
}

/** Reads or makes the certificate. */
async function loadTls(
  settings: Settings,
  daemon: DaemonProcess | undefined,
  log: Logger,
): Promise<HubTls | undefined> {
  // Finding the data folder loads modules of Node, which take 30 ms.
  if (settings.tls === "off" && settings.tlsPort === "") return undefined;
  if (settings.proxy !== "" && isOldRuntime()) {
    throw new StartError(
      "{reason}",
      `TLS with --proxy needs Deno 2.9: this program runs on ${Deno.version.deno}`,
    );
  }
  try {
    const options = await tlsOptionsFrom(settings, {
      folder: await dataFolder(settings, daemon),
      now: systemClock.wall(),
      log,
    });
    return options && { ...options, module: await loadTlsModule(settings.proxy !== "") };
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    throw new StartError("{reason}", error.message);
  }
}

/** Reads the password of the hub. The code that compares passwords is loaded only if there is one. */
async function loadPassword({ passwordFile }: Settings): Promise<PasswordGate | undefined> {
  if (passwordFile === "") return undefined;
  const [{ loadPassword, PasswordError }, { PasswordGate }] = await Promise.all([
    loadPasswordFile(),
    loadPasswordGate(),
  ]);
  try {
    return new PasswordGate(await loadPassword(passwordFile));
  } catch (error) {
    if (!(error instanceof PasswordError)) throw error;
    throw new StartError("{reason}", error.message);
  }
}

/** Connects to the cluster, and opens the copy of its log in the data folder. */
async function openCluster(
  settings: Settings,
  daemon: DaemonProcess | undefined,
  log: Logger,
): Promise<Cluster> {
  const { cluster, clusterName, clusterCreds, clusterCa, clusterReplicas, keep } = settings;
  const folder = await dataFolder(settings, daemon);
  const { Cluster, ClusterError, loadHubId } = await loadCluster();
  // While the copy is opened, which may be tried several times, each text is reported once.
  const reported = new Set<string>();
  let isOpen = false;
  const report = (text: string) => {
    if (isOpen || !reported.has(text)) log.error("{text}", { text });
    if (!isOpen) reported.add(text);
  };
  try {
    const opened = await Cluster.open({
      servers: cluster.split(",").map((server) => server.trim()),
      name: clusterName,
      credsFile: clusterCreds === "" ? undefined : clusterCreds,
      caFile: clusterCa === "" ? undefined : clusterCa,
      replicas: clusterReplicas === "3" ? 3 : 1,
      retention: parseRetention(keep)!,
      hub: await loadHubId(folder),
      epoch: String(systemClock.wall()),
      host: Deno.hostname(),
      openCopy: (isCurrentCopy) => openHistoryIn(folder, settings, { log, report, isCurrentCopy }),
      timers: systemTimers,
      log,
    });
    isOpen = true;
    return opened;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    throw new StartError("{reason}", error.message);
  }
}

/** Opens the history in the data folder, which is created if it does not exist. */
async function loadHistory(
  settings: Settings,
  daemon: DaemonProcess | undefined,
  log: Logger,
): Promise<History> {
  const report = (text: string) => log.error("{text}", { text });
  return openHistoryIn(await dataFolder(settings, daemon), settings, { log, report });
}

function openHistoryIn(
  folder: string,
  { keep, cluster }: Settings,
  { log, report, isCurrentCopy }: {
    log: Logger;
    report: (text: string) => void;
    isCurrentCopy?: (progress: string) => boolean;
  },
): History {
  try {
    const history = openHistory({
      folder,
      // The settings are checked, so the text can be parsed.
      retention: parseRetention(keep)!,
      now: systemClock.wall(),
      host: Deno.hostname(),
      // The same function as in the warm-up: with another one the engine would discard the code that it compiled.
      elapsed: systemClock.elapsed,
      report,
      isCurrentCopy,
    });
    log.info("storing messages in {folder}: {keep}", { folder, keep });
    return history;
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    const remedy = cluster === ""
      ? "choose another folder with --data, or store nothing with --no-history"
      : "choose another folder with --data";
    throw new StartError(`{reason}; ${remedy}`, error.message);
  }
}

/**
 * Returns the data folder of a hub.
 *
 * @param settings the settings in force
 * @param daemon the instance in the background, if it is one
 * @returns its path
 */
export async function dataFolder({ data }: Settings, daemon: DaemonProcess | undefined): Promise<string> {
  return data || (daemon?.dataFolder ?? (await loadDataFolder()).defaultDataFolder());
}

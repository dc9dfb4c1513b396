/**
 * The steps that start and stop a hub, in the order in which `run.ts` calls them. A step that fails throws a
 * {@linkcode StartError}.
 *
 * @module
 */
import { join } from "node:path";
import { hostPort, isLoopback, type Logger, reasonOf, systemClock } from "../../runtime/mod.ts";
import { loadPasswordFile, type Network, readMotd, readNetwork } from "../admission/mod.ts";
import type { DaemonProcess } from "../daemon/mod.ts";
import { OPERATOR_SOCKET_FILE, OperatorSocket } from "../control/mod.ts";
import type { Log } from "../log/mod.ts";
import { loadMetricsServer, type MetricsServer } from "../metrics/mod.ts";
import { addressesJson, describeAddresses } from "../ports/mod.ts";
import { announceUpToOf, parseRetention, readPeers, readRate, type Settings } from "../settings/mod.ts";
import { configuredCertificate, logCertificate } from "../tls/mod.ts";
import { VERSION } from "../../protocol/mod.ts";
import { dataFolder, type HubParts } from "./hub_parts.ts";
import { readOperatorsFile } from "./moderation_manager.ts";
import { Reloads } from "./reloads.ts";
import { type RunningHub, type ServeOptions, startHub, TlsPortError, WebPortError } from "./serve.ts";
import { StartError } from "./start_error.ts";
import { startSummary } from "./start_summary.ts";

/** The limits of a hub for connections, rooms and addresses. */
export type HubLimits = Pick<ServeOptions, "rate" | "limits" | "rooms" | "addresses" | "proxies">;

/**
 * Reads the limits out of the settings.
 *
 * @param settings the settings in force
 * @returns the limits
 */
export function connectionLimits(settings: Settings): HubLimits {
  const { rateLimit, maxPerAddress, maxNewPerAddress, maxRooms, maxRoomsEach, trust, maxLag } = settings;
  return {
    rate: readRate(rateLimit),
    limits: { lagBytes: maxLag, frameMs: settings.frameTimeout * 1000, deadMs: settings.deadTimeout * 1000 },
    rooms: { rooms: maxRooms, perSession: maxRoomsEach, announceUpTo: announceUpToOf(settings) },
    addresses: { atOnce: maxPerAddress, perMinute: maxNewPerAddress, trusted: readNetworks(trust) },
    proxies: readNetworks(settings.proxy),
  };
}

function readNetworks(list: string): Network[] {
  return list.split(",").map((network) => network.trim()).filter((network) => network !== "").map(
    readNetwork,
  );
}

/**
 * Starts the hub.
 *
 * @param settings the settings in force
 * @param limits the limits
 * @param parts the parts; the history is closed if the hub cannot listen
 * @param log the log
 * @returns the hub, which listens
 * @throws {StartError} if it cannot listen
 */
export function listen(settings: Settings, limits: HubLimits, parts: HubParts, log: Logger): RunningHub {
  const { host, port, maxConnections } = settings;
  try {
    const invites = { inviteOnly: settings.inviteOnly === "on", at: settings.at };
    const peers = readPeers(settings.peers);
    const options = { host, port, maxConnections, ...limits, ...parts, ...invites, peers, reserves: true };
    return startHub(options, log);
  } catch (error) {
    parts.cluster?.close().catch(() => {});
    parts.moderation?.close();
    parts.registry?.registry.close();
    parts.invites?.invites.close();
    parts.tokens?.close();
    parts.history?.close();
    if (error instanceof WebPortError) {
      const reason = listenReason(error.cause, "--web");
      throw new StartError(`cannot listen on ${settings.web} for HTTP: {reason}`, reason);
    }
    const onTlsPort = error instanceof TlsPortError;
    const where = hostPort(host, onTlsPort ? Number(settings.tlsPort) : port);
    const reason = onTlsPort ? listenReason(error.cause, "--tls-port") : listenReason(error, "--port");
    throw new StartError(`cannot listen on ${where}: {reason}`, reason);
  }
}

/**
 * Opens the socket of operators in the data folder. The hub runs without it, too: then commands say that they need it.
 *
 * @param parts the parts of the hub
 * @param hub the hub
 * @param log the log
 * @returns the socket; `undefined` if the hub stores nothing, or if there can be no socket
 */
export async function openOperatorSocket(
  { folder }: HubParts,
  { operator }: RunningHub,
  log: Logger,
): Promise<OperatorSocket | undefined> {
  // Windows has such sockets, but Deno does not.
  if (folder === undefined || Deno.build.os === "windows") return undefined;
  const path = join(folder, OPERATOR_SOCKET_FILE);
  try {
    return await OperatorSocket.open(path, operator);
  } catch (error) {
    log.warn(
      "commands such as riftchat name cannot change this hub while it runs: cannot create the socket {path}: {reason}",
      {
        path,
        reason: reasonOf(error),
      },
    );
    return undefined;
  }
}

/**
 * Lists the parts of a running hub that SIGHUP reloads.
 *
 * @param settings the settings in force
 * @param parts the parts of the hub
 * @param hub the hub
 * @param dependencies the log, and what reopens its file
 * @returns the list
 */
export function reloadsOf(
  settings: Settings,
  { passwordGate, tls, moderation }: HubParts,
  hub: RunningHub,
  { log, reopen }: { log: Logger; reopen: Log["reopen"] },
): Reloads {
  const reloads = new Reloads();
  // First, so that the other results are logged in the new file.
  if (settings.logFile !== "") reloads.add("log file", reopen);
  if (settings.motdFile !== "") {
    reloads.add("message of the day", async () => {
      hub.motd = await readMotd(settings.motdFile);
    });
  }
  if (passwordGate !== undefined) {
    reloads.add("password", async () => {
      const { loadPassword } = await loadPasswordFile();
      passwordGate.matches = await loadPassword(settings.passwordFile);
    });
  }
  if (moderation !== undefined && settings.operators !== "") {
    reloads.add("operators", () => readOperatorsFile(settings.operators, moderation, log));
  }
  if (tls !== undefined && settings.tlsCert !== "") {
    reloads.add("certificate", async () => {
      const certificate = await configuredCertificate(settings, systemClock.wall());
      await hub.renew(certificate);
      logCertificate(certificate, log);
    });
  }
  return reloads;
}

/**
 * Starts the metrics server, if the settings ask for one. The package of Prometheus is loaded only then: it takes a
 * tenth of the start time.
 *
 * @param settings the settings in force
 * @param hub the hub
 * @param log the log
 * @returns the server; `undefined` without one
 * @throws {StartError} if it cannot listen
 */
export async function startMetrics(
  { metrics: address }: Settings,
  hub: RunningHub,
  log: Logger,
): Promise<MetricsServer | undefined> {
  if (address === "") return undefined;
  const { serveMetrics } = await loadMetricsServer();
  try {
    const metrics = serveMetrics(address, hub.measures);
    log.info("metrics on {url}", { url: metrics.url });
    return metrics;
  } catch (error) {
    throw new StartError(
      `cannot serve metrics on ${address}: {reason}`,
      listenReason(error, "--metrics"),
      true,
    );
  }
}

/** What {@linkcode announce} needs. */
export interface AnnounceOptions {
  /** The settings in force. */
  settings: Settings;
  /** Whether the line on stdout is JSON. */
  json: boolean;
  /** The instance in the background, if it is one. */
  daemon: DaemonProcess | undefined;
  /** The log. */
  log: Logger;
}

/**
 * Logs the addresses, publishes the files of an instance in the background, and prints the first line on stdout.
 *
 * @param hub the hub
 * @param options see {@linkcode AnnounceOptions}
 * @throws {StartError} if stdout or the files of the instance cannot be written
 */
export async function announce(
  hub: RunningHub,
  { settings, json, daemon, log }: AnnounceOptions,
): Promise<void> {
  const { address: { hostname: host, port }, tlsAddress, webAddress, certificate } = hub;
  const address = hostPort(host, port);
  log.info("riftchat {version} listens on {address}", { version: VERSION, address });
  for (const [what, at] of [["TLS", tlsAddress], ["HTTP", webAddress]] as const) {
    if (at !== undefined) log.info(`${what} on {address}`, { address: hostPort(at.hostname, at.port) });
  }
  const page = pageUrl(hub, settings);
  if (page !== undefined) log.info("the page for browsers is at {url}", { url: page });
  if (settings.tls === "off" && !isLoopback(host)) {
    const advice = tlsAddress === undefined ? "use --tls" : "use the TLS port";
    log.warn("connections to {address} are not encrypted; to encrypt them, {advice}", { address, advice });
  }
  const tls = tlsAddress && certificate && { port: tlsAddress.port, fingerprint: certificate.fingerprint };
  const addresses = { host, port, tls };
  let line = json ? JSON.stringify(addressesJson(addresses)) : describeAddresses(addresses);
  try {
    if (daemon !== undefined) {
      line = JSON.stringify(await daemon.publish(hub, settings.logFile, systemClock.wall()));
    } else if (!json && Deno.stdout.isTerminal()) {
      line = [line, ...await summaryOf(hub, settings)].join("\n");
    }
    await Deno.stdout.write(new TextEncoder().encode(line + "\n"));
  } catch (error) {
    const task = daemon === undefined ? "print the address on stdout" : "publish the address";
    throw new StartError(`cannot ${task}: {reason}`, reasonOf(error));
  }
}

/** Where browsers find the page, as seen from this machine; `undefined` if the hub serves none. */
function pageUrl({ tlsAddress, webAddress }: RunningHub, { web }: Settings): string | undefined {
  const address = tlsAddress ?? webAddress;
  if (address === undefined || web === "off") return undefined;
  const { hostname, port } = address;
  const host = hostname === "0.0.0.0" || hostname === "::" ? "localhost" : hostname;
  return `${tlsAddress === undefined ? "http" : "https"}://${hostPort(host, port)}/`;
}

/** Makes the summary for the user at the terminal. */
async function summaryOf(hub: RunningHub, settings: Settings): Promise<string[]> {
  const { keep } = settings;
  const { address, tlsAddress, operatorCount } = hub;
  return startSummary({
    page: pageUrl(hub, settings),
    host: address.hostname,
    port: address.port,
    tlsPort: tlsAddress?.port,
    password: settings.passwordFile !== "",
    inviteOnly: settings.inviteOnly === "on",
    history: settings.history === "on"
      ? { folder: await dataFolder(settings, undefined), retention: parseRetention(keep)! }
      : undefined,
    operators: operatorCount,
    operatorsFile: settings.operators,
    hostname: Deno.hostname(),
    program: programName(),
  });
}

/** How a user runs this program. */
function programName(): string {
  if (Deno.build.standalone) return "riftchat";
  const fromNpx = Deno.execPath().includes("node_modules");
  return fromNpx ? `npx --yes deno@${Deno.version.deno} task` : "deno task";
}

/**
 * Shuts a hub down: notifies its clients, closes their connections and the metrics server.
 *
 * @param why the signal that asked for it, or why the hub cannot go on, for the log
 * @param parts what to stop, and the log
 */
export async function shutDown(
  why: string,
  { hub, metrics, log }: { hub: RunningHub; metrics: MetricsServer | undefined; log: Logger },
): Promise<void> {
  log.info("{why}: shutting down", { why });
  await hub.stop();
  await metrics?.close();
  log.info("all clients are notified; stopped");
}

/** Says in plain words why listening failed. */
function listenReason(error: unknown, flag: string): string {
  if (error instanceof Deno.errors.AddrInUse) return `the port is in use; choose another with ${flag}`;
  if (error instanceof Deno.errors.AddrNotAvailable) return "this machine has no such address";
  if (error instanceof Deno.errors.PermissionDenied) {
    return "not permitted; ports below 1024 need more rights";
  }
  return reasonOf(error);
}

/**
 * Loads what a hub needs before it listens: message of the day, certificate, password and history.
 *
 * @module
 */
import { type Logger, systemClock } from "../../runtime/mod.ts";
import {
  loadPasswordFile,
  loadPasswordGate,
  MotdError,
  type PasswordGate,
  readMotd,
} from "../admission/mod.ts";
import type { DaemonProcess } from "../daemon/mod.ts";
import { type History, HistoryError, openHistory } from "../history/mod.ts";
import { loadDataFolder, parseRetention, type Settings } from "../settings/mod.ts";
import { isOldRuntime, loadTlsSocket } from "../net/mod.ts";
import type { HubTls } from "./serve.ts";
import { CertificateError, tlsOptionsFrom } from "../tls/mod.ts";
import { StartError } from "./start_error.ts";

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
}

/**
 * Loads what the hub needs before it listens. The history comes last: it is the only part that has to be closed.
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
  return {
    motd: await loadMotd(settings),
    tls: await loadTls(settings, daemon, log),
    passwordGate: await loadPassword(settings),
    history: settings.history === "on" ? await loadHistory(settings, daemon, log) : undefined,
  };
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
    return options && { ...options, module: await loadTlsSocket() };
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

/** Opens the history in the data folder, which is created if it does not exist. */
async function loadHistory(
  settings: Settings,
  daemon: DaemonProcess | undefined,
  log: Logger,
): Promise<History> {
  const { keep } = settings;
  const folder = await dataFolder(settings, daemon);
  try {
    const history = openHistory({
      folder,
      // The settings are checked, so the text can be parsed.
      retention: parseRetention(keep)!,
      now: systemClock.wall(),
      host: Deno.hostname(),
      // The same function as in the warm-up: with another one the engine would discard the code that it compiled.
      elapsed: systemClock.elapsed,
      report: (text) => log.error("{text}", { text }),
    });
    log.info("storing messages in {folder}: {keep}", { folder, keep });
    return history;
  } catch (error) {
    if (!(error instanceof HistoryError)) throw error;
    throw new StartError(
      "{reason}; choose another folder with --data, or store nothing with --no-history",
      error.message,
    );
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

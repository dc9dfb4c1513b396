/**
 * Tries out whether a hub would come up, before one that runs is taken down for it: the settings as the program reads
 * them, the files that they name, and the address, where nothing of this instance listens on it.
 *
 * What it opens it closes again, and what it makes it removes. An address that is taken counts only where it cannot be
 * the running hub that has it.
 *
 * @module
 */
import { loadPasswordFile, MotdError, readMotd } from "../admission/mod.ts";
import { loadConfigFile, SETTING_NAMES, settingOf, type Settings } from "../settings/mod.ts";
import { CertificateError, tryCertificate } from "../tls/mod.ts";
import { hostPort, reasonOf } from "../../runtime/mod.ts";
import type { Instance } from "./instance.ts";
import { printSettings } from "./launch.ts";
import type { StartArguments } from "./record.ts";

/** Where a hub listens. */
export interface HubAddress {
  /** The address. */
  host: string;
  /** The port. */
  port: number;
}

/** What is needed of the settings here. */
type Needed = Pick<
  Settings,
  | ("host" | "port" | "tls" | "tlsPort" | "tlsCert" | "tlsKey")
  | ("data" | "motdFile" | "passwordFile" | "logFile")
>;

/**
 * Tries out whether a hub would come up.
 *
 * @param instance which one; its folders must be there
 * @param origin how it would be started
 * @param running where the hub listens that runs and would be stopped before; nothing where none does, or nobody knows
 * @returns what is wrong, for people; nothing where all is well
 * @throws {DaemonError} where no program can be started
 */
export async function findFault(
  instance: Instance,
  origin: StartArguments,
  running: HubAddress | undefined,
): Promise<string | undefined> {
  const printed = await printSettings(origin);
  if (printed.fault !== undefined) return printed.fault;
  const settings = await settingsFrom(printed.text);
  return await motdFault(settings.motdFile) ??
    await passwordFault(settings.passwordFile) ??
    await certificateFault(settings, settings.data === "" ? instance.dataFolder : settings.data) ??
    await logFault(settings.logFile === "" ? instance.logFile : settings.logFile) ??
    (running === undefined ? undefined : addressFault(settings, running));
}

/** The settings from a config file that names them all. */
async function settingsFrom(text: string): Promise<Needed> {
  const { parseConfigFile } = await loadConfigFile();
  const { values } = parseConfigFile(text, "the settings in force");
  const all = SETTING_NAMES.map((name) => [name, values.get(name) ?? settingOf(name).default]);
  // Each is of its kind, or the file would have been refused.
  return Object.fromEntries(all) as Settings;
}

async function motdFault(path: string): Promise<string | undefined> {
  try {
    await readMotd(path);
    return undefined;
  } catch (error) {
    if (error instanceof MotdError) return error.message;
    throw error;
  }
}

async function passwordFault(path: string): Promise<string | undefined> {
  if (path === "") return undefined;
  const { loadPassword, PasswordError } = await loadPasswordFile();
  try {
    await loadPassword(path);
    return undefined;
  } catch (error) {
    if (error instanceof PasswordError) return error.message;
    throw error;
  }
}

async function certificateFault(settings: Needed, folder: string): Promise<string | undefined> {
  try {
    await tryCertificate(settings, folder, Date.now());
    return undefined;
  } catch (error) {
    if (error instanceof CertificateError) return error.message;
    throw error;
  }
}

async function logFault(path: string): Promise<string | undefined> {
  const fault = (reason: string) => `Cannot open the log ${path}: it must be a file to write to: ${reason}`;
  try {
    // Before it is opened: opening a pipe waits for somebody who reads it.
    if (!(await Deno.stat(path)).isFile) return fault("it is something else");
    (await Deno.open(path, { append: true })).close();
    return undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return fault(reasonOf(error));
  }
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
    await Deno.remove(path);
    return undefined;
  } catch (error) {
    return fault(error instanceof Deno.errors.NotFound ? "there is no such folder" : reasonOf(error));
  }
}

function addressFault({ host, port }: HubAddress, running: HubAddress): string | undefined {
  if (host === running.host && port === running.port) return undefined;
  try {
    Deno.listen({ hostname: host, port }).close();
    return undefined;
  } catch (error) {
    // Of that port, it may be the running hub that has it: 127.0.0.1 is within 0.0.0.0.
    if (error instanceof Deno.errors.AddrInUse && port === running.port) return undefined;
    return `Cannot listen on ${hostPort(host, port)}: ${reasonOf(error)}`;
  }
}

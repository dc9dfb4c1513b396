/**
 * Checks whether a hub can start, before a restart stops the running one. It checks the settings as the program reads
 * them, the files that they name, and the address, if it is not the one of the running hub.
 *
 * It closes every file that it opens and removes every file that it creates. An address in use is an error only if the
 * running hub cannot be the one that uses it.
 *
 * @module
 */
import { loadPasswordFile, MotdError, readMotd } from "../admission/mod.ts";
import { loadOperators, OperatorsFileError } from "../moderation/mod.ts";
import { loadConfigFile, SETTING_NAMES, settingOf, type Settings } from "../settings/mod.ts";
import { CertificateError, checkCertificate } from "../tls/mod.ts";
import { hostPort, reasonOf } from "../../runtime/mod.ts";
import type { Instance } from "./instance.ts";
import { printSettings } from "./launch.ts";
import type { StartArguments } from "./record.ts";

/** The address of a hub. */
export interface HubAddress {
  /** The IP address or host name. */
  host: string;
  /** The port. */
  port: number;
}

/** The settings that are checked. */
type CheckedSettings = Pick<
  Settings,
  | ("host" | "port" | "tls" | "tlsPort" | "tlsCert" | "tlsKey")
  | ("data" | "motdFile" | "passwordFile" | "operators" | "logFile")
>;

/**
 * Checks whether a hub can start.
 *
 * @param instance the instance; its folders must exist
 * @param startArguments how it would be started
 * @param running the address of the running hub, which would be stopped first; `undefined` if there is none or it is
 * unknown
 * @returns an error message; `undefined` if the hub can start
 * @throws {DaemonError} if this program cannot be started
 */
export async function preflight(
  instance: Instance,
  startArguments: StartArguments,
  running: HubAddress | undefined,
): Promise<string | undefined> {
  const printed = await printSettings(startArguments);
  if (printed.problem !== undefined) return printed.problem;
  const settings = await settingsFrom(printed.text);
  return await motdProblem(settings.motdFile) ??
    await passwordProblem(settings.passwordFile) ??
    await operatorsProblem(settings.operators) ??
    await certificateProblem(settings, settings.data === "" ? instance.dataFolder : settings.data) ??
    await logProblem(settings.logFile === "" ? instance.logFile : settings.logFile) ??
    (running === undefined ? undefined : addressProblem(settings, running));
}

/** Parses the settings from a config file that contains all of them. */
async function settingsFrom(text: string): Promise<CheckedSettings> {
  const { parseConfigFile } = await loadConfigFile();
  const { values } = parseConfigFile(text, "the settings in force");
  const all = SETTING_NAMES.map((name) => [name, values.get(name) ?? settingOf(name).default]);
  // The parser has checked the values.
  return Object.fromEntries(all) as Settings;
}

async function motdProblem(path: string): Promise<string | undefined> {
  try {
    await readMotd(path);
    return undefined;
  } catch (error) {
    if (error instanceof MotdError) return error.message;
    throw error;
  }
}

async function passwordProblem(path: string): Promise<string | undefined> {
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

async function operatorsProblem(path: string): Promise<string | undefined> {
  if (path === "") return undefined;
  try {
    await loadOperators(path);
    return undefined;
  } catch (error) {
    if (error instanceof OperatorsFileError) return error.message;
    throw error;
  }
}

async function certificateProblem(settings: CheckedSettings, folder: string): Promise<string | undefined> {
  try {
    await checkCertificate(settings, folder, Date.now());
    return undefined;
  } catch (error) {
    if (error instanceof CertificateError) return error.message;
    throw error;
  }
}

async function logProblem(path: string): Promise<string | undefined> {
  const problem = (reason: string) => `Cannot open the log ${path}: it must be a file to write to: ${reason}`;
  try {
    // Before it is opened: opening a named pipe waits for a reader.
    if (!(await Deno.stat(path)).isFile) return problem("it is something else");
    (await Deno.open(path, { append: true })).close();
    return undefined;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) return problem(reasonOf(error));
  }
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
    await Deno.remove(path);
    return undefined;
  } catch (error) {
    return problem(error instanceof Deno.errors.NotFound ? "there is no such folder" : reasonOf(error));
  }
}

function addressProblem({ host, port }: HubAddress, running: HubAddress): string | undefined {
  if (host === running.host && port === running.port) return undefined;
  try {
    Deno.listen({ hostname: host, port }).close();
    return undefined;
  } catch (error) {
    // The running hub may use this port: 0.0.0.0 includes 127.0.0.1.
    if (error instanceof Deno.errors.AddrInUse && port === running.port) return undefined;
    return `Cannot listen on ${hostPort(host, port)}: ${reasonOf(error)}`;
  }
}

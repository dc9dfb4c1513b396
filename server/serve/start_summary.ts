/**
 * What a hub prints on a terminal after its first line: who can read along, what is stored, and how to join.
 *
 * PURE.
 *
 * @module
 */
import { hostPort, isLoopback } from "../../runtime/mod.ts";
import type { Retention } from "../settings/mod.ts";

/** The port of a hub address without a port. */
const DEFAULT_PORT = 8000;

/** What a summary is about. */
export interface SummaryFacts {
  /** The IP address on which the hub listens. */
  host: string;
  /** Its port. */
  port: number;
  /** The TLS port, if it has one; the same as `port` if it accepts TLS only. */
  tlsPort: number | undefined;
  /** Where browsers find the page, if the hub serves it. */
  page?: string | undefined;
  /** Whether clients have to send a password. */
  password: boolean;
  /** Whether only owners of names, and those with an invite, get in. */
  inviteOnly: boolean;
  /** Where messages are stored and how long; `undefined` if they are not stored. */
  history: { folder: string; retention: Retention } | undefined;
  /** How many operators the hub has; `undefined` if it can have none. */
  operators: number | undefined;
  /** The file of `--operators`; empty for none. */
  operatorsFile: string;
  /** The name of this machine. */
  hostname: string;
  /** How a user runs the program: `riftchat`, or `deno task` in a clone. */
  program: string;
}

/**
 * Makes the summary.
 *
 * @param facts see {@linkcode SummaryFacts}
 * @returns three lines, one more if the hub can have operators, and one if it serves the page
 */
export function startSummary(facts: SummaryFacts): string[] {
  return [
    securityLine(facts),
    historyLine(facts),
    ...operatorsLine(facts),
    joinLine(facts),
    ...pageLine(facts),
  ];
}

function securityLine({ host, port, tlsPort, password, inviteOnly }: SummaryFacts): string {
  if (isLoopback(host)) return "Only programs on this machine can connect.";
  const who = inviteOnly
    ? `Only owners of names${
      password ? ", with the password," : ""
    } and those with an invite can join: riftchat ` +
      "invite makes one."
    : password
    ? "Users need the password."
    : "Everyone who reaches this port can join; --password-file FILE asks for a password.";
  if (tlsPort === port) return `Encrypted. ${who}`;
  return tlsPort === undefined
    ? `Not encrypted: others on the network can read along; --tls encrypts. ${who}`
    : `Port ${tlsPort} is encrypted, port ${port} is not: others on the network can read along there. ${who}`;
}

function historyLine({ history }: SummaryFacts): string {
  if (history === undefined) return "Messages are not stored.";
  const { folder, retention: { ms, bytes } } = history;
  const time = ms === Infinity ? "" : ` for ${formatTime(ms)}`;
  const size = bytes === Infinity ? "" : `, up to ${formatSize(bytes)},`;
  const how = time + size === "" ? " forever" : time + size;
  return `Messages are stored${how} in ${folder} (--keep, --no-history).`;
}

function operatorsLine({ operators, operatorsFile }: SummaryFacts): string[] {
  if (operators === undefined) return [];
  if (operators === 0 && operatorsFile !== "") {
    return [`Nobody can ban or mute users: there is no Ed25519 key in ${operatorsFile}.`];
  }
  return operators === 0
    ? ["Nobody can ban or mute users: --operators FILE names the keys of those who may."]
    : [`${operators} operator${operators === 1 ? "" : "s"} can ban and mute users.`];
}

function pageLine({ page }: SummaryFacts): string[] {
  return page === undefined ? [] : [`Or without the program, in a browser: ${page}`];
}

function joinLine({ host, port, tlsPort, hostname, program }: SummaryFacts): string {
  const secure = tlsPort === undefined ? "" : "rifts://";
  const reached = tlsPort ?? port;
  const local = host === "0.0.0.0" || host === "::" ? "localhost" : host;
  const command = (name: string) =>
    `${program} join ${secure}${reached === DEFAULT_PORT ? bracketed(name) : hostPort(name, reached)}`;
  if (isLoopback(host)) return `Join with: ${command(local)}`;
  if (local !== "localhost") return `Join with: ${command(local)}`;
  return `Join with: ${command("localhost")}   From another machine: ${command(hostname)}`;
}

/** An IPv6 address in the brackets that an address without a port needs, too. */
function bracketed(host: string): string {
  return host.includes(":") ? `[${host}]` : host;
}

function formatTime(ms: number): string {
  const units: [number, string][] = [[86_400_000, "day"], [3_600_000, "hour"], [60_000, "minute"]];
  const [size, name] = units.find(([unit]) => ms % unit === 0) ?? units.at(-1)!;
  const count = ms / size;
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

function formatSize(bytes: number): string {
  const units: [number, string][] = [[2 ** 40, "TiB"], [2 ** 30, "GiB"], [2 ** 20, "MiB"], [2 ** 10, "KiB"]];
  const [size, name] = units.find(([unit]) => bytes % unit === 0) ?? [1, "bytes"];
  return `${bytes / size} ${name}`;
}

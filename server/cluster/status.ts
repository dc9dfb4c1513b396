/**
 * `riftchat cluster status`: which hubs and streams a cluster has, as NATS tells. No hub is asked.
 *
 * @module
 */
import {
  ClusterError,
  DEAD_MS,
  type HubLease,
  JetStreamApi,
  NatsConnection,
  NatsError,
  readLease,
  type StreamFacts,
  streamFacts,
  type StreamNames,
  streamNames,
  StreamReader,
} from "../nats/mod.ts";
import { sanitize, systemTimers } from "../../runtime/mod.ts";
import type { ClusterOptions } from "./cluster.ts";

/** How long NATS may take to answer, in milliseconds: longer than a connection needs that tries three servers. */
const ANSWER_MS = 8000;

/** A hub of a cluster. */
export interface HubStatus {
  /** Its id. */
  readonly hub: string;
  /** Whether its lease was renewed in time. */
  readonly alive: boolean;
  /** The time since its lease was renewed, in milliseconds, by the clocks of the NATS servers. */
  readonly lease_ms: number;
  /**
   * What it tells of itself: `version`, `host`, `sessions`; `lag`, messages of the log to read. Of names and bans:
   * `rows_waiting`, own changes to send; `rows_lag`, changes of others to store; `rows_cut_off`, whether changes are
   * refused.
   */
  readonly shown: HubLease["shown"];
}

/** A cluster as NATS shows it. */
export interface ClusterStatus {
  /** Its name. */
  readonly cluster: string;
  /** The server that was asked. */
  readonly nats: { readonly version: string; readonly address: string; readonly warning?: string };
  /** The hubs. */
  readonly hubs: readonly HubStatus[];
  /** The streams. */
  readonly streams: readonly StreamFacts[];
}

/**
 * Asks NATS about a cluster.
 *
 * @param options the servers, the name of the cluster and how to prove oneself
 * @returns what it tells
 * @throws {ClusterError} if no server answers, or has no such cluster, or JetStream does not answer
 */
export async function clusterStatus(
  options: Pick<ClusterOptions, "servers" | "name" | "credsFile" | "caFile">,
): Promise<ClusterStatus> {
  const { servers, name, credsFile, caFile } = options;
  const late = new AbortController();
  const cancel = systemTimers.after(ANSWER_MS, () => late.abort());
  let reason = "no NATS server answers";
  let connection: NatsConnection | undefined, denied: string | undefined;
  try {
    const waiting = (text: string) => reason = text;
    const name = "riftchat cluster status";
    connection = await NatsConnection.connect({
      servers,
      name,
      credsFile,
      caFile,
      signal: late.signal,
      waiting,
      problem: (text) => denied ??= text,
    });
  } catch (error) {
    if (!late.signal.aborted || error instanceof ClusterError) throw error;
    throw new ClusterError(`${reason}: check --cluster, and that NATS runs`);
  } finally {
    cancel();
  }
  try {
    const names = streamNames(name);
    const api = new JetStreamApi(connection);
    const streams: StreamFacts[] = [];
    for (const stream of [names.log, names.hubs, names.state]) {
      streams.push(await streamFacts(api, stream));
    }
    const { version, versionWarning: warning, address } = connection;
    const nats = { version, address, ...warning === undefined ? {} : { warning } };
    return { cluster: name, nats, hubs: await readHubs(connection, names), streams };
  } catch (error) {
    if (!(error instanceof NatsError)) throw error;
    throw new ClusterError(whyNot(error, { name, connection, denied }), error);
  } finally {
    await connection.close();
  }
}

/** Says why NATS does not show a cluster, and what to do. */
function whyNot(
  { kind, message }: NatsError,
  { name, connection, denied }: { name: string; connection: NatsConnection; denied: string | undefined },
): string {
  const { address, version, hasJetStream } = connection;
  const server = `NATS ${version} at ${address}`;
  if (kind === "not_found") {
    return `no hub has made the cluster ${name} on these servers: check --cluster and --cluster-name`;
  }
  if (denied !== undefined) {
    return `${server} does not let this user see the cluster ${name}: ${denied}; use the user of the hubs`;
  }
  if (!hasJetStream && kind === "unavailable") {
    return `${server} has no JetStream: start nats-server with --jetstream and a --store_dir`;
  }
  return `${server} cannot show the cluster ${name}: ${message}; streams need most of their servers: start those ` +
    "that are down, and try again some seconds later";
}

/** Asks for the time at the servers, in milliseconds since 1970: that of a consumer which is made now. */
async function timeAt(api: JetStreamApi, stream: string): Promise<number> {
  const { name, created } = await api.call<{ name: string; created: string }>(`CONSUMER.CREATE.${stream}`, {
    stream_name: stream,
    config: { ack_policy: "none", inactive_threshold: 1e9, mem_storage: true, num_replicas: 1 },
  });
  await api.call(`CONSUMER.DELETE.${stream}.${name}`);
  return Date.parse(created);
}

async function readHubs(connection: NatsConnection, names: StreamNames): Promise<HubStatus[]> {
  const now = await timeAt(new JetStreamApi(connection), names.hubs);
  const hubs = new Map<string, HubStatus>();
  const reader = new StreamReader({
    connection,
    stream: names.hubs,
    after: 0,
    deliver: ({ data, timeMs }) => {
      const read = readLease(data);
      if (read === undefined) return;
      const { lease: { hub, shown }, resigned } = read;
      const ageMs = Math.max(0, Math.round(now - timeMs));
      if (resigned) hubs.delete(hub);
      else hubs.set(hub, { hub, alive: ageMs < DEAD_MS, lease_ms: ageMs, shown });
    },
    rewound: () => 0,
  });
  const { promise: late, reject } = Promise.withResolvers<never>();
  const cancel = systemTimers.after(
    ANSWER_MS,
    () => reject(new NatsError("timeout", "JetStream does not show the leases of the hubs")),
  );
  try {
    reader.start();
    await Promise.race([reader.caughtUp, late]);
  } finally {
    cancel();
    reader.close();
  }
  return [...hubs.values()].sort((a, b) => a.hub < b.hub ? -1 : 1);
}

/**
 * Formats the status of a cluster for people.
 *
 * @param status the status
 * @returns lines with line ends
 */
export function statusText({ cluster, nats, hubs, streams }: ClusterStatus): string {
  const shown = (value: unknown) => value === undefined ? "-" : sanitize(String(value));
  const hubRows = hubs.map((
    { hub, alive, lease_ms: ms, shown: { version, host, sessions, lag, ...rows } },
  ) => [
    ...[hub, version, host, sessions, lag, rowsText(rows)].map(shown),
    `${(ms / 1000).toFixed(1)} s${alive ? "" : ", dead"}`,
  ]);
  const streamRows = streams.map(({ name, messages, bytes, replicas, leader, followers }) => [
    name,
    messages.toLocaleString("en"),
    `${(bytes / 1024 / 1024).toFixed(1)} MiB`,
    String(replicas),
    // A single server has no leader.
    replicas > 1 ? shown(leader ?? "none") : "-",
    followers.filter(({ current }) => !current).map(({ name, lag }) => `${shown(name)}, ${lag} behind`).join(
      "; ",
    ),
  ]);
  return [
    `cluster ${cluster} on NATS ${shown(nats.version)} at ${shown(nats.address)}`,
    ...nats.warning === undefined ? [] : [`warning: ${shown(nats.warning)}`],
    "",
    ...table([["hub", "version", "host", "sessions", "lag", "rows", "lease"], ...hubRows]),
    ...hubs.length === 0 ? ["no hub runs"] : [],
    "",
    ...table([["stream", "messages", "size", "replicas", "leader", "not current"], ...streamRows]),
  ].map((line) => `${line}\n`).join("");
}

/**
 * Formats the status of a cluster for scripts.
 *
 * @param status the status
 * @returns one line of JSON with its line end; all names are in snake_case
 */
export function statusJson({ streams, ...status }: ClusterStatus): string {
  const rows = streams.map(({ firstSequence: first_sequence, lastSequence: last_sequence, ...rest }) => ({
    ...rest,
    first_sequence,
    last_sequence,
  }));
  return `${JSON.stringify({ ...status, streams: rows })}\n`;
}

/** Says whether names, rooms and bans of a hub are those of the others; `undefined` if it does not tell. */
function rowsText(
  { rows_cut_off: isCutOff, rows_waiting: waiting, rows_lag: lag }: HubLease["shown"],
): string | undefined {
  if (waiting === undefined) return undefined;
  const parts = [
    ...isCutOff === true ? ["cut off"] : [],
    ...Number(waiting) > 0 ? [`${waiting} to send`] : [],
    ...Number(lag) > 0 ? [`${lag} to store`] : [],
  ];
  return parts.join(", ") || "current";
}

/** Aligns the columns of rows. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column]!)).join("  ").trimEnd());
}

/**
 * Makes and checks the streams of a cluster. Each hub does so when it starts; those that exist are adjusted to its
 * settings where a stream can be, and refused where it cannot.
 *
 * @module
 */
import { JetStreamApi } from "./api.ts";
import type { NatsConnection } from "./connection.ts";
import { ClusterError, NatsError } from "./nats_error.ts";
import { onceAMinute } from "./reconnecting.ts";
import {
  ADJUSTABLE,
  checkEssentials,
  configsOf,
  type ExistingConfig,
  SETTING_NAMES,
  settingText,
  type StreamConfig,
  type StreamSettings,
} from "./stream_settings.ts";
import { type StreamNames, streamNames } from "./subjects.ts";

/** How long to wait before a failed attempt is made again, in milliseconds. */
const RETRY_MS = 250;

/** How long a lack of servers or of JetStream is put down to servers that are still starting, in milliseconds. */
const STARTING_MS = 15_000;

/** The largest message that hubs send, in bytes: a batch of 128 KiB and a message more, or the numbers of rooms. */
const MIN_PAYLOAD_BYTES = 512 * 1024;

/** Codes of JetStream for what the operator must change, if it lasts. */
const NO_PEERS = 10005, INSUFFICIENT = 10023, NO_STORAGE = 10047;
const NOT_CLUSTERED = 10074, NOT_FOR_ACCOUNT = 10039, NOT_ENABLED = 10076;
const NAME_IN_USE = 10058, OVERLAPS = 10065;

/** What happens while streams are made. */
export interface StreamEvents {
  /** Gives up. */
  signal?: AbortSignal | undefined;
  /** Called with a reason when the hub must wait, once a minute with each reason. */
  waiting?: ((reason: string) => void) | undefined;
  /** Called when a stream gets other settings than it had. */
  changed?: ((text: string) => void) | undefined;
}

/** What the description of a stream begins with; its identity follows. */
const MARK = "RiftChat ";

/** A stream as it is. */
export interface StreamFacts {
  /** Its name. */
  readonly name: string;
  /**
   * Names it: a stream of the same name that is made anew has another one. Not when it was created: in a cluster of
   * NATS 2.9 each server has another time of that.
   */
  readonly identity: string;
  /** The sequence of its first message; if it has none, 0 or one more than that of the last one. */
  readonly firstSequence: number;
  /** The sequence of its last message. */
  readonly lastSequence: number;
  /** How many messages it has. */
  readonly messages: number;
  /** Their size, in bytes. */
  readonly bytes: number;
  /** On how many servers it is stored. */
  readonly replicas: number;
  /** The server that leads it; `undefined` if there is one server, or no leader. */
  readonly leader: string | undefined;
  /** The other servers that store it. */
  readonly followers: readonly { readonly name: string; readonly current: boolean; readonly lag: number }[];
}

/** The streams of a cluster. */
export interface ClusterStreams {
  /** Their names and subjects. */
  readonly names: StreamNames;
  /** The log as it was. */
  readonly log: StreamFacts;
}

interface StreamInfo {
  config: ExistingConfig;
  created: string;
  state: { first_seq: number; last_seq: number; messages: number; bytes: number };
  cluster?: { leader?: string; replicas?: { name: string; current: boolean; lag?: number }[] };
}

/**
 * Looks at a stream.
 *
 * @param api JetStream
 * @param name the name of the stream
 * @returns the stream as it is
 * @throws {NatsError} `not_found`, or why it cannot be asked
 */
export async function streamFacts(api: JetStreamApi, name: string): Promise<StreamFacts> {
  return factsOf(await api.call<StreamInfo>(`STREAM.INFO.${name}`));
}

function factsOf({ config, created, state, cluster }: StreamInfo): StreamFacts {
  return {
    name: config.name,
    // A stream that somebody else made has no id.
    identity: config.description?.startsWith(MARK) ? config.description.slice(MARK.length) : created,
    firstSequence: state.first_seq,
    lastSequence: state.last_seq,
    messages: state.messages,
    bytes: state.bytes,
    replicas: config.num_replicas,
    leader: cluster?.leader === "" ? undefined : cluster?.leader,
    followers: (cluster?.replicas ?? []).map(({ name, current, lag }) => ({ name, current, lag: lag ?? 0 })),
  };
}

/**
 * Makes the streams of a cluster, or checks those that exist. Waits for JetStream for as long as it is not ready.
 *
 * @param connection the connection
 * @param settings settings of the streams
 * @param events what happens meanwhile
 * @returns the streams
 * @throws {ClusterError} if the operator must change something
 * @throws {NatsError} `closed` if the connection is closed or the signal is aborted
 */
export async function ensureStreams(
  connection: NatsConnection,
  settings: StreamSettings,
  events: StreamEvents = {},
): Promise<ClusterStreams> {
  const names = streamNames(settings.name);
  const api = new JetStreamApi(connection);
  const { address, maxPayloadBytes } = connection;
  if (maxPayloadBytes < MIN_PAYLOAD_BYTES) {
    throw new ClusterError(
      `NATS at ${address} takes messages of at most ${maxPayloadBytes} bytes, and hubs send up to ` +
        `${MIN_PAYLOAD_BYTES}: raise max_payload in the configuration of the NATS servers`,
    );
  }
  let log: StreamFacts | undefined;
  for (const config of configsOf(names, settings)) {
    const facts = await persistently(connection, events, config, () => {
      return ensureStream(api, config, settings.isFixed === true, events);
    });
    log ??= facts;
  }
  return { names, log: log! };
}

/** Tries until it works or cannot work. */
async function persistently(
  connection: NatsConnection,
  { signal, waiting }: StreamEvents,
  config: StreamConfig,
  attempt: () => Promise<StreamFacts>,
): Promise<StreamFacts> {
  const { clock } = connection;
  const since = clock.elapsed();
  const wait = onceAMinute(waiting, clock);
  for (;;) {
    if (signal?.aborted) throw new NatsError("closed", "making the streams was given up");
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof NatsError) || error.kind === "closed") throw error;
      const lasting = lastingFailure(error, connection, config);
      if (lasting !== undefined && (!lasting.mayPass || clock.elapsed() - since >= STARTING_MS)) {
        throw lasting.error;
      }
      if (lasting === undefined && error.kind === "refused") {
        throw new ClusterError(`Cannot make the stream ${config.name} in NATS: ${error.message}`, error);
      }
      wait(`JetStream is not ready: ${error.message}`);
      await new Promise<void>((resolve) => clock.after(RETRY_MS, resolve));
    }
  }
}

/** Recognizes what the operator must change; `mayPass` if servers that are still starting cause the same error. */
function lastingFailure(
  error: NatsError,
  { address, hasJetStream }: NatsConnection,
  { name, num_replicas: replicas, max_bytes: maxBytes }: StreamConfig,
): { error: ClusterError; mayPass: boolean } | undefined {
  const lasting = (text: string, mayPass: boolean) => ({ error: new ClusterError(text, error), mayPass });
  if (error.errorCode === NO_STORAGE || /insufficient storage/.test(error.message)) {
    return lasting(
      `NATS has no space for the stream ${name}: JetStream reserves what the stream may store, ` +
        `${settingText("max_bytes", maxBytes)}, on ${replicas} of its servers; keep less by --keep, ` +
        "or raise max_file_store in the configuration of the NATS servers",
      error.errorCode !== NO_STORAGE,
    );
  }
  switch (error.errorCode) {
    case NOT_CLUSTERED:
      return lasting(
        `Cannot store the stream ${name} on ${replicas} servers: NATS at ${address} is a single server; ` +
          "start the hubs with --cluster-replicas 1, or run three NATS servers as a cluster",
        false,
      );
    case NO_PEERS:
    case INSUFFICIENT:
      return lasting(
        `Cannot store the stream ${name} on ${replicas} servers: fewer NATS servers with JetStream are running ` +
          `(${error.message}); start them, or start the hubs with --cluster-replicas 1`,
        true,
      );
    case NOT_FOR_ACCOUNT:
    case NOT_ENABLED:
      return lasting(
        `JetStream is not enabled for this account of NATS at ${address}: enable it in the server's configuration`,
        error.errorCode === NOT_FOR_ACCOUNT,
      );
    case OVERLAPS:
      return lasting(
        `Cannot make the stream ${name}: another stream of NATS takes its subjects; choose another --cluster-name, ` +
          "or remove that stream: nats stream ls",
        false,
      );
  }
  if (error.kind === "unavailable" && !hasJetStream) {
    return lasting(
      `NATS at ${address} has no JetStream: start nats-server with --jetstream and a --store_dir`,
      true,
    );
  }
  return undefined;
}

/** Whether a stream cannot be made as another hub has made it, or does so. */
async function isMade(
  api: JetStreamApi,
  { name, subjects }: StreamConfig,
  { errorCode }: NatsError,
): Promise<boolean> {
  if (errorCode !== OVERLAPS) return errorCode === NAME_IN_USE;
  // So says NATS 2.9 also of the stream of that name, while it is made.
  for (const subject of subjects) {
    const { streams } = await api.call<{ streams: string[] | null }>("STREAM.NAMES", { subject });
    if (streams?.some((other) => other !== name)) return false;
  }
  return true;
}

async function ensureStream(
  api: JetStreamApi,
  wanted: StreamConfig,
  isFixed: boolean,
  events: StreamEvents,
): Promise<StreamFacts> {
  let found: StreamInfo;
  try {
    found = await api.call<StreamInfo>(`STREAM.INFO.${wanted.name}`);
  } catch (error) {
    if (!(error instanceof NatsError) || error.kind !== "not_found") throw error;
    try {
      const description = MARK + crypto.randomUUID();
      const config = { ...wanted, description };
      return factsOf(await api.call<StreamInfo>(`STREAM.CREATE.${wanted.name}`, config, 5000));
    } catch (refused) {
      // Another hub made it meanwhile, with settings of its own.
      if (!(refused instanceof NatsError) || !await isMade(api, wanted, refused)) throw refused;
      found = await api.call<StreamInfo>(`STREAM.INFO.${wanted.name}`);
    }
  }
  checkEssentials(found.config, wanted);
  const { num_replicas: replicas } = found.config;
  const changes = isFixed ? [] : ADJUSTABLE.filter((key) => found.config[key] !== wanted[key])
    .filter((key) => key !== "num_replicas" || wanted.num_replicas > replicas);
  if (!isFixed && wanted.num_replicas < replicas) {
    // One hub that was started without the setting must not leave the log of all on one server.
    events.changed?.(
      `the stream ${wanted.name} stays on ${replicas} NATS servers, although this hub has --cluster-replicas ` +
        `${wanted.num_replicas}: start it with ${replicas}, or change the stream by nats stream edit`,
    );
  }
  if (changes.length === 0) return factsOf(found);
  const updated = { ...found.config, ...Object.fromEntries(changes.map((key) => [key, wanted[key]])) };
  const facts = factsOf(await api.call<StreamInfo>(`STREAM.UPDATE.${wanted.name}`, updated, 5000));
  const list = changes.map((key) => {
    return `${SETTING_NAMES[key]} ${settingText(key, wanted[key])} instead of ${
      settingText(key, found.config[key])
    }`;
  });
  events.changed?.(`the stream ${wanted.name} of NATS has the settings of this hub: ${list.join(", ")}`);
  return facts;
}

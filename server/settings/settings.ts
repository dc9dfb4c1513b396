/**
 * The table of settings. Flags, environment variables, keys of the config file, the help and `--print-config` are made
 * from it. A new setting is added here and to the table in `docs/hosting.md`; a test compares the two.
 *
 * The setting `maxConnections` is the flag `--max-connections`, the variable `RIFTCHAT_MAX_CONNECTIONS` and the key
 * `max_connections`.
 *
 * PURE, and without packages: it is loaded for `--help`. The file is long because the table has a row for each setting.
 *
 * @module
 */
import { PEERS_RULE, PUBLIC_ADDRESS_RULE, readPeers, readPublicAddress } from "./public_address.ts";
import { DEFAULT_RETENTION, parseRetention, RETENTION_RULE } from "./retention.ts";
import {
  CLUSTER_ANNOUNCE_UP_TO,
  DEAD_MS,
  DEFAULT_HOST,
  DEFAULT_LOG_BYTES,
  DEFAULT_LOG_KEEP,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_NEW_PER_ADDRESS,
  DEFAULT_MAX_PER_ADDRESS,
  DEFAULT_NAME_DAYS,
  DEFAULT_PORT,
  DEFAULT_RATE_LIMIT,
  MAX_CONTACT_CHARS,
  MAX_FRAME_MS,
  MAX_LAG_BYTES,
  MAX_ROOMS,
  MAX_ROOMS_PER_SESSION,
} from "../limits.ts";
import { LOG_FORMATS, LOG_LEVELS } from "./log_options.ts";
import {
  addressOrNone,
  filePath,
  folderPath,
  hostNames,
  limit,
  limitOrDefault,
  natsServers,
  networks,
  oneOf,
  onOrOff,
  portOrNone,
  rateOrOff,
  secondsOrOff,
  type SettingKind,
  text,
  webAddress,
  wholeNumber,
} from "./setting_kind.ts";

/** The groups of settings in the help, in its order. */
export type SettingGroup =
  | "Where it listens"
  | "TLS"
  | "Limits"
  | "History"
  | "Password and greeting"
  | "Moderation"
  | "Cluster"
  | "Log and metrics";

/** One setting. */
export interface Setting<T extends string | number = string | number> {
  /** The kind of its value. */
  readonly kind: SettingKind<T>;
  /** The default value. */
  readonly default: T;
  /** The description in the help, in one line. */
  readonly description: string;
  /** Its group in the help. */
  readonly group: SettingGroup;
  /** The short form of its flag, one letter, if it has one. */
  readonly shortFlag?: string;
  /** The value of its flag without a value; if there is none, the flag requires a value. */
  readonly impliedValue?: T;
  /** A common variable, such as `PORT`, that is used if its own is not set. */
  readonly otherVariable?: string;
}

/** All settings by name. */
export const SETTINGS = {
  host: setting({
    group: "Where it listens",
    kind: text("host", "an address or a name of this machine"),
    default: DEFAULT_HOST,
    description: "the address to listen on; 0.0.0.0 means every IPv4 address, :: every address",
  }),
  port: setting({
    group: "Where it listens",
    kind: wholeNumber("port", 0, 65_535),
    default: DEFAULT_PORT,
    description: "the port to listen on; 0 picks a free one",
    shortFlag: "p",
    otherVariable: "PORT",
  }),
  at: setting({
    group: "Where it listens",
    kind: text(
      "address",
      `${PUBLIC_ADDRESS_RULE}; or "" for none`,
      (text) => text === "" || readPublicAddress(text) !== undefined,
    ),
    default: "",
    description: "the address under which others reach the hub, for the links of invites",
  }),
  peers: setting({
    group: "Where it listens",
    kind: text("addresses", `${PEERS_RULE}; or "" for none`, (text) => readPeers(text) !== undefined),
    default: "",
    description: "the other hubs of the same chat, to which clients and pages move when this one goes",
  }),
  web: setting({
    group: "Where it listens",
    kind: webAddress(),
    default: "",
    description: "a port for browsers and scripts, over HTTP; off: no HTTP on the TLS port either",
  }),
  webHosts: setting({
    group: "Where it listens",
    kind: hostNames(),
    default: "",
    description: "the names under which browsers reach the hub, separated by commas",
  }),
  tls: setting({
    group: "TLS",
    kind: onOrOff(),
    default: "off",
    description: "whether the port accepts TLS connections only",
    impliedValue: "on",
  }),
  tlsPort: setting({
    group: "TLS",
    kind: portOrNone(),
    default: "",
    description: "a second port, for TLS connections; 0 picks a free one",
  }),
  tlsCert: setting({
    group: "TLS",
    kind: filePath(),
    default: "",
    description: "the TLS certificate, as PEM; without it the hub makes a self-signed one",
  }),
  tlsKey: setting({
    group: "TLS",
    kind: filePath(),
    default: "",
    description: "the private key of the TLS certificate, as PEM",
  }),
  maxConnections: setting({
    group: "Limits",
    kind: limit("count", 1_000_000),
    default: DEFAULT_MAX_CONNECTIONS,
    description: "the maximum number of connections; 0 or off for no limit",
  }),
  maxPerAddress: setting({
    group: "Limits",
    kind: limit("count", 1_000_000),
    default: DEFAULT_MAX_PER_ADDRESS,
    description: "the maximum number of connections from one address (IPv6: one /64); 0 or off for no limit",
  }),
  maxNewPerAddress: setting({
    group: "Limits",
    kind: limit("count", 1_000_000),
    default: DEFAULT_MAX_NEW_PER_ADDRESS,
    description: "the maximum number of new connections from one address in a minute; 0 or off for no limit",
  }),
  trust: setting({
    group: "Limits",
    kind: networks(),
    default: "",
    description: "networks without these two limits, separated by commas; this machine never has them",
  }),
  proxy: setting({
    group: "Limits",
    kind: networks(),
    default: "",
    description: "networks whose connections begin with a PROXY header (v1, v2), separated by commas; " +
      "limits and the log then go by the address in it",
  }),
  rateLimit: setting({
    group: "Limits",
    kind: rateOrOff(),
    default: DEFAULT_RATE_LIMIT,
    description: "requests, such as messages, that a client may send at once, and per second after that; " +
      "more have to wait; 0 or off for no limit",
  }),
  maxLag: setting({
    group: "Limits",
    kind: limit("bytes", 1_000_000_000),
    default: MAX_LAG_BYTES,
    description:
      "the maximum number of bytes that wait for a slow reader before it is disconnected; 0 or off for no limit",
  }),
  maxRooms: setting({
    group: "Limits",
    kind: limit("count", 1_000_000),
    default: MAX_ROOMS,
    description: "the maximum number of rooms; 0 or off for no limit",
  }),
  maxRoomsEach: setting({
    group: "Limits",
    kind: limit("count", 1_000_000),
    default: MAX_ROOMS_PER_SESSION,
    description: "the maximum number of rooms that a client may be in; 0 or off for no limit",
  }),
  announceUpTo: setting({
    group: "Limits",
    kind: limitOrDefault("people", 1_000_000),
    default: "",
    description:
      "up to how many people in a room each join and leave is announced; in rooms with more only their number is; " +
      `0 or off for no limit (default: ${CLUSTER_ANNOUNCE_UP_TO} with --cluster, otherwise off)`,
  }),
  frameTimeout: setting({
    group: "Limits",
    kind: secondsOrOff(86_400),
    default: MAX_FRAME_MS / 1000,
    description: "how long a client may take to send one frame; 0 or off for no limit",
  }),
  deadTimeout: setting({
    group: "Limits",
    kind: secondsOrOff(86_400),
    default: DEAD_MS / 1000,
    description:
      "how long a client may read nothing or miss its promised pings before it is disconnected; 0 or off for no limit",
  }),
  history: setting({
    group: "History",
    kind: onOrOff(),
    default: "on",
    description: "whether to store messages, so that users can read and search older ones",
  }),
  data: setting({
    group: "History",
    kind: folderPath(),
    default: "",
    description: "the folder to store them in (default: riftchat/default in the system's data folder)",
  }),
  nameDays: setting({
    group: "History",
    kind: wholeNumber("days", 0, 36_500),
    default: DEFAULT_NAME_DAYS,
    description: "how long a name belongs to its key without being used; 0 if no name belongs to anybody; " +
      "without a history none does",
  }),
  keep: setting({
    group: "History",
    kind: text("time,size", RETENTION_RULE, (text) => parseRetention(text) !== undefined),
    default: DEFAULT_RETENTION,
    description: "how long to store messages, and in how much space; or forever",
  }),
  passwordFile: setting({
    group: "Password and greeting",
    kind: filePath(),
    default: "",
    description: "a file whose first line is the password that clients must send",
  }),
  motdFile: setting({
    group: "Password and greeting",
    kind: filePath(),
    default: "",
    description: "a file with the message of the day, which users see when they connect",
  }),
  operators: setting({
    group: "Moderation",
    kind: filePath(),
    default: "",
    description: "a file with the public keys of the operators, as in authorized_keys",
  }),
  contact: setting({
    group: "Moderation",
    kind: text(
      "text",
      `a text of at most ${MAX_CONTACT_CHARS} characters, or "" for none`,
      (text) => [...text].length <= MAX_CONTACT_CHARS,
    ),
    default: "",
    description: "whom users may ask, such as an email address; those who are banned read it",
  }),
  inviteOnly: setting({
    group: "Moderation",
    kind: onOrOff(),
    default: "off",
    description: "whether nobody gets in but owners of names and those with an invite (riftchat invite)",
    impliedValue: "on",
  }),
  cluster: setting({
    group: "Cluster",
    kind: natsServers(),
    default: "",
    description: "NATS servers with JetStream, separated by commas: all hubs on them are one chat",
  }),
  clusterName: setting({
    group: "Cluster",
    kind: text(
      "name",
      "1 to 32 letters, digits and hyphens",
      (text) => /^[A-Za-z0-9-]{1,32}$/.test(text),
    ),
    default: "main",
    description: "the name of the cluster, if several use the same servers",
  }),
  clusterCreds: setting({
    group: "Cluster",
    kind: filePath(),
    default: "",
    description: "a file with the credentials for NATS, as nsc writes it",
  }),
  clusterCa: setting({
    group: "Cluster",
    kind: filePath(),
    default: "",
    description: "a PEM file with authorities whose certificates NATS may show, besides the system's",
  }),
  clusterReplicas: setting({
    group: "Cluster",
    kind: oneOf("count", ["1", "3"]),
    default: "1",
    description: "on how many NATS servers each stream is stored: 3 if there are at least three",
  }),
  metrics: setting({
    group: "Log and metrics",
    kind: addressOrNone(),
    default: "",
    description:
      "the address for /metrics (Prometheus), /healthz and /readyz over HTTP; port 0 picks a free one",
  }),
  logLevel: setting({
    group: "Log and metrics",
    kind: oneOf("level", LOG_LEVELS),
    default: "info",
    description: "the minimum level to log",
  }),
  logFormat: setting({
    group: "Log and metrics",
    kind: oneOf("format", LOG_FORMATS),
    default: "text",
    description: "the log format: lines of text, or one JSON object per line",
  }),
  logFile: setting({
    group: "Log and metrics",
    kind: filePath(),
    default: "",
    description: "a file to log to, instead of stderr",
  }),
  logMaxBytes: setting({
    group: "Log and metrics",
    kind: wholeNumber("bytes", 1000, 1_000_000_000_000),
    default: DEFAULT_LOG_BYTES,
    description: "the size in bytes at which the log file is rotated to FILE.1",
  }),
  logKeep: setting({
    group: "Log and metrics",
    kind: wholeNumber("count", 0, 1000),
    default: DEFAULT_LOG_KEEP,
    description: "the number of rotated log files to keep",
  }),
};

/** The name of a setting. */
export type SettingName = keyof typeof SETTINGS;

/** The values of all settings. */
export type Settings = { [Name in SettingName]: (typeof SETTINGS)[Name]["default"] };

/** All names, in the order of the table. */
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** The variable that names the config file, as `--config` does. */
export const CONFIG_VARIABLE = "RIFTCHAT_CONFIG";

/**
 * Returns a setting.
 *
 * @param name its name
 * @returns its row in the table
 */
export function settingOf(name: SettingName): Setting {
  return SETTINGS[name] as Setting;
}

/**
 * Returns the flag of a setting.
 *
 * @param name its name, such as `maxConnections`
 * @returns such as `--max-connections`
 */
export function flagOf(name: SettingName): string {
  return "--" + words(name).join("-");
}

/**
 * Returns the key of a setting in a config file.
 *
 * @param name its name, such as `maxConnections`
 * @returns such as `max_connections`
 */
export function keyOf(name: SettingName): string {
  return words(name).join("_");
}

/**
 * Returns the environment variables of a setting.
 *
 * @param name its name, such as `maxConnections`
 * @returns such as `RIFTCHAT_MAX_CONNECTIONS`; the first one that is set is used
 */
export function variablesOf(name: SettingName): string[] {
  const own = ["RIFTCHAT", ...words(name)].join("_").toUpperCase();
  const { otherVariable } = settingOf(name);
  return otherVariable === undefined ? [own] : [own, otherVariable];
}

/**
 * Returns up to how many people in a room each join and leave is announced. In a cluster many people may return at
 * once; a hub of its own announces everything if its operator wants nothing else.
 *
 * @param settings the settings in force
 * @returns the number of people; 0 for no limit
 */
export function announceUpToOf({ announceUpTo, cluster }: Settings): number {
  if (announceUpTo === "") return cluster === "" ? 0 : CLUSTER_ANNOUNCE_UP_TO;
  return announceUpTo === "off" ? 0 : Number(announceUpTo);
}

function words(name: string): string[] {
  return name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}

function setting<T extends string | number>(setting: Setting<T>): Setting<T> {
  return setting;
}

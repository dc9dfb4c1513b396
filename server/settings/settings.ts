/**
 * The settings of a hub: the one table from which the flags, the variables, the keys of the config file, the help and
 * `--print-config` are made. Whoever adds a setting adds it here, and to the table in `docs/hosting.md`, which a test
 * compares with this one.
 *
 * The setting `maxConnections` is the flag `--max-connections`, the variable `RIFTCHAT_MAX_CONNECTIONS` and the key
 * `max_connections`.
 *
 * PURE, and without packages: it is loaded for `--help`.
 *
 * @module
 */
import { DEFAULT_KEEP, KEEP_WANTED, parseKeep } from "./keep.ts";
import {
  DEAD_MS,
  DEFAULT_HOST,
  DEFAULT_LOG_BYTES,
  DEFAULT_LOG_KEEP,
  DEFAULT_MAX_CONNECTIONS,
  DEFAULT_MAX_NEW_PER_ADDRESS,
  DEFAULT_MAX_PER_ADDRESS,
  DEFAULT_PORT,
  DEFAULT_RATE_LIMIT,
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
  limit,
  networks,
  oneOf,
  onOrOff,
  portOrNone,
  rateOrOff,
  secondsOrOff,
  type SettingKind,
  text,
  wholeNumber,
} from "./setting_kind.ts";

/** One setting. */
export interface Setting<T extends string | number = string | number> {
  /** What it may be. */
  readonly kind: SettingKind<T>;
  /** What it is unless anything else is said. */
  readonly default: T;
  /** What it means, in one line. */
  readonly description: string;
  /** Its letter as a flag, where it has one. */
  readonly letter?: string;
  /** What its flag says where no value follows it; without this one has to. */
  readonly alone?: T;
  /** A variable of other programs that counts where its own is not set. */
  readonly otherVariable?: string;
}

/** Every setting, by its name. */
export const SETTINGS = {
  host: setting({
    kind: text("host", "an address or a name of this machine"),
    default: DEFAULT_HOST,
    description: "the address to listen on; 0.0.0.0 is every IPv4 address, :: every address at all",
  }),
  port: setting({
    kind: wholeNumber("port", 0, 65_535),
    default: DEFAULT_PORT,
    description: "the port to listen on; 0 picks a free one",
    letter: "p",
    otherVariable: "PORT",
  }),
  tls: setting({
    kind: onOrOff(),
    default: "off",
    description: "whether the port speaks TLS, and nothing else",
    alone: "on",
  }),
  tlsPort: setting({
    kind: portOrNone(),
    default: "",
    description: "a port that speaks TLS, beside the other one; 0 picks a free one",
  }),
  tlsCert: setting({
    kind: filePath(),
    default: "",
    description: "the certificate for TLS, as PEM; without it the hub makes one of its own",
  }),
  tlsKey: setting({
    kind: filePath(),
    default: "",
    description: "the private key of that certificate, as PEM",
  }),
  maxConnections: setting({
    kind: limit("count", 1_000_000),
    default: DEFAULT_MAX_CONNECTIONS,
    description: "how many may be connected at once; 0 or off for any number",
  }),
  maxPerAddress: setting({
    kind: limit("count", 1_000_000),
    default: DEFAULT_MAX_PER_ADDRESS,
    description:
      "how many may be connected from one address (IPv6: one /64) at once; 0 or off for any number",
  }),
  maxNewPerAddress: setting({
    kind: limit("count", 1_000_000),
    default: DEFAULT_MAX_NEW_PER_ADDRESS,
    description: "how many may connect from one address within a minute; 0 or off for any number",
  }),
  trust: setting({
    kind: networks(),
    default: "",
    description: "networks whose addresses have no such limits, between commas; this machine never has",
  }),
  rateLimit: setting({
    kind: rateOrOff(),
    default: DEFAULT_RATE_LIMIT,
    description:
      "how many requests, such as lines, one may send at once, and how many a second after that; the rest waits; 0 or off for any number",
  }),
  maxLag: setting({
    kind: limit("bytes", 1_000_000_000),
    default: MAX_LAG_BYTES,
    description:
      "how many bytes may wait for one that does not read, before it is dropped; 0 or off for any number",
  }),
  maxRooms: setting({
    kind: limit("count", 1_000_000),
    default: MAX_ROOMS,
    description: "how many rooms there may be; 0 or off for any number",
  }),
  maxRoomsEach: setting({
    kind: limit("count", 1_000_000),
    default: MAX_ROOMS_PER_SESSION,
    description: "how many rooms one may be in at once; 0 or off for any number",
  }),
  frameTimeout: setting({
    kind: secondsOrOff(86_400),
    default: MAX_FRAME_MS / 1000,
    description: "how long after its first byte a frame must be whole; 0 or off for as long as it takes",
  }),
  deadTimeout: setting({
    kind: secondsOrOff(86_400),
    default: DEAD_MS / 1000,
    description:
      "after how long one counts as gone that takes nothing, or owes a sign of life; 0 or off for never",
  }),
  history: setting({
    kind: onOrOff(),
    default: "on",
    description: "whether what is said is kept, for who comes later and for search",
  }),
  data: setting({
    kind: folderPath(),
    default: "",
    description: "the folder it is kept in (default: riftchat/default in the system's folder for data)",
  }),
  keep: setting({
    kind: text("time,size", KEEP_WANTED, (text) => parseKeep(text) !== undefined),
    default: DEFAULT_KEEP,
    description: "how long it is kept and how much space it may take, or forever",
  }),
  passwordFile: setting({
    kind: filePath(),
    default: "",
    description: "a file whose first line is the password that those who come must give",
  }),
  motdFile: setting({
    kind: filePath(),
    default: "",
    description: "a file whose text is shown to people who arrive",
  }),
  metrics: setting({
    kind: addressOrNone(),
    default: "",
    description: "where to serve /metrics for Prometheus and /healthz over HTTP; port 0 picks a free one",
  }),
  logLevel: setting({
    kind: oneOf("level", LOG_LEVELS),
    default: "info",
    description: "the least grave that is logged",
  }),
  logFormat: setting({
    kind: oneOf("format", LOG_FORMATS),
    default: "text",
    description: "lines for people, or one JSON object a line",
  }),
  logFile: setting({
    kind: filePath(),
    default: "",
    description: "the file to log to instead of stderr",
  }),
  logMaxBytes: setting({
    kind: wholeNumber("bytes", 1000, 1_000_000_000_000),
    default: DEFAULT_LOG_BYTES,
    description: "how large the log file grows before it is put aside as FILE.1, in bytes",
  }),
  logKeep: setting({
    kind: wholeNumber("count", 0, 1000),
    default: DEFAULT_LOG_KEEP,
    description: "how many log files that were put aside are kept",
  }),
};

/** The name of a setting. */
export type SettingName = keyof typeof SETTINGS;

/** What each setting is. */
export type Settings = { [Name in SettingName]: (typeof SETTINGS)[Name]["default"] };

/** Every name, in the order of the table. */
export const SETTING_NAMES = Object.keys(SETTINGS) as SettingName[];

/** The variable that names the config file, as `--config` does. */
export const CONFIG_VARIABLE = "RIFTCHAT_CONFIG";

/**
 * Gives a setting whatever its name is.
 *
 * @param name its name
 * @returns its row of the table
 */
export function settingOf(name: SettingName): Setting {
  return SETTINGS[name] as Setting;
}

/**
 * Gives the flag of a setting.
 *
 * @param name its name, such as `maxConnections`
 * @returns such as `--max-connections`
 */
export function flagOf(name: SettingName): string {
  return "--" + words(name).join("-");
}

/**
 * Gives the key of a setting in a config file.
 *
 * @param name its name, such as `maxConnections`
 * @returns such as `max_connections`
 */
export function keyOf(name: SettingName): string {
  return words(name).join("_");
}

/**
 * Gives the variables of a setting.
 *
 * @param name its name, such as `maxConnections`
 * @returns such as `RIFTCHAT_MAX_CONNECTIONS`; the first one that is set counts
 */
export function variablesOf(name: SettingName): string[] {
  const own = ["RIFTCHAT", ...words(name)].join("_").toUpperCase();
  const { otherVariable } = settingOf(name);
  return otherVariable === undefined ? [own] : [own, otherVariable];
}

function words(name: string): string[] {
  return name.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}

function setting<T extends string | number>(setting: Setting<T>): Setting<T> {
  return setting;
}

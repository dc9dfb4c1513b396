/**
 * The settings of the streams of a cluster, and which of them an existing stream may have otherwise.
 *
 * PURE.
 *
 * @module
 */
import { ClusterError } from "./nats_error.ts";
import type { StreamNames } from "./subjects.ts";

/** How long the server recognizes the id of a message, in milliseconds. */
const DUPLICATE_WINDOW_MS = 2 * 60_000;

/** Settings of the streams. */
export interface StreamSettings {
  /** The name of the cluster. */
  name: string;
  /** On how many servers each stream is stored. */
  replicas: 1 | 3;
  /** How long messages are kept, in milliseconds; for ever if not given. */
  maxAgeMs?: number | undefined;
  /** How large the log may be, in bytes; the oldest messages are removed. Without limit if not given. */
  maxBytes?: number | undefined;
  /** Whether a stream that exists keeps its settings. No if not given. */
  isFixed?: boolean | undefined;
}

/** The settings of a stream as JetStream has them; times are in nanoseconds. */
export type StreamConfig =
  & { readonly subjects: readonly string[] }
  & Readonly<Record<"name" | "storage" | "retention" | "discard", string>>
  & Readonly<
    Record<
      | "num_replicas"
      | "max_age"
      | "max_bytes"
      | "max_msgs"
      | "max_msg_size"
      | "max_msgs_per_subject"
      | "max_consumers"
      | "duplicate_window",
      number
    >
  >
  & Readonly<Record<"allow_direct" | "allow_rollup_hdrs" | "deny_delete" | "deny_purge", boolean>>;

/** The settings of a stream that exists; any program may have made it. */
export type ExistingConfig =
  & StreamConfig
  & Readonly<Record<"mirror" | "sources" | "sealed" | "no_ack", unknown>>
  & { readonly description?: string };

/** Settings that a hub changes in a stream that exists. */
export const ADJUSTABLE = ["num_replicas", "max_age", "max_bytes", "duplicate_window"] as const;

/** What they are called in a text. */
export const SETTING_NAMES = {
  num_replicas: "replicas",
  max_age: "age",
  max_bytes: "size",
  duplicate_window: "window for duplicates",
} as const;

/**
 * Returns the value of such a setting for a text.
 *
 * @param key the setting
 * @param value as JetStream has it
 * @returns such as `3`, `24 h`, `100000000 bytes`, `without limit`
 */
export function settingText(key: typeof ADJUSTABLE[number], value: number): string {
  if (key === "num_replicas") return String(value);
  if (value <= 0) return "without limit";
  if (key === "max_bytes") return `${value} bytes`;
  const seconds = value / 1e9;
  return seconds % 3600 === 0 ? `${seconds / 3600} h` : `${seconds} s`;
}

/** Settings without which the hubs lose messages or disagree. */
const ESSENTIAL = [
  "storage",
  "retention",
  "discard",
  "max_msgs",
  "max_msgs_per_subject",
  "max_consumers",
  "allow_direct",
  "allow_rollup_hdrs",
  "deny_purge",
] as const;

/**
 * Checks a stream that exists.
 *
 * @param config its settings
 * @param wanted the settings that it must have
 * @throws {ClusterError} if the hubs cannot use it
 */
export function checkEssentials(config: ExistingConfig, wanted: StreamConfig): void {
  const faults = ESSENTIAL.flatMap((key) => {
    const value = config[key] ?? false;
    return value === wanted[key]
      ? []
      : [`${key} is ${JSON.stringify(value)}, expected ${JSON.stringify(wanted[key])}`];
  });
  const subjects = [...config.subjects ?? []].sort().join(" ");
  if (subjects !== [...wanted.subjects].sort().join(" ")) {
    faults.push(`its subjects are ${subjects || "none"}, expected ${wanted.subjects.join(" ")}`);
  }
  if (config.max_msg_size !== -1 && config.max_msg_size < 512 * 1024) {
    faults.push(`max_msg_size is ${config.max_msg_size}, expected no limit`);
  }
  if (config.mirror !== undefined || config.sources !== undefined) faults.push("it copies another stream");
  if (config.sealed === true) faults.push("it is sealed");
  if (config.no_ack === true) faults.push("it acknowledges nothing");
  if (faults.length === 0) return;
  throw new ClusterError(
    `Cannot use the stream ${wanted.name} of NATS: ${
      faults.join("; ")
    }. Another program or version made it: choose ` +
      `another --cluster-name, or remove the stream with all that it stores: nats stream rm ${wanted.name}`,
  );
}

/**
 * Returns the settings of all streams, the log first.
 *
 * @param names the names of the streams
 * @param settings what the operator chose
 * @returns the settings as JetStream has them; times are in nanoseconds
 */
export function configsOf(
  names: StreamNames,
  { replicas, maxAgeMs, maxBytes }: StreamSettings,
): StreamConfig[] {
  const base = {
    storage: "file",
    retention: "limits",
    discard: "old",
    num_replicas: replicas,
    max_age: 0,
    max_bytes: -1,
    max_msgs: -1,
    max_msg_size: -1,
    max_msgs_per_subject: -1,
    max_consumers: -1,
    duplicate_window: DUPLICATE_WINDOW_MS * 1e6,
    // A direct read is answered by any server, with what it has.
    allow_direct: false,
    allow_rollup_hdrs: false,
    deny_delete: false,
    deny_purge: false,
  };
  const { subjects } = names;
  const maxAge = Math.round((maxAgeMs ?? 0) * 1e6);
  const log: StreamConfig = {
    ...base,
    name: names.log,
    subjects: [`${subjects.rooms}>`, `${subjects.direct}>`, `${subjects.events}>`],
    max_age: maxAge,
    max_bytes: maxBytes ?? -1,
    // The server refuses a window that is longer than the age.
    duplicate_window: maxAge === 0 ? base.duplicate_window : Math.min(base.duplicate_window, maxAge),
  };
  const bucket = {
    ...base,
    max_msgs_per_subject: 1,
    discard: "new",
    allow_rollup_hdrs: true,
    deny_delete: true,
  };
  return [
    log,
    { ...bucket, name: names.hubs, subjects: [`${subjects.hubs}>`] },
    { ...bucket, name: names.state, subjects: [`${subjects.state}>`] },
  ];
}

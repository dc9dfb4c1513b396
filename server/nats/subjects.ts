/**
 * Names of streams and subjects. Keys of rooms, names and hubs are base64url in subjects, so that they may have any
 * characters.
 *
 * PURE.
 *
 * @module
 */
import { fromBase64, toBase64 } from "../../identity/mod.ts";

/** The streams of a cluster and the subjects in them, which end with a dot where a key follows. */
export interface StreamNames {
  /** The log of all messages. */
  readonly log: string;
  /** The bucket of leases. */
  readonly hubs: string;
  /** The bucket of names and rooms that are owned, bans, operators, invites. */
  readonly state: string;
  /** The subjects of the log. */
  readonly subjects: {
    /** Rooms: a key follows. */
    readonly rooms: string;
    /** Direct conversations: a key follows. */
    readonly direct: string;
    /** Events of presence: the key of a hub follows. */
    readonly events: string;
    /** Leases, in their bucket: the key of a hub follows. */
    readonly hubs: string;
    /** State, in its bucket. */
    readonly state: string;
  };
}

/**
 * Returns the names for a cluster. Buckets have the names that tools for key-value buckets expect.
 *
 * @param name the name of the cluster: letters, digits, `-`
 * @returns the names of streams and subjects
 */
export function streamNames(name: string): StreamNames {
  const prefix = `RIFTCHAT_${name}`, subject = `riftchat.${name}`;
  return {
    log: `${prefix}_log`,
    hubs: `KV_${prefix}_hubs`,
    state: `KV_${prefix}_state`,
    subjects: {
      rooms: `${subject}.r.`,
      direct: `${subject}.d.`,
      events: `${subject}.e.`,
      hubs: `$KV.${prefix}_hubs.`,
      state: `$KV.${prefix}_state.`,
    },
  };
}

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/**
 * Encodes a text as one token of a subject.
 *
 * @param text any text but the empty one
 * @returns its UTF-8 bytes in base64url
 */
export function toKey(text: string): string {
  return toBase64(encoder.encode(text)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/**
 * Decodes a token of a subject.
 *
 * @param key the result of {@linkcode toKey}
 * @returns the text; `undefined` if it is not one
 */
export function fromKey(key: string): string | undefined {
  const bytes = fromBase64(key.replaceAll("-", "+").replaceAll("_", "/"));
  try {
    return bytes && decoder.decode(bytes);
  } catch {
    return undefined;
  }
}

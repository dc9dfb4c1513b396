/**
 * The limits of the protocol, each with its unit and its reason. Limits of a hub, such as its number of connections or
 * the lag of a slow reader, are in `server/limits.ts`.
 *
 * @module
 */

/** Bytes of the header before each body: the body's length, unsigned and big-endian. Fixed by the original RiftChat. */
export const HEADER_BYTES = 8;

/** The shortest body, in bytes: `{}` is the shortest JSON object there is. */
export const MIN_BODY_BYTES = 2;

/**
 * The longest body, in bytes. A text of 4,096 bytes grows to at most 24,576 when a peer escapes every byte as `\u00XX`,
 * so any valid text fits, however the sender writes its JSON. No peer can make the other buffer more than one such
 * frame.
 */
export const MAX_BODY_BYTES = 65_536;

/** The longest chat message, in bytes of UTF-8: about a page of text. */
export const MAX_TEXT_BYTES = 4096;

/** The longest name, in characters (code points): it leaves room for a message on an 80-column terminal. */
export const MAX_NAME_CHARS = 32;

/** The longest topic of a room, in characters (code points): two lines of a terminal. */
export const MAX_TOPIC_CHARS = 160;

/** The longest password, in bytes of UTF-8: enough for any sentence, and cheap to hash. */
export const MAX_PASSWORD_BYTES = 1024;

/** Characters of the name that a hub gives to a new client. Fixed by the original RiftChat. */
export const RANDOM_NAME_CHARS = 10;

/** The longest `ref` of a request, in characters (code points): enough for a UUID with a prefix. */
export const MAX_REF_CHARS = 64;

/** The shortest `session` of a 102, in characters (code points): nobody can guess 16 random letters. */
export const MIN_SESSION_CHARS = 16;

/** The longest `session` of a 102, in characters (code points). */
export const MAX_SESSION_CHARS = 64;

/** The most characters of the `epoch` of a history. */
export const MAX_EPOCH_CHARS = 256;

/** The most addresses in the `hubs` of a 210. */
export const MAX_HUBS = 32;

/** The longest of these addresses, in characters: a host name has at most 253. */
export const MAX_HUB_CHARS = 300;

/** The most messages that a 105 may request: about as many as one body holds. */
export const MAX_HISTORY_LINES = 500;

/** How many messages a 105 without `limit` requests: two screens. */
export const DEFAULT_HISTORY_LINES = 50;

/**
 * The farthest that a timestamp may be from 1970, in milliseconds: the range of `Date` (ECMA-262, section 21.4.1.1).
 */
export const MAX_TIMESTAMP_MS = 8.64e15;

/** Random bytes in the `nonce` of the first 202, so that a signature over it cannot be replayed. */
export const NONCE_BYTES = 16;

/** The longest key or signature in a message, in characters: an SSHSIG of an Ed25519 key has 276. */
export const MAX_KEY_CHARS = 1024;

/** The shortest nonce of a client, in characters: 16 bytes in base64. */
export const MIN_NONCE_CHARS = 22;

/** The longest nonce of a client, in characters. */
export const MAX_NONCE_CHARS = 128;

/** The longest reason of a ban or mute, in characters (code points): two lines of a terminal. */
export const MAX_REASON_CHARS = 160;

/** The longest `target` of a 124, in characters: that of a public key, `MAX_KEY_CHARS`. */
export const MAX_TARGET_CHARS = 1024;

/** The longest time of a ban or mute with an end, in milliseconds: ten years of 365 days. */
export const MAX_SANCTION_MS = 10 * 365 * 86_400_000;

/** The longest time between two messages in slow mode, in milliseconds: six hours. */
export const MAX_SLOW_MS = 6 * 3_600_000;

/** The most names in a 224: those that anybody reads before a ban. */
export const MAX_MODERATED_NAMES = 100;

/** The longest reaction, in characters (code points): a flag of a region has seven. */
export const MAX_REACTION_CHARS = 8;

/** The longest reaction, in grapheme clusters, which a reader sees as characters. */
export const MAX_REACTION_GRAPHEMES = 4;

/** The longest `invite` of a 102, in characters: an SSHSIG of an Ed25519 key has 276. */
export const MAX_INVITE_CHARS = 400;

/** The most uses of one invite. */
export const MAX_INVITE_USES = 10_000;

/** The longest time that an invite is valid, in milliseconds: a year. */
export const MAX_INVITE_MS = 365 * 86_400_000;

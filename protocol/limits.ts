/**
 * Every limit of the wire, each with its unit and its reason. Limits of one hub (how many connections, how far a
 * reader may lag) are the hub's and stand in `server/limits.ts`.
 *
 * @module
 */

/** Bytes before each body: its length, unsigned and big-endian. Fixed by the original RiftChat. */
export const HEADER_BYTES = 8;

/** The shortest body, in bytes: `{}` is the shortest JSON object there is. */
export const MIN_BODY_BYTES = 2;

/**
 * The longest body, in bytes. A line of 4,096 bytes grows to at most 24,576 when a peer escapes every byte as `\u00XX`,
 * so that any permitted line fits whatever the writer's JSON looks like, and a peer can make us hold no more than one
 * such frame.
 */
export const MAX_BODY_BYTES = 65_536;

/** The longest chat line, in bytes of UTF-8: a page of text; what is longer belongs into a file. */
export const MAX_TEXT_BYTES = 4096;

/** The longest name, in characters (code points): still fits beside a line on an 80-column terminal. */
export const MAX_NAME_CHARS = 32;

/** The longest password, in bytes of UTF-8: any sentence, and no work to hash. */
export const MAX_PASSWORD_BYTES = 1024;

/** Characters of the name that a hub gives to a newcomer. Fixed by the original RiftChat. */
export const RANDOM_NAME_CHARS = 10;

/** The longest `ref` of a request, in characters (code points): enough for a UUID with a prefix. */
export const MAX_REF_CHARS = 64;

/** The most lines that a 105 may ask for, and about as many as one body holds. */
export const MAX_HISTORY_LINES = 500;

/** How many lines a 105 asks for that does not say: two screens. */
export const DEFAULT_HISTORY_LINES = 50;

/** The farthest from 1970 that a timestamp may be, in milliseconds: what a `Date` can hold (ECMA-262, section 21.4.1.1). */
export const MAX_TIMESTAMP_MS = 8.64e15;

/** Bytes of randomness in the `nonce` of the first 202, so that a signature over it cannot be used again. */
export const NONCE_BYTES = 16;

/** How long a newcomer may take to name itself before it is announced under its random name, in milliseconds. */
export const ANNOUNCE_DELAY_MS = 250;

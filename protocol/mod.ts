/**
 * What both ends of a RiftChat connection agree on: the wire format, on one page. The only door into this folder.
 *
 * A connection carries frames: 8 bytes of length (unsigned, big-endian), then a body of that many bytes, one JSON object
 * with an integer `code`. Bytes become bodies in {@linkcode BodyDecoder}, a body becomes a message in
 * {@linkcode parseClientMessage} or {@linkcode readServerMessage}; on the way out {@linkcode serialize} makes the JSON
 * and {@linkcode encodeFrame} the frame. Lines of plain ASCII take a shorter way, as {@linkcode PlainText}.
 *
 * The base (100, 101 and 200 to 205) is what the original RiftChat speaks, byte for byte. The extension is everything
 * else: a hub offers it in the first 202, a client takes it with 102, and a peer that does neither never sees it.
 *
 * Nothing in this folder knows of sockets, files, clocks or timers. `docs/protocol.md` is the same for people.
 *
 * PURE.
 *
 * May import: nothing.
 *
 * - `body`: bodies as text
 * - `errors`: what a peer can do wrong, as a value with the word that goes on the wire
 * - `fingerprint`: how a certificate is told from all others by people
 * - `fingerprint_words`: the 256 words in which a fingerprint can be read out
 * - `frame`: the length prefix
 * - `limits`: every limit of the wire, each with its unit and its reason
 * - `message`: the messages of both directions, and what each holds
 * - `name`: what a name of a user or a room may be, and when two names are the same
 * - `password`: what a file with a password must be, for both ends alike
 * - `plain`: plain lines
 * - `reading`: reading messages
 * - `text`: what a chat line may be
 * - `version`: which program this is, from the one place that says so
 * - `writing`: writing messages
 *
 * @example
 * ```ts
 * const decoder = new BodyDecoder();
 * decoder.push(encodeFrame(serialize({ code: Code.Say, message: "hello" })));
 * const message = parseClientMessage(decoder.next()!); // { code: 100, message: "hello" }
 * ```
 *
 * @module
 */
export { BodyDecoder } from "./body.ts";
export { ERROR_WORDS, type ErrorWord, ProtocolError } from "./errors.ts";
export { encodeFrame, encodeFrameInto, encodeFramesInto, FrameDecoder, maxFrameBytes } from "./frame.ts";
export { fingerprintOf, fingerprintWords, readFingerprint } from "./fingerprint.ts";
export {
  ANNOUNCE_DELAY_MS,
  DEFAULT_HISTORY_LINES,
  HEADER_BYTES,
  MAX_BODY_BYTES,
  MAX_HISTORY_LINES,
  MAX_NAME_CHARS,
  MAX_PASSWORD_BYTES,
  MAX_REF_CHARS,
  MAX_TEXT_BYTES,
  MAX_TIMESTAMP_MS,
  MIN_BODY_BYTES,
  NONCE_BYTES,
  RANDOM_NAME_CHARS,
} from "./limits.ts";
export {
  type AskHistory,
  type ChatLine,
  type ClientMessage,
  Code,
  type DirectLine,
  type Done,
  type Ending,
  type Hello,
  type History,
  type HubDown,
  type Join,
  type Joined,
  type Leave,
  type Left,
  type ListRooms,
  type PastLine,
  type Ping,
  type Pong,
  type Refused,
  type Rename,
  type Renamed,
  type RoomInfo,
  type RoomJoined,
  type RoomLeft,
  type Rooms,
  type Said,
  type SaidTo,
  type Say,
  type SayIn,
  type SayTo,
  type ServerMessage,
  type ServerOffer,
  type UserInfo,
  type Users,
  type Welcome,
  type WelcomeLimits,
  type Who,
  type YourName,
} from "./message.ts";
export { checkName, nameKey, randomName } from "./name.ts";
export {
  encodePlainLineInto,
  maxPlainFrameBytes,
  type PlainLine,
  type PlainSaid,
  type PlainSay,
  PlainText,
} from "./plain.ts";
export { type Body, parseBody, parseClientMessage, readServerMessage } from "./reading.ts";
export { checkText, codePointName } from "./text.ts";
export { PROTOCOL_VERSION, VERSION } from "./version.ts";
export { serialize } from "./writing.ts";
export { type PasswordRead, readPassword } from "./password.ts";

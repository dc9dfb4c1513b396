/**
 * The wire protocol, shared by the hub and the client: frames, messages, names, texts and limits.
 *
 * A connection carries frames: 8 bytes of length (unsigned, big-endian), then a body of that many bytes, one JSON
 * object with an integer `code`. Bytes become bodies in {@linkcode BodyDecoder}, a body becomes a message in {@linkcode
 * parseClientMessage} or {@linkcode readServerMessage}. To send, {@linkcode serialize} makes the JSON and {@linkcode
 * encodeFrame} the frame. Messages of plain ASCII take a fast path, as {@linkcode PlainText}.
 *
 * The base (100, 101 and 200 to 205) is the protocol of the original RiftChat, byte for byte. Everything else is the
 * extension: a hub offers it in the first 202 and a client accepts it with 102. A peer that does neither never sees it.
 *
 * Nothing here uses sockets, files, clocks or timers. `docs/protocol.md` describes the same protocol.
 *
 * PURE.
 *
 * May import: nothing.
 *
 * - `body`: the decoder from bytes to bodies, each the text of one JSON object
 * - `confusables`: the table of characters that look alike, generated
 * - `errors`: the error that a peer's mistake raises, and the error words of the protocol
 * - `frame`: the frame encoder and decoder (length prefix and body)
 * - `limits`: the limits of the protocol, each with its unit and its reason
 * - `look_alike`: names that look like a reserved one, or like signs
 * - `message`: the types of all messages
 * - `name`: which names of users and rooms are valid, and when two names are the same
 * - `password`: the check of a password file, the same for hub and client
 * - `plain`: the fast path for messages of plain ASCII
 * - `reading`: the parser and validator of messages
 * - `skeleton`: names that look alike
 * - `text`: which chat texts are valid
 * - `version`: the version of the program and of the protocol
 * - `writing`: the JSON serializer of messages
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
export {
  DEFAULT_HISTORY_LINES,
  HEADER_BYTES,
  MAX_BODY_BYTES,
  MAX_EPOCH_CHARS,
  MAX_HISTORY_LINES,
  MAX_HUB_CHARS,
  MAX_HUBS,
  MAX_INVITE_CHARS,
  MAX_INVITE_MS,
  MAX_INVITE_USES,
  MAX_KEY_CHARS,
  MAX_MODERATED_NAMES,
  MAX_NAME_CHARS,
  MAX_PASSWORD_BYTES,
  MAX_REACTION_CHARS,
  MAX_REASON_CHARS,
  MAX_REF_CHARS,
  MAX_SANCTION_MS,
  MAX_SESSION_CHARS,
  MAX_SLOW_MS,
  MAX_TARGET_CHARS,
  MAX_TEXT_BYTES,
  MAX_TIMESTAMP_MS,
  MAX_TOPIC_CHARS,
  MIN_BODY_BYTES,
  MIN_SESSION_CHARS,
  NONCE_BYTES,
  RANDOM_NAME_CHARS,
} from "./limits.ts";
export {
  type AddKey,
  type Announce,
  type AskBans,
  type AskChanges,
  type AskHistory,
  type AskInvites,
  type AskKeyCode,
  type AskKeys,
  type AskMentions,
  type AskPerson,
  type AskRoom,
  type BanInfo,
  type BanKind,
  type Bans,
  type Changes,
  type ChatLine,
  type ClientMessage,
  Code,
  type ConversationInfo,
  type Conversations,
  type DeleteLines,
  type DeleteRoom,
  type DirectLine,
  type Done,
  type EditLine,
  type Ending,
  type Hello,
  type History,
  type HubDown,
  type Invite,
  type Invited,
  type InviteInfo,
  type InviteLink,
  type InviteList,
  type Join,
  type Joined,
  type KeyCode,
  type KeyInfo,
  type Keys,
  type Leave,
  type Left,
  type LineChange,
  type LineChanged,
  type ListConversations,
  type ListRooms,
  type LockdownMode,
  type MakeInvite,
  type Mentions,
  type Moderate,
  type ModerateAction,
  type Moderated,
  type ModerateTarget,
  type Moderating,
  type PastLine,
  type Person,
  type Ping,
  type Pong,
  type Powers,
  type React,
  type ReactionCount,
  type Refused,
  type Release,
  type RemoveKey,
  type RemoveMember,
  type Rename,
  type Renamed,
  type RevokeInvite,
  type RoomChanged,
  type RoomDetails,
  type RoomHistory,
  type RoomInfo,
  type RoomJoined,
  type RoomLeft,
  type RoomMode,
  type RoomPeople,
  type Rooms,
  type Said,
  type SaidTo,
  type Say,
  type SayIn,
  type SayTo,
  type ServerMessage,
  type ServerOffer,
  type SetLockdown,
  type SetRoom,
  type SetSlow,
  type TargetAction,
  type UserInfo,
  type Users,
  type Welcome,
  type WelcomeLimits,
  type Who,
  type YourName,
} from "./message.ts";
export { looksLikeSigns } from "./look_alike.ts";
export { checkName, nameKey, nameSkeletons, randomName } from "./name.ts";
export {
  encodePlainLineInto,
  maxPlainFrameBytes,
  type PlainLine,
  type PlainSaid,
  type PlainSay,
  PlainText,
} from "./plain.ts";
export { type Body, parseBody, parseClientMessage, readServerMessage } from "./reading.ts";
export { checkText, codePointName, isLine, isMessageId, isReaction } from "./text.ts";
export { PROTOCOL_VERSION, VERSION } from "./version.ts";
export { serialize } from "./writing.ts";
export { PASSWORD_FILE_BYTES, type PasswordRead, readPassword } from "./password.ts";

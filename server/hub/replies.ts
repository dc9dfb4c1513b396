/**
 * Builds the messages that the hub sends to one client.
 *
 * PURE. The functions decide nothing: the hub decides what to answer and passes in what the message holds. The file is
 * long because it has one function for each message.
 *
 * @module
 */
import {
  type BanInfo,
  type Bans,
  Code,
  type Done,
  type Ending,
  type InviteInfo,
  type InviteLink,
  type InviteList,
  type KeyCode,
  type Keys,
  type LineChanged,
  MAX_BODY_BYTES,
  MAX_HUBS,
  MAX_NAME_CHARS,
  MAX_TEXT_BYTES,
  type Person,
  PROTOCOL_VERSION,
  type ProtocolError,
  type Refused,
  type RoomDetails,
  type RoomInfo,
  type Rooms,
  type SaidTo,
  type ServerMessage,
  type UserInfo,
  type Users,
  VERSION,
  type Welcome,
  type YourName,
} from "../../protocol/mod.ts";
import type { MadeInvite } from "../invites/mod.ts";
import type { Owner } from "../registry/mod.ts";
import type { Page } from "../fanout/mod.ts";
import type { RemoteSession, Session } from "../sessions/mod.ts";
import type { Clock } from "../../runtime/mod.ts";
import type { DropReason } from "./counters.ts";

/** What this hub can do beyond the base protocol, as the welcome lists it. */
const FEATURES = ["who", "ping", "rooms", "direct", "session"];
const HISTORY_FEATURES = ["history", "search", "conversations", "changes"];

/**
 * Builds the first message of a connection: a 202 that also offers the extension.
 *
 * @param name the random name of the session
 * @param nonce random bytes in base64
 * @param hub whether the hub needs a password; if names are owned there, its public key; and with TLS its signature of
 * the certificate
 * @returns the 202
 */
export function offer(
  name: string,
  nonce: string,
  { password, identity, certificateSignature }: {
    password: boolean;
    identity: string | undefined;
    certificateSignature: string | undefined;
  },
): YourName {
  const server = {
    version: VERSION,
    protocol: PROTOCOL_VERSION,
    nonce,
    ...(password ? { password: true } : {}),
    ...(identity === undefined ? {} : { identity }),
    ...(certificateSignature === undefined ? {} : { certificate_signature: certificateSignature }),
  };
  return { code: Code.YourName, new: name, server };
}

/**
 * Builds the answer to a rename.
 *
 * @param name the new name
 * @param ref the `ref` of the request, if it has one
 * @returns the 202
 */
export function renamed(name: string, ref: string | undefined): YourName {
  return { code: Code.YourName, new: name, ...refOf(ref) };
}

/** What a welcome says of the hub and of the session. */
export interface WelcomeContent {
  /** The name of the session. */
  username: string;
  /** The rooms that the session is a member of. */
  rooms: string[];
  /** How long messages are stored, in milliseconds, at most `Infinity`; `undefined` if the hub stores no history. */
  retentionMs: number | undefined;
  /** Names the state of the history, if messages are stored. */
  epoch: string | undefined;
  /** The number of the last change of a message, if messages are stored. */
  changes: number | undefined;
  /** The message of the day, if there is one. */
  motd: string | undefined;
  /** The addresses of other hubs of the same chat. */
  hubs: readonly string[];
  /** Whether names belong to keys. */
  hasKeys: boolean;
  /** Whether there is moderation. */
  isModerated: boolean;
  /** Whether there are invites. */
  hasInvites: boolean;
  /** The signature that proves the identity of the hub, if the client has asked for it. */
  identitySignature: string | undefined;
}

/**
 * Builds the answer to a hello.
 *
 * @param content see {@linkcode WelcomeContent}
 * @param ref the `ref` of the request, if it has one
 * @returns the 210
 */
export function welcome(
  {
    username,
    rooms,
    retentionMs,
    epoch,
    changes,
    motd,
    hubs,
    hasKeys,
    hasInvites,
    isModerated,
    identitySignature,
  }: WelcomeContent,
  ref: string | undefined,
): Welcome {
  return {
    code: Code.Welcome,
    username,
    rooms,
    limits: { text_bytes: MAX_TEXT_BYTES, name_chars: MAX_NAME_CHARS, body_bytes: MAX_BODY_BYTES },
    features: [
      ...FEATURES,
      ...hasKeys ? ["keys", "private_rooms"] : [],
      ...isModerated ? ["moderation"] : [],
      ...hasInvites ? ["invites"] : [],
      ...retentionMs === undefined ? [] : HISTORY_FEATURES,
    ],
    ...(motd === undefined ? {} : { motd }),
    retention_ms: Math.min(retentionMs ?? 0, Number.MAX_SAFE_INTEGER),
    ...(epoch === undefined ? {} : { epoch }),
    ...(changes === undefined ? {} : { changes }),
    ...(hubs.length === 0 ? {} : { hubs: hubs.slice(0, MAX_HUBS) }),
    ...(identitySignature === undefined ? {} : { identity_signature: identitySignature }),
    ...refOf(ref),
  };
}

/**
 * Builds the answer to a refused request.
 *
 * @param error why the hub refuses it
 * @returns the 206
 */
export function refused({ word, message, ref, retryAfterMs, free }: ProtocolError): Refused {
  const similar = free === undefined ? {} : { free };
  return { code: Code.Refused, error: word, message, ...refOf(ref), ...retryOf(retryAfterMs), ...similar };
}

/**
 * Builds the answer to a request for an invite.
 *
 * @param made the invite, and its link
 * @param ref the `ref` of the request, if it has one
 * @returns the 229
 */
export function inviteLink(
  { link, invite: { id, expires, uses } }: MadeInvite,
  ref: string | undefined,
): InviteLink {
  return { code: Code.InviteLink, link, id, expires, uses, ...refOf(ref) };
}

/**
 * Builds one part of a list of invites.
 *
 * @param page the invites of this part
 * @param ref the `ref` of the request, if it has one
 * @returns the 231
 */
export function invites({ items, more }: Page<InviteInfo>, ref: string | undefined): InviteList {
  return { code: Code.Invites, invites: items, ...more, ...refOf(ref) };
}

/**
 * Builds the notice to a client that sends faster than its rate limit.
 *
 * @param waitMs how long its next request waits, in milliseconds
 * @returns the 206, which answers no request and so has no `ref`
 */
export function throttled(waitMs: number): Refused {
  const message = "You are sending too fast: what you send now waits its turn, and nothing is lost";
  return { code: Code.Refused, error: "too_fast", message, retry_after_ms: waitMs };
}

/**
 * Builds the last message of a session that the hub ends.
 *
 * @param reason why, as a text for the user
 * @param retryAfterMs when the client may connect again, in milliseconds, if that is known
 * @param dropReason why, for the counters
 * @returns the 216
 */
export function ending(
  reason: string,
  retryAfterMs: number | undefined,
  dropReason: DropReason | undefined,
): Ending {
  const error = dropReason === "banned" || dropReason === "kicked" ? { error: dropReason } : {};
  return { code: Code.Ending, reason, ...error, ...retryOf(retryAfterMs) };
}

/**
 * Builds the acknowledgement of a request.
 *
 * @param ref the `ref` of the request
 * @param sequence the sequence number of the message that was sent; 0 for a request that has none
 * @param stored whether the message is stored; `true` if nothing is meant to be stored
 * @param count how many messages were deleted, for a request to delete some
 * @returns the 207
 */
export function done(ref: string, sequence = 0, stored = true, count?: number): Done {
  const number = sequence > 0 ? { sequence } : {};
  return {
    code: Code.Done,
    ref,
    ...number,
    ...(stored ? {} : { stored }),
    ...(count === undefined ? {} : { count }),
  };
}

/**
 * Builds the answer to a ping.
 *
 * @param ref the `ref` of the request, if it has one
 * @returns the 215
 */
export function pong(ref: string | undefined): ServerMessage {
  return { code: Code.Pong, ...refOf(ref) };
}

/**
 * Builds one part of a list of users.
 *
 * @param page the users of this part
 * @param ref the `ref` of the request, if it has one
 * @returns the 209
 */
export function users({ items, more }: Page<UserInfo>, ref: string | undefined): Users {
  return { code: Code.Users, users: items, ...more, ...refOf(ref) };
}

/** The announced sessions of a user, of whom there is at least one. */
export interface UserSessions {
  /** Those at this hub, the first one before the others. */
  readonly devices: readonly Session[];
  /** Those at other hubs. */
  readonly remote: readonly RemoteSession[];
}

/**
 * Describes a user for a list of users: all sessions with a name, at all hubs, are one.
 *
 * @param sessions see {@linkcode UserSessions}
 * @param clock the time of day and the elapsed time
 * @param isHidden tells whether a room does not exist for whoever asks
 * @param isHere tells whether a session is in the room of the list; by default each one is
 * @returns the user
 */
export function userInfo(
  { devices, remote }: UserSessions,
  clock: Clock,
  isHidden: (room: string) => boolean,
  isHere: (one: Session | RemoteSession) => boolean = () => true,
): UserInfo {
  const elapsed = clock.elapsed(), wall = clock.wall();
  const rooms = [
    ...devices.flatMap(({ memberships }) => memberships.map(({ room }) => room.name)),
    ...remote.flatMap((one) => one.rooms),
  ];
  const connectedMs = [
    ...devices.slice(0, 1).map(({ connectedAt }) => elapsed - connectedAt),
    ...remote.map(({ since }) => Math.max(0, wall - since)),
  ];
  const idleMs = [
    ...devices.map(({ activeAt }) => elapsed - activeAt),
    ...remote.map(({ active }) => Math.max(0, wall - active)),
  ];
  const { name, verified } = devices[0] ?? remote[0]!;
  const isQuiet = [...devices, ...remote].filter(isHere).every(({ quiet }) => quiet);
  return {
    username: name,
    rooms: [...new Set(rooms)].filter((room) => !isHidden(room)),
    connected_ms: Math.round(Math.max(...connectedMs)),
    idle_ms: Math.round(Math.min(...idleMs)),
    verified,
    ...isQuiet ? { quiet: true } : {},
  };
}

/**
 * Builds the list of the keys of a name.
 *
 * @param content the name and its keys
 * @param ref the `ref` of the request, if it has one
 * @returns the 218
 */
export function keys(content: Omit<Keys, "code" | "ref">, ref: string | undefined): Keys {
  return { code: Code.Keys, ...content, ...refOf(ref) };
}

/**
 * Builds the answer with a code for another device.
 *
 * @param made the code, and how long it is valid in milliseconds
 * @param ref the `ref` of the request, if it has one
 * @returns the 219
 */
export function keyCode(
  { code, validMs }: { code: string; validMs: number },
  ref: string | undefined,
): KeyCode {
  return { code: Code.KeyCode, key_code: code, valid_ms: validMs, ...refOf(ref) };
}

/**
 * Builds the answer to a client that has added a key to a name.
 *
 * @param ref the `ref` of the request
 * @param name the name, if the client has added its own key by a code
 * @returns the 207
 */
export function keyAdded(ref: string, name: string | undefined): Done {
  return { code: Code.Done, ref, ...(name === undefined ? {} : { username: name }) };
}

/**
 * Builds one part of a list of what is in force.
 *
 * @param page the bans and the like of this part
 * @param ref the `ref` of the request, if it has one
 * @returns the 225
 */
export function bans({ items, more }: Page<BanInfo>, ref: string | undefined): Bans {
  return { code: Code.Bans, bans: items, ...more, ...refOf(ref) };
}

/** What is known of the users of a name. */
export interface PersonContent {
  /** The sessions that have it, at all hubs. */
  users: readonly Pick<RemoteSession, "name" | "verified" | "identity" | "address">[];
  /** Who owns it, if anybody does. */
  owner: Owner | undefined;
  /** The fingerprints of its keys. */
  keys: string[];
  /** The addresses of its sessions; `undefined` for those who may not know them. */
  addresses?: string[] | undefined;
}

/**
 * Builds the answer to a question about a name.
 *
 * @param name the name, as it was asked for
 * @param content see {@linkcode PersonContent}
 * @param ref the `ref` of the request, if it has one
 * @returns the 221
 */
export function person(
  name: string,
  { users, owner, keys, addresses }: PersonContent,
  ref: string | undefined,
): Person {
  const [first] = users;
  return {
    code: Code.Person,
    username: first?.name ?? owner?.name ?? name,
    online: first !== undefined,
    verified: first?.verified ?? false,
    ...(owner === undefined ? {} : { since: owner.since, last_used: owner.lastUsed }),
    ...(owner?.moved === undefined ? {} : { moved: owner.moved }),
    ...(keys.length === 0 ? {} : { keys }),
    ...(addresses === undefined ? {} : { addresses }),
    ...refOf(ref),
  };
}

/**
 * Builds one part of a list of rooms.
 *
 * @param page the rooms of this part
 * @param ref the `ref` of the request, if it has one
 * @returns the 214
 */
export function rooms({ items, more }: Page<RoomInfo>, ref: string | undefined): Rooms {
  return { code: Code.Rooms, rooms: items, ...more, ...refOf(ref) };
}

/**
 * Builds one part of what is known of a room.
 *
 * @param content what every part says
 * @param page the members of this part; `undefined` if they are not told
 * @param ref the `ref` of the request, if it has one
 * @returns the 220
 */
export function roomDetails(
  content: Omit<RoomDetails, "code" | "ref">,
  page: Page<string> | undefined,
  ref: string | undefined,
): RoomDetails {
  const members = page === undefined ? {} : { members: page.items, ...page.more };
  return { code: Code.RoomDetails, ...content, ...members, ...refOf(ref) };
}

/**
 * Converts a direct message into a form that a base client understands.
 *
 * @param direct the direct message
 * @returns a 200 whose author is marked as `(direct)`
 */
export function directForBase({ message: { timestamp, username, message } }: SaidTo): ServerMessage {
  return { code: Code.Said, message: { timestamp, username: `${username} (direct)`, message } };
}

/**
 * Converts a change of a message into a form that a base client understands.
 *
 * @param change the change
 * @returns a 200 with the new text, whose author is marked as `(edited)`; `undefined` for what such a client is not
 * told: that a message was deleted, and reactions
 */
export function editForBase({ username, to, message, edited }: LineChanged): ServerMessage | undefined {
  if (message === undefined || edited === undefined) return undefined;
  const mark = to === undefined ? "edited" : "direct, edited";
  return { code: Code.Said, message: { timestamp: edited, username: `${username} (${mark})`, message } };
}

/**
 * Builds a message from the hub itself that a base client understands.
 *
 * @param text the text for the user
 * @param timestamp the time of day, in milliseconds since 1970, UTC
 * @param room the room in which it is shown; `undefined` for `main`, or for one client
 * @returns a 200 from the reserved name `server`
 */
export function serverLine(text: string, timestamp: number, room?: string): ServerMessage {
  const place = room === undefined ? {} : { room };
  return { code: Code.Said, message: { timestamp, username: "server", message: text, ...place } };
}

function retryOf(retryAfterMs: number | undefined): { retry_after_ms?: number } {
  return retryAfterMs === undefined ? {} : { retry_after_ms: retryAfterMs };
}

function refOf(ref: string | undefined): { ref?: string } {
  return ref === undefined ? {} : { ref };
}

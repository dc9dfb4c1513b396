/**
 * The types of all messages. `reading.ts` parses them, `writing.ts` serializes them.
 *
 * The types only say that a name or a text is a string. `checkName` and `checkText` say whether it is valid, and the
 * hub whether it is accepted. The file is long because it defines every message of the protocol.
 *
 * @module
 */
import type { ErrorWord } from "./errors.ts";

/** The code of each message. 1xx are requests of a client, 2xx are messages of a hub. */
export const Code = {
  Say: 100,
  Rename: 101,
  Hello: 102,
  SayIn: 103,
  SayTo: 104,
  AskHistory: 105,
  Who: 106,
  Join: 107,
  Leave: 108,
  ListRooms: 109,
  Ping: 110,
  ListConversations: 111,
  Release: 113,
  AddKey: 114,
  RemoveKey: 115,
  AskKeys: 116,
  AskKeyCode: 117,
  AskRoom: 118,
  SetRoom: 119,
  Invite: 120,
  RemoveMember: 121,
  DeleteRoom: 122,
  AskPerson: 123,
  Moderate: 124,
  AskBans: 125,
  DeleteLines: 126,
  EditLine: 127,
  React: 128,
  AskChanges: 129,
  AskMentions: 130,
  MakeInvite: 131,
  RevokeInvite: 132,
  AskInvites: 133,
  Said: 200,
  Joined: 201,
  YourName: 202,
  Renamed: 203,
  Left: 204,
  HubDown: 205,
  Refused: 206,
  Done: 207,
  History: 208,
  Users: 209,
  Welcome: 210,
  RoomJoined: 211,
  RoomLeft: 212,
  SaidTo: 213,
  Rooms: 214,
  Pong: 215,
  Ending: 216,
  Conversations: 217,
  Keys: 218,
  KeyCode: 219,
  RoomDetails: 220,
  Person: 221,
  RoomChanged: 222,
  Invited: 223,
  Moderated: 224,
  Bans: 225,
  LineChanged: 226,
  Changes: 227,
  Mentions: 228,
  InviteLink: 229,
  Powers: 230,
  Invites: 231,
  RoomPeople: 232,
} as const;

/** 100, base: send a message to the room `main`. */
export interface Say {
  /** 100. */
  code: typeof Code.Say;
  /** The text; see `checkText`. */
  message: string;
  /** An id of the request, chosen by the client: 1 to 64 characters. The answer carries it. */
  ref?: string;
}

/** 101, base: change the client's name. */
export interface Rename {
  /** 101. */
  code: typeof Code.Rename;
  /** The requested name; see `checkName`. */
  username: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 102: switch this connection to the extension; answered by 210. */
export interface Hello {
  /** 102. */
  code: typeof Code.Hello;
  /** The program and its version, such as `riftchat/1.0.0`. */
  client: string;
  /** The requested name; without it the client keeps the name of the first 202. */
  username?: string;
  /** The hub's password, if it requires one. */
  password?: string;
  /** Rooms to join at once, besides `main`. */
  rooms?: string[];
  /** The longest time between two requests of the client, in milliseconds; it sends a 110 if it has nothing else. */
  ping_ms?: number;
  /** By room, the sequence number of the last message the client has; 208s after the 210 bring what it missed. */
  after?: Record<string, number>;
  /** With `after`: how many of the missed messages of each room to bring at most, the newest; without it the oldest. */
  newest?: number;
  /** With `after`: the `epoch` of the 210 of the connection on which the client has got these numbers. */
  epoch?: string;
  /** Whether the client's joins, leaves and renames are hidden from others. With `rooms`, it is then not in `main`. */
  quiet?: boolean;
  /**
   * A secret of the program that runs, 16 to 64 characters, the same for all its connections. A new connection takes
   * the name over from an older one with the same secret, and their message ids are those of one person.
   */
  session?: string;
  /** The client's public key: the base64 of an OpenSSH blob, the second word of a line `ssh-ed25519 …`. */
  key?: string;
  /** With `key`: a signature of `helloStatement` in the namespace `riftchat-hello`, as the base64 of an SSHSIG blob. */
  signature?: string;
  /** Random bytes of the client, in base64, at least 16: the 210 then proves the hub's identity. */
  nonce?: string;
  /**
   * The signature with the key of an invite, as the base64 of an SSHSIG blob; see `inviteStatement`. The token of the
   * invite is never sent.
   */
  invite?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 103: send a message to a room; answered by 207. 100 does the same for `main`. */
export interface SayIn {
  /** 103. */
  code: typeof Code.SayIn;
  /** The room, without `#`, in any case. */
  room: string;
  /** The text; see `checkText`. */
  message: string;
  /** A message id, chosen by the client: 1 to 64 characters. The hub delivers a message with a known id only once. */
  id?: string;
  /** The sequence number of an earlier message of this conversation that this one answers. */
  reply_to?: number;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 104: send a direct message; answered by 207. */
export interface SayTo {
  /** 104. */
  code: typeof Code.SayTo;
  /** The recipient's name, in any case. */
  to: string;
  /** The text; see `checkText`. */
  message: string;
  /** A message id, chosen by the client: 1 to 64 characters. The hub delivers a message with a known id only once. */
  id?: string;
  /** The sequence number of an earlier message of this conversation that this one answers. */
  reply_to?: number;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 105: request messages from the history; answered by 208. */
export interface AskHistory {
  /** 105. */
  code: typeof Code.AskHistory;
  /** A room that the client is in, without `#`; or a direct conversation, as `@` and the other user's name. */
  room: string;
  /** Only messages with a smaller sequence number. */
  before?: number;
  /** Only messages with a greater sequence number: the oldest of them. Without it the answer has the newest ones. */
  after?: number;
  /** How many messages at most, 1 to 500; the default is 50. */
  limit?: number;
  /** Only messages that contain all of these words: always the newest of them. */
  match?: string;
  /** The number of a message that the client has, to check whether the hub has the same history up to there. */
  seen?: number;
  /** With `seen`: the `epoch` of the 210 of the connection on which the client has got that number. */
  epoch?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 106: list the users online; answered by 209. */
export interface Who {
  /** 106. */
  code: typeof Code.Who;
  /** Only members of this room. */
  room?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 107: join a room, which is created if it does not exist; answered by 207. */
export interface Join {
  /** 107. */
  code: typeof Code.Join;
  /** The room, without `#`; see `checkName`. */
  room: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 108: leave a room; answered by 207. */
export interface Leave {
  /** 108. */
  code: typeof Code.Leave;
  /** The room, without `#`. */
  room: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 109: list the rooms; answered by 214. */
export interface ListRooms {
  /** 109. */
  code: typeof Code.ListRooms;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 110: answered by 215 after all earlier requests of this client were answered. */
export interface Ping {
  /** 110. */
  code: typeof Code.Ping;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 111: list the client's direct conversations; answered by 217. */
export interface ListConversations {
  /** 111. */
  code: typeof Code.ListConversations;
  /** The `last` of an earlier 217: only conversations with later messages. */
  after?: number;
  /** With `after`: the `epoch` of the 210 of the connection on which the client has got that number. */
  epoch?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 113: give up the client's name, which its key owns; answered by 207. The client keeps it while it is online. */
export interface Release {
  /** 113. */
  code: typeof Code.Release;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 114: add a key to the client's name; answered by 207. Either `key` or `code` is given. */
export interface AddKey {
  /** 114. */
  code: typeof Code.AddKey;
  /** The key of another device, as in {@linkcode Hello}: it becomes a key of this client's name. */
  key?: string;
  /** A code of another device, from a 219: the key of this client becomes a key of that device's name. */
  key_code?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 115: remove a key from the client's name; answered by 207. The last key stays. */
export interface RemoveKey {
  /** 115. */
  code: typeof Code.RemoveKey;
  /** The key, as in {@linkcode Hello}. */
  key: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 116: list the keys of the client's name; answered by 218. */
export interface AskKeys {
  /** 116. */
  code: typeof Code.AskKeys;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 117: make a code with which another device adds its key to the client's name; answered by 219. */
export interface AskKeyCode {
  /** 117. */
  code: typeof Code.AskKeyCode;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 118: ask about a room; answered by 220. */
export interface AskRoom {
  /** 118. */
  code: typeof Code.AskRoom;
  /** The room, without `#`, in any case. */
  room: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** Who may join a room and know of it: everyone, or its members. */
export type RoomMode = "open" | "private";

/** What members of a room may read: all of it, or what was said since they are members. */
export type RoomHistory = "all" | "joined";

/** 119: change a room that the client's name owns; answered by 207. At least one of the optional fields is given. */
export interface SetRoom {
  /** 119. */
  code: typeof Code.SetRoom;
  /** The room, without `#`, in any case. */
  room: string;
  /** What it is about: one line; empty for nothing. */
  topic?: string;
  /** Who may join it. */
  mode?: RoomMode;
  /** What may be read; `joined` if `mode` changes and this is absent. */
  history?: RoomHistory;
  /** The name of a member, who owns it from then on. */
  owner?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 120: make somebody a member of a room that the client's name owns; answered by 207. */
export interface Invite {
  /** 120. */
  code: typeof Code.Invite;
  /** The room, without `#`, in any case. */
  room: string;
  /** A name that belongs to somebody. */
  username: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 121: end a membership, as the owner of the room or the member; answered by 207. */
export interface RemoveMember {
  /** 121. */
  code: typeof Code.RemoveMember;
  /** The room, without `#`, in any case. */
  room: string;
  /** The name of the member. */
  username: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 122: delete a room that the client's name owns, with its messages; answered by 207. */
export interface DeleteRoom {
  /** 122. */
  code: typeof Code.DeleteRoom;
  /** The room, without `#`, in any case. */
  room: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 123: ask who has a name, online or not; answered by 221. */
export interface AskPerson {
  /** 123. */
  code: typeof Code.AskPerson;
  /** The name, in any spelling. */
  username: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** What a 124 does to a user or to whoever a target names. */
export type TargetAction = "kick" | "ban" | "unban" | "mute" | "unmute" | "mod" | "unmod";

/** Who may connect during a lockdown: everyone, owners of names, or owners of names and holders of an invite. */
export type LockdownMode = "off" | "owned" | "invited";

/** What all requests to moderate have. */
export interface Moderating {
  /** 124. */
  code: typeof Code.Moderate;
  /** The room that it is for, without `#`, in any case; without it, the whole hub. `lockdown` is for the hub only. */
  room?: string;
  /** Whether to change nothing: the 224 says what it would do. */
  preview?: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 124 about whoever a target names: end the connections, ban, mute, or share a room's powers; answered by 224. */
export interface ModerateTarget extends Moderating {
  /** What to do. */
  action: TargetAction;
  /** A name; with `ban` and `unban` also a public key, its SHA256 fingerprint, an address or a range (CIDR). */
  target: string;
  /** With `ban` and `mute`: for how long, in milliseconds; until it is lifted if absent. */
  duration_ms?: number;
  /** With `kick`, `ban` and `mute`: why. One line of at most `MAX_REASON_CHARS` characters, which the target reads. */
  reason?: string;
  /** With `ban` of a name: whether to ban the addresses of those who are here under that name, too. */
  address?: boolean;
}

/** 124 that sets how often each user may send a message; answered by 224. */
export interface SetSlow extends Moderating {
  /** Limit the rate of each user. */
  action: "slow";
  /** The shortest time between two messages of a user, in milliseconds; 0 ends it. */
  every_ms: number;
}

/** 124 that sets who may come to the hub; answered by 224. */
export interface SetLockdown extends Moderating {
  /** Keep strangers out. */
  action: "lockdown";
  /** Who may come. */
  mode: LockdownMode;
}

/** 124 that sends a notice to everyone; answered by 224. */
export interface Announce extends Moderating {
  /** Send a notice. */
  action: "announce";
  /** The text; see `checkText`. */
  text: string;
}

/** 124: keep order on the hub or in a room; answered by 224. */
export type Moderate = ModerateTarget | SetSlow | SetLockdown | Announce;

/** What a 124 does. */
export type ModerateAction = Moderate["action"];

/** 125: list the bans, mutes and other limits in force; answered by 225. */
export interface AskBans {
  /** 125. */
  code: typeof Code.AskBans;
  /** Only those for this room; without it, all that the client may see. */
  room?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 126: delete messages; answered by 207. Either `sequence` or `username` with `within_ms` is given. */
export interface DeleteLines {
  /** 126. */
  code: typeof Code.DeleteLines;
  /** The room or direct conversation, as in {@linkcode AskHistory}. */
  room: string;
  /** The number of the message. */
  sequence?: number;
  /** All messages of this author, by those who moderate the room. */
  username?: string;
  /** With `username`: only messages that are not older than so many milliseconds. */
  within_ms?: number;
  /** The message's `id`, with which an author without a key proves that the message is its own. */
  id?: string;
  /** Whether to delete nothing: the 207 says how many messages it would be. */
  preview?: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 127: change the text of a message of the client; answered by 207. */
export interface EditLine {
  /** 127. */
  code: typeof Code.EditLine;
  /** The room or direct conversation, as in {@linkcode AskHistory}. */
  room: string;
  /** The number of the message. */
  sequence: number;
  /** The new text; see `checkText`. */
  message: string;
  /** As in {@linkcode DeleteLines}. */
  id?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 128: add the client's reaction to a message, or remove it; answered by 207. */
export interface React {
  /** 128. */
  code: typeof Code.React;
  /** The room or direct conversation, as in {@linkcode AskHistory}. */
  room: string;
  /** The number of the message. */
  sequence: number;
  /** The reaction, such as `+1` or an emoji; see `isReaction`. */
  reaction: string;
  /** Whether to remove it. */
  remove?: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 129: request the changes of messages that the client has missed; answered by 227. */
export interface AskChanges {
  /** 129. */
  code: typeof Code.AskChanges;
  /** Only changes with a greater number: the `changes` of a 210 or the `last` of a 227. */
  after: number;
  /** The `epoch` of the 210 of the connection on which the client has got that number. */
  epoch?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 130: request the messages that named the client, over all rooms that it may read; answered by 228. */
export interface AskMentions {
  /** 130. */
  code: typeof Code.AskMentions;
  /** Only messages since this time, in milliseconds since 1970, UTC. */
  since?: number;
  /** The `before` of an earlier 228: only older messages. */
  before?: number;
  /** How many messages at most, 1 to 500; the default is 50. */
  limit?: number;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 131: make an invite; answered by 229. */
export interface MakeInvite {
  /** 131. */
  code: typeof Code.MakeInvite;
  /** A room that whoever uses it joins, without `#`, in any case. */
  room?: string;
  /** How often it can be used, 1 to `MAX_INVITE_USES`; once if absent. */
  uses?: number;
  /** How long it is valid, in milliseconds; a day if absent. */
  expires_ms?: number;
  /** The name for which it is, if it is for one. */
  username?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 132: end an invite; answered by 207. */
export interface RevokeInvite {
  /** 132. */
  code: typeof Code.RevokeInvite;
  /** Its id, as in the 229. */
  id: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 133: list the invites that can be used and that this client may end; answered by 231. */
export interface AskInvites {
  /** 133. */
  code: typeof Code.AskInvites;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** Any request of a client. */
export type ClientMessage =
  | Say
  | Rename
  | Hello
  | SayIn
  | SayTo
  | AskHistory
  | Who
  | Join
  | Leave
  | ListRooms
  | Ping
  | ListConversations
  | Release
  | AddKey
  | RemoveKey
  | AskKeys
  | AskKeyCode
  | AskPerson
  | AskRoom
  | SetRoom
  | Invite
  | RemoveMember
  | DeleteRoom
  | Moderate
  | AskBans
  | DeleteLines
  | EditLine
  | React
  | AskChanges
  | AskMentions
  | MakeInvite
  | RevokeInvite
  | AskInvites;

/** A chat message, as in a 200. */
export interface ChatLine {
  /** When the hub accepted it, in milliseconds since 1970, UTC. */
  timestamp: number;
  /** The author's name. */
  username: string;
  /** The text. */
  message: string;
  /** Its sequence number in the room: 1, 2, 3 … without gaps. A notice to one client has none. */
  sequence?: number;
  /** The room it was sent to, without `#`. */
  room?: string;
  /** Whether the hub has verified the author's name. */
  verified?: boolean;
  /** The sequence number of an earlier message of the conversation that this one answers. */
  reply_to?: number;
}

/** 200, base: a chat message; sent to everyone, the author included. */
export interface Said {
  /** 200. */
  code: typeof Code.Said;
  /** The message. */
  message: ChatLine;
  /** Set when the hub refuses the connection: why, as in a 206. The author is then `server`, and the hub closes. */
  error?: ErrorWord | (string & Record<never, never>);
  /** With `error`: how long to wait before the next attempt to connect, in milliseconds. */
  retry_after_ms?: number;
}

/** 201, base: a user connected; sent to everyone, that user included. */
export interface Joined {
  /** 201. */
  code: typeof Code.Joined;
  /** The user's name. */
  new: string;
}

/** The offer of the extension in the first 202, with facts about the hub. */
export interface ServerOffer {
  /** The version of the hub's program. */
  version: string;
  /** The version of the extension. */
  protocol: number;
  /** Random bytes of this connection, in base64. */
  nonce: string;
  /** `true` if the 102 must carry the password. */
  password?: boolean;
  /** The public key of the hub, as that of a client in {@linkcode Hello}; only from a hub where names are owned. */
  identity?: string;
  /**
   * The signature of the hub, as the base64 of an SSHSIG blob, of the fingerprint of the certificate on this
   * connection; only with TLS and an identity.
   */
  certificate_signature?: string;
}

/** 202, base: the client's own name; sent on connecting, and as the answer to 101. */
export interface YourName {
  /** 202. */
  code: typeof Code.YourName;
  /** The client's name. */
  new: string;
  /** Only in the first 202, and only from a hub that has the extension. */
  server?: ServerOffer;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 203, base: a user changed their name; sent to everyone. */
export interface Renamed {
  /** 203. */
  code: typeof Code.Renamed;
  /** The old name. */
  old: string;
  /** The new name. */
  new: string;
}

/** 204, base: a user disconnected; sent to everyone else. */
export interface Left {
  /** 204. */
  code: typeof Code.Left;
  /** The user's name. */
  username: string;
}

/** 205, base: the hub shuts down and closes every connection. */
export interface HubDown {
  /** 205. */
  code: typeof Code.HubDown;
}

/** 206: a request was refused. */
export interface Refused {
  /** 206. */
  code: typeof Code.Refused;
  /** For programs: one of `ERROR_WORDS`, or a word of a newer hub. */
  error: ErrorWord | (string & Record<never, never>);
  /** For people: what was expected and what was received. */
  message: string;
  /** The `ref` of the refused request. */
  ref?: string;
  /** How long to wait before the next attempt, in milliseconds. */
  retry_after_ms?: number;
  /** With `name_owned` and `name_taken`: a similar name that is free. */
  free?: string;
}

/** 207: a request that has no answer of its own was done. */
export interface Done {
  /** 207. */
  code: typeof Code.Done;
  /** The `ref` of the request. */
  ref: string;
  /** For a message: its sequence number. */
  sequence?: number;
  /** For a message: `false` if it could not be stored. */
  stored?: boolean;
  /** For a 114 with a code: the name that the client's key owns by it. */
  username?: string;
  /** For a 126: how many messages it has deleted, or with `preview` would delete. */
  count?: number;
}

/** A reaction to a message, and how many users have it. */
export interface ReactionCount {
  /** The reaction, as in {@linkcode React}. */
  reaction: string;
  /** How many users have it. */
  count: number;
  /** `true` if the client is one of them; only in answers to one client (208, 227, 228). */
  mine?: boolean;
}

/** A stored message, as in a 208. */
export interface PastLine extends ChatLine {
  /** The recipient of a direct message, which has no `room`. */
  to?: string;
  /** When its text was last changed, in milliseconds since 1970, UTC; absent if it never was. */
  edited?: number;
  /** `true` if it was deleted; its `message` is then empty. */
  deleted?: boolean;
  /** The reactions to it, the most frequent one first; absent if there are none. */
  reactions?: ReactionCount[];
}

/** 208: messages from the history; the answer to 105, and after a 210 the missed messages. */
export interface History {
  /** 208. */
  code: typeof Code.History;
  /** The room or direct conversation, as in {@linkcode AskHistory}. */
  room: string;
  /** The messages, oldest first. */
  messages: PastLine[];
  /** Whether there are more: newer ones if `after` was given without `match` and `newest`, otherwise older ones. */
  more: boolean;
  /** The `before` with which a search that ended early goes on; only if `more` is true. */
  before?: number;
  /** The number up to which a 102 with `newest` catches up; later messages come as they are sent. */
  last_sequence?: number;
  /**
   * Present if the hub has another history than the client after this number, such as one restored from a backup: what
   * the client has above it are other messages.
   */
  restored_after?: number;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** A user online, as in a 209. */
export interface UserInfo {
  /** The user's name. */
  username: string;
  /** The rooms the user is in, without `#`. */
  rooms: string[];
  /** How long the user has been connected, in milliseconds. */
  connected_ms: number;
  /** The time since the user's last request, in milliseconds. */
  idle_ms: number;
  /** Whether the hub has verified the name. */
  verified: boolean;
  /** `true` for a quiet user; see {@linkcode Hello}. */
  quiet?: boolean;
}

/** 209: the users online; in several messages if they do not fit into one. */
export interface Users {
  /** 209. */
  code: typeof Code.Users;
  /** Some of the users online, or all. */
  users: UserInfo[];
  /** `true` if another 209 continues the list. */
  more?: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** The hub's limits, so that a client can check them before it sends. */
export interface WelcomeLimits {
  /** The longest chat text, in bytes of UTF-8. */
  text_bytes: number;
  /** The longest name, in characters. */
  name_chars: number;
  /** The longest body of a frame, in bytes. */
  body_bytes: number;
}

/** 210: the answer to 102. */
export interface Welcome {
  /** 210. */
  code: typeof Code.Welcome;
  /** The client's name. */
  username: string;
  /** The rooms it is in, without `#`. */
  rooms: string[];
  /** The hub's limits. */
  limits: WelcomeLimits;
  /** The names of the hub's features beyond the base. */
  features: string[];
  /** The message of the day. */
  motd?: string;
  /** How long the hub stores messages, in milliseconds; 0 if it stores none. */
  retention_ms: number;
  /** If the 102 had a `nonce`: the hub's signature of `hubStatement`, in the namespace `riftchat-hub`. */
  identity_signature?: string;
  /**
   * With a history: names the state of the history, at most `MAX_EPOCH_CHARS` characters without meaning for the
   * client.
   */
  epoch?: string;
  /** With the feature `changes`: the number of the last change of a message, 0 if there is none. */
  changes?: number;
  /**
   * The addresses of other hubs of the same chat, to which the client may move when this one goes: `rift://HOST:PORT`,
   * `rifts://HOST:PORT`, and `http://` or `https://` for the page. At most `MAX_HUBS` of at most `MAX_HUB_CHARS`
   * characters; the client ignores those that it does not understand.
   */
  hubs?: string[];
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 211: a user joined a room; sent to its members, that user included. */
export interface RoomJoined {
  /** 211. */
  code: typeof Code.RoomJoined;
  /** The room, without `#`. */
  room: string;
  /** The user's name. */
  username: string;
}

/** 212: a user left a room and is still online; sent to its members. A 204 means that a user left all rooms. */
export interface RoomLeft {
  /** 212. */
  code: typeof Code.RoomLeft;
  /** The room, without `#`. */
  room: string;
  /** The user's name. */
  username: string;
}

/** A direct message, as in a 213. */
export interface DirectLine {
  /** When the hub accepted it, in milliseconds since 1970, UTC. */
  timestamp: number;
  /** The author's name. */
  username: string;
  /** The text. */
  message: string;
  /** The recipient's name. */
  to: string;
  /** Its sequence number in the conversation of these two users: 1, 2, 3 …; none if the hub stores no messages. */
  sequence?: number;
  /** Whether the hub has verified the author's name. */
  verified: boolean;
  /** As in {@linkcode ChatLine}. */
  reply_to?: number;
}

/** 213: a direct message; sent to the author and to the recipient. */
export interface SaidTo {
  /** 213. */
  code: typeof Code.SaidTo;
  /** The message. */
  message: DirectLine;
}

/** A room, as in a 214. */
export interface RoomInfo {
  /** Its name, without `#`. */
  name: string;
  /** The number of its members. */
  users: number;
  /** The sequence number of its last message; 0 if there is none. */
  last_sequence: number;
}

/** 214: the rooms; in several messages if they do not fit into one. */
export interface Rooms {
  /** 214. */
  code: typeof Code.Rooms;
  /** Some of the rooms, or all; `main` first. */
  rooms: RoomInfo[];
  /** `true` if another 214 continues the list. */
  more?: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 215: the answer to 110. */
export interface Pong {
  /** 215. */
  code: typeof Code.Pong;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 216: the hub closes this connection. */
export interface Ending {
  /** 216. */
  code: typeof Code.Ending;
  /** Why, for people. */
  reason: string;
  /** Why, for programs: `banned` or `kicked`; absent for anything else. */
  error?: ErrorWord | (string & Record<never, never>);
  /** How long to wait before the next attempt to connect, in milliseconds. */
  retry_after_ms?: number;
}

/** A direct conversation of the client, as in a 217. */
export interface ConversationInfo {
  /** The other user's name, as in the last message. */
  with: string;
  /** The sequence number of the last message. */
  last_sequence: number;
  /** When the hub accepted it, in milliseconds since 1970, UTC. */
  timestamp: number;
}

/** 217: direct conversations of the client; in several messages if they do not fit into one. */
export interface Conversations {
  /** 217. */
  code: typeof Code.Conversations;
  /** Some of the conversations, or all; those with the newest messages first. */
  conversations: ConversationInfo[];
  /** Grows with each message that the hub stores; a later 111 with it lists only what is new. */
  last: number;
  /** `true` if another 217 continues the list. */
  more?: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** A key of a name, as in a 218. */
export interface KeyInfo {
  /** The key, as in {@linkcode Hello}. */
  key: string;
  /** When it was added, in milliseconds since 1970, UTC. */
  added: number;
}

/** 218: the keys of the client's name. */
export interface Keys {
  /** 218. */
  code: typeof Code.Keys;
  /** The name. */
  username: string;
  /** Since when it is owned, in milliseconds since 1970, UTC; absent if the client does not own it. */
  since?: number;
  /** Its keys, the oldest first. */
  keys: KeyInfo[];
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 219: a code for another device, valid once. */
export interface KeyCode {
  /** 219. */
  code: typeof Code.KeyCode;
  /** Six words with spaces in between. */
  key_code: string;
  /** How long it is valid, in milliseconds. */
  valid_ms: number;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 221: what the hub knows of a name. */
export interface Person {
  /** 221. */
  code: typeof Code.Person;
  /** The name. */
  username: string;
  /** Whether somebody is online under this name. */
  online: boolean;
  /** Whether whoever is online under this name owns it. */
  verified: boolean;
  /** Since when the name is owned, in milliseconds since 1970, UTC; absent if nobody owns it. */
  since?: number;
  /** When an operator gave the name to another key, in milliseconds since 1970, UTC; absent if that never happened. */
  moved?: number;
  /** When the owner last used the name, in milliseconds since 1970, UTC, to the hour; absent if nobody owns it. */
  last_used?: number;
  /**
   * The fingerprints of the owner's keys, as `ssh-keygen -l` prints them; if nobody owns the name, of the keys that
   * the clients online under it have proved. Absent if there are none.
   */
  keys?: string[];
  /** For an operator: the addresses of the clients online under the name. Absent for anybody else. */
  addresses?: string[];
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 220: what the hub knows of a room; in several messages if its members do not fit into one. */
export interface RoomDetails {
  /** 220. */
  code: typeof Code.RoomDetails;
  /** Its name, without `#`. */
  room: string;
  /** Who may join it. */
  mode: RoomMode;
  /** What may be read. */
  history: RoomHistory;
  /** The name of its owner; absent if it belongs to nobody. */
  owner?: string;
  /** Since when it belongs to somebody, in milliseconds since 1970, UTC. */
  since?: number;
  /** What it is about; absent for nothing. */
  topic?: string;
  /** Some of its members, or all, those first who are members longest; absent if it belongs to nobody. */
  members?: string[];
  /** `true` if another 220 continues the members. */
  more?: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 222: a room was changed; to everyone in it and to its members. What did not change is absent. */
export interface RoomChanged {
  /** 222. */
  code: typeof Code.RoomChanged;
  /** Its name, without `#`. */
  room: string;
  /** The name of the user who changed it; absent if its owner's name was freed. */
  by?: string;
  /** As in {@linkcode SetRoom}. */
  topic?: string;
  /** As in {@linkcode SetRoom}. */
  mode?: RoomMode;
  /** As in {@linkcode SetRoom}. */
  history?: RoomHistory;
  /** The name of its owner. */
  owner?: string;
  /** The name of a new member. */
  invited?: string;
  /** The name of somebody who is a member no more. */
  removed?: string;
  /** `true` if the room was deleted, with its messages. */
  deleted?: boolean;
}

/** 223: the client's name is a member of a room; to the new member. */
export interface Invited {
  /** 223. */
  code: typeof Code.Invited;
  /** The room, without `#`. */
  room: string;
  /** The name of its owner. */
  by: string;
}

/** 224: what a 124 did, or with `preview` would do. */
export interface Moderated {
  /** 224. */
  code: typeof Code.Moderated;
  /** As in the 124. */
  action: ModerateAction | (string & Record<never, never>);
  /** As in the 124; a name as its owner spells it. */
  target?: string;
  /** As in the 124. */
  room?: string;
  /** The names of those here whom it hits, at most `MAX_MODERATED_NAMES`. */
  names: string[];
  /** How many more are hit: those that come from an address that it bans, and those whom `names` has no place for. */
  others: number;
  /** Until when it holds, in milliseconds since 1970, UTC; absent if it holds until it is lifted, or does not last. */
  until?: number;
  /** Whether it is done; false for a preview. */
  done: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** What is in force, as in a 225. */
export type BanKind = "ban" | "mute" | "slow" | "lockdown";

/** A ban, mute or other limit in force, as in a 225. */
export interface BanInfo {
  /** What it is. */
  kind: BanKind | (string & Record<never, never>);
  /** Whom it is for, as in {@linkcode ModerateTarget}; absent for `slow` and `lockdown`. */
  target?: string;
  /** The room that it is for, without `#`; absent if it is for the whole hub. */
  room?: string;
  /** The name of whoever did it. */
  by: string;
  /** Since when it is in force, in milliseconds since 1970, UTC. */
  at: number;
  /** Until when it is in force, in milliseconds since 1970, UTC; absent if it holds until it is lifted. */
  until?: number;
  /** Why, as in {@linkcode ModerateTarget}. */
  reason?: string;
  /** For `slow`, as in {@linkcode SetSlow}. */
  every_ms?: number;
  /** For `lockdown`, as in {@linkcode SetLockdown}. */
  mode?: LockdownMode | (string & Record<never, never>);
}

/** 225: what is in force; in several messages if it does not fit into one. */
export interface Bans {
  /** 225. */
  code: typeof Code.Bans;
  /** Some of it, or all, the newest first. */
  bans: BanInfo[];
  /** `true` if another 225 continues the list. */
  more?: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** A change of a message in a 226, where what did not change is absent; all changes of a message in a 227. */
export interface LineChange {
  /** The room or direct conversation, as in {@linkcode AskHistory}. */
  room: string;
  /** The number of the change: greater than that of all earlier ones on this hub. */
  change: number;
  /** The number of the message. */
  sequence: number;
  /** The name of the message's author. */
  username: string;
  /** The recipient of a direct message. */
  to?: string;
  /** The name of the user who changed it; absent in a 227. */
  by?: string;
  /** `true` if it was deleted. */
  deleted?: boolean;
  /** Its new text. */
  message?: string;
  /** With `message`: when the text was changed, in milliseconds since 1970, UTC. */
  edited?: number;
  /** In a 226 about a reaction: the one that `by` has added or removed. */
  reaction?: string;
  /** With `reaction`: `true` if it was removed. */
  removed?: boolean;
  /** All reactions to it, as in {@linkcode PastLine}; empty if there are none left. */
  reactions?: ReactionCount[];
}

/** 226: a message was changed; to everyone in the room, or both users of a direct conversation. */
export interface LineChanged extends LineChange {
  /** 226. */
  code: typeof Code.LineChanged;
}

/** 227: messages that were changed since a number, each once, as they are now. */
export interface Changes {
  /** 227. */
  code: typeof Code.Changes;
  /** Some of the messages, or all, in the order of their last changes. */
  changes: LineChange[];
  /** The number of the last change that the list takes into account; a later 129 goes on from it. */
  last: number;
  /** `true` if there are more: a 129 with `after` set to `last` gets them. */
  more?: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 228: messages that named the client. */
export interface Mentions {
  /** 228. */
  code: typeof Code.Mentions;
  /** The messages, the newest first; one of a direct conversation has `to` instead of `room`. */
  messages: PastLine[];
  /** `true` if there are older ones. */
  more?: boolean;
  /** With `more`: the `before` with which a 130 goes on. */
  before?: number;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 229: an invite. */
export interface InviteLink {
  /** 229. */
  code: typeof Code.InviteLink;
  /** The link, such as `rifts://chat.example.com:8000/#TOKEN`. Whoever has it can use it. */
  link: string;
  /** What names the invite without revealing it. */
  id: string;
  /** Until when it is valid, in milliseconds since 1970, UTC. */
  expires: number;
  /** How often it can be used. */
  uses: number;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** An invite that can be used, in a 231. */
export interface InviteInfo {
  /** As in {@linkcode InviteLink}. */
  id: string;
  /** The name of who made it; absent if that was done on the machine of the hub. */
  by?: string;
  /** The room into which it leads, without `#`. */
  room?: string;
  /** The name for which it is. */
  username?: string;
  /** As in {@linkcode InviteLink}. */
  expires: number;
  /** As in {@linkcode InviteLink}. */
  uses: number;
  /** How often it can still be used. */
  uses_left: number;
}

/** 231: invites that can be used, the newest first. */
export interface InviteList {
  /** 231. */
  code: typeof Code.Invites;
  /** The invites. */
  invites: InviteInfo[];
  /** `true` if another 231 of this list follows. */
  more?: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 230: what the client may moderate; after the 210 if there is anything to tell, and at each change. */
export interface Powers {
  /** 230. */
  code: typeof Code.Powers;
  /** Whether the client is an operator of the hub, who may moderate everything. */
  operator: boolean;
  /** The rooms that it may moderate as their owner or moderator, without `#`. */
  rooms: string[];
  /** Whom users can ask about a ban: the hub's `--contact`. */
  contact?: string;
}

/**
 * 232: how many people are in a room, and whether its joins and leaves are announced: in a room with more people than
 * the hub's `--announce-up-to` they are not.
 */
export interface RoomPeople {
  /** 232. */
  code: typeof Code.RoomPeople;
  /** The room, without `#`. */
  room: string;
  /** How many people are in it. */
  users: number;
  /** Whether each join and leave is announced from now on. */
  announced: boolean;
  /** If they are announced again: the names of all in the room but the quiet ones, or the next part of them. */
  usernames?: string[];
  /** `true` if another 232 with further `usernames` follows. */
  more?: boolean;
}

/** Any message of a hub. */
export type ServerMessage =
  | Said
  | Joined
  | YourName
  | Renamed
  | Left
  | HubDown
  | Refused
  | Done
  | History
  | Users
  | Welcome
  | RoomJoined
  | RoomLeft
  | SaidTo
  | Rooms
  | Pong
  | Ending
  | Conversations
  | Keys
  | KeyCode
  | RoomDetails
  | Person
  | RoomChanged
  | Invited
  | Moderated
  | Bans
  | LineChanged
  | Changes
  | Mentions
  | InviteLink
  | InviteList
  | Powers
  | RoomPeople;

/**
 * The messages of both directions, and what each holds. How they are read is in `reading.ts`, how they are written in
 * `writing.ts`.
 *
 * A name or a text is only known to be a string: whether it is allowed is for `checkName` and `checkText`, and for the
 * hub. Longer than most files, as it holds every message there is and nothing else.
 *
 * @module
 */
import type { ErrorWord } from "./errors.ts";

/** The number that says what a message is. 1xx are requests of a client, 2xx come from a hub. */
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
} as const;

/** 100, base: say a line in the room `main`. */
export interface Say {
  /** 100. */
  code: typeof Code.Say;
  /** The line; see `checkText`. */
  message: string;
  /** The client's own mark, 1 to 64 characters, carried back by the answer. */
  ref?: string;
}

/** 101, base: take another name. */
export interface Rename {
  /** 101. */
  code: typeof Code.Rename;
  /** The name wanted; see `checkName`. */
  username: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 102: from here on this client wants the extension; answered by 210. */
export interface Hello {
  /** 102. */
  code: typeof Code.Hello;
  /** The program and its version, such as `riftchat/1.0.0`. */
  client: string;
  /** The name wanted; without one the name from the first 202 stays. */
  username?: string;
  /** The hub's password, where it wants one. */
  password?: string;
  /** Rooms to be in from the start, beside `main`. */
  rooms?: string[];
  /** The client's promise to be heard at least once in so many milliseconds, by a ping where it has nothing to say. */
  ping_ms?: number;
  /** For each of some rooms, the number of the last line that it has: what it missed comes as 208s after the 210. */
  after?: Record<string, number>;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 103: say a line in a room; answered by 207. 100 does the same in `main`. */
export interface SayIn {
  /** 103. */
  code: typeof Code.SayIn;
  /** The room, without `#`, in any spelling of its name. */
  room: string;
  /** The line; see `checkText`. */
  message: string;
  /** The client's own mark of this line, 1 to 64 characters: sent again with the same, it is not said twice. */
  id?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 104: say a line to one person; answered by 207. */
export interface SayTo {
  /** 104. */
  code: typeof Code.SayTo;
  /** To whom, in any spelling of the name. */
  to: string;
  /** The line; see `checkText`. */
  message: string;
  /** The client's own mark of this line, 1 to 64 characters: sent again with the same, it is not said twice. */
  id?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 105: what was said before; answered by 208. */
export interface AskHistory {
  /** 105. */
  code: typeof Code.AskHistory;
  /** A room that one is in, without `#`; or what one and somebody else said to each other, as `@` and that one's name. */
  room: string;
  /** Only lines before this number. */
  before?: number;
  /** Only lines after this number. With it the answer begins right after it; otherwise it ends at the newest line. */
  after?: number;
  /** How many lines at most, 1 to 500; 50 without it. */
  limit?: number;
  /** Only lines with all of these words in them; then the newest of them in any case. */
  match?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 106: who is here; answered by 209. */
export interface Who {
  /** 106. */
  code: typeof Code.Who;
  /** Only those in this room; everyone without it. */
  room?: string;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 107: join a room, which is made where there is none of that name; answered by 207. */
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

/** 109: which rooms there are; answered by 214. */
export interface ListRooms {
  /** 109. */
  code: typeof Code.ListRooms;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 110: answered by 215 when all that this client asked before has been dealt with. */
export interface Ping {
  /** 110. */
  code: typeof Code.Ping;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** All that a client may ask of a hub. */
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
  | Ping;

/** One line of chat, as it stands in a 200. */
export interface ChatLine {
  /** When the hub took it, in milliseconds since 1970, UTC. */
  timestamp: number;
  /** Who said it. */
  username: string;
  /** What was said. */
  message: string;
  /** Its number in its room: 1, 2, 3 … without gaps. A line to one client alone, and an original hub's, has none. */
  sequence?: number;
  /** The room it was said in, without `#`. */
  room?: string;
  /** Whether the hub knows that the name is its owner's. */
  verified?: boolean;
}

/** 200, base: somebody said something; goes to everyone, the author included. */
export interface Said {
  /** 200. */
  code: typeof Code.Said;
  /** The line. */
  message: ChatLine;
  /** For whoever may not come in: why, as in a 206. The line is then from `server`, and the hub closes. */
  error?: ErrorWord | (string & Record<never, never>);
  /** Beside `error`: after how many milliseconds it is worth connecting again. */
  retry_after_ms?: number;
}

/** 201, base: somebody came; goes to everyone, the newcomer included. */
export interface Joined {
  /** 201. */
  code: typeof Code.Joined;
  /** The newcomer's name. */
  new: string;
}

/** What a hub says of itself in the first 202, and by which it offers the extension. */
export interface ServerOffer {
  /** The version of the hub's program. */
  version: string;
  /** The version of the extension. */
  protocol: number;
  /** Fresh randomness of this connection, in base64. */
  nonce: string;
  /** `true` where a 102 must have the password. */
  password?: boolean;
}

/** 202, base: this is your name; at once on connecting, and as the answer to 101. */
export interface YourName {
  /** 202. */
  code: typeof Code.YourName;
  /** The name of the one who gets this. */
  new: string;
  /** Only in the first 202, and only from a hub that has the extension. */
  server?: ServerOffer;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 203, base: somebody took another name; goes to everyone. */
export interface Renamed {
  /** 203. */
  code: typeof Code.Renamed;
  /** The name before. */
  old: string;
  /** The name now. */
  new: string;
}

/** 204, base: somebody left; goes to everyone who is left. */
export interface Left {
  /** 204. */
  code: typeof Code.Left;
  /** Who it was. */
  username: string;
}

/** 205, base: the hub goes down and closes every connection. */
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
  /** For people: what was expected and what came. */
  message: string;
  /** The `ref` of the refused request. */
  ref?: string;
  /** After how many milliseconds it is worth trying again. */
  retry_after_ms?: number;
}

/** 207: a request that has no answer of its own was carried out. */
export interface Done {
  /** 207. */
  code: typeof Code.Done;
  /** The `ref` of the request. */
  ref: string;
  /** For a line: its number in its room. */
  sequence?: number;
  /** For a line: `false` where it could not be kept. */
  stored?: boolean;
}

/** A line that was kept, as it stands in a 208. */
export interface PastLine extends ChatLine {
  /** To whom it was said, where it was to one person; then it has no `room`. */
  to?: string;
}

/** 208: what was said before; the answer to 105, and after a 210 what was missed. */
export interface History {
  /** 208. */
  code: typeof Code.History;
  /** Where it was said, as {@linkcode AskHistory} names it. */
  room: string;
  /** The lines, oldest first. */
  messages: PastLine[];
  /** Whether there are more: later ones where `after` was given without `match`, otherwise earlier ones. */
  more: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** One of those who are here, as it stands in a 209. */
export interface UserInfo {
  /** The name. */
  username: string;
  /** The rooms it is in, without `#`. */
  rooms: string[];
  /** For how many milliseconds it has been connected. */
  connected_ms: number;
  /** How many milliseconds ago it last asked for anything. */
  idle_ms: number;
  /** Whether the hub knows that the name is its owner's. */
  verified: boolean;
}

/** 209: who is here; in several messages where they do not fit into one. */
export interface Users {
  /** 209. */
  code: typeof Code.Users;
  /** Some of those who are here, or all. */
  users: UserInfo[];
  /** `true` where another 209 goes on with the list. */
  more?: boolean;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** What a hub takes, so that a client can tell its user before sending. */
export interface WelcomeLimits {
  /** The longest line, in bytes of UTF-8. */
  text_bytes: number;
  /** The longest name, in characters. */
  name_chars: number;
  /** The longest body of a frame, in bytes. */
  body_bytes: number;
}

/** 210: welcome, the answer to 102. */
export interface Welcome {
  /** 210. */
  code: typeof Code.Welcome;
  /** The name of the one who gets this. */
  username: string;
  /** The rooms it is in, without `#`. */
  rooms: string[];
  /** What the hub takes. */
  limits: WelcomeLimits;
  /** What this hub can do beyond the base, as words. */
  features: string[];
  /** The message of the day. */
  motd?: string;
  /** For how many milliseconds lines are kept; 0 where they are not. */
  retention_ms: number;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** 211: somebody joined a room; goes to its members, the newcomer included. */
export interface RoomJoined {
  /** 211. */
  code: typeof Code.RoomJoined;
  /** The room, without `#`. */
  room: string;
  /** Who joined. */
  username: string;
}

/** 212: somebody left a room and is still here; goes to its members. Whoever leaves the hub leaves all rooms by a 204. */
export interface RoomLeft {
  /** 212. */
  code: typeof Code.RoomLeft;
  /** The room, without `#`. */
  room: string;
  /** Who left. */
  username: string;
}

/** A line from one person to another, as it stands in a 213. */
export interface DirectLine {
  /** When the hub took it, in milliseconds since 1970, UTC. */
  timestamp: number;
  /** Who said it. */
  username: string;
  /** What was said. */
  message: string;
  /** To whom. */
  to: string;
  /** Its number among what these two said to each other: 1, 2, 3 …; none where the hub keeps nothing. */
  sequence?: number;
  /** Whether the hub knows that the name of the author is its owner's. */
  verified: boolean;
}

/** 213: somebody said something to one person; goes to both ends. */
export interface SaidTo {
  /** 213. */
  code: typeof Code.SaidTo;
  /** The line. */
  message: DirectLine;
}

/** One of the rooms there are, as it stands in a 214. */
export interface RoomInfo {
  /** Its name, without `#`. */
  name: string;
  /** How many are in it. */
  users: number;
  /** The number of the last line that was said in it; 0 where there is none. */
  last_sequence: number;
}

/** 214: which rooms there are; in several messages where they do not fit into one. */
export interface Rooms {
  /** 214. */
  code: typeof Code.Rooms;
  /** Some of the rooms, or all; `main` first. */
  rooms: RoomInfo[];
  /** `true` where another 214 goes on with the list. */
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

/** 216: the hub ends this connection. */
export interface Ending {
  /** 216. */
  code: typeof Code.Ending;
  /** Why, for people. */
  reason: string;
  /** After how many milliseconds it is worth connecting again. */
  retry_after_ms?: number;
}

/** All that a hub may tell a client. */
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
  | Ending;

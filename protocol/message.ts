/**
 * The messages of both directions: what each holds, how it is read from a body and how it is written.
 *
 * Rules: unknown fields and unknown codes are passed over, so that either side can be newer than the other; a known
 * code with a wrong field is refused with the field's name; the fields of the base are written in the order of the
 * original RiftChat. A name or a text is only known to be a string after reading: whether it is allowed is for
 * `checkName` and `checkText`, and for the hub. Longer than most files, as it holds every message there is and nothing
 * else.
 *
 * @module
 */
import * as v from "valibot";
import { decodeUtf8 } from "./body.ts";
import { type ErrorWord, ProtocolError } from "./errors.ts";
import { MAX_REF_CHARS, MAX_TIMESTAMP_MS } from "./limits.ts";

/** The number that says what a message is. 1xx are requests of a client, 2xx come from a hub. */
export const Code = {
  Say: 100,
  Rename: 101,
  Hello: 102,
  Who: 106,
  Ping: 110,
  Said: 200,
  Joined: 201,
  YourName: 202,
  Renamed: 203,
  Left: 204,
  HubDown: 205,
  Refused: 206,
  Done: 207,
  Users: 209,
  Welcome: 210,
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

/** 110: answered by 215 when all that this client asked before has been dealt with. */
export interface Ping {
  /** 110. */
  code: typeof Code.Ping;
  /** As in {@linkcode Say}. */
  ref?: string;
}

/** All that a client may ask of a hub. */
export type ClientMessage = Say | Rename | Hello | Who | Ping;

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
  | Users
  | Welcome
  | Pong
  | Ending;

/** A body that was read but not looked into: an object with its code. */
export interface Body {
  /** What the message is. */
  code: number;
  /** Whatever else the peer put in. */
  [field: string]: unknown;
}

// What each schema expects is its message, in words that go on the wire after "must be".
const AN_OBJECT = "an object";
const A_MARK = `a string of 1 to ${MAX_REF_CHARS} characters`;
const A_COUNT = "an integer from 1";
const A_DURATION = "a number of milliseconds from 0";
const A_TIME = "a time in milliseconds since 1970";

const text = v.string("a string");
const flag = v.boolean("true or false");
const mark = v.pipe(v.string(A_MARK), v.check(isMark, A_MARK));
const ref = v.exactOptional(mark);
const finite = v.pipe(v.number("a number"), v.finite("a number"));
const count = v.pipe(v.number(A_COUNT), v.safeInteger(A_COUNT), v.minValue(1, A_COUNT));
const millis = v.pipe(v.number(A_DURATION), v.finite(A_DURATION), v.minValue(0, A_DURATION));
const timestamp = v.pipe(v.number(A_TIME), v.check((ms) => Math.abs(ms) <= MAX_TIMESTAMP_MS, A_TIME));
const texts = v.array(text, "an array");

/** Counts characters only where there may be too many of them. */
function isMark(text: string): boolean {
  return text.length > 0 && (text.length <= MAX_REF_CHARS || [...text].length <= MAX_REF_CHARS);
}

const chatLine = v.object({
  timestamp,
  username: text,
  message: text,
  sequence: v.exactOptional(count),
  room: v.exactOptional(text),
  verified: v.exactOptional(flag),
}, AN_OBJECT);

const userInfo = v.object({
  username: text,
  rooms: texts,
  connected_ms: millis,
  idle_ms: millis,
  verified: flag,
}, AN_OBJECT);

type Schemas<M extends { code: number }> = { [K in M["code"]]: v.GenericSchema<unknown, M & { code: K }> };

const clientSchemas: Schemas<ClientMessage> = {
  [Code.Say]: v.object({ code: v.literal(Code.Say), message: text, ref }),
  [Code.Rename]: v.object({ code: v.literal(Code.Rename), username: text, ref }),
  [Code.Hello]: v.object({
    code: v.literal(Code.Hello),
    client: text,
    username: v.exactOptional(text),
    ref,
  }),
  [Code.Who]: v.object({ code: v.literal(Code.Who), room: v.exactOptional(text), ref }),
  [Code.Ping]: v.object({ code: v.literal(Code.Ping), ref }),
};

const serverSchemas: Schemas<ServerMessage> = {
  [Code.Said]: v.object({ code: v.literal(Code.Said), message: chatLine }),
  [Code.Joined]: v.object({ code: v.literal(Code.Joined), new: text }),
  [Code.YourName]: v.object({
    code: v.literal(Code.YourName),
    new: text,
    server: v.exactOptional(v.object({ version: text, protocol: finite, nonce: text }, AN_OBJECT)),
    ref,
  }),
  [Code.Renamed]: v.object({ code: v.literal(Code.Renamed), old: text, new: text }),
  [Code.Left]: v.object({ code: v.literal(Code.Left), username: text }),
  [Code.HubDown]: v.object({ code: v.literal(Code.HubDown) }),
  [Code.Refused]: v.object({
    code: v.literal(Code.Refused),
    error: text,
    message: text,
    ref,
    retry_after_ms: v.exactOptional(millis),
  }),
  [Code.Done]: v.object({
    code: v.literal(Code.Done),
    ref: mark,
    sequence: v.exactOptional(count),
    stored: v.exactOptional(flag),
  }),
  [Code.Users]: v.object({
    code: v.literal(Code.Users),
    users: v.array(userInfo, "an array"),
    more: v.exactOptional(flag),
    ref,
  }),
  [Code.Welcome]: v.object({
    code: v.literal(Code.Welcome),
    username: text,
    rooms: texts,
    limits: v.object({ text_bytes: count, name_chars: count, body_bytes: count }, AN_OBJECT),
    features: texts,
    motd: v.exactOptional(text),
    retention_ms: millis,
    ref,
  }),
  [Code.Pong]: v.object({ code: v.literal(Code.Pong), ref }),
  [Code.Ending]: v.object({
    code: v.literal(Code.Ending),
    reason: text,
    retry_after_ms: v.exactOptional(millis),
  }),
};

/**
 * A 100 as compact JSON, or as Python writes it, whose text needs no unescaping: nearly all that a hub ever gets. To
 * recognize one costs a quarter of what parsing it and looking at its fields does.
 */
// deno-lint-ignore no-control-regex
const PLAIN_SAY = /^\{"code": ?100, ?"message": ?"([^"\\\x00-\x1f]*)"\}$/;

/**
 * Reads a body as far as both directions share it: one JSON object with an integer `code`.
 *
 * @param body the bytes of one body, or its text
 * @returns the object
 * @throws {ProtocolError} `bad_frame` when the bytes are not UTF-8, not JSON, not an object or have no integer `code`
 */
export function parseBody(body: Uint8Array | string): Body {
  return parseText(textOf(body));
}

function textOf(body: Uint8Array | string): string {
  return typeof body === "string" ? body : decodeUtf8(body);
}

function parseText(text: string): Body {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ProtocolError("bad_frame", "Cannot read a body that is not JSON: it must be one JSON object", {
      cause,
    });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProtocolError(
      "bad_frame",
      `Cannot read a body that is ${kindOf(value)}: it must be one JSON object`,
    );
  }
  const code: unknown = "code" in value ? value.code : undefined;
  if (!Number.isInteger(code)) {
    throw new ProtocolError(
      "bad_frame",
      `Cannot read a body whose code is ${kindOf(code)}: it must be an integer`,
    );
  }
  return value as Body;
}

/**
 * Reads a body as a request of a client.
 *
 * @param body the bytes of one body, or its text
 * @returns the request without its unknown fields, or `undefined` where its code is none that a client sends
 * @throws {ProtocolError} `bad_frame` as {@linkcode parseBody} does; `bad_message`, with the `ref` of the request, when
 * a field of a known code is missing or of the wrong kind
 */
export function parseClientMessage(body: Uint8Array | string): ClientMessage | undefined {
  const text = textOf(body);
  const plain = PLAIN_SAY.exec(text);
  if (plain !== null) return { code: Code.Say, message: plain[1]! };
  return readMessage<ClientMessage>(clientSchemas, parseText(text));
}

/**
 * Reads an object as a message of a hub.
 *
 * @param body what {@linkcode parseBody} returned
 * @returns the message without its unknown fields, or `undefined` where its code is none that a hub sends
 * @throws {ProtocolError} `bad_message` when a field of a known code is missing or of the wrong kind
 */
export function readServerMessage(body: Body): ServerMessage | undefined {
  return readMessage<ServerMessage>(serverSchemas, body);
}

function readMessage<M>(
  schemas: Record<number, v.GenericSchema<unknown, unknown>>,
  body: Body,
): M | undefined {
  const schema = schemas[body.code];
  if (schema === undefined) return undefined;
  const result = v.safeParse(schema, body, { abortEarly: true });
  if (result.success) return result.output as M;
  const issue = result.issues[0];
  const expected = issue.input === undefined ? "given" : issue.message;
  const known = v.safeParse(mark, body.ref);
  throw new ProtocolError(
    "bad_message",
    `Cannot read a message with code ${body.code}: ${v.getDotPath(issue)} must be ${expected}: ` +
      `it is ${kindOf(issue.input)}`,
    { ref: known.success ? known.output : undefined },
  );
}

/** What a JSON value is, in words: a peer's own text is never repeated to it or to the log. */
function kindOf(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "string") return `a string of length ${value.length}`;
  if (typeof value === "object") return "an object";
  return String(value);
}

/**
 * Writes a message as compact JSON. The fields of the base stand in the order of the original RiftChat, however the
 * object was made.
 *
 * @param message what is to be sent
 * @returns one JSON object as text
 */
export function serialize(message: ClientMessage | ServerMessage): string {
  switch (message.code) {
    case Code.Say:
      return JSON.stringify({ code: message.code, message: message.message, ref: message.ref });
    case Code.Rename:
      return JSON.stringify({ code: message.code, username: message.username, ref: message.ref });
    case Code.Said:
      return '{"code":200,"message":' + serializeLine(message.message) + "}";
    case Code.Joined:
      return `{"code":201,"new":${JSON.stringify(message.new)}}`;
    case Code.YourName:
      return JSON.stringify({
        code: message.code,
        new: message.new,
        server: message.server,
        ref: message.ref,
      });
    case Code.Renamed:
      return `{"code":203,"old":${JSON.stringify(message.old)},"new":${JSON.stringify(message.new)}}`;
    case Code.Left:
      return `{"code":204,"username":${JSON.stringify(message.username)}}`;
    default:
      return JSON.stringify(message);
  }
}

/**
 * Writes a line by hand, since a hub writes one for everything that anybody says. A text of many pieces takes longer to
 * put together when it is encoded than all the rest (0.5 µs of 1.0), so what bursts of lines have in common is kept.
 */
function serializeLine(line: ChatLine): string {
  const { timestamp, username, message, sequence, room, verified } = line;
  if (timestamp !== head.timestamp || username !== head.username) head = lineHead(timestamp, username);
  if (room !== tail.room || verified !== tail.verified) tail = lineTail(room, verified);
  const text = NEEDS_ESCAPING.test(message) ? JSON.stringify(message) : `"${message}"`;
  return sequence === undefined
    ? head.json + text + tail.json
    : head.json + text + `,"sequence":${sequence}` + tail.json;
}

/** What JSON.stringify may write in another way than it is. */
// deno-lint-ignore no-control-regex
const NEEDS_ESCAPING = /["\\\x00-\x1f\ud800-\udfff]/;

/** How the last line began and ended: bursts come from one author in one millisecond. */
let head = lineHead(0, "");
let tail = lineTail(undefined, undefined);

function lineHead(
  timestamp: number,
  username: string,
): { timestamp: number; username: string; json: string } {
  const json = ['{"timestamp":', timestamp, ',"username":', JSON.stringify(username), ',"message":'].join("");
  return { timestamp, username, json };
}

function lineTail(room: string | undefined, verified: boolean | undefined) {
  const json = JSON.stringify({ room, verified }).replace(
    "{",
    room === undefined && verified === undefined ? "" : ",",
  );
  return { room, verified, json };
}

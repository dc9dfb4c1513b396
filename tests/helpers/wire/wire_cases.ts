/**
 * Bytes on the wire and the expected result: one table for all tests of decoders and parsers.
 *
 * The table is written from `docs/protocol.md`. Nothing in it is computed by the code under test, so a wrong limit or
 * length in that code cannot hide. Each case holds however its bytes are split and whatever follows them. The file is
 * long because it is the whole table.
 *
 * @module
 */
import type { ClientMessage, ErrorWord, ServerMessage } from "../../../protocol/mod.ts";

/** The result of one frame: a message, `"ignored"` for an unknown code, or a refusal. */
export type Outcome = ClientMessage | ServerMessage | "ignored" | Refusal;

/** A frame that is refused. */
export interface Refusal {
  /** The error word; after `bad_frame` the connection is closed, so nothing more is read. */
  refused: ErrorWord;
  /** A part of the error message. */
  message: string;
  /** The `ref` of the refused request. */
  ref?: string;
}

/** Bytes on the wire and the expected results. */
export interface WireCase {
  /** What the case is about. */
  name: string;
  /** Which side sends the bytes. */
  from: "client" | "server";
  /** The bytes. */
  bytes: Uint8Array;
  /** The result of each frame, in order. */
  outcomes: Outcome[];
  /** How many bytes at the end belong to an incomplete frame; 0 if not given. */
  pendingBytes?: number;
}

const utf8 = new TextEncoder();

/**
 * Concatenates bytes.
 *
 * @param parts bytes, or texts, which are encoded as UTF-8
 * @returns all parts as one array
 */
export function bytesOf(...parts: (string | number[] | Uint8Array)[]): Uint8Array {
  const pieces = parts.map((part) => typeof part === "string" ? utf8.encode(part) : Uint8Array.from(part));
  const bytes = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let end = 0;
  for (const piece of pieces) {
    bytes.set(piece, end);
    end += piece.length;
  }
  return bytes;
}

/**
 * Makes the header of a frame.
 *
 * @param length any unsigned number of 64 bits, valid or not
 * @returns the eight bytes of the number, big-endian
 */
export function headerOf(length: bigint | number): Uint8Array {
  const header = new Uint8Array(8);
  new DataView(header.buffer).setBigUint64(0, BigInt(length));
  return header;
}

/**
 * Makes a frame with any body, valid or not.
 *
 * @param body bytes, or a text, which is encoded as UTF-8
 * @returns the frame, header included
 */
export function frameOf(body: string | number[] | Uint8Array): Uint8Array {
  const bytes = bytesOf(body);
  return bytesOf(headerOf(bytes.length), bytes);
}

/**
 * Pads a JSON object to an exact size.
 *
 * @param json one JSON object
 * @param length the size in bytes
 * @returns the same object with spaces before its last brace
 */
export function padded(json: string, length: number): string {
  return json.slice(0, -1) + " ".repeat(length - utf8.encode(json).length) + "}";
}

const SAY = '{"code":100,"message":"hi"}';
const HI: Outcome = { code: 100, message: "hi" };

function refused(word: ErrorWord, message: string, ref?: string): Refusal {
  return ref === undefined ? { refused: word, message } : { refused: word, message, ref };
}

function client(name: string, body: string | number[] | Uint8Array, outcome: Outcome): WireCase {
  return { name, from: "client", bytes: frameOf(body), outcomes: [outcome] };
}

function server(name: string, body: string, outcome: Outcome): WireCase {
  return { name, from: "server", bytes: frameOf(body), outcomes: [outcome] };
}

/** Frames: how they are split, and the lengths that are refused after the header. */
const FRAMES: WireCase[] = [
  { name: "no bytes", from: "client", bytes: bytesOf(), outcomes: [] },
  client("one frame", SAY, HI),
  {
    name: "three frames in one read",
    from: "client",
    bytes: bytesOf(frameOf(SAY), frameOf('{"code":110}'), frameOf(SAY)),
    outcomes: [HI, { code: 110 }, HI],
  },
  {
    name: "a frame and the first byte of another",
    from: "client",
    bytes: bytesOf(frameOf(SAY), [0]),
    outcomes: [HI],
    pendingBytes: 1,
  },
  {
    name: "seven bytes of a header",
    from: "client",
    bytes: bytesOf("\0\0\0\0\0\0\0"),
    outcomes: [],
    pendingBytes: 7,
  },
  { name: "a header alone", from: "client", bytes: headerOf(27), outcomes: [], pendingBytes: 8 },
  {
    name: "a header of the longest body",
    from: "client",
    bytes: headerOf(65_536),
    outcomes: [],
    pendingBytes: 8,
  },
  {
    name: "a frame without its last byte",
    from: "client",
    bytes: frameOf(SAY).subarray(0, -1),
    outcomes: [],
    pendingBytes: 34,
  },
  client("the shortest body, which has no code", "{}", refused("bad_frame", "code is missing")),
  client("the longest body", padded(SAY, 65_536), HI),
  client("a body one byte over the longest", padded(SAY, 65_537), refused("bad_frame", "65537 bytes")),
  client("the longest body, all of it an unknown field", `{"code":110,"x":"${"é".repeat(32_758)}e"}`, {
    code: 110,
  }),
  {
    name: "the longest body between two short ones",
    from: "server",
    bytes: bytesOf(frameOf('{"code":205}'), frameOf(padded('{"code":215}', 65_536)), frameOf('{"code":205}')),
    outcomes: [{ code: 205 }, { code: 215 }, { code: 205 }],
  },
  ...([
    [0n, "0 bytes"],
    [1n, "1 bytes"],
    [65_537n, "65537 bytes"],
    [65_536n * 256n, "16777216 bytes"],
    [2n ** 31n, "2147483648 bytes"],
    [2n ** 32n, "4294967296 bytes"],
    [2n ** 32n + 27n, "4294967323 bytes"],
    [2n ** 53n, "9007199254740992 bytes"],
    [2n ** 56n * 27n, "bytes"],
    [2n ** 63n, "bytes"],
    [2n ** 63n + 27n, "bytes"],
    [2n ** 64n - 1n, "bytes"],
  ] as const).map(([length, message]): WireCase => ({
    name: `a length of ${length}, header only`,
    from: "client",
    bytes: headerOf(length),
    outcomes: [refused("bad_frame", message)],
  })),
  {
    name: "a good frame, then a length of 2^32, then a good frame",
    from: "server",
    bytes: bytesOf(frameOf('{"code":205}'), headerOf(2n ** 32n), frameOf('{"code":205}')),
    outcomes: [{ code: 205 }, refused("bad_frame", "4294967296 bytes")],
  },
  {
    name: "a web browser",
    from: "client",
    bytes: bytesOf("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    outcomes: [refused("bad_frame", "bytes")],
  },
];

/** Bodies: valid and invalid JSON, whatever the code. */
const BODIES: WireCase[] = [
  client("spaces as Python's json.dumps puts them", '{"code": 100, "message": "hi"}', HI),
  client(
    "spaces, tabs and line ends wherever JSON allows them",
    ' \r\n{ "code"\t:100 ,\n"message": "hi"\r}\t\n',
    HI,
  ),
  client("fields in another order", '{"message":"hi","code":100}', HI),
  client("raw é", '{"code":100,"message":"é"}', { code: 100, message: "é" }),
  client("escaped é", '{"code": 100, "message": "\\u00e9"}', { code: 100, message: "é" }),
  client("an escaped field name", '{"\\u0063ode":100,"m\\u0065ssage":"hi"}', HI),
  client("a raw emoji", '{"code":100,"message":"😀"}', { code: 100, message: "😀" }),
  client("an escaped emoji", '{"code":100,"message":"\\ud83d\\uDE00"}', { code: 100, message: "😀" }),
  client("all short escapes", '{"code":100,"message":"\\"\\\\\\/\\b\\f\\n\\r\\t"}', {
    code: 100,
    message: '"\\/\b\f\n\r\t',
  }),
  client("an escaped NUL", '{"code":100,"message":"a\\u0000b"}', { code: 100, message: "a\0b" }),
  client("an escaped lone high surrogate", '{"code":100,"message":"\\ud800"}', {
    code: 100,
    message: "\ud800",
  }),
  client("an escaped lone low surrogate", '{"code":100,"message":"\\udc00x"}', {
    code: 100,
    message: "\udc00x",
  }),
  client("a raw DEL and raw C1", '{"code":100,"message":"\x7f\x9b"}', { code: 100, message: "\x7f\x9b" }),
  client("a byte order mark inside a text", '{"code":100,"message":"\ufeff"}', {
    code: 100,
    message: "\ufeff",
  }),
  client("U+2028 and a noncharacter", '{"code":100,"message":"\u2028\uffff"}', {
    code: 100,
    message: "\u2028\uffff",
  }),

  client("an unknown code", '{"code":999,"message":5}', "ignored"),
  client("a code of a newer protocol", '{"code":199,"room":"main","message":"hi","ref":"1"}', "ignored"),
  client("a code of zero", '{"code":0}', "ignored"),
  client("a code of minus zero", '{"code":-0}', "ignored"),
  client("a negative code", '{"code":-100,"message":"hi"}', "ignored"),
  client("the largest exact code", '{"code":9007199254740991}', "ignored"),
  client("a code too large to be exact", '{"code":9007199254740993}', "ignored"),
  client("a code of a hundred digits", `{"code":1${"0".repeat(99)}}`, "ignored"),
  client("a code that only a server sends", '{"code":205}', "ignored"),
  server("a code that only a client sends", SAY, "ignored"),
  server("an unknown code from a server", '{"code":298,"anything":[1,{"a":null}]}', "ignored"),
  client("a code with a fraction of zero", '{"code":100.0,"message":"hi"}', HI),
  client("a code written with an exponent", '{"code":1e2,"message":"hi"}', HI),
  client(
    "unknown fields of every kind",
    '{"a":null,"code":100,"b":[1],"message":"hi","c":{"code":205},"d":-1.5e3}',
    HI,
  ),
  client(
    "the fields of other messages",
    '{"code":100,"message":"hi","username":5,"room":[],"client":null}',
    HI,
  ),
  client(
    "the same field twice: the last one counts",
    '{"code":205,"message":5,"code":100,"message":"hi"}',
    HI,
  ),
  client("a field __proto__", '{"code":100,"message":"hi","__proto__":{"ref":"1","code":110}}', HI),
  client(
    "everything inside __proto__",
    '{"__proto__":{"code":100,"message":"hi"}}',
    refused("bad_frame", "code is missing"),
  ),
  client(
    "a required field inside __proto__",
    '{"code":100,"__proto__":{"message":"hi"}}',
    refused("bad_message", "message"),
  ),
  client(
    "fields named as methods of an object",
    '{"code":110,"constructor":1,"toString":2,"hasOwnProperty":3}',
    {
      code: 110,
    },
  ),
  client("an empty field name", '{"":1,"code":110}', { code: 110 }),
  client(
    "30,000 arrays nested in an unknown field",
    `{"code":110,"x":${"[".repeat(3e4)}${"]".repeat(3e4)}}`,
    {
      code: 110,
    },
  ),
  client(
    "10,000 objects nested in an unknown field",
    `{"code":110,"x":${'{"a":'.repeat(1e4)}1${"}".repeat(1e4)}}`,
    {
      code: 110,
    },
  ),
  client(
    "30,000 arrays nested where a string belongs",
    `{"code":100,"message":${"[".repeat(3e4)}${"]".repeat(3e4)}}`,
    refused("bad_message", "an array"),
  ),

  client("no code", '{"message":"hi"}', refused("bad_frame", "code is missing")),
  client("a code one level down", '{"message":{"code":100}}', refused("bad_frame", "code is missing")),
  client("a code in capitals", '{"CODE":100,"message":"hi"}', refused("bad_frame", "code is missing")),
  client(
    "a code that is a string",
    '{"code":"100","message":"hi"}',
    refused("bad_frame", "a string of length 3"),
  ),
  client("a code that is null", '{"code":null}', refused("bad_frame", "code is null")),
  client("a code that is true", '{"code":true}', refused("bad_frame", "code is true")),
  client("a code that is an array", '{"code":[100]}', refused("bad_frame", "code is an array")),
  client("a code that is an object", '{"code":{}}', refused("bad_frame", "code is an object")),
  client("a code of 100.5", '{"code":100.5,"message":"hi"}', refused("bad_frame", "code is 100.5")),
  client("a code of 1e400", '{"code":1e400,"message":"hi"}', refused("bad_frame", "code is Infinity")),
  client("a code of -1e400", '{"code":-1e400}', refused("bad_frame", "code is -Infinity")),

  client("an array", `[${SAY}]`, refused("bad_frame", "an array")),
  client("an empty array", "[]", refused("bad_frame", "an array")),
  client("a number", "100", refused("bad_frame", "that is 100")),
  client("null", "null", refused("bad_frame", "that is null")),
  client("true", "true", refused("bad_frame", "that is true")),
  client("a string", '"hi"', refused("bad_frame", "a string of length 2")),
  client("30,000 arrays nested", "[".repeat(3e4) + "]".repeat(3e4), refused("bad_frame", "an array")),

  client("60,000 arrays that never end", "[".repeat(6e4), refused("bad_frame", "not JSON")),
  client("JSON cut short", '{"code":100,"message":"hi"', refused("bad_frame", "not JSON")),
  client("a text cut short", '{"code":100,"message":"hi', refused("bad_frame", "not JSON")),
  client("two objects in one body", SAY + SAY, refused("bad_frame", "not JSON")),
  client("a comma too many", '{"code":100,"message":"hi",}', refused("bad_frame", "not JSON")),
  client("single quotes", "{'code':100,'message':'hi'}", refused("bad_frame", "not JSON")),
  client("names without quotes", '{code:100,message:"hi"}', refused("bad_frame", "not JSON")),
  client("a comment", '{"code":110/* ping */}', refused("bad_frame", "not JSON")),
  client("a code of NaN", '{"code":NaN}', refused("bad_frame", "not JSON")),
  client("a code with a zero in front", '{"code":0100}', refused("bad_frame", "not JSON")),
  client("a code with a plus", '{"code":+100}', refused("bad_frame", "not JSON")),
  client("spaces only", "  ", refused("bad_frame", "not JSON")),
  client("NULs only", [0, 0], refused("bad_frame", "not JSON")),
  client("a NUL after the object", SAY + "\0", refused("bad_frame", "not JSON")),
  client("a raw NUL in a text", '{"code":100,"message":"a\0b"}', refused("bad_frame", "not JSON")),
  client("a raw newline in a text", '{"code":100,"message":"a\nb"}', refused("bad_frame", "not JSON")),
  client("an unknown escape", '{"code":100,"message":"\\x41"}', refused("bad_frame", "not JSON")),
  client("an escape cut short", '{"code":100,"message":"\\u00e"}', refused("bad_frame", "not JSON")),
  client("a byte order mark in front", "\ufeff" + SAY, refused("bad_frame", "not JSON")),
  client("a no-break space in front", "\u00a0" + SAY, refused("bad_frame", "not JSON")),

  ...([
    ["the byte FF", [0xff]],
    ["é in Latin-1", [0xe9]],
    ["a continuation byte alone", [0x80]],
    ["a character cut short", [0xe2, 0x82]],
    ["an overlong /", [0xc0, 0xaf]],
    ["an overlong / of three bytes", [0xe0, 0x80, 0xaf]],
    ["an overlong NUL, as Java writes it", [0xc0, 0x80]],
    ["a surrogate pair of three bytes each", [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80]],
    ["a number above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
  ] as const).map(([name, wrong]) =>
    client(
      `${name} in a text`,
      bytesOf('{"code":100,"message":"', [...wrong], '"}'),
      refused("bad_frame", "not UTF-8"),
    )
  ),
  client(
    "UTF-16",
    bytesOf([0xff, 0xfe], ...[...SAY].flatMap((c) => [c, "\0"])),
    refused("bad_frame", "not UTF-8"),
  ),
  client(
    "wrong UTF-8 in an unknown field",
    bytesOf('{"code":110,"x":"', [0xff], '"}'),
    refused("bad_frame", "not UTF-8"),
  ),
];

/** Messages of a client. */
const REQUESTS: WireCase[] = [
  client("100 with a ref", '{"code":100,"message":"hi","ref":"a-1"}', {
    code: 100,
    message: "hi",
    ref: "a-1",
  }),
  client("100 with an empty text, which is the hub's to refuse", '{"code":100,"message":""}', {
    code: 100,
    message: "",
  }),
  client(
    "100 without its text",
    '{"code":100,"ref":"a"}',
    refused("bad_message", "code 100: message must be given: it is missing", "a"),
  ),
  client(
    "100 with a number for its text",
    '{"code":100,"message":5,"ref":"a"}',
    refused("bad_message", "message must be a string: it is 5", "a"),
  ),
  client(
    "100 with null for its text",
    '{"code":100,"message":null}',
    refused("bad_message", "must be a string: it is null"),
  ),
  client(
    "100 with the message of a 200",
    '{"code":100,"message":{"message":"hi"}}',
    refused("bad_message", "an object"),
  ),
  client("101", '{"code":101,"username":"ana"}', { code: 101, username: "ana" }),
  client("101 as Python writes it", '{"code": 101, "username": "\\u0410\\u043d\\u044f"}', {
    code: 101,
    username: "Аня",
  }),
  client("101 without its name", '{"code":101,"message":"ana"}', refused("bad_message", "username")),
  client("101 with true for its name", '{"code":101,"username":true}', refused("bad_message", "true")),
  client("102", '{"code":102,"client":"riftchat/1.0.0","username":"ana","ref":"1"}', {
    code: 102,
    client: "riftchat/1.0.0",
    username: "ana",
    ref: "1",
  }),
  client("102 without a name", '{"code":102,"client":"x"}', { code: 102, client: "x" }),
  client(
    "102 with a password, a key, a signature and numbers, and a field of later versions",
    '{"code":102,"client":"x","password":"p","key":"k","signature":"s","after":{"main":7},"later":1}',
    { code: 102, client: "x", password: "p", key: "k", signature: "s", after: { main: 7 } },
  ),
  client(
    "102 with a nonce that is too short",
    '{"code":102,"client":"x","nonce":"short","ref":"1"}',
    refused("bad_message", "nonce must be a string of 22 to 128 characters: it is a string of length 5", "1"),
  ),
  client(
    "102 with a key that is too long",
    `{"code":102,"client":"x","key":"${"k".repeat(1025)}"}`,
    refused("bad_message", "key must be a string of at most 1024 characters: it is a string of length 1025"),
  ),
  client("102 with an invite", '{"code":102,"client":"x","invite":"t0ken"}', {
    code: 102,
    client: "x",
    invite: "t0ken",
  }),
  client(
    "102 with an invite that is too long",
    `{"code":102,"client":"x","invite":"${"t".repeat(401)}"}`,
    refused("bad_message", "invite must be a string of 1 to 400 characters: it is a string of length 401"),
  ),
  client("111", '{"code":111,"after":7}', { code: 111, after: 7 }),
  client("113", '{"code":113,"ref":"1"}', { code: 113, ref: "1" }),
  client("114 with a key", '{"code":114,"key":"k"}', { code: 114, key: "k" }),
  client("114 with a code", '{"code":114,"key_code":"a b"}', { code: 114, key_code: "a b" }),
  client("115", '{"code":115,"key":"k"}', { code: 115, key: "k" }),
  client("115 without a key", '{"code":115}', refused("bad_message", "key must be given")),
  client("116", '{"code":116}', { code: 116 }),
  client("117", '{"code":117}', { code: 117 }),
  client("118", '{"code":118,"room":"ops","ref":"1"}', { code: 118, room: "ops", ref: "1" }),
  client(
    "119",
    '{"code":119,"room":"ops","topic":"","mode":"private","history":"joined","owner":"bo"}',
    { code: 119, room: "ops", topic: "", mode: "private", history: "joined", owner: "bo" },
  ),
  client(
    "119 with another mode",
    '{"code":119,"room":"ops","mode":"secret"}',
    refused("bad_message", "mode must be open or private"),
  ),
  client("120", '{"code":120,"room":"ops","username":"bo"}', { code: 120, room: "ops", username: "bo" }),
  client("121", '{"code":121,"room":"ops","username":"bo"}', { code: 121, room: "ops", username: "bo" }),
  client("122", '{"code":122,"room":"ops"}', { code: 122, room: "ops" }),
  client("122 without a room", '{"code":122}', refused("bad_message", "room must be given")),
  client("123", '{"code":123,"username":"ana"}', { code: 123, username: "ana" }),
  client(
    "124 that bans",
    '{"code":124,"action":"ban","target":"bo","room":"dev","duration_ms":60000,"reason":"spam","address":true,' +
      '"preview":true,"ref":"b"}',
    {
      code: 124,
      action: "ban",
      target: "bo",
      room: "dev",
      duration_ms: 60_000,
      reason: "spam",
      address: true,
      preview: true,
      ref: "b",
    },
  ),
  ...(["kick", "unban", "mute", "unmute", "mod", "unmod"] as const).map((action) =>
    client(`124 with the action ${action}`, `{"code":124,"action":"${action}","target":"bo"}`, {
      code: 124,
      action,
      target: "bo",
    })
  ),
  client("124 that ends the slow mode", '{"code":124,"action":"slow","every_ms":0}', {
    code: 124,
    action: "slow",
    every_ms: 0,
  }),
  client("124 that locks the hub", '{"code":124,"action":"lockdown","mode":"owned"}', {
    code: 124,
    action: "lockdown",
    mode: "owned",
  }),
  client(
    "124 that announces, with fields of other actions",
    '{"code":124,"action":"announce","text":"hi","target":5}',
    {
      code: 124,
      action: "announce",
      text: "hi",
    },
  ),
  client(
    "124 without an action",
    '{"code":124,"target":"bo","ref":"b"}',
    refused("bad_message", "action must be given: it is missing", "b"),
  ),
  client(
    "124 with an unknown action",
    '{"code":124,"action":"burn","target":"bo","ref":"b"}',
    refused(
      "bad_message",
      "action must be kick, ban, unban, mute, unmute, mod, unmod, slow, lockdown or announce: " +
        "it is a string of length 4",
      "b",
    ),
  ),
  client(
    "124 with a number for its action",
    '{"code":124,"action":5}',
    refused("bad_message", "action must be kick, ban"),
  ),
  client(
    "124 that kicks nobody",
    '{"code":124,"action":"kick"}',
    refused("bad_message", "target must be given"),
  ),
  client(
    "124 that bans an empty target",
    '{"code":124,"action":"ban","target":""}',
    refused("bad_message", "target must be a string of 1 to 1024 characters: it is a string of length 0"),
  ),
  client(
    "124 that bans for no time",
    '{"code":124,"action":"ban","target":"bo","duration_ms":0}',
    refused("bad_message", "duration_ms must be an integer from 1 to 315360000000: it is 0"),
  ),
  client(
    "124 that bans for more than ten years",
    '{"code":124,"action":"ban","target":"bo","duration_ms":315360000001}',
    refused("bad_message", "duration_ms must be an integer from 1 to 315360000000: it is 315360000001"),
  ),
  client(
    "124 with the longest reason",
    `{"code":124,"action":"ban","target":"bo","reason":"${"é".repeat(160)}"}`,
    {
      code: 124,
      action: "ban",
      target: "bo",
      reason: "é".repeat(160),
    },
  ),
  ...([
    ["an empty reason", ""],
    ["a reason that is too long", "x".repeat(161)],
    ["a reason of two lines", "a\\nb"],
    ["a reason with a control character", "a\\u001b[2J"],
    ["a reason that reorders text", "a\u202eb"],
    ["a reason with half a surrogate pair", "\\ud800"],
  ] as const).map(([name, reason]) =>
    client(
      `124 with ${name}`,
      `{"code":124,"action":"mute","target":"bo","reason":"${reason}"}`,
      refused("bad_message", "reason must be one line of 1 to 160 characters without control characters"),
    )
  ),
  client(
    "124 that slows to more than six hours",
    '{"code":124,"action":"slow","every_ms":21600001}',
    refused("bad_message", "every_ms must be an integer from 0 to 21600000: it is 21600001"),
  ),
  client(
    "124 with another mode of lockdown",
    '{"code":124,"action":"lockdown","mode":"on"}',
    refused("bad_message", "mode must be off, owned or invited: it is a string of length 2"),
  ),
  client(
    "124 that announces nothing",
    '{"code":124,"action":"announce"}',
    refused("bad_message", "text must be given"),
  ),
  client("125", '{"code":125,"room":"dev","ref":"l"}', { code: 125, room: "dev", ref: "l" }),
  client("126 of one message", '{"code":126,"room":"@bo","sequence":7,"id":"a","ref":"d"}', {
    code: 126,
    room: "@bo",
    sequence: 7,
    id: "a",
    ref: "d",
  }),
  client("126 of a user", '{"code":126,"room":"dev","username":"bo","within_ms":600000,"preview":true}', {
    code: 126,
    room: "dev",
    username: "bo",
    within_ms: 600_000,
    preview: true,
  }),
  client(
    "126 of nothing",
    '{"code":126,"room":"dev","ref":"d"}',
    refused("bad_message", "sequence must be given: it is missing", "d"),
  ),
  client(
    "126 of a message and a user",
    '{"code":126,"room":"dev","sequence":7,"username":"bo","within_ms":1}',
    refused("bad_message", "sequence must be absent with username: it is 7"),
  ),
  client(
    "126 of a user without a time",
    '{"code":126,"room":"dev","username":"bo"}',
    refused("bad_message", "within_ms must be given: it is missing"),
  ),
  client(
    "126 of a message with a time",
    '{"code":126,"room":"dev","sequence":7,"within_ms":5}',
    refused("bad_message", "within_ms must be absent without username: it is 5"),
  ),
  client("127", '{"code":127,"room":"dev","sequence":7,"message":"hi","id":"a","ref":"e"}', {
    code: 127,
    room: "dev",
    sequence: 7,
    message: "hi",
    id: "a",
    ref: "e",
  }),
  client(
    "127 of message 0",
    '{"code":127,"room":"dev","sequence":0,"message":"hi"}',
    refused("bad_message", "sequence must be an integer from 1: it is 0"),
  ),
  ...["+1", "❤️", "🏴󠁧󠁢󠁷󠁬󠁳󠁿", "👨‍👩‍👧‍👦", "lgtm", "是的"].map((reaction) =>
    client(`128 with ${reaction}`, `{"code":128,"room":"dev","sequence":7,"reaction":"${reaction}"}`, {
      code: 128,
      room: "dev",
      sequence: 7,
      reaction,
    })
  ),
  client(
    "128 that removes",
    '{"code":128,"room":"@bo","sequence":7,"reaction":"+1","remove":true,"ref":"r"}',
    {
      code: 128,
      room: "@bo",
      sequence: 7,
      reaction: "+1",
      remove: true,
      ref: "r",
    },
  ),
  ...([
    ["nothing", ""],
    ["a space", "a b"],
    ["a no-break space", "a\u00a0b"],
    ["a line end", "a\\n"],
    ["an escape", "\\u001b"],
    ["five letters", "abcde"],
    ["nine characters", "👨‍👩‍👧‍👦👍👍"],
    ["nothing visible", "\u200d"],
    ["a mark alone", "\u0301"],
    ["a letter that is invisible", "\u3164"],
    ["a character that reorders text", "a\u202e"],
    ["what is not NFC", "e\u0301"],
    ["half a surrogate pair", "\\ud800"],
  ] as const).map(([name, reaction]) =>
    client(
      `128 with ${name}`,
      `{"code":128,"room":"dev","sequence":7,"reaction":"${reaction}"}`,
      refused(
        "bad_message",
        "reaction must be a string of 1 to 8 characters without spaces and control characters",
      ),
    )
  ),
  client("129", '{"code":129,"after":0,"epoch":"e","ref":"c"}', {
    code: 129,
    after: 0,
    epoch: "e",
    ref: "c",
  }),
  client("129 after nothing", '{"code":129}', refused("bad_message", "after must be given")),
  client("130", '{"code":130}', { code: 130 }),
  client("130 with everything", '{"code":130,"since":1700000000000,"before":0,"limit":500,"ref":"m"}', {
    code: 130,
    since: 1_700_000_000_000,
    before: 0,
    limit: 500,
    ref: "m",
  }),
  client("132", '{"code":132,"id":"x7k2mq"}', { code: 132, id: "x7k2mq" }),
  client("133", '{"code":133,"ref":"i"}', { code: 133, ref: "i" }),
  client("131", '{"code":131}', { code: 131 }),
  client(
    "131 with everything",
    '{"code":131,"room":"dev","uses":10000,"expires_ms":31536000000,"username":"bo"}',
    {
      code: 131,
      room: "dev",
      uses: 10_000,
      expires_ms: 31_536_000_000,
      username: "bo",
    },
  ),
  client(
    "131 for no use",
    '{"code":131,"uses":0}',
    refused("bad_message", "uses must be an integer from 1 to 10000: it is 0"),
  ),
  client(
    "131 for more than a year",
    '{"code":131,"expires_ms":31536000001}',
    refused("bad_message", "expires_ms must be an integer from 1 to 31536000000: it is 31536000001"),
  ),
  client(
    "102 without its client",
    '{"code":102,"username":"ana","ref":"1"}',
    refused("bad_message", "client", "1"),
  ),
  client(
    "102 with null for its name",
    '{"code":102,"client":"x","username":null}',
    refused("bad_message", "username"),
  ),
  client("102 with rooms", '{"code":102,"client":"x","rooms":["main","Dev"]}', {
    code: 102,
    client: "x",
    rooms: ["main", "Dev"],
  }),
  client(
    "102 with a text for its rooms",
    '{"code":102,"client":"x","rooms":"main"}',
    refused("bad_message", "rooms must be an array: it is a string of length 4"),
  ),
  client(
    "102 with a number among its rooms",
    '{"code":102,"client":"x","rooms":["main",5]}',
    refused("bad_message", "rooms.1 must be a string: it is 5"),
  ),
  client("103", '{"code":103,"room":"dev","message":"hi","id":"later","ref":"s"}', {
    code: 103,
    room: "dev",
    message: "hi",
    id: "later",
    ref: "s",
  }),
  client("103 that answers another message", '{"code":103,"room":"dev","message":"hi","reply_to":7}', {
    code: 103,
    room: "dev",
    message: "hi",
    reply_to: 7,
  }),
  client(
    "103 that answers message 0",
    '{"code":103,"room":"dev","message":"hi","reply_to":0}',
    refused("bad_message", "reply_to must be an integer from 1: it is 0"),
  ),
  client("104 that answers another message", '{"code":104,"to":"bo","message":"hi","reply_to":7}', {
    code: 104,
    to: "bo",
    message: "hi",
    reply_to: 7,
  }),
  client(
    "103 with an empty id",
    '{"code":103,"room":"dev","message":"hi","id":""}',
    refused("bad_message", "id must be a string of 1 to 64 characters"),
  ),
  client("105", '{"code":105,"room":"dev"}', { code: 105, room: "dev" }),
  client(
    "105 with everything",
    '{"code":105,"room":"@bo","before":9,"after":0,"limit":500,"match":"a b","ref":"h"}',
    { code: 105, room: "@bo", before: 9, after: 0, limit: 500, match: "a b", ref: "h" },
  ),
  client(
    "105 with a limit that is too large",
    '{"code":105,"room":"dev","limit":501}',
    refused("bad_message", "limit must be an integer from 1 to 500: it is 501"),
  ),
  client(
    "105 before a negative number",
    '{"code":105,"room":"dev","before":-1}',
    refused("bad_message", "before must be an integer from 0: it is -1"),
  ),
  client(
    "102 with the last known sequence numbers",
    '{"code":102,"client":"x/1","after":{"main":7,"dev":0}}',
    {
      code: 102,
      client: "x/1",
      after: { main: 7, dev: 0 },
    },
  ),
  client(
    "102 that asks for the newest missed messages",
    '{"code":102,"client":"x/1","after":{"main":7},"newest":50}',
    { code: 102, client: "x/1", after: { main: 7 }, newest: 50 },
  ),
  client(
    "102 that asks for no newest message",
    '{"code":102,"client":"x/1","after":{"main":7},"newest":0}',
    refused("bad_message", "newest must be an integer from 1 to 500: it is 0"),
  ),
  client(
    "102 with a string for a sequence number",
    '{"code":102,"client":"x/1","after":{"main":"7"}}',
    refused("bad_message", "after.main must be an integer from 0"),
  ),
  client(
    "103 without its room",
    '{"code":103,"message":"hi","ref":"s"}',
    refused("bad_message", "room", "s"),
  ),
  client("104", '{"code":104,"to":"bo","message":"hi"}', { code: 104, to: "bo", message: "hi" }),
  client(
    "104 without a recipient",
    '{"code":104,"message":"hi"}',
    refused("bad_message", "to must be given"),
  ),
  client("107", '{"code":107,"room":"dev","ref":"j"}', { code: 107, room: "dev", ref: "j" }),
  client("107 without its room", '{"code":107,"ref":"j"}', refused("bad_message", "room", "j")),
  client("108", '{"code":108,"room":"dev"}', { code: 108, room: "dev" }),
  client("109", '{"code":109,"ref":"l"}', { code: 109, ref: "l" }),
  client("106", '{"code":106}', { code: 106 }),
  client("106 for one room", '{"code":106,"room":"main","ref":"w"}', { code: 106, room: "main", ref: "w" }),
  client(
    "106 with a number for its room",
    '{"code":106,"room":1,"ref":"w"}',
    refused("bad_message", "room", "w"),
  ),
  client("110", '{"code":110,"ref":"p"}', { code: 110, ref: "p" }),
  client("a ref of 64 characters", `{"code":110,"ref":"${"r".repeat(64)}"}`, {
    code: 110,
    ref: "r".repeat(64),
  }),
  client("a ref of 65 characters", `{"code":110,"ref":"${"r".repeat(65)}"}`, refused("bad_message", "ref")),
  client(
    "an empty ref",
    '{"code":110,"ref":""}',
    refused("bad_message", "ref must be a string of 1 to 64 characters: it is a string of length 0"),
  ),
  client("a ref of 64 emoji", `{"code":110,"ref":"${"😀".repeat(64)}"}`, {
    code: 110,
    ref: "😀".repeat(64),
  }),
  client("a ref of 65 emoji", `{"code":110,"ref":"${"😀".repeat(65)}"}`, refused("bad_message", "ref")),
  client("a ref that is a number", '{"code":110,"ref":1}', refused("bad_message", "ref")),
  client("a ref that is null", '{"code":100,"message":"hi","ref":null}', refused("bad_message", "ref")),
  {
    name: "a wrong message between two good ones",
    from: "client",
    bytes: bytesOf(frameOf(SAY), frameOf('{"code":101,"username":1,"ref":"r"}'), frameOf(SAY)),
    outcomes: [HI, refused("bad_message", "username", "r"), HI],
  },
  {
    name: "an unknown code between two good messages",
    from: "client",
    bytes: bytesOf(frameOf(SAY), frameOf('{"code":1000}'), frameOf(SAY)),
    outcomes: [HI, "ignored", HI],
  },
  {
    name: "broken JSON between two good messages",
    from: "client",
    bytes: bytesOf(frameOf(SAY), frameOf('{"code"}'), frameOf(SAY)),
    outcomes: [HI, refused("bad_frame", "not JSON")],
  },
];

/** Messages of a hub. */
const ANSWERS: WireCase[] = [
  server(
    "200 of the base",
    '{"code":200,"message":{"timestamp":1700000000000,"username":"ana","message":"hi"}}',
    {
      code: 200,
      message: { timestamp: 1_700_000_000_000, username: "ana", message: "hi" },
    },
  ),
  server(
    "200 as the original's server writes it",
    '{"code": 200, "message": {"timestamp": 1700000000000.25, "username": "ana", "message": "\\u00e9"}}',
    { code: 200, message: { timestamp: 1_700_000_000_000.25, username: "ana", message: "é" } },
  ),
  server(
    "200 of the extension",
    '{"code":200,"message":{"timestamp":1,"username":"ana",' +
      '"message":"hi","sequence":7,"room":"main","verified":false,"id":"x"}}',
    {
      code: 200,
      message: { timestamp: 1, username: "ana", message: "hi", sequence: 7, room: "main", verified: false },
    },
  ),
  server(
    "200 without a timestamp",
    '{"code":200,"message":{"username":"ana","message":"hi"}}',
    refused("bad_message", "message.timestamp"),
  ),
  server(
    "200 with a text for its timestamp",
    '{"code":200,"message":{"timestamp":"now","username":"ana","message":"hi"}}',
    refused("bad_message", "message.timestamp"),
  ),
  ...["1e400", "-1e400", "8640000000000001"].map((timestamp) =>
    server(
      `200 with a timestamp of ${timestamp}, outside the range of dates`,
      `{"code":200,"message":{"timestamp":${timestamp},"username":"ana","message":"hi"}}`,
      refused("bad_message", "message.timestamp must be a time in milliseconds since 1970"),
    )
  ),
  server(
    "200 at the latest possible time",
    '{"code":200,"message":{"timestamp":864e13,"username":"a","message":"b"}}',
    { code: 200, message: { timestamp: 8.64e15, username: "a", message: "b" } },
  ),
  server(
    "200 with the message of a 100",
    '{"code":200,"message":"hi"}',
    refused("bad_message", "message must be an object: it is a string of length 2"),
  ),
  server("200 with an array for its message", '{"code":200,"message":[]}', refused("bad_message", "message")),
  server(
    "200 with a sequence of zero",
    '{"code":200,"message":{"timestamp":1,"username":"a","message":"b","sequence":0}}',
    refused("bad_message", "message.sequence"),
  ),
  server(
    "200 with half a sequence",
    '{"code":200,"message":{"timestamp":1,"username":"a","message":"b","sequence":1.5}}',
    refused("bad_message", "message.sequence must be an integer from 1: it is 1.5"),
  ),
  server("201", '{"code":201,"new":"ana"}', { code: 201, new: "ana" }),
  server("201 without its name", '{"code":201,"username":"ana"}', refused("bad_message", "new")),
  server("202 of the base", '{"code":202,"new":"ana"}', { code: 202, new: "ana" }),
  server(
    "202 that offers the extension",
    '{"code":202,"new":"ana","server":{"version":"1.0.0","protocol":1,"nonce":"00ff","more":1}}',
    { code: 202, new: "ana", server: { version: "1.0.0", protocol: 1, nonce: "00ff" } },
  ),
  server("202 as an answer", '{"code":202,"new":"ana","ref":"1"}', { code: 202, new: "ana", ref: "1" }),
  server(
    "202 with half an offer",
    '{"code":202,"new":"ana","server":{}}',
    refused("bad_message", "server.version"),
  ),
  server("203", '{"code":203,"old":"ana","new":"bob"}', { code: 203, old: "ana", new: "bob" }),
  server("203 without the old name", '{"code":203,"new":"bob"}', refused("bad_message", "old")),
  server("203 without the new name", '{"code":203,"old":"ana"}', refused("bad_message", "new")),
  server("204", '{"code":204,"username":"ana"}', { code: 204, username: "ana" }),
  server("204 without its name", '{"code":204}', refused("bad_message", "username")),
  server("205", '{"code":205}', { code: 205 }),
  server("206", '{"code":206,"error":"name_taken","message":"Cannot","ref":"1","retry_after_ms":0}', {
    code: 206,
    error: "name_taken",
    message: "Cannot",
    ref: "1",
    retry_after_ms: 0,
  }),
  server("206 with a word of a newer server", '{"code":206,"error":"no_such_thing","message":"Cannot"}', {
    code: 206,
    error: "no_such_thing",
    message: "Cannot",
  }),
  server("206 without an error word", '{"code":206,"message":"Cannot"}', refused("bad_message", "error")),
  server(
    "206 with a negative wait",
    '{"code":206,"error":"too_fast","message":"Cannot","retry_after_ms":-1}',
    refused("bad_message", "retry_after_ms must be a number of milliseconds from 0: it is -1"),
  ),
  server(
    "206 with an infinite wait",
    '{"code":206,"error":"too_fast","message":"Cannot","retry_after_ms":1e400}',
    refused("bad_message", "retry_after_ms must be a number of milliseconds from 0: it is Infinity"),
  ),
  server("207", '{"code":207,"ref":"1"}', { code: 207, ref: "1" }),
  server("207 for a line", '{"code":207,"ref":"1","sequence":1,"stored":true}', {
    code: 207,
    ref: "1",
    sequence: 1,
    stored: true,
  }),
  server("207 without a ref", '{"code":207,"sequence":1}', refused("bad_message", "ref")),
  server(
    "207 with a string for stored",
    '{"code":207,"ref":"1","stored":"yes"}',
    refused("bad_message", "stored must be true or false: it is a string of length 3", "1"),
  ),
  server(
    "208",
    '{"code":208,"room":"dev","messages":[{"timestamp":1,"username":"ana",' +
      '"message":"hi","sequence":7,"room":"dev","verified":false}],"more":true,"ref":"h"}',
    {
      code: 208,
      room: "dev",
      messages: [{ timestamp: 1, username: "ana", message: "hi", sequence: 7, room: "dev", verified: false }],
      more: true,
      ref: "h",
    },
  ),
  server(
    "208 of a direct conversation",
    '{"code":208,"room":"@bo","messages":[{"timestamp":1,"username":"ana",' +
      '"message":"hi","sequence":7,"to":"bo","verified":false}],"more":false}',
    {
      code: 208,
      room: "@bo",
      messages: [{ timestamp: 1, username: "ana", message: "hi", sequence: 7, verified: false, to: "bo" }],
      more: false,
    },
  ),
  server(
    "208 without more",
    '{"code":208,"room":"dev","messages":[]}',
    refused("bad_message", "more must be given"),
  ),
  server("209 with nobody", '{"code":209,"users":[]}', { code: 209, users: [] }),
  server(
    "209 with two",
    '{"code":209,"users":[{"username":"ana","rooms":["main"],"connected_ms":5,"idle_ms":0,"verified":false},' +
      '{"username":"bob","rooms":[],"connected_ms":0.5,"idle_ms":1,' +
      '"verified":true,"away":true}],"more":true,"ref":"1"}',
    {
      code: 209,
      users: [
        { username: "ana", rooms: ["main"], connected_ms: 5, idle_ms: 0, verified: false },
        { username: "bob", rooms: [], connected_ms: 0.5, idle_ms: 1, verified: true },
      ],
      more: true,
      ref: "1",
    },
  ),
  server(
    "209 with an object for its list",
    '{"code":209,"users":{}}',
    refused("bad_message", "users must be an array: it is an object"),
  ),
  server(
    "209 with something wrong in its list",
    '{"code":209,"users":[{"username":"ana","rooms":"main","connected_ms":5,"idle_ms":0,"verified":false}]}',
    refused("bad_message", "users.0.rooms must be an array: it is a string of length 4"),
  ),
  server(
    "210",
    '{"code":210,"username":"ana","rooms":["main"],"limits":{"text_bytes":4096,"name_chars":32,"body_bytes":65536},' +
      '"features":["who"],"motd":"Welcome","retention_ms":0,"ref":"1"}',
    {
      code: 210,
      username: "ana",
      rooms: ["main"],
      limits: { text_bytes: 4096, name_chars: 32, body_bytes: 65_536 },
      features: ["who"],
      motd: "Welcome",
      retention_ms: 0,
      ref: "1",
    },
  ),
  server(
    "210 without a limit",
    '{"code":210,"username":"ana","rooms":[],"limits":{"text_bytes":4096,' +
      '"name_chars":32},"features":[],"retention_ms":0}',
    refused("bad_message", "limits.body_bytes must be given: it is missing"),
  ),
  server("211", '{"code":211,"room":"dev","username":"ana"}', { code: 211, room: "dev", username: "ana" }),
  server("212", '{"code":212,"room":"dev","username":"ana"}', { code: 212, room: "dev", username: "ana" }),
  server(
    "213",
    '{"code":213,"message":{"timestamp":1,"username":"ana","message":"hi","to":"bo","verified":false}}',
    { code: 213, message: { timestamp: 1, username: "ana", message: "hi", to: "bo", verified: false } },
  ),
  server(
    "213 without a recipient",
    '{"code":213,"message":{"timestamp":1,"username":"ana","message":"hi","verified":false}}',
    refused("bad_message", "message.to must be given"),
  ),
  server(
    "214",
    '{"code":214,"rooms":[{"name":"main","users":2,"last_sequence":0}],"more":true,"ref":"l"}',
    { code: 214, rooms: [{ name: "main", users: 2, last_sequence: 0 }], more: true, ref: "l" },
  ),
  server(
    "214 with a negative number of users",
    '{"code":214,"rooms":[{"name":"main","users":-1,"last_sequence":0}]}',
    refused("bad_message", "rooms.0.users must be an integer from 0: it is -1"),
  ),
  server("215", '{"code":215}', { code: 215 }),
  server("215 as an answer", '{"code":215,"ref":"1"}', { code: 215, ref: "1" }),
  server("216", '{"code":216,"reason":"too slow","retry_after_ms":1000}', {
    code: 216,
    reason: "too slow",
    retry_after_ms: 1000,
  }),
  server("216 without a reason", '{"code":216}', refused("bad_message", "reason")),
  server("216 of a ban", '{"code":216,"reason":"spam","error":"banned"}', {
    code: 216,
    reason: "spam",
    error: "banned",
  }),
  server(
    "217",
    '{"code":217,"conversations":[{"with":"bo","last_sequence":7,"timestamp":1}],"last":9,"ref":"1"}',
    { code: 217, conversations: [{ with: "bo", last_sequence: 7, timestamp: 1 }], last: 9, ref: "1" },
  ),
  server("218", '{"code":218,"username":"ana","since":1,"keys":[{"key":"k","added":1}]}', {
    code: 218,
    username: "ana",
    since: 1,
    keys: [{ key: "k", added: 1 }],
  }),
  server("219", '{"code":219,"key_code":"a b","valid_ms":5}', { code: 219, key_code: "a b", valid_ms: 5 }),
  server(
    "220",
    '{"code":220,"room":"ops","mode":"private","history":"all","owner":"ana","since":1,"members":["ana"]}',
    { code: 220, room: "ops", mode: "private", history: "all", owner: "ana", since: 1, members: ["ana"] },
  ),
  server(
    "221 for an operator",
    '{"code":221,"username":"bo","online":true,"verified":false,"keys":["SHA256:x"],"addresses":["192.0.2.1"]}',
    {
      code: 221,
      username: "bo",
      online: true,
      verified: false,
      keys: ["SHA256:x"],
      addresses: ["192.0.2.1"],
    },
  ),
  server("222", '{"code":222,"room":"ops","by":"ana","topic":"x"}', {
    code: 222,
    room: "ops",
    by: "ana",
    topic: "x",
  }),
  server("223", '{"code":223,"room":"ops","by":"ana"}', { code: 223, room: "ops", by: "ana" }),
  server(
    "224",
    '{"code":224,"action":"ban","target":"bo","names":["bo"],"others":3,"until":5,"done":false,"ref":"b"}',
    {
      code: 224,
      action: "ban",
      target: "bo",
      names: ["bo"],
      others: 3,
      until: 5,
      done: false,
      ref: "b",
    },
  ),
  server(
    "224 without a number of others",
    '{"code":224,"action":"ban","names":[],"done":true}',
    refused("bad_message", "others must be given"),
  ),
  server(
    "225",
    '{"code":225,"bans":[{"kind":"ban","target":"bo","by":"ana","at":1,"until":2,"reason":"spam"},' +
      '{"kind":"slow","room":"dev","by":"ana","at":1,"every_ms":10000},' +
      '{"kind":"lockdown","by":"ana","at":1,"mode":"owned"}],"more":true}',
    {
      code: 225,
      bans: [
        { kind: "ban", target: "bo", by: "ana", at: 1, until: 2, reason: "spam" },
        { kind: "slow", room: "dev", by: "ana", at: 1, every_ms: 10_000 },
        { kind: "lockdown", by: "ana", at: 1, mode: "owned" },
      ],
      more: true,
    },
  ),
  server(
    "226 of a deletion",
    '{"code":226,"room":"dev","change":9,"sequence":7,"username":"bo","by":"ana","deleted":true}',
    {
      code: 226,
      room: "dev",
      change: 9,
      sequence: 7,
      username: "bo",
      by: "ana",
      deleted: true,
    },
  ),
  server(
    "226 of reactions",
    '{"code":226,"room":"@bo","change":9,"sequence":7,"username":"ana","to":"bo","by":"bo",' +
      '"reaction":"+1","removed":true,"reactions":[{"reaction":"ok","count":2,"mine":true}]}',
    {
      code: 226,
      room: "@bo",
      change: 9,
      sequence: 7,
      username: "ana",
      to: "bo",
      by: "bo",
      reaction: "+1",
      removed: true,
      reactions: [{ reaction: "ok", count: 2, mine: true }],
    },
  ),
  server(
    "226 with a reaction of nobody",
    '{"code":226,"room":"dev","change":9,"sequence":7,"username":"ana","reactions":[{"reaction":"+1","count":0}]}',
    refused("bad_message", "reactions.0.count must be an integer from 1: it is 0"),
  ),
  server(
    "227",
    '{"code":227,"changes":[{"room":"dev","change":9,"sequence":7,"username":"ana","message":"hi","edited":5}],' +
      '"last":12,"more":true,"ref":"c"}',
    {
      code: 227,
      changes: [{ room: "dev", change: 9, sequence: 7, username: "ana", message: "hi", edited: 5 }],
      last: 12,
      more: true,
      ref: "c",
    },
  ),
  server(
    "228",
    '{"code":228,"messages":[{"timestamp":1,"username":"ana","message":"","sequence":7,"room":"dev","verified":true,' +
      '"reply_to":3,"deleted":true}],"more":true,"before":41}',
    {
      code: 228,
      messages: [{
        timestamp: 1,
        username: "ana",
        message: "",
        sequence: 7,
        room: "dev",
        verified: true,
        reply_to: 3,
        deleted: true,
      }],
      more: true,
      before: 41,
    },
  ),
  server("229", '{"code":229,"link":"rifts://h:8000/#t","id":"i","expires":5,"uses":1}', {
    code: 229,
    link: "rifts://h:8000/#t",
    id: "i",
    expires: 5,
    uses: 1,
  }),
  server(
    "231",
    '{"code":231,"invites":[{"id":"i","expires":5,"uses":2,"uses_left":0},' +
      '{"id":"j","by":"ana","room":"dev","username":"bo","expires":5,"uses":1,"uses_left":1}],"more":true}',
    {
      code: 231,
      invites: [
        { id: "i", expires: 5, uses: 2, uses_left: 0 },
        { id: "j", by: "ana", room: "dev", username: "bo", expires: 5, uses: 1, uses_left: 1 },
      ],
      more: true,
    },
  ),
  server("232", '{"code":232,"room":"main","users":4127,"announced":false}', {
    code: 232,
    room: "main",
    users: 4127,
    announced: false,
  }),
  server(
    "232 with names",
    '{"code":232,"room":"dev","users":3,"announced":true,"usernames":["ana","bo"],"more":true}',
    { code: 232, room: "dev", users: 3, announced: true, usernames: ["ana", "bo"], more: true },
  ),
  server("230", '{"code":230,"operator":false,"rooms":["dev"],"contact":"ana@example.com"}', {
    code: 230,
    operator: false,
    rooms: ["dev"],
    contact: "ana@example.com",
  }),
];

/** All cases. */
export const WIRE_CASES: readonly WireCase[] = [...FRAMES, ...BODIES, ...REQUESTS, ...ANSWERS];

/**
 * Random messages of a hostile hub, in valid frames: names, texts, errors and reasons that try to control the terminal
 * or to deceive the reader, fields of wrong types, and unknown codes.
 *
 * @module
 */
import fc from "fast-check";

/** The longest body, in bytes. */
const MAX_BODY_BYTES = 65_536;

/** Control sequences of terminals. */
const CONTROLS = [
  "\x1b[2J",
  "\x1b[3J",
  "\x1b[?1049h",
  "\x1b[?25l",
  "\x1b[?7l",
  "\x1b[?1h\x1b=",
  "\x1b[?1003h",
  "\x1b[?1004h",
  "\x1b[?2004l",
  "\x1b[?2026h",
  "\x1b[4h",
  "\x1b[?6h\x1b[2;3r",
  "\x1b[999;999H",
  "\x1b[6n",
  "\x1b[c",
  "\x1b[21t",
  "\x1b[8m",
  "\x1b]0;owned\x07",
  "\x1b]2;owned\x1b\\",
  "\x1b]52;c;aGk=\x07",
  "\x1b]8;;https://example.org\x1b\\",
  "\x1bP$q\x1b\\",
  "\x1bc",
  "\x1b(0",
  "\x1b#8",
  "\x0e",
  "\x9b?25l",
  "\x9d0;owned\x9c",
  "\x90q",
  "\x1b",
  "\x1b[",
  "\x1b]",
  "\r",
  "\b\b\b",
  "\x07",
  "\x00",
  "\x7f",
  "\x85",
  "\n",
  "\t",
  "\v\f",
];

/** Characters that reorder, hide or join text, or draw over other rows. */
const DECEIVING = [
  "\u202e",
  "\u202d",
  "\u2066",
  "\u2067",
  "\u2069",
  "\u200e",
  "\u200f",
  "\u061c",
  "\u200b",
  "\u200d",
  "\u2028",
  "\ufeff",
  "\u00ad",
  "\ud800",
  "\udfff",
  "\u{e0041}",
  "\u0301".repeat(40),
  "Z" + "\u0300\u0323\u0336".repeat(200),
  "\u{1F468}\u200D\u{1F469}\u200D\u{1F467}",
  "\u{1F1F5}",
  "❤\ufe0f",
];

const piece = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...CONTROLS) },
  { weight: 3, arbitrary: fc.constantFrom(...DECEIVING) },
  { weight: 3, arbitrary: fc.constantFrom("ana", "* bo left", "> ", "14:03 bo  hi", "漢字", " ", "مرحبا") },
  // Never U+FFFD: where the screen shows it, the client has broken a character.
  {
    weight: 2,
    arbitrary: fc.string({ unit: "binary", maxLength: 12 }).map((any) => any.replaceAll("\ufffd", "")),
  },
);

const text = fc.oneof(
  { weight: 200, arbitrary: fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join("")) },
  { weight: 1, arbitrary: piece.map((one) => one.repeat(Math.floor(4000 / (one.length + 1)))) },
);

const number = fc.oneof(fc.integer(), fc.double(), fc.constantFrom(0, -1, 8.64e15, 8.65e15, 1e308));

const users = fc.array(
  fc.record({
    username: text,
    rooms: fc.array(text),
    connected_ms: number,
    idle_ms: number,
    verified: fc.boolean(),
  }),
  { maxLength: 3 },
);

const room = fc.oneof(fc.constantFrom("main", "Main", "dev", "#dev", ""), text);

/** A number of a message. Small ones meet, so that changes are about messages that were sent. */
const sequence = fc.oneof({ weight: 3, arbitrary: fc.integer({ min: 1, max: 9 }) }, number);

const reactions = fc.array(fc.record({ reaction: text, count: number, mine: fc.boolean() }), {
  maxLength: 4,
});

/** A chat message as in a 200, a 208 or a 213. */
const line = fc.record(
  {
    timestamp: number,
    username: fc.oneof(text, fc.constantFrom("server", "ana", "")),
    message: text,
    sequence,
    reply_to: sequence,
    edited: number,
    deleted: fc.boolean(),
    reactions,
    room,
    to: fc.oneof(text, fc.constantFrom("ana", "Ana")),
    verified: fc.boolean(),
  },
  { requiredKeys: ["timestamp", "username", "message"] },
);

/** A valid message, except those that end the connection (205, 216). */
const valid = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ code: fc.constant(200), message: line }),
  },
  fc.record({ code: fc.constantFrom(201, 202), new: text }),
  fc.record({ code: fc.constant(203), old: text, new: text }),
  fc.record({ code: fc.constant(204), username: text }),
  { weight: 2, arbitrary: fc.record({ code: fc.constant(206), error: text, message: text }) },
  fc.record({
    code: fc.constantFrom(206, 207, 215),
    ref: text,
    error: text,
    message: text,
    sequence: number,
  }),
  fc.record({ code: fc.constant(209), users, ref: text }),
  fc.record({ code: fc.constant(210), username: text, rooms: fc.array(text), motd: text }),
  { weight: 2, arbitrary: fc.record({ code: fc.constantFrom(211, 212), room, username: text }) },
  { weight: 2, arbitrary: fc.record({ code: fc.constant(213), message: line }) },
  fc.record({
    code: fc.constant(214),
    rooms: fc.array(fc.record({ name: room, users: number, last_sequence: number }), { maxLength: 3 }),
    more: fc.boolean(),
    ref: text,
  }, { requiredKeys: ["code", "rooms"] }),
  {
    weight: 2,
    arbitrary: fc.record({
      code: fc.constant(208),
      room,
      messages: fc.array(line, { maxLength: 4 }),
      more: fc.boolean(),
      ref: text,
    }, { requiredKeys: ["code", "room", "messages", "more"] }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      code: fc.constant(226),
      room: fc.oneof(room, text.map((name) => `@${name}`)),
      change: fc.integer({ min: 1, max: 1_000_000 }),
      sequence,
      username: fc.oneof(text, fc.constantFrom("ana", "")),
      by: fc.oneof(text, fc.constant("ana")),
      deleted: fc.constant(true),
      message: text,
      edited: number,
      reaction: text,
      removed: fc.boolean(),
      reactions,
    }, { requiredKeys: ["code", "room", "change", "sequence", "username"] }),
  },
  fc.record({ code: fc.constantFrom(217, 227, 228, 299), room, username: text, message: text }),
);

/** A message with a field of another type, or with an additional field. */
const invalid = fc.tuple(valid, fc.nat(), fc.oneof(fc.jsonValue({ maxDepth: 3 }), text), text).map(
  ([message, which, value, name]) => {
    const fields = Object.keys(message).filter((field) => field !== "code");
    return { ...message, [fields[which % (fields.length + 1)] ?? `x${name}`]: value };
  },
);

/** Any message of a hostile hub that does not end the connection. */
export const hostileMessage: fc.Arbitrary<unknown> = fc.oneof({ weight: 3, arbitrary: valid }, invalid)
  .filter((message) => JSON.stringify(message).length * 2 < MAX_BODY_BYTES);

/** A reason, a name or a text of a hostile hub. */
export const hostileText: fc.Arbitrary<string> = text;

/**
 * All wire cases, split in every way that TCP may deliver them; and the exact bytes of all messages.
 *
 * @module
 */
import {
  BodyDecoder,
  type ClientMessage,
  Code,
  encodeFrame,
  parseBody,
  parseClientMessage,
  ProtocolError,
  readServerMessage,
  serialize,
  type ServerMessage,
} from "../../protocol/mod.ts";
import { assert, assertEquals, assertStringIncludes } from "../helpers/assert.ts";
import { bytesOf, frameOf, type Outcome, WIRE_CASES, type WireCase } from "../helpers/wire/wire_cases.ts";

/** The results of some bytes: one outcome for each frame; a refusal has the complete error message. */
interface Reading {
  outcomes: Outcome[];
  pendingBytes: number;
}

/** Reads as a connection does: into one buffer that each read overwrites, up to the first `bad_frame`. */
function read(from: WireCase["from"], chunks: Iterable<Uint8Array>): Reading {
  const decoder = new BodyDecoder();
  const outcomes: Outcome[] = [];
  const buffer = new Uint8Array(200_000);
  for (const chunk of chunks) {
    buffer.set(chunk);
    try {
      decoder.push(buffer.subarray(0, chunk.length));
      for (let body = decoder.next(); body !== undefined; body = decoder.next()) {
        const outcome = readBody(from, body);
        outcomes.push(outcome);
        if (isBadFrame(outcome)) return { outcomes, pendingBytes: decoder.pendingBytes };
      }
    } catch (error) {
      outcomes.push(refusal(error));
      return { outcomes, pendingBytes: decoder.pendingBytes };
    }
    buffer.fill(0xaa, 0, chunk.length);
  }
  return { outcomes, pendingBytes: decoder.pendingBytes };
}

function readBody(from: WireCase["from"], body: string): Outcome {
  try {
    const message = from === "client" ? parseClientMessage(body) : readServerMessage(parseBody(body));
    return message ?? "ignored";
  } catch (error) {
    return refusal(error);
  }
}

function refusal(error: unknown): Outcome {
  if (!(error instanceof ProtocolError)) throw error;
  const { word, message, ref } = error;
  return ref === undefined ? { refused: word, message: message } : { refused: word, message: message, ref };
}

function isBadFrame(outcome: Outcome | undefined): boolean {
  return typeof outcome === "object" && "refused" in outcome && outcome.refused === "bad_frame";
}

function assertOutcomes(actual: Outcome[], expected: Outcome[], how: string): void {
  const shortened = actual.map((outcome, i) => {
    const wanted = expected[i];
    if (typeof outcome !== "object" || !("refused" in outcome)) return outcome;
    if (typeof wanted !== "object" || !("refused" in wanted)) return outcome;
    assertStringIncludes(outcome.message, wanted.message, how);
    return { ...outcome, message: wanted.message };
  });
  assertEquals(shortened, expected, how);
}

function* cut(bytes: Uint8Array, ...positions: number[]): Iterable<Uint8Array> {
  let start = 0;
  for (const end of [...positions, bytes.length]) {
    yield bytes.subarray(start, end);
    start = end;
  }
}

function* singleBytes(bytes: Uint8Array): Iterable<Uint8Array> {
  for (let i = 0; i < bytes.length; i++) yield bytes.subarray(i, i + 1);
}

/** Returns where to split: everywhere in a short case, around the header and the ends in a long one. */
function positions({ length }: Uint8Array): number[] {
  if (length <= 400) return Array.from({ length: length + 1 }, (_, i) => i);
  return [0, 1, 7, 8, 9, 1024, length >> 1, length - 9, length - 8, length - 1, length];
}

for (const { name, from, bytes, outcomes, pendingBytes = 0 } of WIRE_CASES) {
  Deno.test({
    name: `Bytes on the wire give the same however they are split: ${name}`,
    permissions: "none",
    fn() {
      const ended = isBadFrame(outcomes.at(-1));
      const check = (
        how: string,
        chunks: Iterable<Uint8Array>,
        expected = outcomes,
        pending = pendingBytes,
      ) => {
        const reading = read(from, chunks);
        assertOutcomes(reading.outcomes, expected, how);
        if (!ended) assertEquals(reading.pendingBytes, pending, how);
      };
      check("whole", [bytes]);
      check("byte by byte", singleBytes(bytes));
      for (const position of positions(bytes)) check(`cut at ${position}`, cut(bytes, position));
      if (pendingBytes > 0) return;

      const next = from === "client" ? frameOf('{"code":110}') : frameOf('{"code":215}');
      const more: Outcome = from === "client" ? { code: 110 } : { code: 215 };
      const all = bytesOf(bytes, next);
      const expected = ended ? outcomes : [...outcomes, more];
      check("with a frame behind it", [all], expected);
      check("with a frame behind it, byte by byte", singleBytes(all), expected);
      for (const behind of [1, 7, 8, 9, next.length - 1]) {
        check(`with ${behind} bytes behind it`, [bytesOf(bytes, next.subarray(0, behind))], outcomes, behind);
      }
    },
  });
}

/** The exact text of each message, in the order of the fields in `docs/protocol.md`. */
const WRITTEN: [string, ClientMessage | ServerMessage][] = [
  ['{"code":100,"message":"text"}', { code: 100, message: "text" }],
  ['{"code":101,"username":"name"}', { code: 101, username: "name" }],
  ['{"code":200,"message":{"timestamp":1700000000000,"username":"name","message":"text"}}', {
    code: 200,
    message: { timestamp: 1_700_000_000_000, username: "name", message: "text" },
  }],
  ['{"code":201,"new":"name"}', { code: 201, new: "name" }],
  ['{"code":202,"new":"name"}', { code: 202, new: "name" }],
  ['{"code":203,"old":"name","new":"other"}', { code: 203, old: "name", new: "other" }],
  ['{"code":204,"username":"name"}', { code: 204, username: "name" }],
  ['{"code":205}', { code: 205 }],
  ['{"code":202,"new":"name","server":{"version":"1.0.0","protocol":1,"nonce":"00ff"}}', {
    code: 202,
    new: "name",
    server: { version: "1.0.0", protocol: 1, nonce: "00ff" },
  }],
  [
    '{"code":200,"message":{"timestamp":1,"username":"a","message":"b","sequence":7,"room":"main","verified":true}}',
    {
      code: 200,
      message: { timestamp: 1, username: "a", message: "b", sequence: 7, room: "main", verified: true },
    },
  ],
  [
    '{"code":200,"message":{"timestamp":1,"username":"a","message":"b","sequence":7,"room":"dev","verified":true,' +
    '"reply_to":3}}',
    {
      code: 200,
      message: {
        timestamp: 1,
        username: "a",
        message: "b",
        sequence: 7,
        room: "dev",
        verified: true,
        reply_to: 3,
      },
    },
  ],
  ['{"code":100,"message":"é😀\\"\\\\\\n\\t\u2028"}', { code: 100, message: 'é😀"\\\n\t\u2028' }],
  ['{"code":200,"message":{"timestamp":1,"username":"Аня","message":"\\u0000\\ud800"}}', {
    code: 200,
    message: { timestamp: 1, username: "Аня", message: "\0\ud800" },
  }],
];

Deno.test({
  name: "Messages are written byte for byte as in the protocol",
  permissions: "none",
  fn() {
    for (const [json, message] of WRITTEN) {
      assertEquals(serialize(message), json);
      assertEquals(encodeFrame(serialize(message)), frameOf(json));
    }
  },
});

/** Reverses the order of the fields of an object and of the objects in it. */
function reversed<T>(value: T): T {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const fields = Object.entries(value).reverse().map(([key, part]) => [key, reversed(part)]);
  return Object.fromEntries(fields);
}

Deno.test({
  name: "The fields of the base are in the order of the protocol, whatever their order in the object",
  permissions: "none",
  fn() {
    for (const [json, message] of WRITTEN) {
      if ("server" in message) continue;
      assertEquals(serialize(reversed(message)), json);
    }
    assertEquals(serialize({ ref: "1", new: "name", code: 202 }), '{"code":202,"new":"name","ref":"1"}');
    assertEquals(
      serialize({ ref: "1", message: "text", code: 100 }),
      '{"code":100,"message":"text","ref":"1"}',
    );
    assertEquals(
      serialize({ ref: "1", username: "name", code: 101 }),
      '{"code":101,"username":"name","ref":"1"}',
    );
  },
});

Deno.test({
  name: "The wire cases contain every code of the protocol",
  permissions: "none",
  fn() {
    const seen = new Set<number>();
    for (const { outcomes } of WIRE_CASES) {
      for (const outcome of outcomes) {
        if (typeof outcome === "object" && "code" in outcome) seen.add(outcome.code);
      }
    }
    for (const code of Object.values(Code)) assert(seen.has(code), `no wire case with code ${code}`);
  },
});

Deno.test({
  name: "A message read from a wire case is written and read again as the same message",
  permissions: "none",
  fn() {
    for (const { from, outcomes } of WIRE_CASES) {
      for (const outcome of outcomes) {
        if (typeof outcome !== "object" || "refused" in outcome) continue;
        assertEquals(readBody(from, serialize(outcome)), outcome);
      }
    }
  },
});

/** Frames of a client, from a table and random; the helper that makes them shares no code with the hub. */
import fc from "fast-check";
import { FrameReader } from "../../../server/websocket/reader.ts";
import { MAX_WEB_SOCKET_MESSAGE_BYTES } from "../../../server/limits.ts";
import { assert, assertEquals } from "../../helpers/assert.ts";
import { cases } from "../../helpers/fuzz.ts";
import { joined, webFrame } from "../../helpers/wire/web_frames.ts";

const CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10;

/** What a client sends, and what the reader makes of it. */
interface Case {
  name: string;
  frames: Uint8Array[];
  /** The payload; default none. */
  payload?: number[];
  /** The payload of the pings; default none. */
  pings?: number[][];
  /** The code of the end; `null` for a close frame without one; `undefined` if the connection stays open. */
  end?: number | null;
  /** A part of the problem; `undefined` if there is none. */
  problem?: RegExp;
}

const utf8 = (text: string) => [...new TextEncoder().encode(text)];
const code = (value: number) => [value >> 8, value & 255];
const long = (length: number) => Array.from({ length }, (_, i) => i % 251);

const CASES: Case[] = [
  { name: "an empty message", frames: [webFrame(BINARY)] },
  { name: "one byte", frames: [webFrame(BINARY, [7])], payload: [7] },
  { name: "125 bytes", frames: [webFrame(BINARY, long(125))], payload: long(125) },
  { name: "126 bytes", frames: [webFrame(BINARY, long(126))], payload: long(126) },
  { name: "65,535 bytes", frames: [webFrame(BINARY, long(65_535))], payload: long(65_535) },
  { name: "65,536 bytes", frames: [webFrame(BINARY, long(65_536))], payload: long(65_536) },
  { name: "two messages", frames: [webFrame(BINARY, [1]), webFrame(BINARY, [2])], payload: [1, 2] },
  {
    name: "a message in three frames",
    frames: [
      webFrame(BINARY, [1], { fin: false }),
      webFrame(CONTINUATION, [2, 3, 4, 5, 6], { fin: false, mask: [9, 8, 7, 6] }),
      webFrame(CONTINUATION, [7]),
      webFrame(BINARY, [8]),
    ],
    payload: [1, 2, 3, 4, 5, 6, 7, 8],
  },
  {
    name: "control frames between the frames of a message",
    frames: [
      webFrame(BINARY, [1], { fin: false }),
      webFrame(PING, [4, 5]),
      webFrame(PONG, [6]),
      webFrame(CONTINUATION, [2]),
    ],
    payload: [1, 2],
    pings: [[4, 5]],
  },
  { name: "an empty ping", frames: [webFrame(PING)], pings: [[]] },
  { name: "the longest ping", frames: [webFrame(PING, long(125))], pings: [long(125)] },
  { name: "a pong that nobody asked for", frames: [webFrame(PONG, [1])] },
  { name: "a close frame without a code", frames: [webFrame(CLOSE)], end: null },
  { name: "a close frame", frames: [webFrame(CLOSE, code(1000))], end: 1000 },
  {
    name: "a close frame with a reason",
    frames: [webFrame(CLOSE, [...code(1001), ...utf8("añ")])],
    end: 1001,
  },
  { name: "a close code of an application", frames: [webFrame(CLOSE, code(4999))], end: 4999 },
  {
    name: "a close frame within a message",
    frames: [webFrame(BINARY, [1], { fin: false }), webFrame(CLOSE, code(1000))],
    payload: [1],
    end: 1000,
  },
  {
    name: "payload before an error",
    frames: [webFrame(BINARY, [1, 2]), webFrame(TEXT, [3])],
    payload: [1, 2],
    end: 1003,
    problem: /only binary/,
  },
  ...[1, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535].map((value) => ({
    name: `the close code ${value}`,
    frames: [webFrame(CLOSE, code(value))],
    end: 1002,
    problem: /invalid code/,
  })),
  { name: "half a close code", frames: [webFrame(CLOSE, [3])], end: 1002, problem: /invalid code/ },
  {
    name: "a close reason that is not UTF-8",
    frames: [webFrame(CLOSE, [...code(1000), 0xc3, 0x28])],
    end: 1007,
    problem: /not UTF-8/,
  },
  { name: "text", frames: [webFrame(TEXT, utf8("hi"))], end: 1003, problem: /text/ },
  {
    name: "a frame that is not masked",
    frames: [webFrame(BINARY, [1], { mask: undefined })],
    end: 1002,
    problem: /masked/,
  },
  {
    name: "a ping that is not masked",
    frames: [webFrame(PING, [], { mask: undefined })],
    end: 1002,
    problem: /masked/,
  },
  ...[1, 2, 4].map((reserved) => ({
    name: `reserved bits ${reserved}`,
    frames: [webFrame(BINARY, [1], { reserved })],
    end: 1002,
    problem: /reserved bits/,
  })),
  ...[3, 4, 5, 6, 7, 11, 12, 13, 14, 15].map((opcode) => ({
    name: `opcode ${opcode}`,
    frames: [webFrame(opcode, [1])],
    end: 1002,
    problem: /unknown opcode/,
  })),
  {
    name: "a fragmented ping",
    frames: [webFrame(PING, [1], { fin: false })],
    end: 1002,
    problem: /fragmented/,
  },
  { name: "a ping of 126 bytes", frames: [webFrame(PING, long(126))], end: 1002, problem: /at most 125/ },
  { name: "a close frame of 64 KiB", frames: [webFrame(CLOSE, long(65_536))], end: 1002, problem: /at most/ },
  {
    name: "a continuation of nothing",
    frames: [webFrame(CONTINUATION, [1])],
    end: 1002,
    problem: /continues/,
  },
  {
    name: "a continuation of a whole message",
    frames: [webFrame(BINARY, [1]), webFrame(CONTINUATION, [2])],
    payload: [1],
    end: 1002,
    problem: /continues/,
  },
  {
    name: "a message within a message",
    frames: [webFrame(BINARY, [1], { fin: false }), webFrame(BINARY, [2])],
    payload: [1],
    end: 1002,
    problem: /before the last one is complete/,
  },
  {
    name: "a short length in three bytes",
    frames: [webFrame(BINARY, [1], { lengthBytes: 3 })],
    end: 1002,
    problem: /more bytes than it needs/,
  },
  {
    name: "a short length in nine bytes",
    frames: [webFrame(BINARY, long(65_535), { lengthBytes: 9 })],
    end: 1002,
    problem: /more bytes than it needs/,
  },
  {
    name: "a length whose first bit is set",
    frames: [webFrame(BINARY, [1], { length: 1n << 63n })],
    end: 1002,
    problem: /first bit/,
  },
  {
    name: "the longest message",
    frames: [webFrame(BINARY, long(MAX_WEB_SOCKET_MESSAGE_BYTES - 1), { fin: false }), webFrame(0, [9])],
    payload: [...long(MAX_WEB_SOCKET_MESSAGE_BYTES - 1), 9],
  },
  {
    name: "a frame that is too long",
    frames: [webFrame(BINARY, [1], { length: BigInt(MAX_WEB_SOCKET_MESSAGE_BYTES) + 1n })],
    end: 1009,
    problem: /at most 1048576 bytes/,
  },
  {
    name: "a frame of 2 to the 62 bytes",
    frames: [webFrame(BINARY, [1], { length: 1n << 62n })],
    end: 1009,
    problem: /at most 1048576 bytes/,
  },
  {
    name: "frames that are too long together",
    frames: [
      webFrame(BINARY, [1], { fin: false }),
      webFrame(CONTINUATION, [2], { length: BigInt(MAX_WEB_SOCKET_MESSAGE_BYTES) }),
    ],
    payload: [1],
    end: 1009,
    problem: /at most 1048576 bytes/,
  },
];

/** Reads a stream in pieces, and collects what comes of it. */
function readAll(bytes: Uint8Array, pieceBytes: (at: number) => number) {
  const reader = new FrameReader();
  const payload: number[] = [], pings: number[][] = [];
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.slice(at, at += pieceBytes(at));
    const count = reader.read(piece);
    for (let i = 0; i < count; i++) payload.push(piece[i]!);
    const ping = reader.takePing();
    if (ping !== undefined) pings.push([...ping]);
  }
  return { payload, pings, end: reader.end, partial: reader.partial };
}

for (const { name, frames, payload = [], pings = [], end, problem } of CASES) {
  const bytes = joined(...frames);
  const small = bytes.length < 10_000;
  const ways: [way: string, bytes: Uint8Array, pieceBytes: number][] = [
    ["at once", bytes, bytes.length],
    [small ? "byte by byte" : "in pieces", bytes, small ? 1 : 4099],
    ["with more behind it", joined(bytes, webFrame(BINARY, [99])), bytes.length + 100],
  ];
  for (const [way, stream, pieceBytes] of ways) {
    Deno.test(`The reader takes ${name}, ${way}`, () => {
      const read = readAll(stream, () => pieceBytes);
      const more = stream === bytes || end !== undefined ? [] : [99];
      assert(read.payload.length === payload.length + more.length, `${read.payload.length} bytes`);
      assert([...payload, ...more].every((byte, i) => byte === read.payload[i]), "the payload differs");
      assertEquals(read.pings, pings);
      assertEquals(read.end?.code ?? null, end ?? null);
      assertEquals(read.end === undefined, end === undefined);
      if (problem === undefined) assertEquals(read.end?.problem ?? "", "");
      else assert(problem.test(read.end!.problem), read.end!.problem);
      if (end === undefined) assertEquals(read.partial, false);
    });
  }
}

Deno.test("An error in the first two bytes of a header is seen before the rest arrives", () => {
  const reader = new FrameReader();
  assertEquals(reader.read(Uint8Array.of(0x82)), 0);
  assertEquals(reader.partial, true);
  reader.read(Uint8Array.of(5));
  assertEquals(reader.end?.code, 1002);
});

Deno.test("Only the last ping of a read is kept", () => {
  const reader = new FrameReader();
  reader.read(joined(webFrame(PING, [1]), webFrame(PING, [2]), webFrame(PING, [3])));
  assertEquals(reader.takePing(), Uint8Array.of(3));
  assertEquals(reader.takePing(), undefined);
});

const someBytes = fc.uint8Array({ maxLength: 300 });
const someMask = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });

Deno.test("Messages arrive whole, however they are cut into frames, mixed with control frames, and read", () => {
  const fragments = fc.array(
    fc.record({ bytes: someBytes, mask: someMask, ping: fc.option(fc.uint8Array({ maxLength: 125 })) }),
    { minLength: 1, maxLength: 4 },
  );
  fc.assert(
    fc.property(
      fc.array(fragments, { maxLength: 5 }),
      fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1 }),
      (messages, sizes) => {
        const stream = messages.map((frames) =>
          joined(...frames.flatMap(({ bytes, mask, ping }, i) => [
            webFrame(i === 0 ? BINARY : CONTINUATION, bytes, { fin: i === frames.length - 1, mask }),
            ...ping === null ? [] : [webFrame(PING, ping, { mask })],
          ]))
        );
        let turn = 0;
        const read = readAll(joined(...stream), () => sizes[turn++ % sizes.length]!);
        assertEquals(read.end, undefined);
        assertEquals(Uint8Array.from(read.payload), joined(...messages.flat().map(({ bytes }) => bytes)));
      },
    ),
    cases(200),
  );
});

Deno.test("Bytes that mean nothing end the connection, or are read the same way in all pieces", () => {
  const frames = fc.array(
    fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.tuple(fc.nat(15), fc.uint8Array({ maxLength: 130 }), fc.boolean(), fc.constantFrom(0, 0, 0, 0, 1))
        .map(([opcode, bytes, fin, reserved]) => webFrame(opcode, bytes, { fin, reserved })),
    ),
    { maxLength: 8 },
  );
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 50 }), (pieces, size) => {
      const bytes = joined(...pieces);
      const whole = readAll(bytes, () => Math.max(1, bytes.length));
      const cut = readAll(bytes, () => size);
      assertEquals([cut.payload, cut.end, cut.partial], [whole.payload, whole.end, whole.partial]);
      assert(whole.payload.length <= bytes.length);
    }),
    cases(500),
  );
});

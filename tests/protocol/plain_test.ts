/**
 * The fast path for plain messages gives the same results as the slow path: the same messages are read, and the same
 * bytes are written.
 *
 * @module
 */
import fc from "fast-check";
import {
  BodyDecoder,
  checkText,
  Code,
  encodeFrame,
  encodePlainLineInto,
  MAX_TEXT_BYTES,
  maxPlainFrameBytes,
  parseClientMessage,
  type PlainLine,
  PlainText,
  ProtocolError,
  serialize,
} from "../../protocol/mod.ts";
import { assert, assertEquals, assertThrows } from "../helpers/assert.ts";
import { cases } from "../helpers/fuzz.ts";
import { bytesOf, frameOf } from "../helpers/wire/wire_cases.ts";

function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Decodes one body, with other bytes around it; returns its text if it is recognized as plain. */
function plainOf(body: Uint8Array): string | undefined {
  const buffer = bytesOf([1, 2, 3], frameOf(body), frameOf('{"code":110}')).subarray(3);
  const decoder = new BodyDecoder();
  decoder.push(buffer);
  assert(decoder.advance());
  const text = new PlainText();
  return decoder.isPlainSay(text) ? text.toString() : undefined;
}

const python = (text: string) => `{"code": 100, "message": ${JSON.stringify(text)}}`;
const compact = (text: string) => `{"code":100,"message":${JSON.stringify(text)}}`;
const plainChar = fc.integer({ min: 0x20, max: 0x7e }).filter((c) => c !== 0x22 && c !== 0x5c).map((c) =>
  String.fromCharCode(c)
);
const plainText = fc.string({ unit: plainChar, minLength: 1, maxLength: 200 });

pure(
  "A 100 with plain text is recognized in Python's JSON and in compact JSON, up to the longest text",
  () => {
    const longest = "x".repeat(MAX_TEXT_BYTES);
    fc.assert(
      fc.property(fc.oneof(plainText, fc.constant(longest)), (text) => {
        assertEquals([plainOf(bytesOf(python(text))), plainOf(bytesOf(compact(text)))], [text, text]);
      }),
      cases(300),
    );
    assertEquals(plainOf(bytesOf(compact(longest + "x"))), undefined);
  },
);

pure(
  "A 100 is not plain if its text is invalid or escaped, or if it has other fields",
  () => {
    for (
      const body of [
        compact(""),
        compact('say "hi"'),
        compact("back\\slash"),
        compact("two\nlines"),
        compact("caf\u00e9"),
        compact("\x7f"),
        '{"code":100,"message":"a\tb"}',
        '{"code":100,"message":"a","ref":"1"}',
        '{"code":100,"message":"a"} ',
        ' {"code":100,"message":"a"}',
        '{"code": 100, "message": "a"',
        '{"code":100,"message":"}',
        '{"code":101,"message":"a"}',
        '{"code":100 ,"message":"a"}',
        '{"code":100, "message":"a"}',
        "{}",
      ]
    ) assertEquals(plainOf(bytesOf(body)), undefined, body);
  },
);

pure("A message that is recognized as plain is what the slow path reads, and is valid", () => {
  const pieces = fc.constantFrom(
    '{"code"',
    ":",
    " ",
    "100",
    ',"message"',
    ',"ref"',
    '"',
    "a",
    "\\",
    "}",
    "é",
    "\x07",
  );
  const anything = fc.oneof(
    fc.array(pieces, { maxLength: 14 }).map((parts) => bytesOf(...parts)),
    fc.string({ unit: "binary-ascii", maxLength: 60 }).map((text) =>
      bytesOf(`{"code":100,"message":"${text}"}`)
    ),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => bytesOf('{"code": 100, "message": "', bytes, '"}')),
  ).filter(({ length }) => length >= 2);
  fc.assert(
    fc.property(anything, (body) => {
      const text = plainOf(body);
      if (text === undefined) return;
      assertEquals(parseClientMessage(body), { code: Code.Say, message: text });
      checkText(text);
    }),
    cases(3000),
  );
});

pure(
  "A plain message is recognized in frames that arrive in pieces, and is valid until the next call",
  () => {
    const wire = bytesOf(frameOf(python("one")), frameOf(compact("two")), frameOf(compact("caf\u00e9")));
    for (let size = 1; size <= wire.length; size++) {
      const decoder = new BodyDecoder();
      const text = new PlainText();
      const received: string[] = [];
      const buffer = new Uint8Array(size);
      for (let at = 0; at < wire.length; at += size) {
        const piece = wire.subarray(at, at + size);
        buffer.set(piece);
        decoder.push(buffer.subarray(0, piece.length));
        while (decoder.advance()) received.push(decoder.isPlainSay(text) ? `plain ${text}` : decoder.text());
        buffer.fill(0xaa);
      }
      assertEquals(received, ["plain one", "plain two", compact("caf\u00e9")]);
    }
  },
);

pure("A refused length stays refused, with advance and with next", () => {
  const decoder = new BodyDecoder();
  decoder.push(bytesOf(frameOf(compact("one")), [0, 0, 0, 0, 0, 1, 0, 1]));
  assert(decoder.advance() && decoder.isPlainSay(new PlainText()));
  assertEquals(assertThrows(() => decoder.advance(), ProtocolError).word, "bad_frame");
  assertEquals(assertThrows(() => decoder.next(), ProtocolError).word, "bad_frame");
});

pure("A plain message is written as the slow path writes it, byte for byte, at any offset", () => {
  const line = fc.record({
    timestamp: fc.oneof(fc.integer({ min: 0, max: 8.64e15 }), fc.constant(1_700_000_000_000)),
    username: fc.constantFrom("ana", "Бен", "李", "x".repeat(32)),
    text: plainText,
    sequence: fc.option(fc.oneof(fc.integer({ min: 1, max: 2 ** 53 - 1 }), fc.constantFrom(9, 10, 99, 100)), {
      nil: undefined,
    }),
    room: fc.option(fc.constantFrom("main", "日本"), { nil: undefined }),
    verified: fc.option(fc.boolean(), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(line, { minLength: 1, maxLength: 4 }), fc.nat(20), (lines, offset) => {
      for (const { text, timestamp, username, sequence, room, verified } of lines) {
        const fields = {
          timestamp,
          username,
          ...(sequence === undefined ? {} : { sequence }),
          ...(room === undefined ? {} : { room }),
          ...(verified === undefined ? {} : { verified }),
        };
        const message = new PlainText();
        message.bytes = bytesOf("..", text, "..");
        message.start = 2;
        message.end = 2 + text.length;
        const plain: PlainLine = { ...fields, message };
        const target = new Uint8Array(offset + maxPlainFrameBytes(plain));
        const written = encodePlainLineInto(plain, target, offset);
        const expected = encodeFrame(serialize({ code: Code.Said, message: { ...fields, message: text } }));
        assertEquals(target.subarray(offset, offset + written), expected);
      }
    }),
    cases(1000),
  );
});

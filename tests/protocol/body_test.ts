/**
 * Bodies as text: however they are mixed and cut, each is what its own bytes say, or refused for what its own bytes are.
 *
 * @module
 */
import fc from "fast-check";
import { BodyDecoder, ProtocolError } from "../../protocol/mod.ts";
import { assertEquals, assertThrows } from "../helpers/assert.ts";
import { cases } from "../helpers/fuzz.ts";
import { bytesOf, frameOf } from "../helpers/wire/wire_cases.ts";

/** Registers a test that is allowed nothing. */
function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const REFUSED = Symbol("refused");

/** What the bytes of one body say, found without the code under test. */
function said(body: Uint8Array): string | typeof REFUSED {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return REFUSED;
  }
}

/** Everything that a decoder has ready. */
function drain(decoder: BodyDecoder): (string | typeof REFUSED)[] {
  const bodies: (string | typeof REFUSED)[] = [];
  for (;;) {
    try {
      const body = decoder.next();
      if (body === undefined) return bodies;
      bodies.push(body);
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      assertEquals(error.word, "bad_frame");
      bodies.push(REFUSED);
    }
  }
}

const utf8 = new TextEncoder();
const ascii = fc.string({ unit: "binary-ascii", minLength: 2, maxLength: 200 }).map((text) =>
  utf8.encode(text)
);
const anything = fc.oneof(
  fc.string({ unit: "binary", minLength: 2, maxLength: 60 }).map((text) => utf8.encode(text)),
  fc.uint8Array({ minLength: 2, maxLength: 60 }),
  fc.constant(utf8.encode("a\uFFFDb")),
);
const bodies = fc.oneof(
  fc.array(ascii, { maxLength: 12 }),
  fc.array(fc.oneof({ weight: 5, arbitrary: ascii }, { weight: 1, arbitrary: anything }), { maxLength: 12 }),
);
const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 100, max: 4000 })), {
  minLength: 1,
  maxLength: 10,
});

pure("Any mixture of bodies, cut in any way, gives what each body says by itself", () => {
  fc.assert(
    fc.property(bodies, sizes, (bodies, sizes) => {
      const decoder = new BodyDecoder();
      const bytes = bytesOf(...bodies.map(frameOf));
      // Read as a connection does, into one buffer that begins somewhere and is written over by the next read.
      const buffer = new Uint8Array(5000).subarray(7);
      const heard: (string | typeof REFUSED)[] = [];
      for (let start = 0, i = 0; start < bytes.length; i++) {
        const chunk = bytes.subarray(start, start + sizes[i % sizes.length]!);
        buffer.set(chunk);
        decoder.push(buffer.subarray(0, chunk.length));
        heard.push(...drain(decoder));
        buffer.fill(0xaa);
        start += chunk.length;
      }
      assertEquals(heard, bodies.map(said));
      assertEquals(decoder.pendingBytes, 0);
    }),
    cases(500, 0.1),
  );
});

pure("A body that is not UTF-8 leaves those around it in the same read as they are", () => {
  const decoder = new BodyDecoder();
  decoder.push(bytesOf(frameOf("before"), frameOf(bytesOf([0xff, 0xff])), frameOf("after"), frameOf("é")));
  assertEquals(decoder.next(), "before");
  const error = assertThrows(() => decoder.next(), ProtocolError, "not UTF-8");
  assertEquals([error.word, error.cause instanceof TypeError], ["bad_frame", true]);
  assertEquals([decoder.next(), decoder.next(), decoder.next()], ["after", "é", undefined]);
});

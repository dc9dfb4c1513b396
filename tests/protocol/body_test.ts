/**
 * The decoder of bodies: however bodies are mixed and split, each is decoded or refused by itself.
 *
 * @module
 */
import fc from "fast-check";
import { BodyDecoder, ProtocolError } from "../../protocol/mod.ts";
import { assertEquals, assertThrows } from "../helpers/assert.ts";
import { cases } from "../helpers/fuzz.ts";
import { bytesOf, frameOf } from "../helpers/wire/wire_cases.ts";

/** Registers a test without permissions. */
function pure(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

const REFUSED = Symbol("refused");

/** Decodes one body without the code under test. */
function decoded(body: Uint8Array): string | typeof REFUSED {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  } catch {
    return REFUSED;
  }
}

/** Takes all complete bodies of a decoder. */
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

pure("Any mix of bodies, split in any way, gives the same as each body by itself", () => {
  fc.assert(
    fc.property(bodies, sizes, (bodies, sizes) => {
      const decoder = new BodyDecoder();
      const bytes = bytesOf(...bodies.map(frameOf));
      // As a connection reads: into one buffer, which the next read overwrites.
      const buffer = new Uint8Array(5000).subarray(7);
      const received: (string | typeof REFUSED)[] = [];
      for (let start = 0, i = 0; start < bytes.length; i++) {
        const chunk = bytes.subarray(start, start + sizes[i % sizes.length]!);
        buffer.set(chunk);
        decoder.push(buffer.subarray(0, chunk.length));
        received.push(...drain(decoder));
        buffer.fill(0xaa);
        start += chunk.length;
      }
      assertEquals(received, bodies.map(decoded));
      assertEquals(decoder.pendingBytes, 0);
    }),
    cases(500, 0.1),
  );
});

pure("A body that is not UTF-8 does not affect the bodies around it in the same read", () => {
  const decoder = new BodyDecoder();
  decoder.push(bytesOf(frameOf("before"), frameOf(bytesOf([0xff, 0xff])), frameOf("after"), frameOf("é")));
  assertEquals(decoder.next(), "before");
  const error = assertThrows(() => decoder.next(), ProtocolError, "not UTF-8");
  assertEquals([error.word, error.cause instanceof TypeError], ["bad_frame", true]);
  assertEquals([decoder.next(), decoder.next(), decoder.next()], ["after", "é", undefined]);
});

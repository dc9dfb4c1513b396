/**
 * The frame encoder and decoder: any split gives the same frames, garbage gives only `ProtocolError`, and the work is
 * linear in the bytes, which the tests check by counting copied bytes. The file is long because all tests share the
 * arbitrary frames and splits.
 *
 * @module
 */
import fc from "fast-check";
import {
  encodeFrame,
  encodeFrameInto,
  encodeFramesInto,
  FrameDecoder,
  maxFrameBytes,
  ProtocolError,
} from "../../protocol/mod.ts";
import { assert, assertEquals, assertStrictEquals, assertThrows } from "../helpers/assert.ts";
import { countBytes } from "../helpers/wire/byte_meter.ts";
import { cases } from "../helpers/fuzz.ts";
import { bytesOf, frameOf, headerOf } from "../helpers/wire/wire_cases.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const MAX_FRAME = frameOf(new Uint8Array(65_536).fill(0x20));

/** Registers a test without permissions. */
function pure(name: string, fn: () => void | Promise<void>): void {
  Deno.test({ name, permissions: "none", fn });
}

/** Takes copies of all complete bodies of a decoder. */
function drain(decoder: FrameDecoder): Uint8Array[] {
  const bodies: Uint8Array[] = [];
  for (let body = decoder.next(); body !== undefined; body = decoder.next()) bodies.push(body.slice());
  return bodies;
}

/** Pushes bytes in pieces, whose sizes are used in turn, and takes all complete bodies after each piece. */
function deliver(
  decoder: FrameDecoder,
  bytes: Uint8Array,
  sizes: number[],
  take: (body: Uint8Array) => void,
): void {
  for (let start = 0, i = 0; start < bytes.length; i++) {
    const end = start + sizes[i % sizes.length]!;
    decoder.push(bytes.subarray(start, end));
    for (let body = decoder.next(); body !== undefined; body = decoder.next()) take(body);
    start = end;
  }
}

const body = fc.oneof(
  { weight: 8, arbitrary: fc.uint8Array({ minLength: 2, maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 200, maxLength: 5000 }) },
  { weight: 1, arbitrary: fc.constantFrom(65_535, 65_536).map((length) => new Uint8Array(length).fill(7)) },
);
const bodies = fc.array(body, { maxLength: 12 });
const sizes = fc.array(fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 70_000 })), {
  minLength: 1,
  maxLength: 20,
});

pure("Any split of any frames gives the same bodies", () => {
  fc.assert(
    fc.property(bodies, sizes, (bodies, sizes) => {
      const decoder = new FrameDecoder();
      const decoded: Uint8Array[] = [];
      deliver(decoder, bytesOf(...bodies.map(frameOf)), sizes, (body) => decoded.push(body.slice()));
      assertEquals(decoded, bodies);
      assertEquals(decoder.pendingBytes, 0);
    }),
    cases(150, 0.01),
  );
});

pure("Several pushes before the first next give the same as one push", () => {
  fc.assert(
    fc.property(bodies, sizes, (bodies, sizes) => {
      const decoder = new FrameDecoder();
      const bytes = bytesOf(...bodies.map(frameOf));
      for (let start = 0, i = 0; start < bytes.length; start += sizes[i++ % sizes.length]!) {
        decoder.push(bytes.subarray(start, start + sizes[i % sizes.length]!));
      }
      assertEquals(drain(decoder), bodies);
    }),
    { numRuns: 100 },
  );
});

pure("An encoded frame decodes to the same body", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: "binary", minLength: 2 })), sizes, (texts, sizes) => {
      const decoded: string[] = [];
      deliver(
        new FrameDecoder(),
        bytesOf(...texts.map(encodeFrame)),
        sizes,
        (body) => decoded.push(utf8.decode(body)),
      );
      assertEquals(decoded, texts);
    }),
    { numRuns: 150 },
  );
});

pure(
  "Frames that are encoded into one buffer follow each other, and the rest of the buffer is unchanged",
  () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(fc.string({ unit: "binary", minLength: 2 }), { maxLength: 8 }),
          fc.array(fc.string({ unit: "binary-ascii", minLength: 2, maxLength: 300 }), { maxLength: 8 }),
        ),
        fc.nat(20),
        (texts, first) => {
          const target = new Uint8Array(first + texts.reduce((sum, text) => sum + maxFrameBytes(text), 0) + 5)
            .fill(0xaa);
          let end = first;
          for (const text of texts) end += encodeFrameInto(text, target, end);
          assertEquals(target.subarray(first, end), bytesOf(...texts.map(frameOf)));
          target.fill(0xaa);
          assertEquals(encodeFramesInto(texts, target, first), end - first);
          assertEquals(target.subarray(first, end), bytesOf(...texts.map(frameOf)));
          assert(target.subarray(0, first).every((byte) => byte === 0xaa));
          assert(target.subarray(-5).every((byte) => byte === 0xaa));
        },
      ),
    );
  },
);

pure("A frame is never longer than maxFrameBytes", () => {
  for (const json of ["{}", "x".repeat(99), "é".repeat(99), "漢".repeat(99), "😀".repeat(99)]) {
    assert(encodeFrame(json).length <= maxFrameBytes(json));
    assertEquals(encodeFrame(json), frameOf(json));
  }
});

pure(
  "The longest body can be sent, in characters of any size, and one byte more is an internal error",
  () => {
    for (const [character, bytes] of [["a", 1], ["é", 2], ["漢", 3], ["😀", 4]] as const) {
      const rest = "a".repeat(65_536 % bytes);
      const longest = character.repeat(Math.floor(65_536 / bytes)) + rest;
      assertEquals(encodeFrame(longest), frameOf(longest));
      const error = assertThrows(() => encodeFrame(longest + "a"), RangeError, "65537 bytes");
      assert(!(error instanceof ProtocolError));
    }
  },
);

pure("A body that is too short for an object is an internal error", () => {
  for (const json of ["", "1"]) {
    assertThrows(() => encodeFrame(json), RangeError, "it must be 2 to 65536");
    const target = new Uint8Array(100);
    assertThrows(() => encodeFramesInto(["{}", json], target, 0), RangeError, "it must be 2 to 65536");
  }
});

pure(
  "A frame that does not fit into the buffer is an internal error and is not truncated",
  () => {
    for (const [size, offset] of [[19, 0], [40, 25], [40, 40], [40, 41], [0, 0]] as const) {
      const target = new Uint8Array(size);
      assertThrows(() => encodeFrameInto('{"code":110}', target, offset), RangeError, "Cannot write a frame");
      const two = ["{}", '{"code":110}'];
      assertThrows(() => encodeFramesInto(two, target, offset), RangeError, "Cannot write a frame");
    }
  },
);

pure("Garbage gives bodies or ProtocolError and nothing else", () => {
  const header = fc.oneof(
    fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    fc.bigInt({ min: 0n, max: 20n }),
    fc.bigInt({ min: 65_530n, max: 65_540n }),
  ).map(headerOf);
  const chunk = fc.oneof(fc.uint8Array({ maxLength: 60 }), header);
  fc.assert(
    fc.property(fc.array(chunk, { maxLength: 40 }), (chunks) => {
      const decoder = new FrameDecoder();
      try {
        for (const chunk of chunks) {
          decoder.push(chunk);
          for (const body of drain(decoder)) assert(body.length >= 2 && body.length <= 65_536);
          assert(decoder.pendingBytes <= 8 + 65_535);
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) throw error;
        assertEquals(error.word, "bad_frame");
      }
    }),
    cases(2000),
  );
});

pure("Every length from 2 to 65,536 is accepted and no other", () => {
  const taken = (length: bigint) => {
    const decoder = new FrameDecoder();
    decoder.push(headerOf(length));
    try {
      return decoder.next() === undefined;
    } catch (error) {
      if (error instanceof ProtocolError && error.word === "bad_frame") return false;
      throw error;
    }
  };
  for (let length = 0n; length < 66_000n; length++) {
    assertEquals(taken(length), length >= 2n && length <= 65_536n);
  }
  for (let bit = 17n; bit < 64n; bit++) {
    for (const low of [0n, 2n, 65_536n]) assertEquals(taken((1n << bit) + low), false);
  }
  fc.assert(fc.property(fc.bigInt({ min: 65_537n, max: 2n ** 64n - 1n }), (length) => !taken(length)));
});

pure("Empty reads change nothing", () => {
  const decoder = new FrameDecoder();
  const empty = new Uint8Array(0);
  decoder.push(empty);
  assertEquals(decoder.next(), undefined);
  for (const byte of frameOf("{}").subarray(0, -1)) {
    decoder.push(Uint8Array.of(byte));
    decoder.push(empty);
    assertEquals(decoder.next(), undefined);
    decoder.push(empty);
    assertEquals(decoder.next(), undefined);
  }
  decoder.push(bytesOf("}"));
  assertEquals(drain(decoder), [bytesOf("{}")]);
  assertEquals(decoder.pendingBytes, 0);
});

pure("Pushed bytes may be overwritten once next has returned undefined", () => {
  const stream = bytesOf(frameOf("first"), frameOf("second"), frameOf("third"));
  for (let size = 1; size <= stream.length; size++) {
    const buffer = new Uint8Array(size);
    const decoder = new FrameDecoder();
    const texts: string[] = [];
    for (let start = 0; start < stream.length; start += size) {
      const read = stream.subarray(start, start + size);
      buffer.set(read);
      decoder.push(buffer.subarray(0, read.length));
      texts.push(...drain(decoder).map((body) => utf8.decode(body)));
      buffer.fill(0xff);
    }
    assertEquals(texts, ["first", "second", "third"], `in reads of ${size}`);
  }
});

pure("A body is a view: nothing is copied for frames that arrive whole", () => {
  const stream = bytesOf(...Array.from({ length: 1000 }, () => frameOf('{"code":110}')));
  const decoder = new FrameDecoder();
  let count = 0;
  const { copied, allocated } = countBytes(() => {
    decoder.push(stream);
    for (let body = decoder.next(); body !== undefined; body = decoder.next()) {
      assertStrictEquals(body.buffer, stream.buffer);
      count++;
    }
  });
  assertEquals({ count, copied, allocated }, { count: 1000, copied: 0, allocated: 0 });
});

pure("Decoding is linear: byte by byte, at most 4 bytes are copied and allocated for each byte", () => {
  const stream = bytesOf(MAX_FRAME, MAX_FRAME, MAX_FRAME);
  const decoder = new FrameDecoder();
  let count = 0;
  const { copied, allocated } = countBytes(() => {
    for (let i = 0; i < stream.length; i++) {
      decoder.push(stream.subarray(i, i + 1));
      while (decoder.next() !== undefined) count++;
    }
  });
  assertEquals(count, 3);
  assert(copied <= 4 * stream.length, `${copied} bytes copied for ${stream.length}`);
  assert(allocated <= 4 * stream.length, `${allocated} bytes allocated for ${stream.length}`);
});

pure("Decoding is linear: 100,000 small frames in one read and one byte more cost that byte", () => {
  const stream = bytesOf(...Array.from({ length: 100 }, () => frameOf("{}")));
  const many = new Uint8Array(1000 * stream.length + 1);
  for (let i = 0; i < 1000; i++) many.set(stream, i * stream.length);
  const decoder = new FrameDecoder();
  let count = 0;
  const { copied, allocated } = countBytes(() => {
    decoder.push(many);
    while (decoder.next() !== undefined) count++;
  });
  assertEquals(count, 100_000);
  assert(copied <= 16 && allocated <= 16, `${copied} bytes copied, ${allocated} allocated`);
});

pure("Decoding is linear: small frames behind half of a large one are not copied once each", () => {
  const half = MAX_FRAME.length >> 1;
  const small = bytesOf(...Array.from({ length: 6000 }, () => frameOf("{}")));
  const decoder = new FrameDecoder();
  let count = 0;
  const { copied } = countBytes(() => {
    decoder.push(MAX_FRAME.subarray(0, half));
    while (decoder.next() !== undefined) count++;
    decoder.push(bytesOf(MAX_FRAME.subarray(half), small));
    while (decoder.next() !== undefined) count++;
  });
  assertEquals(count, 6001);
  const pushed = MAX_FRAME.length + small.length;
  assert(copied <= 4 * pushed, `${copied} bytes copied for ${pushed}`);
});

pure("Decoding is linear: any frames in reads of any sizes", () => {
  fc.assert(
    fc.property(bodies, sizes, (bodies, sizes) => {
      const stream = bytesOf(...bodies.map(frameOf));
      const { copied, allocated } = countBytes(() => deliver(new FrameDecoder(), stream, sizes, () => {}));
      assert(copied <= 6 * stream.length, `${copied} bytes copied for ${stream.length}`);
      assert(allocated <= 8 * stream.length, `${allocated} bytes allocated for ${stream.length}`);
    }),
    { numRuns: 150 },
  );
});

pure("Decoding is linear: pushes that are never drained", () => {
  const stream = bytesOf(MAX_FRAME, MAX_FRAME, MAX_FRAME);
  const decoder = new FrameDecoder();
  const { copied, allocated } = countBytes(() => {
    for (let i = 0; i < stream.length; i++) decoder.push(stream.subarray(i, i + 1));
  });
  assert(copied <= 4 * stream.length, `${copied} bytes copied for ${stream.length}`);
  assert(allocated <= 4 * stream.length, `${allocated} bytes allocated for ${stream.length}`);
  assertEquals(drain(decoder).length, 3);
});

pure(
  "A length outside the limits is refused from the header alone, before anything is copied or allocated",
  () => {
    for (const length of [0n, 1n, 65_537n, 2n ** 32n, 2n ** 53n, 2n ** 64n - 1n]) {
      const read = bytesOf(headerOf(length), new Uint8Array(1000));
      const decoder = new FrameDecoder();
      const { copied, allocated } = countBytes(() => {
        decoder.push(read);
        assertThrows(() => decoder.next(), ProtocolError, "it must be 2 to 65536");
      });
      assertEquals({ copied, allocated }, { copied: 0, allocated: 0 });
    }
  },
);

pure("A refused length stays refused, and later bytes are not buffered", () => {
  const buffer = headerOf(0);
  const decoder = new FrameDecoder();
  decoder.push(buffer);
  const refusal = assertThrows(() => decoder.next(), ProtocolError);
  buffer.set(headerOf(2));
  const { allocated } = countBytes(() => {
    for (let i = 0; i < 100; i++) {
      decoder.push(MAX_FRAME);
      assertStrictEquals(assertThrows(() => decoder.next(), ProtocolError), refusal);
    }
  });
  assertEquals({ allocated, pendingBytes: decoder.pendingBytes }, { allocated: 0, pendingBytes: 0 });
});

pure("An incomplete frame takes no more memory than the longest frame", () => {
  for (const size of [1, 7, 8, 9, 1024, 40_000, 65_543]) {
    const decoder = new FrameDecoder();
    const { largest } = countBytes(() => {
      decoder.push(MAX_FRAME.subarray(0, size));
      assertEquals(decoder.next(), undefined);
      for (let i = size; i < MAX_FRAME.length - 1; i++) {
        decoder.push(MAX_FRAME.subarray(i, i + 1));
        assertEquals(decoder.next(), undefined);
      }
    });
    assert(largest <= MAX_FRAME.length, `${largest} bytes for one frame`);
  }
});

pure("An incomplete short frame takes little memory, however long the frame before it was", () => {
  for (const length of [100, 1024, 40_000, 65_536]) {
    const stream = bytesOf(frameOf(new Uint8Array(length)), frameOf("{}"));
    const decoder = new FrameDecoder();
    for (let i = 0; i < stream.length - 11; i++) {
      decoder.push(stream.subarray(i, i + 1));
      assertEquals(decoder.next(), undefined);
    }
    decoder.push(stream.subarray(-11, -7)); // the last byte of the one and three of the other
    assertEquals(drain(decoder).length, 1);
    decoder.push(stream.subarray(-7));
    const held = decoder.next()?.buffer.byteLength;
    assert(held !== undefined && held <= 16, `${held} bytes held for a frame of 10`);
  }
});

pure("A header that arrives byte by byte takes no more memory than itself, whatever it announces", () => {
  for (const length of [65_536n, 65_537n, 2n ** 64n - 1n]) {
    const decoder = new FrameDecoder();
    const { allocated } = countBytes(() => {
      for (const byte of headerOf(length)) {
        decoder.push(Uint8Array.of(byte));
        if (decoder.pendingBytes < 8) decoder.next();
      }
    });
    assert(allocated <= 64, `${allocated} bytes allocated`);
  }
});

pure("The byte meter counts each way of copying", () => {
  const from = new Uint8Array(10);
  const count = countBytes(() => {
    new Uint8Array(10).set(from.slice(0, 4));
    new Uint8Array(from).copyWithin(5, 0, 3);
  });
  assertEquals(count, { copied: 4 + 4 + 10 + 3, allocated: 10 + 4 + 10, largest: 10 });
  assertEquals(countBytes(() => void new Uint8Array(from.buffer, 2)), {
    copied: 0,
    allocated: 0,
    largest: 0,
  });
  assertThrows(
    () =>
      countBytes(() => {
        throw new Error("inside");
      }),
    Error,
    "inside",
  );
  assertEquals(countBytes(() => {}), { copied: 0, allocated: 0, largest: 0 });
});

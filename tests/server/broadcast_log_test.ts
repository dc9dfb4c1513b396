import fc from "fast-check";
import { Code, encodeFrame, MAX_BODY_BYTES, PlainText, serialize } from "../../protocol/mod.ts";
import { BroadcastLog, type LogCursor } from "../../server/broadcast_log.ts";
import { MAX_SEGMENT_BYTES } from "../../server/limits.ts";
import { assert, assertEquals, assertThrows } from "../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

function takeAll(cursor: LogCursor): Uint8Array {
  const slices: Uint8Array[] = [];
  for (let slice = cursor.take(); slice.length > 0; slice = cursor.take()) slices.push(slice);
  return join(slices);
}

function join(parts: Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}

test("Log gives every reader exactly the frames appended since it came, however it reads", () => {
  const json = fc.string({ unit: "grapheme", maxLength: 9000 }).map((text) => JSON.stringify({ text }));
  const step = fc.oneof(
    { weight: 3, arbitrary: json.map((append) => ({ append })) },
    { weight: 1, arbitrary: fc.constant({ come: true }) },
    { weight: 2, arbitrary: fc.nat(9).map((take) => ({ take })) },
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const log = new BroadcastLog();
      const readers: { cursor: LogCursor; expected: Uint8Array[]; taken: Uint8Array[] }[] = [];
      for (const one of steps) {
        if ("append" in one) {
          const frame = encodeFrame(one.append);
          log.append(one.append);
          for (const { expected } of readers) expected.push(frame);
        } else if ("come" in one) {
          readers.push({ cursor: log.cursor(), expected: [], taken: [] });
        } else {
          const reader = readers[one.take % Math.max(1, readers.length)];
          if (reader !== undefined) reader.taken.push(reader.cursor.take());
        }
      }
      for (const { cursor, expected, taken } of readers) {
        const lag = cursor.lagBytes;
        const rest = takeAll(cursor);
        assertEquals([lag, cursor.lagBytes], [rest.length, 0]);
        assertEquals(join([...taken, rest]), join(expected));
      }
    }),
    { numRuns: 60 },
  );
});

test("Log takes plain lines among others, each in its place, and keeps no hold of the bytes they came in", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 400 }), (steps) => {
      const log = new BroadcastLog(64);
      const cursor = log.cursor();
      const came = new TextEncoder().encode("a plain line of some length");
      const message = new PlainText();
      const expected: Uint8Array[] = [];
      for (const [sequence, isPlain] of steps.entries()) {
        const line = { timestamp: 1, username: "ana", sequence, room: "main", verified: false };
        const json = serialize({
          code: Code.Said,
          message: { ...line, message: "a plain line of some length" },
        });
        message.bytes = came.slice();
        message.end = came.length;
        if (isPlain) assertEquals(log.appendPlain({ ...line, message }), encodeFrame(json).length);
        else log.append(json);
        message.bytes.fill(0xaa);
        expected.push(encodeFrame(json));
      }
      assertEquals(cursor.lagBytes, expected.reduce((sum, { length }) => sum + length, 0));
      assertEquals(join([takeAll(cursor)]), join(expected));
    }),
    { numRuns: 50 },
  );
});

test("Log hands out slices without copying them, and they stay as they are while it grows", () => {
  const log = new BroadcastLog();
  const [one, two] = [log.cursor(), log.cursor()];
  log.append('{"code":1}');
  const slice = one.take();
  assert(slice.buffer === two.take().buffer);
  const before = slice.slice();
  for (let i = 0; i < 10_000; i++) log.append(JSON.stringify({ code: 200, message: "x".repeat(100) }));
  assertEquals(slice, before);
});

test("Log hands out whole frames in slices of bounded size", () => {
  const log = new BroadcastLog();
  const cursor = log.cursor();
  for (let i = 0; i < 20_000; i++) log.append('{"code":205}');
  for (let slice = cursor.take(); slice.length > 0; slice = cursor.take()) {
    assert(slice.length <= MAX_SEGMENT_BYTES);
    assertEquals(slice.length % 20, 0);
  }
});

test("Log takes a frame of the greatest length, and none beyond", () => {
  const log = new BroadcastLog();
  const cursor = log.cursor();
  const json = JSON.stringify({ text: "\u{20AC}".repeat((MAX_BODY_BYTES - 12) / 3) });
  log.append(json);
  assertEquals(takeAll(cursor), encodeFrame(json));
  assertThrows(() => log.append(`"${"x".repeat(MAX_BODY_BYTES)}"`), RangeError);
  assertEquals([takeAll(cursor).length, cursor.lagBytes], [0, 0]);
});

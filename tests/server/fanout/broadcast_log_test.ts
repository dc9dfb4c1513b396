import fc from "fast-check";
import { Code, encodeFrame, MAX_BODY_BYTES, PlainText, serialize } from "../../../protocol/mod.ts";
import { BroadcastLog, type LogCursor } from "../../../server/fanout/broadcast_log.ts";
import { MAX_SEGMENT_BYTES, MAX_SPARE_SEGMENTS } from "../../../server/limits.ts";
import { assert, assertEquals, assertThrows } from "../../helpers/assert.ts";

function test(name: string, fn: () => void): void {
  Deno.test({ name, permissions: "none", fn });
}

function takeAll(cursor: LogCursor): Uint8Array {
  const slices: Uint8Array[] = [];
  for (let slice = cursor.take(); slice.length > 0; slice = cursor.take()) slices.push(slice.slice());
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

test("A log gives every reader exactly the frames appended since it was created, however it reads", () => {
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

test("A log keeps plain messages in order among others, and does not hold the bytes they arrived in", () => {
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

test("A log returns slices without a copy, and they do not change while it grows", () => {
  const log = new BroadcastLog();
  const [one, two] = [log.cursor(), log.cursor()];
  log.append('{"code":1}');
  const slice = one.take();
  assert(slice.buffer === two.take().buffer);
  const before = slice.slice();
  for (let i = 0; i < 10_000; i++) log.append(JSON.stringify({ code: 200, message: "x".repeat(100) }));
  assertEquals(slice, before);
});

test("A log returns whole frames in slices of limited size", () => {
  const log = new BroadcastLog();
  const cursor = log.cursor();
  for (let i = 0; i < 20_000; i++) log.append('{"code":205}');
  for (let slice = cursor.take(); slice.length > 0; slice = cursor.take()) {
    assert(slice.length <= MAX_SEGMENT_BYTES);
    assertEquals(slice.length % 20, 0);
  }
});

test("A log accepts a frame of the maximum length, and no longer one", () => {
  const log = new BroadcastLog();
  const cursor = log.cursor();
  const json = JSON.stringify({ text: "\u{20AC}".repeat((MAX_BODY_BYTES - 12) / 3) });
  log.append(json);
  assertEquals(takeAll(cursor), encodeFrame(json));
  assertThrows(() => log.append(`"${"x".repeat(MAX_BODY_BYTES)}"`), RangeError);
  assertEquals([takeAll(cursor).length, cursor.lagBytes], [0, 0]);
});

/** Whether two texts are equal; of some hundred kilobytes, a diff would be of no use. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

test("Logs reuse a segment only when nobody holds a slice of it, however readers read and leave", () => {
  interface Reader {
    room: number;
    cursor: LogCursor;
    /** The texts appended since it was created, and those that it has taken. */
    appended: Uint8Array[];
    taken: Uint8Array[];
    /** The slices that may still be in use. */
    held: Uint8Array[];
  }
  const nat = fc.nat(7);
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ what: fc.constant("say"), which: nat }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("come"), which: nat }) },
    { weight: 9, arbitrary: fc.record({ what: fc.constant("take"), which: nat }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("leave"), which: nat }) },
    { weight: 1, arbitrary: fc.record({ what: fc.constant("leave with the rest"), which: nat }) },
  );
  let number = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 60, maxLength: 150 }), (steps) => {
      // Two rooms, which reuse each other's segments.
      const logs = [new BroadcastLog(), new BroadcastLog()];
      const readers: Reader[] = [];
      /** Slices that stay valid for good. */
      const valid: Uint8Array[] = [];
      const copies = new Map<Uint8Array, Uint8Array>();
      const hold = (slice: Uint8Array) => copies.set(slice, slice.slice()) && slice;
      const come = (room: number) =>
        readers.push({ room, cursor: logs[room]!.cursor(), appended: [], taken: [], held: [] });
      const check = (slices: Uint8Array[]) => {
        for (const slice of slices) assert(isSame(slice, copies.get(slice)!), "a slice has changed");
      };
      for (const room of [0, 1, 0]) come(room);
      for (const { what, which } of steps) {
        const reader = readers[which % readers.length];
        if (what === "come") come(which % 2);
        else if (what === "say") {
          for (let i = 0; i < 8; i++) {
            const json = JSON.stringify({ text: String(number++).repeat(2000) });
            logs[which % 2]!.append(json);
            for (const { room, appended } of readers) {
              if (room === which % 2) appended.push(encodeFrame(json));
            }
          }
        } else if (reader === undefined) come(0);
        else {
          check(reader.held);
          if (what === "take") {
            reader.held = [hold(reader.cursor.take())];
            reader.taken.push(...reader.held.map((slice) => slice.slice()));
          } else {
            if (what === "leave with the rest") {
              const rest = reader.cursor.takeRemaining().map(hold);
              assert(
                isSame(join([...reader.taken, ...rest]), join(reader.appended)),
                "not the appended frames",
              );
              reader.held.push(...rest);
            }
            reader.cursor.leave();
            valid.push(...reader.held);
            readers.splice(readers.indexOf(reader), 1);
          }
        }
      }
      for (const { cursor, appended, taken, held } of readers) {
        check(held);
        assert(isSame(join([...taken, takeAll(cursor)]), join(appended)), "not the appended frames");
        cursor.leave();
      }
      check(valid);
    }),
    { numRuns: 50 },
  );
});

test("A log whose readers keep up reuses a few segments; a slow reader holds those that it has yet to read", () => {
  const log = new BroadcastLog(MAX_SEGMENT_BYTES);
  const [quick, slow] = [log.cursor(), log.cursor()];
  const json = JSON.stringify({ text: "x".repeat(8000) });
  const segmentsOf = (cursor: LogCursor) => {
    const segments = new Set<ArrayBufferLike>();
    for (let slice = cursor.take(); slice.length > 0; slice = cursor.take()) segments.add(slice.buffer);
    return segments;
  };
  const say = (segments: number, reader?: LogCursor) => {
    const all = new Set<ArrayBufferLike>();
    for (let bytes = 0; bytes < segments * MAX_SEGMENT_BYTES; bytes += json.length) {
      log.append(json);
      if (reader !== undefined) { for (const segment of segmentsOf(reader)) all.add(segment); }
    }
    return all;
  };
  const behind = say(3 * MAX_SPARE_SEGMENTS, quick);
  assert(behind.size >= 3 * MAX_SPARE_SEGMENTS);
  assertEquals(segmentsOf(slow), behind);
  // The spare ones, and the one that is written to.
  const again = say(3 * MAX_SPARE_SEGMENTS, quick);
  slow.leave();
  assert(again.size >= 3 * MAX_SPARE_SEGMENTS);
  const after = say(3 * MAX_SPARE_SEGMENTS, quick);
  assert(after.size <= MAX_SPARE_SEGMENTS + 1, `${after.size} segments`);
  // Spare segments are only for rooms that need a large one.
  const quiet = new BroadcastLog(1024);
  const reader = quiet.cursor();
  quiet.append(json);
  assert(reader.take().buffer.byteLength < MAX_SEGMENT_BYTES / 4);
});
